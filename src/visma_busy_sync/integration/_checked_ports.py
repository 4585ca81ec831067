"""What the host's ports return, checked before anything is stored or planned from it.

A host is written by others, often without a type checker, over a database whose types are not Python's: an
id comes as a number, a flag as 0 or 1, a day with a time. Taken over, such a value would be stored in a
document that cannot be read again, or a sync would be wrong without a word. So each answer is looked at
once, here, and one that the contract does not allow is `PortContractBroken`. It tells types and places,
never a value.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias, cast, final

from visma_busy_sync.busy import Order, Period, Work
from visma_busy_sync.integration.errors import PortContractBroken
from visma_busy_sync.ports import (
    AsyncCatalogue,
    AsyncStateStore,
    AsyncWorkLog,
    Found,
    Versioned,
    Write,
)
from visma_busy_sync.sync import FIELDS, Applied, Change, Kind, Link, Moved, Outcome, Record, Refused, Value


class _Wrong(NamedTuple):
    """What is wrong, at which place within one member of an answer."""

    field: str
    given: str
    expected: str


class _Rule(NamedTuple):
    """Which values a field may have."""

    fits: Callable[[object], bool]
    expected: str

    def wrong(self, field: str, value: object) -> _Wrong | None:
        return None if self.fits(value) else _Wrong(field, _type_of(value), self.expected)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and (value.isascii() or not _has_half_a_character(value))


def _has_half_a_character(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _is_day(value: object) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _type_of(value: object) -> str:
    if value is None:
        return "None"
    if isinstance(value, str) and not _is_text(value):
        return "a str with half a character (a lone surrogate)"
    if isinstance(value, str) and not value.strip():
        return "a blank str"
    return type(value).__name__


def _is_id(value: object) -> bool:
    return _is_text(value) and bool(str(value).strip())


def _is_text_or_none(value: object) -> bool:
    return value is None or _is_text(value)


def _is_day_or_none(value: object) -> bool:
    return value is None or _is_day(value)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_version(value: object) -> bool:
    return type(value) is int and value >= 1


def _is_body(value: object) -> bool:
    return isinstance(value, str)


_ID: Final = _Rule(_is_id, "a str that is not blank")
_TEXT: Final = _Rule(_is_text, "a str")
_OPTIONAL_TEXT: Final = _Rule(_is_text_or_none, "a str or None")
_OPTIONAL_DAY: Final = _Rule(_is_day_or_none, "a date without time, or None")
_FLAG: Final = _Rule(_is_flag, "a bool (where the database keeps 0 and 1: bool(value))")
_VERSION: Final = _Rule(_is_version, "an int from 1 up")
_BODY: Final = _Rule(_is_body, "the str as it was stored (a JSON column may hand out a decoded value)")

_OF_FIELD: Final[Mapping[str, _Rule]] = {
    "archived": _FLAG,
    "start_date": _OPTIONAL_DAY,
    "end_date": _OPTIONAL_DAY,
}
_VALUES: Final[Mapping[Kind, tuple[tuple[str, _Rule], ...]]] = MappingProxyType(
    {kind: tuple((name, _OF_FIELD.get(name, _OPTIONAL_TEXT)) for name in FIELDS[kind]) for kind in Kind}
)
_ABSENT: Final = object()

_Check: TypeAlias = Callable[[Any], "_Wrong | None"]


@final
class CheckedCatalogue:
    """A catalogue whose answers are what its contract allows, or `PortContractBroken`."""

    def __init__(self, port: AsyncCatalogue) -> None:
        self._port = port

    async def load(self, tenant: str, kind: Kind) -> Sequence[Record]:
        """Return every record of a kind, each id once."""
        port = "Catalogue.load"
        records = await self._port.load(tenant, kind)
        _check_members(port, records, Record, lambda record: _wrong_in_record(kind, record))
        seen: set[str] = set()
        for index, record in enumerate(records):
            if record.id in seen:
                raise _broken(port, f"[{index}]", _Wrong("id", "an id that came before", "each id once"))
            seen.add(record.id)
        return records

    async def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        """Return one outcome for each change, and of a record that is known the same id."""
        port = "Catalogue.apply"
        outcomes = await self._port.apply(tenant, changes)
        _check_members(port, outcomes, Applied | Moved | Refused, lambda _: None)
        if len(outcomes) != len(changes):
            raise PortContractBroken(port, f"{len(changes)} changes have {len(outcomes)} outcomes")
        for index, (change, outcome) in enumerate(zip(changes, outcomes, strict=True)):
            wrong = _wrong_in_outcome(change, outcome)
            if wrong:
                raise _broken(port, f"[{index}]", wrong)
        return outcomes


@final
class CheckedWorkLog:
    """A work log whose answers are what its contract allows, or `PortContractBroken`."""

    def __init__(self, port: AsyncWorkLog) -> None:
        self._port = port

    async def work(self, tenant: str, project: str, period: Period) -> Work:
        """Return the work on a project."""
        port = "WorkLog.work"
        work = await self._port.work(tenant, project, period)
        _check_is(port, work, Work)
        if work.project.id != project:
            raise _broken(port, "", _Wrong("project.id", "another id", "the id that was asked for"))
        return work

    async def finalised(self, tenant: str) -> Sequence[Order]:
        """Return the orders that are finalised."""
        orders = await self._port.finalised(tenant)
        _check_members("WorkLog.finalised", orders, Order, lambda _: None)
        return orders


@final
class CheckedStateStore:
    """A state store whose answers are what its contract allows, or `PortContractBroken`."""

    def __init__(self, port: AsyncStateStore) -> None:
        self._port = port

    async def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        """Return those of the documents that exist, and no other."""
        port = "StateStore.read"
        found = await self._port.read(tenant, keys)
        _check_is(port, found, Mapping)
        _check_keys(port, found, set(keys))
        for document in found.values():
            wrong = _wrong_in_document(document)
            if wrong:
                raise _broken(port, "[key]", wrong)
        return found

    async def scan(self, prefix: str, tenant: str | None = None) -> Sequence[Found]:
        """Return the documents whose key begins with `prefix`, of one tenant or of all, and no other."""

        def wrong(found: Found) -> _Wrong | None:
            problem = _TEXT.wrong("tenant", found.tenant) or _TEXT.wrong("key", found.key)
            if problem:
                return problem
            if not found.key.startswith(prefix):
                return _Wrong("key", "another key", "one that begins with the prefix, which is plain text")
            if tenant not in {None, found.tenant}:
                return _Wrong("tenant", "another tenant", "the one that was asked for")
            problem = _wrong_in_document(found.document)
            return problem and problem._replace(field=f"document{_dotted(problem.field)}")

        documents = await self._port.scan(prefix, tenant)
        _check_members("StateStore.scan", documents, Found, wrong)
        return documents

    async def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        """Return whether the writes were made."""
        made = await self._port.commit(tenant, writes)
        _check_is("StateStore.commit", made, bool, "a bool: whether the writes were made")
        return made


def _check_is(port: str, answer: object, type_: type, expected: str = "") -> None:
    if not isinstance(answer, type_):
        raise _broken(port, "", _Wrong("", _type_of(answer), expected or f"a {type_.__name__}"))


def _check_members(port: str, answer: object, type_: Any, wrong_in: _Check) -> None:
    """Require a sequence of members of a type, each of which `wrong_in` finds nothing wrong in."""
    if not isinstance(answer, Sequence):
        raise _broken(port, "", _Wrong("", _type_of(answer), "a sequence, such as a list"))
    for index, member in enumerate(cast("Sequence[object]", answer)):
        if isinstance(member, type_):
            wrong = wrong_in(member)
        else:
            wrong = _Wrong("", _type_of(member), getattr(type_, "__name__", "Applied, Moved or Refused"))
        if wrong:
            raise _broken(port, f"[{index}]", wrong)


def _check_keys(port: str, found: Mapping[str, object], asked: Collection[str]) -> None:
    if any(key not in asked for key in found):
        raise _broken(port, "", _Wrong("", "a key that was not asked for", "only keys that were asked for"))


def _wrong_in_record(kind: Kind, record: Record) -> _Wrong | None:
    if record.kind is not kind:
        given = "another Kind" if _type_of(record.kind) == "Kind" else _type_of(record.kind)
        return _Wrong("kind", given, f"Kind.{kind.name}, which was asked for")
    return _ID.wrong("id", record.id) or _wrong_in_link(record.link) or _wrong_in_values(kind, record.values)


def _wrong_in_link(link: object) -> _Wrong | None:
    if link is None:
        return None
    if not isinstance(link, Link):
        return _Wrong("link", _type_of(link), "a Link or None")
    return _BODY.wrong("link.document", link.document)


def _wrong_in_values(kind: Kind, values: object) -> _Wrong | None:
    if not isinstance(values, Mapping):
        return _Wrong("values", _type_of(values), "a mapping")
    given = cast("Mapping[str, Value]", values)
    for name, rule in _VALUES[kind]:
        value = given.get(name, _ABSENT)
        if value is not _ABSENT and not rule.fits(value):
            return rule.wrong(f"values[{name!r}]", value)
    return None


def _wrong_in_outcome(change: Change, outcome: Outcome) -> _Wrong | None:
    match outcome:
        case Applied(id, values):
            if change.id is not None and id != change.id:
                return _Wrong("id", "another id", f"that of the {change.kind} that was changed")
            return _ID.wrong("id", id) or _wrong_in_values(change.kind, values)
        case Refused(reason):
            return _TEXT.wrong("reason", reason)
        case Moved():
            return None


def _wrong_in_document(document: object) -> _Wrong | None:
    if not isinstance(document, Versioned):
        return _Wrong("", _type_of(document), "a Versioned")
    return _VERSION.wrong("version", document.version) or _BODY.wrong("body", document.body)


def _dotted(field: str) -> str:
    return f".{field}" if field and not field.startswith("[") else field


def _broken(port: str, place: str, wrong: _Wrong) -> PortContractBroken:
    field = f"{place}{_dotted(wrong.field) if place else wrong.field}"
    reason = f"{field or 'its answer'} is {wrong.given}, expected: {wrong.expected}"
    return PortContractBroken(port, reason, field=field, given=wrong.given, expected=wrong.expected)
