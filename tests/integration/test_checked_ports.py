"""What a host's ports return is checked before anything is made of it; no value is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, final

import attrs
import pytest
from cryptography.fernet import Fernet

from visma_busy_sync._core.stepper import step
from visma_busy_sync.busy import PriceMode, Prices, Project, Work
from visma_busy_sync.integration import PortContractBroken, ProjectUnknown
from visma_busy_sync.integration._checked_ports import CheckedCatalogue, CheckedStateStore, CheckedWorkLog
from visma_busy_sync.ports import (
    Found,
    LiftedCatalogue,
    LiftedStateStore,
    LiftedWorkLog,
    Versioned,
    Write,
)
from visma_busy_sync.stores import MemoryCatalogue, MemoryStateStore, MemoryWorkLog
from visma_busy_sync.sync import Applied, Change, Kind, Link, Moved, Record, Refused

from .fake import order
from .given import idle
from .office import ACME, MARCH, SESSION, Office, ready_to_push

SECRET = "CONFIDENTIAL"
WITH_TIME = datetime(2026, 1, 1)  # noqa: DTZ001 - as a database without time zones gives it


@final
class Answers:
    """All three ports in one; each method returns what it is told to."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def load(self, tenant: str, kind: Kind) -> Any:
        return self._answer

    def apply(self, tenant: str, changes: Sequence[Change]) -> Any:
        return self._answer

    def work(self, tenant: str, project: str, period: Any) -> Any:
        return self._answer

    def finalised(self, tenant: str) -> Any:
        return self._answer

    def read(self, tenant: str, keys: Sequence[str]) -> Any:
        return self._answer

    def scan(self, prefix: str, tenant: str | None = None) -> Any:
        return self._answer

    def commit(self, tenant: str, writes: Sequence[Write]) -> Any:
        return self._answer


CHANGE = Change(Kind.PROJECT, None, {"name": "N"}, {}, None, Link("{}"))
CHANGED = attrs.evolve(CHANGE, id="j1")

CALLS: Mapping[str, Callable[[Any], Any]] = {
    "Catalogue.load": lambda port: step(CheckedCatalogue(LiftedCatalogue(port)).load, ACME, Kind.PROJECT),
    "Catalogue.apply": lambda port: step(
        CheckedCatalogue(LiftedCatalogue(port)).apply, ACME, [CHANGE, CHANGED]
    ),
    "WorkLog.work": lambda port: step(CheckedWorkLog(LiftedWorkLog(port)).work, ACME, "j1", MARCH),
    "WorkLog.finalised": lambda port: step(CheckedWorkLog(LiftedWorkLog(port)).finalised, ACME),
    "StateStore.read": lambda port: step(CheckedStateStore(LiftedStateStore(port)).read, ACME, ["a", "b"]),
    "StateStore.scan": lambda port: step(CheckedStateStore(LiftedStateStore(port)).scan, "a", ACME),
    "StateStore.commit": lambda port: step(CheckedStateStore(LiftedStateStore(port)).commit, ACME, []),
}


def record(**changes: Any) -> Record:
    whole = Record(Kind.PROJECT, "j1", values(), Link("{}"))
    return attrs.evolve(whole, **changes)


def values(**changes: Any) -> Mapping[str, Any]:
    return {
        "number": "1",
        "name": SECRET,
        "customer": None,
        "start_date": date(2026, 1, 1),
        "end_date": None,
        "notes": "Ærlig 🧰",
        "archived": False,
        **changes,
    }


def having(**changes: Any) -> list[Record]:
    """Two records, of which the second has other values."""
    return [record(), record(id="j2", values=values(**changes))]


def work(project: str) -> Work:
    return Work(project=Project(id=project, name="N"), prices=Prices(mode=PriceMode.PROJECT))


def found(**changes: Any) -> list[Any]:
    return [attrs.evolve(Found(ACME, "a1", Versioned(1, "{}")), **changes)]


