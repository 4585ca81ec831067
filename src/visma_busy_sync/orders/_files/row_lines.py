"""What the rows of a file mean in Busy: which project, product, price, and which hours (D27 to D33)."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, TypeAlias, final

from attrs import evolve, field, frozen

from visma_busy_sync._core.texts import Texts
from visma_busy_sync.busy import EntryKind, GivenLine, Period, Work, WorkType, claim_key
from visma_busy_sync.busy._numbers import number_key
from visma_busy_sync.orders._building.articles import product_of_hours
from visma_busy_sync.orders._building.eligibility import Choice, allowed_customers, decide_customer, sift
from visma_busy_sync.orders._building.pricing import has_fixed_price, price_of_work_type
from visma_busy_sync.orders._files.csv import Column, ImportRow
from visma_busy_sync.orders._problems import ROW, Entity, Problem, ProblemCode, Problems


class RowWarningCode(enum.StrEnum):
    """What a person should know of a row; nothing waits for it."""

    NO_PENDING_HOURS = "no_pending_hours"
    HOURS_ON_EARLIER_ROW = "hours_on_earlier_row"
    FIXED_PRICE_BESIDES = "fixed_price_besides"


@final
@frozen
class RowWarning:
    """What a person should know of a row that became a line all the same.

    Attributes:
        row: The line of the file where it begins, from 1, header included.
        code: What it is, for programs.
        says: The same for a person.
    """

    row: int
    code: RowWarningCode
    says: Texts = field(repr=False)

    def __str__(self) -> str:
        return f"row {self.row}: {self.says}"


@frozen(kw_only=True)
class Numbered:
    """A project or a product, as far as its number goes; `name` is that of a product."""

    id: str
    number: str | None
    name: str = field(default="", repr=False)
    archived: bool = False


Register: TypeAlias = "Mapping[str, Sequence[Numbered]]"
"""By their numbers, what a row can mean."""


def register(things: Iterable[Numbered]) -> Register:
    """Return projects or products by their numbers (D1); archived ones only where no other has the number."""
    found: dict[str, list[Numbered]] = {}
    for thing in things:
        key = number_key(thing.number)
        if key is not None:
            found.setdefault(key, []).append(thing)
    return {key: [one for one in same if not one.archived] or same for key, same in found.items()}


_PRODUCT: Final = "product"
"""What problems call a product of Busy."""

_UNKNOWN: Final = {
    Column.PROJECT_NUMBER: ProblemCode.PROJECT_NUMBER_UNKNOWN,
    Column.PRODUCT_NUMBER: ProblemCode.PRODUCT_NUMBER_UNKNOWN,
}
_AMBIGUOUS: Final = {
    Column.PROJECT_NUMBER: ProblemCode.PROJECT_NUMBER_AMBIGUOUS,
    Column.PRODUCT_NUMBER: ProblemCode.PRODUCT_NUMBER_AMBIGUOUS,
}


def _named(
    row: ImportRow, column: Column, number: str | None, known: Register, problems: Problems
) -> Numbered | None:
    """Return what a number of a row means; a number that means none or several is a problem."""
    if number is None:
        return None
    found = known.get(number, ())
    if len(found) == 1:
        return found[0]
    code = (_AMBIGUOUS if found else _UNKNOWN)[column]
    problems.add(code, ROW, str(row.number), column=column, count=len(found))
    return None


def by_project(
    rows: Iterable[ImportRow], projects: Register, problems: Problems
) -> dict[str, list[ImportRow]]:
    """Return the rows of each project, by Busy's ids, in the order in which they first come."""
    found: dict[str, list[ImportRow]] = {}
    for row in rows:
        project = _named(row, Column.PROJECT_NUMBER, row.project_number, projects, problems)
        if project is not None:
            found.setdefault(project.id, []).append(row)
    return found


@frozen
class _Sold:
    """What a line is sold as, by the name that problems have for it, and the column that says so."""

    entity: Entity
    column: Column


