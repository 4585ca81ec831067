"""Records in SQL: what the catalogue does, as plain functions of a connection.

Changes are made a thousand in a transaction, not one: a transaction waits for the disk at its end, and ten
thousand such waits are minutes. Still each change is made whole or not at all. The records are locked and
read first, what becomes of each change is decided in memory as if they came one by one, and the rest is
written in few statements. A process that dies takes back the whole transaction, of which nothing was told
yet. Where the database itself refuses a record (a constraint of the host's own, say), the transaction is
undone and tried again in halves, until the one that it refuses stands alone.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, final

from attrs import define, field
from sqlalchemy import Connection, RowMapping, Table, and_, bindparam, select
from sqlalchemy.exc import DBAPIError

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.stores._deciding import Row, Rules, decide, new_row, not_there, require_fields
from visma_busy_sync.stores._sql_transaction import (
    UNHOLDABLE,
    can_exist,
    chunks,
    keep_others_out,
    transaction,
)
from visma_busy_sync.stores._sql_trouble import Call, code_of
from visma_busy_sync.sync._records import FIELDS, Applied, Change, Kind, Link, Outcome, Record, Refused, Value

# So long that waiting for the disk does not count, so short that others hardly wait for the lock.
_CHANGES_PER_TRANSACTION: Final = 1000

_COLUMNS: Final = tuple(dict.fromkeys(name for kind in Kind for name in FIELDS[kind]))

# What the database says of a record and not of itself: a value or constraint that does not fit, a row that is
# too big for an index, an error that a trigger of the host raises.
_REFUSES: Final = ("22", "23", "54000", "P0001", "SQLITE_CONSTRAINT", "SQLITE_TOOBIG")

_UNHOLDABLE_TEXT: Final = "a text in it has a character that the database cannot hold"

# As long as every id that is given here.
_SOME_ID: Final = "x" * 32


@final
class Batches:
    """Changes in the order given, as many at a time as one transaction makes, and what became of them."""

    def __init__(self, changes: Sequence[Change]) -> None:
        starts = range(0, len(changes), _CHANGES_PER_TRANSACTION)
        self._waiting = [changes[start : start + _CHANGES_PER_TRANSACTION] for start in reversed(starts)]
        self.outcomes: list[Outcome] = []

    def __iter__(self) -> Iterator[Sequence[Change]]:
        while self._waiting:
            yield self._waiting.pop()

    def note(self, batch: Sequence[Change], outcomes: Sequence[Outcome] | None) -> None:
        """Take down what became of a batch; None: it comes again in halves."""
        if outcomes is None:
            middle = len(batch) // 2
            self._waiting += [batch[middle:], batch[:middle]]
        else:
            self.outcomes += outcomes


def require_tenant(tenant: str) -> None:
    """Refuse a tenant that the database could not hold.

    Raises:
        ConfigurationError: For a NUL, half a surrogate pair, or a name that is too long.
    """
    if not can_exist(tenant, _SOME_ID):
        raise ConfigurationError(
            f"The tenant {tenant!r:.100} cannot be stored.",
            advice="It has at most 2,400 bytes, no NUL, and no lone surrogate.",
        )


def require_entered(kind: Kind, values: Mapping[str, Value]) -> None:
    """Refuse what a person cannot fill in.

    Raises:
        ConfigurationError: For a field that is unknown, a NUL or half a surrogate pair.
    """
    require_fields(kind, values)
    if not _holdable(values):
        raise ConfigurationError("A text with a NUL or a lone surrogate cannot be stored.")


def load(connection: Connection, call: Call, *, tenant: str, kind: Kind) -> Sequence[Record]:
    """Return every record of a kind."""
    table = call.table
    if not can_exist(tenant, _SOME_ID):
        return []
    statement = select(table).where(_of(table, tenant, kind)).order_by(table.c.id)
    with transaction(connection, table):
        return [_record(kind, found) for found in connection.execute(statement).mappings()]


def get(connection: Connection, call: Call, *, tenant: str, kind: Kind, id: str) -> Record:
    """Return one record."""
    table = call.table
    with transaction(connection, table):
        found = None
        if can_exist(tenant, id):
            statement = select(table).where(_this(table, tenant, kind, id))
            found = connection.execute(statement).mappings().one_or_none()
    if found is None:
        raise not_there(kind, id)
    return _record(kind, found)


def add(connection: Connection, call: Call, *, tenant: str, kind: Kind, values: Mapping[str, Value]) -> str:
    """Create a record and return its id."""
    id = _new_id()
    with transaction(connection, call.table, writing=True) as make:
        _insert(connection, call.table, tenant, [(kind, id, new_row(kind, values, None))])
        call.committing = True
        make()
    return id


def edit(
    connection: Connection, call: Call, *, tenant: str, kind: Kind, id: str, values: Mapping[str, Value]
) -> None:
    """Set fields of a record."""
    # With the id, since an update must set something, and an edit of nothing still asks for the record.
    statement = call.table.update().values({"id": id, **values})
    _change_one(connection, call, statement, tenant=tenant, kind=kind, id=id)


def remove(connection: Connection, call: Call, *, tenant: str, kind: Kind, id: str) -> None:
    """Delete a record."""
    _change_one(connection, call, call.table.delete(), tenant=tenant, kind=kind, id=id)


def apply(
    connection: Connection, call: Call, *, tenant: str, changes: Sequence[Change], rules: Rules
) -> Sequence[Outcome] | None:
    """Make changes in one transaction, each whole or not at all, and return one outcome for each.

    Returns:
        None if the database refuses one of several, and nothing was changed.
    """
    try:
        return _apply(connection, call, tenant, changes, rules)
    except (DBAPIError, UnicodeEncodeError) as error:
        # psycopg encodes for a database whose encoding is not UTF-8, and cannot encode every character.
        code = "22P05" if isinstance(error, UnicodeEncodeError) else code_of(error) or ""
        if not code.startswith(_REFUSES):
            raise
    call.committing = False
    return None if len(changes) > 1 else [Refused(f"the database does not take it ({code})")]


def _apply(
    connection: Connection, call: Call, tenant: str, changes: Sequence[Change], rules: Rules
) -> Sequence[Outcome]:
    table = call.table
    with transaction(connection, table, writing=True) as make:
        if rules.unique_numbers:
            keep_others_out(connection, table, tenant)
        desk = _Desk(rules, _held(connection, table, tenant, changes))
        if rules.unique_numbers:
            for kind, wanted in _numbers(changes).items():
                desk.note_holders(kind, _holders(connection, table, tenant, kind, wanted))
        outcomes = [desk.decide(change) for change in changes]
        _insert(connection, table, tenant, desk.new)
        _update(connection, table, tenant, desk)
        call.committing = True
        make()
    call.part_made()
    return outcomes


@define
class _Desk:
    """Decides changes one after the other, and knows what is to be written for them at the end.

    Attributes:
        rules: What is refused.
        held: The records that changes name, as they are by now.
        new: Records to insert.
        changed: Which of those that are held to update.
    """

    rules: Rules
    held: dict[tuple[Kind, str], Row]
    new: list[tuple[Kind, str, Row]] = field(factory=list)
    changed: dict[tuple[Kind, str], None] = field(factory=dict)
    _holders: defaultdict[tuple[Kind, Value], set[str]] = field(factory=lambda: defaultdict(set))

    def note_holders(self, kind: Kind, holders: Sequence[tuple[str, str]]) -> None:
        for number, id in holders:
            self._holders[kind, number].add(id)

    def decide(self, change: Change) -> Outcome:
        known = None if change.id is None else (change.kind, change.id)
        before = self.held.get(known) if known else None

        def taken(number: str) -> bool:
            return bool(self._holders[change.kind, number] - {change.id})

        decided = decide(change, before, self.rules, taken)
        if not isinstance(decided, Row):
            return decided
        if not _holdable(change.values) or UNHOLDABLE.search(change.link.document):
            return Refused(_UNHOLDABLE_TEXT)
        id = change.id or _new_id()
        if known:
            self.held[known] = decided
            self.changed[known] = None
        else:
            self.new.append((change.kind, id, decided))
        if before:
            self._holders[change.kind, before.values["number"]].discard(id)
        self._holders[change.kind, decided.values["number"]].add(id)
        return Applied(id, dict(decided.values))


def _numbers(changes: Sequence[Change]) -> Mapping[Kind, Sequence[str]]:
    wanted: defaultdict[Kind, set[str]] = defaultdict(set)
    for change in changes:
        number = change.values.get("number")
        if isinstance(number, str) and not UNHOLDABLE.search(number):
            wanted[change.kind].add(number)
    return {kind: sorted(numbers) for kind, numbers in wanted.items()}


def _held(
    connection: Connection, table: Table, tenant: str, changes: Sequence[Change]
) -> dict[tuple[Kind, str], Row]:
    """Return the records that changes name, which nobody else changes until the transaction ends."""
    held: dict[tuple[Kind, str], Row] = {}
    for kind in Kind:
        # All lock in the same order, so that no two each hold what the other waits for.
        ids = {change.id for change in changes if change.kind is kind and change.id is not None}
        statement = select(table).where(_of(table, tenant, kind)).order_by(table.c.id).with_for_update()
        for chunk in chunks(sorted(id for id in ids if can_exist(tenant, id))):
            for found in connection.execute(statement.where(table.c.id.in_(chunk))).mappings():
                held[kind, found["id"]] = Row(_values(kind, found), _link(found))
    return held


def _holders(
    connection: Connection, table: Table, tenant: str, kind: Kind, numbers: Sequence[str]
) -> Sequence[tuple[str, str]]:
    statement = select(table.c.number, table.c.id).where(_of(table, tenant, kind))
    return [
        (found["number"], found["id"])
        for chunk in chunks(numbers)
        for found in connection.execute(statement.where(table.c.number.in_(chunk))).mappings()
    ]


def _insert(connection: Connection, table: Table, tenant: str, rows: Sequence[tuple[Kind, str, Row]]) -> None:
    if rows:
        connection.execute(
            table.insert(),
            [{"tenant": tenant, "kind": kind.value, "id": id, **_columns(row)} for kind, id, row in rows],
        )


def _update(connection: Connection, table: Table, tenant: str, desk: _Desk) -> None:
    # The columns of fields that no change named get what they have: the row is locked since it was read.
    this = and_(table.c.tenant == tenant, table.c.kind == bindparam("_kind"), table.c.id == bindparam("_id"))
    if desk.changed:
        statement = table.update().where(this).values({name: bindparam(name) for name in (*_COLUMNS, "link")})
        connection.execute(
            statement,
            [{"_kind": kind.value, "_id": id, **_columns(desk.held[kind, id])} for kind, id in desk.changed],
        )


def _change_one(
    connection: Connection, call: Call, statement: Any, *, tenant: str, kind: Kind, id: str
) -> None:
    if not can_exist(tenant, id):
        raise not_there(kind, id)
    with transaction(connection, call.table, writing=True) as make:
        if connection.execute(statement.where(_this(call.table, tenant, kind, id))).rowcount == 0:
            raise not_there(kind, id)
        call.committing = True
        make()


def _of(table: Table, tenant: str, kind: Kind) -> Any:
    return and_(table.c.tenant == tenant, table.c.kind == kind.value)


def _this(table: Table, tenant: str, kind: Kind, id: str) -> Any:
    return and_(_of(table, tenant, kind), table.c.id == id)


def _columns(row: Row) -> dict[str, Value]:
    link = None if row.link is None else row.link.document
    return {**{name: row.values.get(name) for name in _COLUMNS}, "link": link}


def _record(kind: Kind, found: RowMapping) -> Record:
    return Record(kind, found["id"], _values(kind, found), _link(found))


def _values(kind: Kind, found: RowMapping) -> dict[str, Value]:
    return {name: found[name] for name in FIELDS[kind]}


def _link(found: RowMapping) -> Link | None:
    return None if found["link"] is None else Link(found["link"])


def _holdable(values: Mapping[str, Value]) -> bool:
    return not any(isinstance(value, str) and UNHOLDABLE.search(value) for value in values.values())


def _new_id() -> str:
    return uuid.uuid4().hex
