"""The carpenter's stopwatch: its story from top to bottom, the tool itself, and its ports on the bench."""

from __future__ import annotations

import importlib
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from visma_busy_sync.busy import Period
from visma_busy_sync.sync import Kind
from visma_busy_sync.testing.conformance import (
    CatalogueHarness,
    CatalogueTests,
    WorkLogHarness,
    WorkLogTests,
)

FOLDER = Path(__file__).parents[2] / "examples" / "third_party"
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))


@pytest.fixture(autouse=True)
def _its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its modules are found by their names, as where they are run; also by the kit's child processes."""
    monkeypatch.syspath_prepend(FOLDER)


@pytest.fixture
def workshop() -> Any:
    return importlib.import_module("workshop")


def test_one_command_goes_from_nothing_to_an_order_draft() -> None:
    """It connects, imports, runs the stopwatch, uses material, builds the order and sends it once."""
    run = subprocess.run(
        [sys.executable, "-X", "utf8", str(FOLDER / "workshop.py")],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    place = 0
    for text in (
        "Connected to Visma eAccounting: Fjordmesteren Bygg og Rådgivning AS.",
        "applied: 167 create",
        "The job 0001",
        "Kjøring                     0.5833  time      640.50   373.60",
        "Snekring                    7.4167  time      790.00  5859.19",
        "Konstruksjonsvirke 48x98      14.4  m          32.55   468.72",
        "Total 6701.51 NOK",
        "transferred: draft ",
        ", not sent again",
    ):
        assert text in run.stdout[place:], run.stdout
        place = run.stdout.index(text, place) + len(text)


def test_the_stopwatch_counts_begun_minutes_of_one_job_at_a_time(workshop: Any, tmp_path: Path) -> None:
    """Starting on another job stops the first; what still runs is no work yet; others have their own."""
    shop, log = workshop.Workshop(str(tmp_path)), workshop.StopwatchLog(str(tmp_path))
    house, shed = (shop.note("w", "job", name=name) for name in ("House", "Shed"))
    shop.start("w", "Kari", house, "1", NOON)
    shop.start("w", "Ola", house, "1", NOON)
    shop.start("w", "Kari", shed, "1", NOON + timedelta(minutes=90, seconds=1))
    told = [(each.member, each.billable_minutes) for each in log.work("w", house, MARCH).entries]
    assert told == [("Kari", 91)]
    assert log.work("w", shed, MARCH).entries == ()
    shop.stop("w", "Kari", NOON + timedelta(hours=2))
    assert [each.billable_minutes for each in log.work("w", shed, MARCH).entries] == [30]
    assert len(log.work("w", house, MARCH).entries) == 1


def test_each_workshop_has_a_file_of_its_own(workshop: Any, tmp_path: Path) -> None:
    shop, jobs = workshop.Workshop(str(tmp_path)), workshop.JobCatalogue(str(tmp_path))
    for tenant in ("a/b", "../a"):
        shop.note(tenant, "job", name=tenant)
    assert {record.values["name"] for record in jobs.load("a/b", Kind.PROJECT)} == {"a/b"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["..%2Fa.sqlite", "a%2Fb.sqlite"]


def test_material_is_billed_at_the_price_that_was_noted(workshop: Any, tmp_path: Path) -> None:
    shop, log = workshop.Workshop(str(tmp_path)), workshop.StopwatchLog(str(tmp_path))
    job = shop.note("w", "job", name="House")
    shop.note("w", "material", job=job, ware="7", quantity="14.4", price="32.55", day="2026-03-31")
    shop.note("w", "material", job=job, ware="7", quantity="1", price="1", day="2026-06-01")
    (used,) = log.work("w", job, MARCH).expenses
    assert (used.product, used.quantity, used.out_price) == ("7", Decimal("14.4"), Decimal("32.55"))


def test_the_command_of_the_bench_runs() -> None:
    """One promise of each port; the classes below show them all."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist"]
    command += ["--visma-ports", "workshop_bench:Bench", "-k", "link-exact or amounts-exact"]
    run = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout
    assert "kept (2): amounts-exact, link-exact" in run.stdout


class TestJobCatalogue(CatalogueTests):
    def harness(self) -> CatalogueHarness:
        harness: CatalogueHarness = importlib.import_module("workshop_bench").Bench()
        return harness


class TestStopwatchLog(WorkLogTests):
    def harness(self) -> WorkLogHarness:
        harness: WorkLogHarness = importlib.import_module("workshop_bench").Bench()
        return harness
