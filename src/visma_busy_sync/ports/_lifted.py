"""Synchronous ports as the core awaits them; both type checkers catch drift between the twins."""

from __future__ import annotations

from visma_busy_sync._core.stepper import lift
from visma_busy_sync.ports._blocking import Catalogue, StateStore, WorkLog


class LiftedCatalogue:
    """A `Catalogue` as an `AsyncCatalogue` whose awaitables are already finished."""

    def __init__(self, port: Catalogue) -> None:
        self.load = lift(port.load)
        self.apply = lift(port.apply)


class LiftedWorkLog:
    """A `WorkLog` as an `AsyncWorkLog` whose awaitables are already finished."""

    def __init__(self, port: WorkLog) -> None:
        self.work = lift(port.work)
        self.finalised = lift(port.finalised)


class LiftedStateStore:
    """A `StateStore` as an `AsyncStateStore` whose awaitables are already finished."""

    def __init__(self, port: StateStore) -> None:
        self.read = lift(port.read)
        self.scan = lift(port.scan)
        self.commit = lift(port.commit)
