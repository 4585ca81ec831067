"""All checks, by the kind of harness that they run on."""

from __future__ import annotations

from typing import Final

from visma_busy_sync.testing._kit import state_contract, state_model, state_texts, state_world
from visma_busy_sync.testing._kit.harness import AsyncStateHarness, StateHarness
from visma_busy_sync.testing._kit.suite import Check

STATE_CHECKS: Final[tuple[Check, ...]] = tuple(
    check
    for module in (state_contract, state_texts, state_world, state_model)
    for check in module.SUITE.checks
)

# A harness of several ports gets the checks of each.
_BY_HARNESS: Final[tuple[tuple[tuple[type, ...], tuple[Check, ...]], ...]] = (
    ((StateHarness, AsyncStateHarness), STATE_CHECKS),
)


def checks_for(harness: object) -> tuple[Check, ...]:
    """Return the checks that a harness is for; none if it is no harness."""
    return tuple(check for kinds, checks in _BY_HARNESS if isinstance(harness, kinds) for check in checks)
