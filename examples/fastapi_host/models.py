"""Busy's own tables, and the one that the library keeps its documents in."""

# ruff: noqa: ARG002 - the dialect that SQLAlchemy tells a type

from __future__ import annotations

import datetime as dt
import enum
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Final

from sqlalchemy import BigInteger, Date, DateTime, Dialect, ForeignKey, Index, MetaData, String, Text
from sqlalchemy import Enum as EnumType
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from busy_pages.forms import LONGEST_NAME
from visma_busy_sync.busy import Approval, Exclusion

LONGEST_NUMBER: Final = 65
_LARGEST_ID: Final = 2**31 - 1
_DECIMALS: Final = 4


class Amount(TypeDecorator[Decimal]):
    """An exact amount with four decimals, as a whole number: SQLite would make a float of a decimal."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """Return what is stored, and refuse an amount that has more decimals."""
        if value is None:
            return None
        whole = int(value.scaleb(_DECIMALS))
        if Decimal(whole).scaleb(-_DECIMALS) != value:
            raise ValueError(f"an amount has at most {_DECIMALS} decimals")
        return whole

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Return the amount, with no more digits than it needs: 1250 and 640.5."""
        if value is None:
            return None
        amount = Decimal(value).scaleb(-_DECIMALS)
        whole = amount.to_integral_value()
        return whole if whole == amount else amount.normalize()


class Moment(TypeDecorator[dt.datetime]):
    """A moment, stored in UTC: SQLite has no time zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Return what is stored."""
        return value and value.astimezone(dt.UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        """Return the moment, aware."""
        return None if value is None else dt.datetime.replace(value, tzinfo=dt.UTC)


def _words(kind: type[enum.StrEnum]) -> EnumType:
    # As plain texts: a word that a later version adds needs no migration.
    return EnumType(kind, native_enum=False, length=40, values_callable=lambda all_: [e.value for e in all_])


Id = Annotated[int, mapped_column(primary_key=True)]
Name = Annotated[str, mapped_column(String(LONGEST_NAME))]
WorkspaceId = Annotated[str, mapped_column(ForeignKey("workspace.id"), index=True)]
LongText = Annotated[str, mapped_column(Text)]
OrderId = Annotated[str, mapped_column(Text, index=True)]


class Base(DeclarativeBase):
    """All tables."""

    metadata = MetaData(
        naming_convention={
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "pk": "%(table_name)s_pkey",
        }
    )
    type_annotation_map: ClassVar = {
        Decimal: Amount,
        dt.datetime: Moment,
        dt.date: Date,
        Approval: _words(Approval),
        Exclusion: _words(Exclusion),
    }
    # Else SQLite gives the id of a deleted row to the next one, and its hours would count as billed.
    __table_args__: Any = ({"sqlite_autoincrement": True},)


class Workspace(Base):
    """A customer of Busy: what the library calls a tenant. The settings are those for orders."""

    __tablename__ = "workspace"

    id: Mapped[str] = mapped_column(String(LONGEST_NAME), primary_key=True)
    name: Mapped[Name]
    order_start_date: Mapped[dt.date | None]
    include_unapproved_hours: Mapped[bool] = mapped_column(default=False)
    include_unapproved_costs: Mapped[bool] = mapped_column(default=False)
    invoice_text: Mapped[LongText | None]


class Imported(Base):
    """What customers, products and projects have in common: a name, and the library's note beside it."""

    __abstract__ = True

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    name: Mapped[Name]
    archived: Mapped[bool] = mapped_column(default=False)
    link: Mapped[LongText | None]


class Customer(Imported):
    """Whom work is done for. As in Busy it has no number."""

    __tablename__ = "customer"

    organization_number: Mapped[str | None] = mapped_column(String(20))


class Product(Imported):
    """What a line of an order sells."""

    __tablename__ = "product"

    number: Mapped[str | None] = mapped_column(String(LONGEST_NUMBER))


class Project(Imported):
    """What hours and costs are booked on. Its number is unique in its workspace."""

    __tablename__ = "project"
    __table_args__ = (Unique("workspace_id", "number"), *Base.__table_args__)

    number: Mapped[str | None] = mapped_column(String(LONGEST_NUMBER))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    start_date: Mapped[dt.date | None]
    end_date: Mapped[dt.date | None]
    notes: Mapped[LongText | None]


class WorkType(Base):
    """What sort of work hours are, which product they are sold as, and what an hour costs."""

    __tablename__ = "work_type"

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    name: Mapped[LongText]
    product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id"))
    rate: Mapped[Decimal | None]


class Member(Base):
    """Who works."""

    __tablename__ = "member"

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    name: Mapped[LongText]


class TimeEntry(Base):
    """Hours that a member booked on a project; `order_id` names the order that they are on."""

    __tablename__ = "time_entry"
    __table_args__ = (Index(None, "project_id", "start"), *Base.__table_args__)

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    work_type_id: Mapped[int | None] = mapped_column(ForeignKey("work_type.id"))
    start: Mapped[dt.datetime]
    billable_minutes: Mapped[int]
    rate: Mapped[Decimal | None]
    approval: Mapped[Approval] = mapped_column(default=Approval.NONE)
    excluded: Mapped[Exclusion | None]
    order_id: Mapped[OrderId | None]
    comment: Mapped[LongText | None]


class Expense(Base):
    """A cost on a project, or on hours of it."""

    __tablename__ = "expense"
    __table_args__ = (Index(None, "project_id", "date"), *Base.__table_args__)

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    time_entry_id: Mapped[int | None] = mapped_column(ForeignKey("time_entry.id"), index=True)
    work_type_id: Mapped[int | None] = mapped_column(ForeignKey("work_type.id"))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id"))
    date: Mapped[dt.date]
    quantity: Mapped[Decimal] = mapped_column(default=Decimal(1))
    out_price: Mapped[Decimal]
    approval: Mapped[Approval] = mapped_column(default=Approval.NONE)
    order_id: Mapped[OrderId | None]
    comment: Mapped[LongText | None]


class Order(Base):
    """An order as it was finalised last, by `order_to_json`. Rows count up in the order of finalising."""

    __tablename__ = "finalised_order"
    __table_args__ = (Unique("workspace_id", "order_id"), *Base.__table_args__)

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    order_id: Mapped[str] = mapped_column(Text)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    body: Mapped[LongText]


class VismaDocument(Base):
    """A document of the library. It has documents of no tenant, so the tenant refers to no workspace."""

    __tablename__ = "visma_document"
    __table_args__ = ()

    tenant: Mapped[str] = mapped_column(Text, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int]
    body: Mapped[LongText]


def row_id(id: str) -> int:
    """Return the key of a row from an id as the library has it; 0, which no row has, for any other text."""
    number = int(id) if id.isascii() and id.isdecimal() and len(id) <= len(str(_LARGEST_ID)) else 0
    return number if str(number) == id and number <= _LARGEST_ID else 0
