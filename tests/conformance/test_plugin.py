"""`pytest --visma-ports`, run as a host runs it: in a project of its own, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

PYTEST = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]

PORTS = """
    import json

    from visma_busy_sync.ports import Versioned, Write
    from attrs import evolve

    from visma_busy_sync.busy import Approval, Project, TimeEntry
    from visma_busy_sync.stores import MemoryCatalogue, MemoryStateStore, MemoryWorkLog
    from visma_busy_sync.sync import Kind
    from visma_busy_sync.testing.conformance import CatalogueHarness, StateHarness, WorkLogHarness

    class Partial:
        '''Writes one after the other until one cannot be made.'''

        def __init__(self, store):
            self.read, self.scan, self._store = store.read, store.scan, store

        def commit(self, tenant, writes):
            if len({write.key for write in writes}) < len(writes):
                return False
            return all(self._store.commit(tenant, [write]) for write in writes)

    class Raising:
        def __init__(self, store):
            self.read, self.scan = store.read, store.scan

        def commit(self, tenant, writes):
            raise OSError("the disk of the host is full")

    class Harness(StateHarness):
        def __init__(self, kind=lambda store: store):
            self._store = MemoryStateStore()
            self._kind = kind

        def state(self):
            return self._kind(self._store)

        def read_raw(self, tenant, key):
            return self._store._documents.get((tenant, key))

        def write_raw(self, tenant, key, document):
            self._store._documents[tenant, key] = document

    class WrongHarness(Harness):
        def read_raw(self, tenant, key):
            raise KeyError("another table")

    class UnfinishedHarness(Harness):
        def read_raw(self, tenant, key):
            raise NotImplementedError("later")

    class Unopened(Harness):
        def __enter__(self):
            open(":/nowhere/busy.sqlite")

    class Misread(Harness):
        def read_raw(self, tenant, key):
            return decoded("")

    def decoded(body):
        return json.loads(body)

    class Busy(CatalogueHarness):
        def __init__(self):
            self._busy = MemoryCatalogue()

        def catalogue(self):
            return self._busy

        def record_raw(self, tenant, kind, id):
            found = [each for each in self._busy.load(tenant, kind) if each.id == id]
            return found[0] if found else None

        def add_raw(self, tenant, kind, values):
            return self._busy.add(tenant, kind, **values)

        def edit_raw(self, tenant, kind, id, values):
            self._busy.edit(tenant, kind, id, **values)

    class Both(Harness, Busy):
        def __init__(self):
            Harness.__init__(self)
            Busy.__init__(self)

    class Hours(WorkLogHarness):
        def __init__(self):
            self._catalogue = MemoryCatalogue()
            self._hours = MemoryWorkLog(self._catalogue)

        def work_log(self):
            return self._hours

        def put_raw(self, tenant, value, project=None):
            if isinstance(value, Project):
                id = self._catalogue.add(tenant, Kind.PROJECT, name=value.name, number=value.number)
                return evolve(value, id=id, customer=None, allows_several_customers=False, is_billable=True)

        def book_raw(self, tenant, project, entries, costs):
            self._hours.book(tenant, project, *entries, costs=costs)
            return entries, costs

    class AllThree(Both, Hours):
        def __init__(self):
            Both.__init__(self)
            Hours.__init__(self)

    def rounding():
        class Rounding(Hours):
            def book_raw(self, tenant, project, entries, costs):
                rounded = [evolve(cost, quantity=round(cost.quantity, 2)) for cost in costs]
                return super().book_raw(tenant, project, entries, rounded)

        return Rounding()

    class Strict(Hours):
        required = {TimeEntry: ("work_type",), Project: ("number",)}

    class Misspelt(Hours):
        required = {TimeEntry: ("worktype",)}

    class StandIn(Hours):
        def book_raw(self, tenant, project, entries, costs):
            return super().book_raw(tenant, project, [evolve(each, work_type="w") for each in entries], costs)

    class AlwaysApproved(Hours):
        def book_raw(self, tenant, project, entries, costs):
            entries = [evolve(each, approval=Approval.APPROVED) for each in entries]
            return super().book_raw(tenant, project, entries, costs)

    class TwoDecimals:
        def __init__(self, hours):
            self._hours = hours

        def __getattr__(self, name):
            return getattr(self._hours, name)

        def work(self, *arguments):
            work = self._hours.work(*arguments)
            rounded = [evolve(cost, out_price=round(cost.out_price, 2)) for cost in work.expenses]
            return evolve(work, expenses=tuple(rounded))

    def narrow():
        class Narrow(Hours):
            def work_log(self):
                return TwoDecimals(self._hours)

        return Narrow()

    def right():
        return Harness()

    def partial():
        return Harness(Partial)

    def raising():
        return Harness(Raising)

    def wrong_harness():
        return WrongHarness()

    def unfinished():
        return UnfinishedHarness()

    def no_harness():
        return MemoryStateStore()

    not_a_function = 7
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A host's project: a package with its harness, and tests of its own."""
    package = tmp_path / "shop"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "ports.py").write_text(textwrap.dedent(PORTS))
    (package / "broken.py").write_text("import a_driver_that_is_not_installed\n")
    (tmp_path / "test_shop.py").write_text("def test_of_the_shop():\n    pass\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    return tmp_path


def run(shop: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run([*PYTEST, *arguments], cwd=shop, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_right_store_passes_and_the_report_names_what_was_not_shown(shop: Path) -> None:
    """Kept promises are listed; what a missing capability left open is named with that capability."""
    code, output = run(shop, "--visma-ports", "shop.ports:right", "-rs")
    assert code == 0, output
    assert "promises of shop.ports:right" in output
    assert "kept (18): all-or-nothing, answers-are-values, " in output
    assert 'not shown, the capability "ambient-transaction" is missing: own-transaction' in output
    assert 'not shown, the capability "reopen" is missing: durable (in part)' in output
    assert 'not shown, the capability "processes" is missing: one-winner (in part)' in output
    assert 'capability "reopen" is missing: the harness has no method reopen()' in output
    assert "broken" not in output
    assert "test_of_the_shop" not in output


def test_a_host_that_gives_a_catalogue_alone_is_tested_alone(shop: Path) -> None:
    """And the report names what its harness could not show."""
    code, output = run(shop, "--visma-ports", "shop.ports:Busy")
    assert code == 0, output
    assert "kept (17): all-records-loaded, answers-are-records, applied-is-durable, " in output
    assert 'not shown, the capability "deletion" is missing: gone-is-moved (in part)' in output
    refusals = "outcome-for-each (in part), refused-leaves-nothing"
    assert f'not shown, the capability "refusals" is missing: {refusals}' in output
    assert "all-or-nothing" not in output


def test_a_harness_of_both_ports_shows_both(shop: Path) -> None:
    code, output = run(shop, "--visma-ports", "shop.ports:Both", "-k", "take-once or new-id", "-v")
    assert code == 0, output
    assert "shop.ports:Both::a_document_is_taken_once[take-once] PASSED" in output
    assert "shop.ports:Both::each_creation_is_a_record_of_its_own[new-id] PASSED" in output


def test_a_host_without_settings_tasks_and_members_shows_what_it_has(shop: Path) -> None:
    """Its orders do not wait here and nothing is archived, which the report names."""
    code, output = run(shop, "--visma-ports", "shop.ports:Hours")
    assert code == 0, output
    assert "kept (15): all-that-bills-it, amounts-exact, answers-are-work, costs-by-their-day, " in output
    assert 'not shown, the capability "archiving" is missing: archived-projects-answer' in output
    finalising = "orders-as-finalised, orders-once, reading-changes-nothing (in part)"
    assert (
        f'not shown, the capability "finalising" is missing: no-stale-work (in part), {finalising}' in output
    )


def test_a_harness_of_all_ports_shows_all(shop: Path) -> None:
    chosen = ["-k", "take-once or new-id or unknown-project", "-v"]
    code, output = run(shop, "--visma-ports", "shop.ports:AllThree", *chosen)
    assert code == 0, output
    for shown in (
        "a_document_is_taken_once[take-once]",
        "each_creation_is_a_record_of_its_own[new-id]",
        "an_unknown_project_is_a_lookup_error[unknown-project]",
    ):
        assert f"shop.ports:AllThree::{shown} PASSED" in output


def test_a_harness_that_hides_what_its_database_rounds_is_told(shop: Path) -> None:
    """It settles nothing."""
    code, output = run(shop, "--visma-ports", "shop.ports:rounding", "-k", "amounts_come_back")
    assert code == 1, output
    told = "another quantity than they were given with: Decimal('0.00') instead of Decimal('0.0001')"
    assert f"book_raw() returned costs with {told} (has its column fewer than four decimals?)" in output
    assert "not settled, a check failed over something else (1): amounts-exact" in output


@pytest.mark.parametrize(
    ("factory", "check", "cure"),
    [
        (
            "StandIn",
            "a_period_may_be",
            "Is it required here, say so in the harness: required = {TimeEntry: ('work_type',)}.",
        ),
        ("AlwaysApproved", "a_period_may_be", "Has the host no approval, return Approval.NONE;"),
        ("narrow", "amounts_come_back", "(has its column fewer than four decimals?).\n  promised: "),
        ("Misspelt", "a_period_may_be", "the harness requires TimeEntry.worktype: "),
    ],
)
def test_what_a_table_cannot_keep_is_told_with_its_cure(
    shop: Path, factory: str, check: str, cure: str
) -> None:
    """A required column, an approval that there is not, too few decimals."""
    code, output = run(shop, "--visma-ports", f"shop.ports:{factory}", "-k", check)
    assert code == 1, output
    assert cure in output


def test_what_the_harness_requires_stands_in_the_report(shop: Path) -> None:
    """So nobody thinks that leaving it out was tried."""
    code, output = run(shop, "--visma-ports", "shop.ports:Strict", "-k", "a_period_may_be")
    assert code == 0, output
    assert "never left out, as the harness requires: TimeEntry.work_type, Project.number" in output


def test_a_broken_promise_fails_with_its_name_and_what_to_do(shop: Path) -> None:
    """The failure is a message, not a traceback through the kit."""
    code, output = run(shop, "--visma-ports", "shop.ports:partial", "-k", "all-or-nothing")
    assert code == 1, output
    assert 'promise "all-or-nothing" is broken: ' in output
    assert "to do: Make all writes in one transaction" in output
    assert "broken (1): all-or-nothing" in output
    assert "Traceback" not in output


def test_a_check_that_failed_over_something_else_leaves_its_promise_open(shop: Path) -> None:
    """The harness is at fault, or another promise is broken: then other checks of it prove nothing."""
    code, output = run(shop, "--visma-ports", "shop.ports:wrong_harness", "-k", "all-or-nothing")
    assert code == 1, output
    assert "KeyError: 'another table'" in output
    assert "kept (0): none" in output
    assert "not settled, a check failed over something else (1): all-or-nothing" in output
    assert "broken (" not in output


@pytest.mark.parametrize(
    ("factory", "raises", "method", "told"),
    [
        ("unfinished", 'raise NotImplementedError("later")', "read_raw", "NotImplementedError: later"),
        ("wrong_harness", 'raise KeyError("another table")', "read_raw", "KeyError: 'another table'"),
        ("Unopened", 'open(":/nowhere/busy.sqlite")', "__enter__", "FileNotFoundError: "),
        ("Misread", "return json.loads(body)", "decoded", "json.decoder.JSONDecodeError: Expecting value: "),
    ],
)
def test_an_error_of_the_harness_is_told_in_a_few_lines(
    shop: Path, factory: str, raises: str, method: str, told: str
) -> None:
    """With the host's own last line, and without what is of pytest, of the kit and of libraries."""
    code, output = run(shop, "--visma-ports", f"shop.ports:{factory}", "-k", "stops_the_whole_commit")
    assert code == 1, output
    failure = output.partition("= FAILURES =")[2].partition("= promises of")[0].replace("\\", "/")
    assert f"The harness failed: {told}" in failure
    (line,) = (at for at, text in enumerate(textwrap.dedent(PORTS).splitlines(), 1) if text.strip() == raises)
    assert f"/shop/ports.py:{line}, in {method}()\n  to do: " in failure
    assert len(failure.splitlines()) < 8
    assert "not settled, a check failed over something else (1)" in output


def test_a_traceback_is_whole_where_that_is_asked_for(shop: Path) -> None:
    chosen = ["--tb=long", "-k", "stops_the_whole_commit"]
    code, output = run(shop, "--visma-ports", "shop.ports:wrong_harness", *chosen)
    assert code == 1, output
    assert '>       raise KeyError("another table")' in output
    assert "The harness failed" not in output


def test_an_error_of_the_store_is_shown_with_its_traceback(shop: Path) -> None:
    code, output = run(shop, "--visma-ports", "shop.ports:raising", "-k", "versions_count_up")
    assert code == 1, output
    assert "commit() raised OSError: the disk of the host is full" in output
    assert "shop/ports.py" in output.replace("\\", "/")


def test_checks_are_chosen_by_promise(shop: Path) -> None:
    code, output = run(shop, "--visma-ports", "shop.ports:right", "-k", "take-once", "-v")
    assert code == 0, output
    assert "shop.ports:right::a_document_is_taken_once[take-once] PASSED" in output
    assert "all-or-nothing" not in output


def test_several_factories_and_named_tests_run_together(shop: Path) -> None:
    """Tests that are named run besides; each factory has its own summary."""
    option = "--visma-ports"
    code, output = run(
        shop,
        option,
        "shop.ports:right",
        option,
        "shop.ports:partial",
        "test_shop.py",
        "-v",
        "-k",
        "shop and together",
    )
    assert code == 0, output
    assert "shop.ports:right::a_commit_creates_changes_and_deletes_together[all-or-nothing] PASSED" in output
    assert (
        "shop.ports:partial::a_commit_creates_changes_and_deletes_together[all-or-nothing] PASSED" in output
    )
    code, output = run(
        shop, option, "shop.ports:right", "test_shop.py", "-v", "-k", "take-once or of_the_shop"
    )
    assert code == 0, output
    assert "test_of_the_shop PASSED" in output
    assert "[take-once] PASSED" in output


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("shop.ports", "is no reference: write it as package.module:function"),
        (":right", "is no reference: write it as package.module:function"),
        ("shop.prots:right", "there is no module shop.prots"),
        ("nowhere.ports:right", "there is no module nowhere"),
        ("shop.ports:rihgt", "the module shop.ports has no rihgt"),
        ("shop.ports:not_a_function", "is a int; name a function"),
        ("shop.ports:no_harness", "returned a MemoryStateStore: it must return a StateHarness"),
    ],
)
def test_a_wrong_reference_is_told_in_one_line(shop: Path, reference: str, why: str) -> None:
    """It is a mistake of usage, so there is no traceback and the exit code is pytest's for that."""
    code, output = run(shop, "--visma-ports", reference)
    assert code == pytest.ExitCode.USAGE_ERROR, output
    assert f'ERROR: --visma-ports "{reference}' in output
    assert why in output
    assert "Traceback" not in output


def test_an_error_inside_the_hosts_module_is_not_taken_for_a_wrong_reference(shop: Path) -> None:
    code, output = run(shop, "--visma-ports", "shop.broken:right")
    assert code == pytest.ExitCode.USAGE_ERROR, output
    assert '--visma-ports "shop.broken:right" raised an error' in output
    assert "No module named 'a_driver_that_is_not_installed'" in output
    assert "broken.py" in output


def test_without_the_option_the_plugin_loads_nothing_of_the_package(shop: Path) -> None:
    """It costs nothing in projects that only have the package installed."""
    (shop / "test_shop.py").write_text(
        "import sys\n\ndef test_of_the_shop():\n"
        "    parts = {name for name in sys.modules if name.startswith('visma_busy_sync')}\n"
        "    home = 'visma_busy_sync'\n"
        "    assert parts == {home, f'{home}.testing', f'{home}.testing.plugin'}\n"
    )
    code, output = run(shop)
    assert code == 0, output
    assert "promises" not in output


CLASS = """
    {imports}
    from shop.ports import Harness, partial
    from visma_busy_sync.testing.conformance import StateStoreTests

    class TestRight(StateStoreTests{base}):
        def harness(self):
            return Harness()

    class TestPartial(StateStoreTests{base}):
        def harness(self):
            return partial()
"""


def test_the_base_class_needs_pytest_alone(shop: Path) -> None:
    """Without the plugin: each check is a test, each missing capability a skip, each broken promise told."""
    (shop / "test_ports.py").write_text(textwrap.dedent(CLASS.format(imports="", base="")))
    code, output = run(shop, "-p", "no:visma-busy-sync", "-rs", "test_ports.py::TestRight")
    assert code == 0, output
    assert "3 skipped" in output
    assert 'capability "processes" is missing: the harness has no method child()' in output
    code, output = run(
        shop, "-p", "no:visma-busy-sync", "test_ports.py::TestPartial", "-k", "one_wrong_version_stops"
    )
    assert code == 1, output
    assert 'promise "all-or-nothing" is broken: ' in output


def test_the_base_class_works_under_unittest(shop: Path) -> None:
    source = CLASS.format(imports="import unittest", base=", unittest.TestCase")
    (shop / "test_ports.py").write_text(textwrap.dedent(source))
    done = subprocess.run(
        [sys.executable, "-m", "unittest", "-v", "test_ports.TestRight"],
        cwd=shop,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "OK (skipped=3)" in done.stderr