def outcomes(second: Any) -> list[Any]:
    return [Applied("j9", values()), second]


def given(*cases: tuple[str, str, Any, str, str]) -> list[Any]:
    return [pytest.param(*case[1:], id=case[0]) for case in cases]


BROKEN = given(
    ("id-int", "Catalogue.load", [record(), record(id=7)], "[1].id", "int"),
    ("id-none", "Catalogue.load", [record(id=None)], "[0].id", "None"),
    ("id-blank", "Catalogue.load", [record(id=" ")], "[0].id", "a blank str"),
    ("id-surrogate", "Catalogue.load", [record(id="\ud800")], "[0].id", "half a character"),
    ("id-twice", "Catalogue.load", [record(), record()], "[1].id", "came before"),
    ("nothing", "Catalogue.load", None, "", "None"),
    ("generator", "Catalogue.load", (each for each in [record()]), "", "generator"),
    ("mapping", "Catalogue.load", {"j1": record()}, "", "dict"),
    ("no-record", "Catalogue.load", [{"id": "j1"}], "[0]", "dict"),
    ("text", "Catalogue.load", "j1", "[0]", "str"),
    ("other-kind", "Catalogue.load", [record(kind=Kind.CUSTOMER)], "[0].kind", "another Kind"),
    ("kind-text", "Catalogue.load", [record(kind="project")], "[0].kind", "str"),
    ("link-text", "Catalogue.load", [record(link="{}")], "[0].link", "str"),
    ("link-decoded", "Catalogue.load", [record(link=Link({}))], "[0].link.document", "dict"),  # type: ignore[arg-type]
    ("no-values", "Catalogue.load", [record(values=None)], "[0].values", "None"),
    ("archived-0", "Catalogue.load", having(archived=0), "[1].values['archived']", "int"),
    ("archived-none", "Catalogue.load", having(archived=None), "[1].values['archived']", "None"),
    (
        "datetime",
        "Catalogue.load",
        having(start_date=WITH_TIME),
        "values['start_date']",
        "datetime",
    ),
    ("date-text", "Catalogue.load", having(end_date="2026-01-01"), "values['end_date']", "str"),
    ("number-int", "Catalogue.load", having(number=12), "values['number']", "int"),
    ("customer-int", "Catalogue.load", having(customer=3), "values['customer']", "int"),
    ("notes-bytes", "Catalogue.load", having(notes=b"x"), "values['notes']", "bytes"),
    ("name-surrogate", "Catalogue.load", having(name="\udfff"), "values['name']", "half a character"),
    ("applied-id-int", "Catalogue.apply", [Applied(7, {}), Moved()], "[0].id", "int"),  # type: ignore[arg-type]
    ("applied-no-id", "Catalogue.apply", [Applied("", {}), Moved()], "[0].id", "a blank str"),
    ("applied-other", "Catalogue.apply", outcomes(Applied("j2", values())), "[1].id", "another id"),
    ("applied-id-type", "Catalogue.apply", outcomes(Applied([], values())), "[1].id", "another id"),  # type: ignore[arg-type]
    (
        "applied-values",
        "Catalogue.apply",
        outcomes(Applied("j1", values(end_date=WITH_TIME))),
        "[1].values['end_date']",
        "datetime",
    ),
    ("refused-none", "Catalogue.apply", outcomes(Refused(None)), "[1].reason", "None"),  # type: ignore[arg-type]
    ("work-none", "WorkLog.work", None, "", "None"),
    ("work-other", "WorkLog.work", work("j2"), "project.id", "another id"),
    ("finalised-none", "WorkLog.finalised", None, "", "None"),
    ("finalised-texts", "WorkLog.finalised", ["o1"], "[0]", "str"),
    ("read-none", "StateStore.read", None, "", "None"),
    ("read-texts", "StateStore.read", {"a": "{}"}, "[key]", "str"),
    ("read-unasked", "StateStore.read", {"A": Versioned(1, "{}")}, "", "not asked for"),
    ("version-0", "StateStore.read", {"a": Versioned(0, "{}")}, "[key].version", "int"),
    ("version-true", "StateStore.read", {"a": Versioned(True, "{}")}, "[key].version", "bool"),
    ("version-text", "StateStore.read", {"a": Versioned("1", "{}")}, "[key].version", "str"),  # type: ignore[arg-type]
    ("body-decoded", "StateStore.read", {"a": Versioned(1, {})}, "[key].body", "dict"),  # type: ignore[arg-type]
    ("scan-none", "StateStore.scan", None, "", "None"),
    ("scan-documents", "StateStore.scan", [Versioned(1, "{}")], "[0]", "Versioned"),
    ("scan-key", "StateStore.scan", found(key=1), "[0].key", "int"),
    ("scan-tenant", "StateStore.scan", found(tenant=None), "[0].tenant", "None"),
    ("scan-wildcard", "StateStore.scan", found(key="b1"), "[0].key", "another key"),
    ("scan-stranger", "StateStore.scan", found(tenant="other"), "[0].tenant", "another tenant"),
    ("scan-body", "StateStore.scan", found(document=Versioned(1, b"{}")), "[0].document.body", "bytes"),  # type: ignore[arg-type]
    ("scan-document", "StateStore.scan", found(document=None), "[0].document", "None"),
    ("commit-none", "StateStore.commit", None, "", "None"),
    ("commit-1", "StateStore.commit", 1, "", "int"),
)