@frozen(kw_only=True)
class RowLines:
    """The lines that the rows of one project ask for.

    Attributes:
        lines: One for each row that is right.
        rows: The numbers of these rows.
        sold: What each line is sold as.
        warnings: What a person should know.
        problems: What is wrong with the others.
    """

    lines: tuple[GivenLine, ...] = ()
    rows: tuple[int, ...] = ()
    sold: tuple[_Sold, ...] = field(default=(), repr=False)
    warnings: tuple[RowWarning, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def claims(self) -> frozenset[str]:
        """The keys of all hours on the lines."""
        return frozenset(claim for line in self.lines for claim in line.claims)

    def of_rows(self, problems: Iterable[Problem]) -> list[Problem]:
        """Return the builder's problems: those of a line, and of what it is sold as, become those of rows."""
        cells: dict[Entity, list[tuple[int, Column | None]]] = {}
        for place, (row, sold) in enumerate(zip(self.rows, self.sold, strict=True), 1):
            cells.setdefault(Entity("line", str(place)), []).append((row, None))
            cells.setdefault(sold.entity, []).append((row, sold.column))
        return [
            one
            for found in problems
            for one in ([_at(found, *cell) for cell in cells.get(found.entity, ())] or [found])
        ]


def _at(found: Problem, row: int, column: Column | None) -> Problem:
    """Return a problem as one of a row; which product it is about is told in words then."""
    if found.code is ProblemCode.PRICE_MISSING:
        column = Column.PRICE
    moved = evolve(found, entity=Entity(ROW, str(row)), column=column)
    if found.entity.kind != _PRODUCT:
        return moved
    id = found.entity.id
    return evolve(
        moved,
        message=f"{found.message.removesuffix('.')} (product {id}).",
        message_nb=f"{found.message_nb.removesuffix('.')} (produkt {id}).",
    )


def given_lines(
    rows: Sequence[ImportRow],
    work: Work,
    products: Register,
    *,
    period: Period,
    order_id: str,
    claimed: frozenset[str],
) -> RowLines:
    """Return the lines that the rows of one project ask for.

    The first row of a work type takes all its hours in the period that the order may bill (D32); the others
    are plain lines.

    Args:
        rows: The rows, in the order of the file.
        work: The work on the project.
        products: Busy's products by their numbers.
        period: The days whose hours count.
        order_id: The order that is to have the lines: what Busy has on it already may be billed by it.
        claimed: The claim keys of everything that is on other orders.
    """
    problems = Problems()
    customer = _customer(rows, work, problems)
    pending: Mapping[str, Sequence[str]] = {}
    if customer is not None:
        choice = Choice(period=period, customer=customer, order_id=order_id, claimed=claimed)
        pending = _pending(work, choice)
    work_types = {work_type.id: work_type for work_type in work.work_types}
    first: dict[str, int] = {}
    lines: dict[int, GivenLine] = {}
    sold: list[_Sold] = []
    warnings: list[RowWarning] = []
    for row in rows:
        asked = _asked(row, work, work_types.get(row.work_type or ""), products, problems)
        if asked is None:
            continue
        id = asked.work_type.id
        if has_fixed_price(asked.work_type, work.prices):
            warnings.append(RowWarning(row.number, RowWarningCode.FIXED_PRICE_BESIDES, _BESIDES))
        hours = pending.get(id, ())
        if not hours:
            warnings.append(RowWarning(row.number, RowWarningCode.NO_PENDING_HOURS, _NO_HOURS))
        elif first.setdefault(id, row.number) != row.number:
            code = RowWarningCode.HOURS_ON_EARLIER_ROW
            warnings.append(RowWarning(row.number, code, _hours_on(first[id])))
            hours = ()
        lines[row.number] = _line(row, asked, hours)
        sold.append(_sold(work, asked))
    if customer is None:
        return RowLines(problems=problems.listed())
    return RowLines(
        lines=tuple(lines.values()),
        rows=tuple(lines),
        sold=tuple(sold),
        warnings=tuple(warnings),
        problems=problems.listed(),
    )


def _customer(rows: Sequence[ImportRow], work: Work, problems: Problems) -> str | None:
    """Return the customer of the order; a row cannot say which one of several it is for (D32)."""
    count = len(allowed_customers(work))
    if count > 1:
        for row in rows:
            column = Column.PROJECT_NUMBER
            problems.add(ProblemCode.PROJECT_SHARED, ROW, str(row.number), column=column, count=count)
        return None
    decided = decide_customer(work, None)
    if isinstance(decided, str):
        return decided
    problems.extend([decided])
    return None


def _pending(work: Work, choice: Choice) -> Mapping[str, Sequence[str]]:
    """Return the keys of the hours that the order may bill, by their work types."""
    found: dict[str, list[str]] = {}
    for entry, _ in sift(work, choice).hours:
        if entry.work_type is not None:
            found.setdefault(entry.work_type, []).append(claim_key(EntryKind.ENTRY, entry.id))
    return found


_NO_HOURS: Final = Texts(
    nb="Arbeidstypen har ingen ufakturerte timer på prosjektet; raden blir en linje uten timer.",
    en="The work type has no pending hours on the project; the row becomes a line without hours.",
)

_BESIDES: Final = Texts(
    nb="Arbeidstypen har fastpris på prosjektet; den faktureres i tillegg til denne raden.",
    en="The work type has a fixed price on the project, which is billed besides this row.",
)


def _hours_on(row: int) -> Texts:
    return Texts(
        nb=f"Timene på arbeidstypen hører til rad {row}; denne raden blir en linje uten timer.",
        en=f"The hours of the work type belong to row {row}; this one becomes a line without hours.",
    )


@frozen
class _Asked:
    """What a row asks for, found in Busy.

    Attributes:
        work_type: Its work type.
        price: Its unit price, or what the project's mode gives for the work type (D27).
        product: The product that it names.
    """

    work_type: WorkType
    price: Decimal
    product: Numbered | None


def _asked(
    row: ImportRow, work: Work, work_type: WorkType | None, products: Register, problems: Problems
) -> _Asked | None:
    """Return what a row asks for; None, and problems, where something is wrong with it."""
    wrong = Problems()
    product = _named(row, Column.PRODUCT_NUMBER, row.product_number, products, wrong)
    if work_type is None and Column.TAG_ID not in row.faulty:
        wrong.add(ProblemCode.WORK_TYPE_UNKNOWN, ROW, str(row.number), column=Column.TAG_ID)
    price = None
    if work_type is not None and Column.PRICE not in row.faulty:
        price = _price(row, work_type, work, wrong)
    problems.extend(wrong.listed())
    if row.faulty or wrong.listed() or work_type is None or price is None:
        return None
    return _Asked(work_type, price, product)


def _price(row: ImportRow, work_type: WorkType, work: Work, problems: Problems) -> Decimal | None:
    """Return the unit price of a row: its own, else what the project's mode gives (D27); 0 as D19 has it."""
    price = row.price
    code = ProblemCode.PRICE_MISSING
    if price is None:
        priced = price_of_work_type(work_type, work.prices, work.project.id)
        price = priced.rate if priced is not None else None
        if priced is None and not has_fixed_price(work_type, work.prices):
            code = ProblemCode.PRICE_BY_MEMBER
    if price is not None and price < 0:
        code = ProblemCode.NEGATIVE_PRICE
    elif price or (price is not None and work.settings.allow_free_lines):
        return price
    problems.add(code, ROW, str(row.number), column=Column.PRICE)
    return None


def _sold(work: Work, asked: _Asked) -> _Sold:
    """Return what the line of a row is sold as: its product, else that of its work type, if it has one."""
    if asked.product is not None:
        return _Sold(Entity(_PRODUCT, asked.product.id), Column.PRODUCT_NUMBER)
    id = product_of_hours(work, asked.work_type)
    entity = Entity("work_type", asked.work_type.id) if id is None else Entity(_PRODUCT, id)
    return _Sold(entity, Column.TAG_ID)


def _line(row: ImportRow, asked: _Asked, hours: Sequence[str]) -> GivenLine:
    """Return the line of a row, with `hours` or as a plain one."""
    named = asked.product.name if asked.product is not None else asked.work_type.name
    return GivenLine(
        claims=tuple(hours),
        work_type=None if hours else asked.work_type.id,
        product=asked.product.id if asked.product is not None else None,
        quantity=row.quantity,
        # Hours have prices of their own, which are not asked here; a plain line finds the project's again.
        unit_price=asked.price if hours else row.price,
        text=row.text or named,  # D28, however the workspace groups its hours
    )
