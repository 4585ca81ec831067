"""All checks, by the kind of harness that they run on."""

from __future__ import annotations

from typing import Final

from visma_busy_sync.testing._kit import (
    catalogue_contract,
    catalogue_model,
    catalogue_texts,
    catalogue_world,
    state_contract,
    state_model,
    state_texts,
    state_world,
    work_contract,
    work_model,
    work_texts,
    work_world,
)
from visma_busy_sync.testing._kit.suite import Check

STATE_CHECKS: Final[tuple[Check, ...]] = tuple(
    check
    for module in (state_contract, state_texts, state_world, state_model)
    for check in module.SUITE.checks
)
"""The checks of a state store."""
CATALOGUE_CHECKS: Final[tuple[Check, ...]] = tuple(
    check
    for module in (catalogue_contract, catalogue_texts, catalogue_world, catalogue_model)
    for check in module.SUITE.checks
)
"""The checks of a catalogue."""
WORK_CHECKS: Final[tuple[Check, ...]] = tuple(
    check for module in (work_contract, work_texts, work_world, work_model) for check in module.SUITE.checks
)
"""The checks of a work log."""


def checks_for(harness: object) -> tuple[Check, ...]:
    """Return the checks that a harness is for, of each port that it gives; none if it is no harness."""
    checks = (*STATE_CHECKS, *CATALOGUE_CHECKS, *WORK_CHECKS)
    return tuple(check for check in checks if isinstance(harness, check.stage.harnesses))
