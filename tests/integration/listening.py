"""A listener that remembers what it heard, for both shells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, final

from attrs import define, field

from visma_busy_sync import AsyncListener, Listener
from visma_busy_sync.integration import TenantEvent

from .office import Office

NAMES: Final = tuple(name for name in vars(Listener) if name.startswith("on_"))

Hears = Callable[[str, TenantEvent], None]


def listener(hear: Hears, *, awaits: bool) -> Any:
    """A host's listener whose every method calls `hear`."""

    def method(name: str) -> Callable[..., Any]:
        def told(_: object, event: TenantEvent) -> None:
            hear(name, event)

        async def told_later(_: object, event: TenantEvent) -> None:
            hear(name, event)

        return told_later if awaits else told

    base = AsyncListener if awaits else Listener
    return type("Ear", (base,), {name: method(name) for name in NAMES})()


@final
@define
class Heard:
    """What a listener heard, in order.

    Attributes:
        events: Each with the name of its method.
        also: Called with each as well.
    """

    events: list[tuple[str, Any]] = field(factory=list[tuple[str, Any]])
    also: Hears | None = None

    def __call__(self, name: str, event: TenantEvent) -> None:
        """Hear an event."""
        self.events.append((name, event))
        if self.also is not None:
            self.also(name, event)

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.events]

    def of(self, name: str) -> list[Any]:
        """The events of a method."""
        return [event for each, event in self.events if each == name]

    def only(self, name: str) -> Any:
        """The event of a method that was called once."""
        (event,) = self.of(name)
        return event

    def anew(self) -> Heard:
        """Forget what was heard."""
        self.events.clear()
        return self

    def by(self, office: Office) -> Any:
        """The listener, for the office's shell."""
        return listener(self, awaits=office.shell.run is not None)
