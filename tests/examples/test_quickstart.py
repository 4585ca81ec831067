"""The demo is what a newcomer sees first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_quickstart_goes_from_login_to_an_order_draft_and_ends_with_nothing_to_do() -> None:
    """It connects, shows the plan, syncs, builds and pushes an order, reads it back, and syncs again."""
    run = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "quickstart.py")],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={"PYTHONIOENCODING": "utf-8", "PATH": ""},
        timeout=120,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    said = run.stdout
    expected_in_this_order = [
        "Connected to Visma eAccounting: Fjordmesteren Bygg og Rådgivning AS. Nothing was fetched yet.",
        "create customer",
        "adopt product 111 Reisetid (adopted)",
        "update project",
        "archive project 9001",
        "nothing has changed yet",
        "applied:",
        "work_type_without_product",
        "Reisetid      0.8333  time      640.50    533.73  work type",
        "Rådgivning   10.8333  time     1250.00  13541.63  work type",
        "transferred: draft",
        "repeated=True, nothing was sent",
        "status DRAFT, number None, date 2026-03-31",
        "nothing to do",
        "nothing to do",
        "last fetched just now",
    ]
    place = 0
    for text in expected_in_this_order:
        found = said.find(text, place)
        assert found >= 0, f"{text!r} is missing, or too early, in:\n{said}"
        place = found + len(text)
