"""Busy's projects, customers and products, as the library reads and changes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import insert, select, update
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import InstrumentedAttribute

from busy_pages import refusals
from fastapi_host.database import Database, code_of
from fastapi_host.models import Customer, Imported, Product, Project, row_id
from visma_busy_sync.sync import FIELDS, Applied, Change, Kind, Link, Moved, Outcome, Record, Refused, Value

MODELS: Final[Mapping[Kind, type[Imported]]] = {
    Kind.CUSTOMER: Customer,
    Kind.PRODUCT: Product,
    Kind.PROJECT: Project,
}
# The imported fields that Busy has; its customers have no number.
COLUMNS: Final[Mapping[Kind, Mapping[str, str]]] = {
    kind: {
        field: column
        for field in FIELDS[kind]
        if hasattr(model, column := "customer_id" if field == "customer" else field)
    }
    for kind, model in MODELS.items()
}
_TAKEN: Final = frozenset({"23505", "SQLITE_CONSTRAINT_UNIQUE"})


class BusyCatalogue:
    """An `AsyncCatalogue`. Project numbers are unique in a workspace, and texts have a longest length."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, tenant: str, kind: Kind) -> Sequence[Record]:
        """Return every record, archived ones too, with its link."""
        model = MODELS[kind]
        async with self._database.reading() as session:
            rows = await session.scalars(select(model).where(model.workspace_id == tenant))
            return [Record(kind, str(row.id), values_of(kind, row), _link_of(row)) for row in rows]

    async def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        """Make each change in a transaction of its own."""
        return [await self._apply(tenant, change) for change in changes]

    async def _apply(self, tenant: str, change: Change) -> Outcome:
        model = MODELS[change.kind]
        values = columns_of(change.kind, change.values)
        if longest := _too_long(model, values):
            return Refused(longest)
        try:
            row = await self._write(tenant, model, change, {**values, "link": change.link.document})
        except IntegrityError as error:
            taken = code_of(error) in _TAKEN
            return Refused(refusals.TAKEN if taken else refusals.INCOMPLETE)
        except (DataError, UnicodeEncodeError):
            return Refused(refusals.UNSTORABLE)
        return Moved() if row is None else Applied(str(row.id), values_of(change.kind, row))

    async def _write(
        self, tenant: str, model: type[Imported], change: Change, values: Mapping[str, object]
    ) -> Imported | None:
        """Create or change a row, and return it as it is then; None if it is not as the change expects."""
        if change.id is None:
            async with self._database.writing() as session:
                made = insert(model).values(workspace_id=tenant, **values).returning(model)
                return await session.scalar(made)
        link = change.expected_link and change.expected_link.document
        expected = {**columns_of(change.kind, change.expected), "link": link}
        if not _comparable(model, expected):
            return None
        # Compared and set in one statement, so that nobody comes between.
        same = (_column(model, name).is_not_distinct_from(each) for name, each in expected.items())
        this = (model.id == row_id(change.id), model.workspace_id == tenant, *same)
        async with self._database.writing() as session:
            return await session.scalar(update(model).where(*this).values(**values).returning(model))


def columns_of(kind: Kind, values: Mapping[str, Value]) -> dict[str, Value | int]:
    """Return values by the columns that Busy has for them."""
    return {
        column: row_id(value) if field == "customer" and isinstance(value, str) else value
        for field, column in COLUMNS[kind].items()
        if field in values
        for value in (values[field],)
    }


def values_of(kind: Kind, row: Imported) -> Mapping[str, Value]:
    """Return the imported fields of a row."""
    values = {field: getattr(row, column) for field, column in COLUMNS[kind].items()}
    if isinstance(row, Project) and row.customer_id is not None:
        values["customer"] = str(row.customer_id)
    return values


def _link_of(row: Imported) -> Link | None:
    return None if row.link is None else Link(row.link)


def _column(model: type[Imported], name: str) -> InstrumentedAttribute[object]:
    column: InstrumentedAttribute[object] = getattr(model, name)
    return column


def _comparable(model: type[Imported], expected: Mapping[str, object]) -> bool:
    # A value of another type than the column's is not what is stored; the database would raise for it.
    kinds = {name: _column(model, name).type.python_type for name in expected}
    return all(each is None or type(each) is kinds[name] for name, each in expected.items())


def _too_long(model: type[Imported], values: Mapping[str, object]) -> str | None:
    # SQLite holds longer texts than a column is declared for.
    for name, value in values.items():
        longest = getattr(_column(model, name).type, "length", None)
        if isinstance(value, str) and longest is not None and len(value) > longest:
            return refusals.too_long(name, longest)
    return None