@pytest.mark.parametrize(("port", "answer", "place", "type_"), BROKEN)
def test_an_answer_that_the_contract_does_not_allow_is_told(
    port: str, answer: Any, place: str, type_: str
) -> None:
    """Port method, place, what came, what is expected; and never a value."""
    with pytest.raises(PortContractBroken) as raised:
        CALLS[port](Answers(answer))
    error = raised.value
    assert error.port == port
    assert error.field.endswith(place)
    assert type_ in error.given
    assert error.expected
    for fact in (error.port, error.field, error.given, error.expected):
        assert fact in str(error)
    assert SECRET not in str(error)
    assert "try again" in error.advice


FINE: Mapping[str, tuple[str, Any]] = {
    "records": ("Catalogue.load", (record(), record(id="j2", link=None), record(id="j3", values={}))),
    "no-records": ("Catalogue.load", []),
    "outcomes": ("Catalogue.apply", outcomes(Applied("j1", values()))),
    "refusals": ("Catalogue.apply", [Refused("it is full"), Moved()]),
    "work": ("WorkLog.work", work("j1")),
    "orders": ("WorkLog.finalised", (order("o", "h1"),)),
    "documents": ("StateStore.read", {"a": Versioned(1, "{}")}),
    "found": ("StateStore.scan", found()),
    "made": ("StateStore.commit", True),
    "not-made": ("StateStore.commit", False),
}


@pytest.mark.parametrize(("port", "answer"), FINE.values(), ids=FINE)
def test_an_answer_that_is_right_comes_through_as_it_is(port: str, answer: Any) -> None:
    assert CALLS[port](Answers(answer)) is answer


# Over the shells


def in_shell(office: Office, port: Any) -> Any:
    """A port of the shell's own sort, from a synchronous one."""
    if office.shell.run is None:
        return port
    lifted = {"load": LiftedCatalogue, "work": LiftedWorkLog, "read": LiftedStateStore}
    return next(lift(port) for method, lift in lifted.items() if hasattr(port, method))


@final
class Numbered:
    """A catalogue whose ids are numbers, as from an integer column."""

    def __init__(self, busy: MemoryCatalogue) -> None:
        self.apply = busy.apply
        self._busy = busy

    def load(self, tenant: str, kind: Kind) -> Any:
        seven: Any = 7
        return [attrs.evolve(each, id=seven) for each in self._busy.load(tenant, kind)]


