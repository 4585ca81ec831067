"""The pytest plugin: `--visma-ports package.module:factory` runs the conformance kit over a host's ports.

pytest loads it by its entry point in every project where the package is installed. So it holds the option and
nothing else; the kit is imported where the option is given.
"""

from __future__ import annotations

import pytest

_OPTION = "--visma-ports"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.getgroup("visma-busy-sync").addoption(
        _OPTION,
        action="append",
        default=[],
        metavar="MODULE:FACTORY",
        help="run visma-busy-sync's conformance kit on the harness that the factory returns, and no other "
        "tests unless some are named; may be given several times",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the kit if it is asked for."""
    if references := config.getoption(_OPTION):
        from visma_busy_sync.testing._kit.plugin import Plugin  # noqa: PLC0415 - it costs nothing where not used

        config.pluginmanager.register(Plugin(config, references), "visma-ports")
