"""All that the sandbox remembers, and how it goes back to the start."""

from dataclasses import dataclass, field

from visma_busy_sync.sandbox.clock import Clock
from visma_busy_sync.sandbox.company import Company
from visma_busy_sync.sandbox.faults import FaultTable
from visma_busy_sync.sandbox.journal import Journal
from visma_busy_sync.sandbox.profile import Profile
from visma_busy_sync.sandbox.tokens import TokenStore


@dataclass(slots=True)
class State:
    """The running server's state; ``issuer`` is its own address."""

    initial: Company
    issuer: str
    clock: Clock = field(default_factory=Clock)
    journal: Journal = field(default_factory=Journal)
    faults: FaultTable = field(default_factory=FaultTable)
    profile: Profile = field(default_factory=Profile)
    tokens: TokenStore = field(init=False)
    company: Company = field(init=False)

    def __post_init__(self) -> None:
        """Start with a copy of the company and nobody logged in."""
        self.tokens = TokenStore(self.clock)
        self.company = self.initial.copy()

    def reset(self) -> None:
        """Go back to the start: data, journal, faults, profile, clock, all tokens but the run's."""
        self.company = self.initial.copy()
        self.profile = Profile()
        self.journal.clear()
        self.faults.armed.clear()
        self.clock.reset()
        self.tokens.reset()