def test_a_catalogue_with_numbers_for_ids_does_not_ruin_the_login(office: Office) -> None:
    """Nothing is stored of it; with the host mended the same tenant connects and syncs."""
    office.busy.add(ACME, Kind.PROJECT, name="Own")
    acme = office.tenant(catalogue=in_shell(office, Numbered(office.busy)))
    url = acme.connect(project_sync=True, session=SESSION)
    with pytest.raises(PortContractBroken, match=r"Catalogue\.load.*\[0\]\.id is int") as raised:
        acme.complete_login(office.press(url), session=SESSION)
    assert raised.value.field == "[0].id"
    assert [found.key for found in office.state.scan("")] == ["installation", "login"]
    mended = office.connected()
    mended.sync()
    assert idle(mended.sync())


@final
class Flags:
    """A catalogue with SQLite's 0 and 1 for flags."""

    def __init__(self, busy: MemoryCatalogue) -> None:
        self.apply = busy.apply
        self._busy = busy

    def load(self, tenant: str, kind: Kind) -> Any:
        records = self._busy.load(tenant, kind)
        flag: Any = 0
        return [attrs.evolve(each, values={**each.values, "archived": flag}) for each in records]


def test_a_flag_that_is_0_or_1_is_refused_before_anything_is_planned(office: Office) -> None:
    office.connected().sync()
    before = office.busy.snapshot(ACME)
    host = office.connected(catalogue=in_shell(office, Flags(office.busy)), project_sync=False)
    for call in (host.plan, host.sync):
        with pytest.raises(PortContractBroken, match=r"values\['archived'\] is int.*bool\(value\)"):
            call()
    assert office.busy.snapshot(ACME) == before


@final
class Silent:
    """A state store whose commit forgets to say whether it was made."""

    def __init__(self, memory: MemoryStateStore) -> None:
        self.read, self.scan = memory.read, memory.scan
        self._memory = memory

    def commit(self, tenant: str, writes: Sequence[Write]) -> Any:
        self._memory.commit(tenant, writes)


def test_a_commit_that_returns_nothing_is_not_taken_for_a_used_login(office: Office) -> None:
    """Nor is the user told then that the address belongs to no login."""
    healthy = office.tenant()
    url = healthy.connect(project_sync=True, session=SESSION)
    keys = [Fernet.generate_key()]
    silent = office.tenant(state=in_shell(office, Silent(office.state)), encryption_keys=keys)
    with pytest.raises(PortContractBroken, match=r"StateStore\.commit.*None.*a bool"):
        silent.complete_login(office.press(url), session=SESSION)


@final
class Raising:
    """A work log that raises."""

    def __init__(self, hours: MemoryWorkLog, error: Exception) -> None:
        self.finalised = hours.finalised
        self._error = error

    def work(self, tenant: str, project: str, period: Any) -> Work:
        raise self._error


class NoSuchProject(LookupError):
    """A host's own error."""


@pytest.mark.parametrize("error", [LookupError("j"), NoSuchProject("j")], ids=["plain", "own"])
def test_a_lookup_error_of_the_work_log_means_an_unknown_project(office: Office, error: Exception) -> None:
    host = office.connected(work=in_shell(office, Raising(office.hours, error)))
    with pytest.raises(ProjectUnknown) as raised:
        host.build_order("j", MARCH)
    assert raised.value.__cause__ is error


@pytest.mark.parametrize("error", [KeyError("rate"), IndexError("rows")], ids=["key", "index"])
def test_a_mistake_in_the_work_log_is_not_taken_for_an_unknown_project(
    office: Office, error: Exception
) -> None:
    acme, order = ready_to_push(office)
    host = office.connected(work=in_shell(office, Raising(office.hours, error)))
    with pytest.raises(type(error)) as raised:
        host.build_order(order.project, MARCH)
    assert raised.value is error
    assert acme.ledger_entry(order.id) is None
