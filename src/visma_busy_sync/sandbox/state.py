"""All that the sandbox remembers, and how it goes back to the start."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from visma_busy_sync.sandbox.clock import Clock
from visma_busy_sync.sandbox.company import Company
from visma_busy_sync.sandbox.drift import DriftTable
from visma_busy_sync.sandbox.faults import FaultTable
from visma_busy_sync.sandbox.journal import Journal
from visma_busy_sync.sandbox.profile import Profile
from visma_busy_sync.sandbox.rates import Rates
from visma_busy_sync.sandbox.tokens import TokenStore

# The sandbox's own name of the company it starts with.
FIRST: Final = "first"


@dataclass(slots=True)
class State:
    """The running server's state; ``issuer`` is its own address.

    ``companies`` are found by the sandbox's own ids, the first one under ``first``.
    """

    initial: Company
    issuer: str
    initial_profile: Profile = field(default_factory=Profile)
    clock: Clock = field(default_factory=Clock)
    journal: Journal = field(default_factory=Journal)
    rates: Rates = field(default_factory=Rates)
    faults: FaultTable = field(default_factory=FaultTable)
    drift: DriftTable = field(default_factory=DriftTable)
    profile: Profile = field(init=False)
    tokens: TokenStore = field(init=False)
    companies: dict[str, Company] = field(init=False)

    def __post_init__(self) -> None:
        """Start with a copy of the company and nobody logged in."""
        self.tokens = TokenStore(self.clock, FIRST)
        self.companies = {FIRST: self.initial.copy()}
        self.profile = self.initial_profile

    def reset(self) -> None:
        """Bring everything back to the start, but the run's own token, which lives on."""
        self.companies = {FIRST: self.initial.copy()}
        self.profile = self.initial_profile
        self.journal.clear()
        self.rates.endpoints.clear()
        self.faults.armed.clear()
        self.drift.armed.clear()
        self.clock.reset()
        self.tokens.reset()

    def names(self) -> Mapping[str, str]:
        """Return the companies' names by id."""
        names = {key: company.settings.get("Name") for key, company in self.companies.items()}
        return {key: name if isinstance(name, str) else "a company" for key, name in names.items()}
