"""Run the randomised checks with seeds that were never tried, for as long as one likes.

It stops at the first failure, with what the check said and the command that runs the same again. A check that
has begun when the time is over is run to its end.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent

SCHEDULES = 20_000
ORDER_SCHEDULES = 20_000
FUZZ_RUNS = 60_000
IMPORTS = "2000"
BILLINGS = "1000"


class Check(NamedTuple):
    """Some of the tests, with what makes them others than the last time."""

    tests: tuple[str, ...]
    environment: Mapping[str, str]

    @property
    def command(self) -> list[str]:
        """Return the command that runs them."""
        return [sys.executable, "-m", "pytest", "-q", *self.tests]

    def __str__(self) -> str:
        """Return it as one types it in a shell, in the project's directory."""
        settings = [f"{name}={value}" for name, value in self.environment.items()]
        return " ".join([*settings, ".venv/bin/python", shlex.join(self.command[1:])])


# Each makes the checks of a round from a number that no other round has. What real processes do differs by
# itself: no seed repeats it.
CHECKS: Mapping[str, Callable[[int], Check]] = {
    "schedules": lambda number: Check(
        ("tests/integration/test_token_schedules.py", "-k", "no_schedule"),
        {"FIRST_SCHEDULE": str(number * SCHEDULES), "SCHEDULES": str(SCHEDULES)},
    ),
    "orders": lambda number: Check(
        ("tests/integration/test_order_matrix.py", "-k", "no_schedule"),
        {
            "FIRST_ORDER_SCHEDULE": str(number * ORDER_SCHEDULES),
            "ORDER_SCHEDULES": str(ORDER_SCHEDULES),
        },
    ),
    "fuzzing": lambda number: Check(
        ("tests/eaccounting/test_fuzz.py",), {"FUZZ_SEED": str(number), "FUZZ_RUNS": str(FUZZ_RUNS)}
    ),
    "limiter": lambda number: Check(
        ("tests/eaccounting/test_limits.py", "tests/state/test_limits.py", f"--hypothesis-seed={number}"), {}
    ),
    "imports": lambda number: Check(
        ("tests/integration/test_import_machine.py",), {"IMPORT_SEED": str(number), "IMPORT_RUNS": IMPORTS}
    ),
    "billing": lambda number: Check(
        ("tests/integration/test_billing_machine.py",),
        {"BILLING_SEED": str(number), "BILLING_RUNS": BILLINGS},
    ),
    "processes": lambda _: Check(("tests/processes",), {}),
}


_SETTINGS = ("SCHEDULE", "FIRST_", "ORDER_", "FUZZ_", "IMPORT_", "BILLING_")


def passes(name: str, check: Check) -> bool:
    """Run a check; tell how it went."""
    began = time.monotonic()
    # Without the settings of this shell, such as SCHEDULE, which would make another check of it.
    outside = {key: value for key, value in os.environ.items() if not key.startswith(_SETTINGS)}
    ended = subprocess.run(
        check.command,
        cwd=ROOT,
        env={**outside, **check.environment},
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    good = ended.returncode == 0
    tell(f"{name:10} {'good' if good else 'BAD '} {time.monotonic() - began:4.0f} s  {check}")
    if not good:
        tell(f"{ended.stdout}\n{name} failed; the same again: {check}")
    return good


def tell(line: str) -> None:
    """Print a line now."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Run round after round until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--minutes", type=float, default=10, help="how long (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="the number of the first round (default: any)")
    options = parser.parse_args()
    number = secrets.randbelow(10**9) if options.seed is None else options.seed
    ends = time.monotonic() + options.minutes * 60
    while True:
        for name, make in CHECKS.items():
            if time.monotonic() >= ends:
                tell("the time is over, and nothing was found")
                return
            if not passes(name, make(number)):
                sys.exit(1)
        number += 1


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("stopped; nothing was found until then")
