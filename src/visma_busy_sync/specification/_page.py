"""What an hours specification says, as facts and tables of texts: the same for a terminal, a browser, a PDF.

All words and numbers are made here, in the specification's language, so that no two of its forms differ in
what they say. Texts are in one line and without characters that cannot be seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from attrs import frozen

from visma_busy_sync._core.texts import Language, Texts
from visma_busy_sync.busy import GivenField, VatTotal
from visma_busy_sync.orders import HoursSpecification, InternalNotes, SpecifiedHours, SpecifiedLine
from visma_busy_sync.orders._reports.rendering import left_out_lines
from visma_busy_sync.orders._reports.words import PRICE_SOURCES
from visma_busy_sync.orders._shown import NO_BREAK, clock, shown_day, shown_money, shown_number, shown_text
from visma_busy_sync.specification import _words as words


@frozen
class Column:
    """A column of a table.

    Attributes:
        head: What stands above it.
        is_number: Whether its cells end below each other.
        is_short: Whether its cells are never broken over lines: numbers, days, and words of ours.
    """

    head: str
    is_number: bool = False
    is_short: bool = False


@frozen
class Row:
    """A row of a table.

    Attributes:
        cells: Its texts, one for each column.
        notes: What is said below it, over all columns.
        is_sum: Whether it stands out, since it sums up what is above it.
    """

    cells: tuple[str, ...]
    notes: tuple[str, ...] = ()
    is_sum: bool = False


@frozen
class Group:
    """Rows that belong together.

    Attributes:
        head: What stands above them, over all columns; empty for nothing.
        rows: The rows.
    """

    head: str
    rows: tuple[Row, ...]


@frozen
class Table:
    """A table.

    Attributes:
        caption: What it is about.
        columns: Its columns.
        groups: Its rows.
    """

    caption: str
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]


@frozen
class Page:
    """All that is shown.

    Attributes:
        language: The language of its texts.
        title: What it is.
        facts: What it is about: names and values.
        tables: Its tables.
        remarks: What is said below them.
        internal: What is for the seller alone; empty in what a customer gets.
    """

    language: Language
    title: str
    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    remarks: tuple[str, ...]
    internal: tuple[str, ...]

    @property
    def name(self) -> str:
        """Title and project in one line, as the title of a window or a file."""
        return " – ".join((self.title, self.facts[0][1]))


def page_of(specification: HoursSpecification) -> Page:
    """Return what `specification` says."""
    say = _Say(specification.language)
    internal = specification.internal
    tables = [_lines_table(specification, say)]
    if specification.minutes:
        tables.append(_hours_table(specification, say))
    if any(line.cost_day for line in specification.lines):
        tables.append(_costs_table(specification, say))
    return Page(
        language=specification.language,
        title=say(words.TITLE if internal is None else words.INTERNAL_TITLE),
        facts=tuple(_facts(specification, say)),
        tables=tuple(tables),
        remarks=tuple(map(say, words.REMARKS)),
        internal=() if internal is None else tuple(_internal(internal, specification.currency, say)),
    )


@frozen
class _Say:
    """Words and numbers in one language."""

    language: Language

    def __call__(self, texts: Texts, **facts: object) -> str:
        return texts.of(self.language).format_map(facts)

    def text_column(self, head: Texts) -> Column:
        return Column(self(head))

    def short_column(self, head: Texts) -> Column:
        return Column(self(head), is_short=True)

    def number_column(self, head: Texts) -> Column:
        return Column(self(head), is_number=True, is_short=True)

    def money(self, amount: Decimal | None) -> str:
        return "" if amount is None else shown_money(amount, self.language)

    def number(self, value: Decimal) -> str:
        return shown_number(value, self.language)

    def hours(self, value: Decimal) -> str:
        return shown_number(value, self.language, decimals=2)

    def day(self, day: date) -> str:
        return shown_day(day, self.language)


def _facts(specification: HoursSpecification, say: _Say) -> Iterator[tuple[str, str]]:
    project = " ".join(filter(None, (specification.project_number, specification.project_name)))
    first, last = (say.day(day) for day in (specification.period.first, specification.period.last))
    number = specification.order_number
    order = specification.order_id if number is None else str(number)
    told = [
        (words.PROJECT, project),
        (words.CUSTOMER, specification.customer),
        (words.PERIOD, f"{first} – {last}"),
        (words.ORDER, order),
        (words.ORDER_DATE, say.day(specification.order_date)),
        (words.BUYERS_REFERENCE, specification.buyers_order_reference),
        (words.CURRENCY, specification.currency),
    ]
    for name, value in told:
        if value is not None:
            yield say(name), shown_text(value)


# What the order bills


def _lines_table(specification: HoursSpecification, say: _Say) -> Table:
    internal = specification.internal is not None
    columns = [
        say.text_column(words.TEXT),
        say.number_column(words.QUANTITY),
        say.text_column(words.UNIT),
        say.number_column(words.PRICE),
        say.number_column(words.AMOUNT),
    ]
    if internal:
        columns.append(say.short_column(words.PRICE_FROM))
    rows = [_line_row(line, specification.currency, say) for line in specification.lines]
    rows += _sums(specification, say)
    # A sum says nothing of where a price came from.
    padded = (
        Row((*row.cells, *[""] * (len(columns) - len(row.cells))), row.notes, row.is_sum) for row in rows
    )
    return Table(say(words.LINES), tuple(columns), (Group("", tuple(padded)),))


def _line_row(line: SpecifiedLine, currency: str, say: _Say) -> Row:
    cells = [
        _numbered(line),
        say.number(line.quantity),
        shown_text(line.unit),
        say.money(line.unit_price),
        say.money(line.total),
    ]
    if line.price_source is not None:
        cells.append(say(PRICE_SOURCES[line.price_source]))
    return Row(tuple(cells), tuple(_line_notes(line, currency, say)))


def _line_notes(line: SpecifiedLine, currency: str, say: _Say) -> Iterator[str]:
    if line.billed_before is not None:
        before = say.money(line.billed_before)
        text = words.FIXED_PRICE_PART if line.billed_before else words.FIXED_PRICE
        yield say(text, amount=before, currency=currency)
    if GivenField.QUANTITY in line.changed:
        text = words.QUANTITY_OF_HOURS if line.hours else words.QUANTITY_CHANGED
        yield say(text, hours=say.hours(line.hours_decimal))
    if GivenField.UNIT_PRICE in line.changed:
        yield say(words.PRICE_CHANGED)
    if line.write_down:
        text = words.WRITTEN_DOWN if line.write_down > 0 else words.WRITTEN_UP
        yield say(text, amount=say.money(abs(line.write_down)), currency=currency)


def _sums(specification: HoursSpecification, say: _Say) -> Iterator[Row]:
    def row(texts: Texts, amount: Decimal, **facts: str) -> Row:
        named = say(texts, currency=specification.currency, **facts)
        return Row((named, "", "", "", say.money(amount)), is_sum=True)

    yield row(words.WITHOUT_VAT, specification.total)
    if specification.vat is not None and specification.total_with_vat is not None:
        for vat in specification.vat:
            yield row(words.VAT, vat.amount, rate=_rate(vat, say), base=say.money(vat.base))
        yield row(words.WITH_VAT, specification.total_with_vat)


def _rate(vat: VatTotal, say: _Say) -> str:
    return say.number(vat.rate) + (f"{NO_BREAK}%" if say.language == "nb" else "%")


# The hours behind its lines


def _hours_table(specification: HoursSpecification, say: _Say) -> Table:
    lines = [line for line in specification.lines if line.hours]
    internal = specification.internal is not None
    named = [
        (head, name)
        for head, name in words.OF_HOURS
        if any(_tells_more(getattr(one, name), line) for line in lines for one in line.hours)
    ]
    columns = [
        say.short_column(words.DAY),
        *(say.text_column(head) for head, _ in named),
        say.number_column(words.HOURS),
        say.number_column(words.CLOCK),
        say.number_column(words.PRICE),
        say.number_column(words.AMOUNT),
    ]
    if internal:
        columns += [say.number_column(words.RULE_PRICE), say.short_column(words.PRICE_FROM)]
    names = [name for _, name in named]
    groups = tuple(_hours_group(line, names, say, internal=internal) for line in lines)
    return Table(say(words.HOURS_BEHIND), tuple(columns), groups)


def _tells_more(name: str | None, line: SpecifiedLine) -> bool:
    """Return whether a name says what the text of the line does not."""
    return name is not None and name != line.text


def _hours_group(line: SpecifiedLine, names: Sequence[str], say: _Say, *, internal: bool) -> Group:
    rows = [_hours_row(one, names, say, internal=internal) for one in line.hours]
    before = [""] * len(names)
    after = [""] * (2 if internal else 0)
    if line.rounding:
        rows.append(Row((say(words.ROUNDING), *before, "", "", "", say.money(line.rounding), *after)))
    if len(rows) > 1:
        hours = say.hours(line.hours_decimal)
        cells = (say(words.SUM), *before, hours, clock(line.minutes), "", say.money(line.total), *after)
        rows.append(Row(cells, is_sum=True))
    return Group(_numbered(line), tuple(rows))


def _hours_row(one: SpecifiedHours, names: Iterable[str], say: _Say, *, internal: bool) -> Row:
    cells = [
        say.day(one.day),
        *(shown_text(getattr(one, name) or "") for name in names),
        say.hours(one.hours),
        one.clock,
        say.money(one.price),
        say.money(one.amount),
    ]
    if internal:
        source = "" if one.price_source is None else say(PRICE_SOURCES[one.price_source])
        cells += [say.money(one.rule_price), source]
    comment = shown_text(one.comment or "")
    return Row(tuple(cells), (comment,) if comment else ())


def _numbered(line: SpecifiedLine) -> str:
    return f"{line.number}. {shown_text(line.text)}"


# Costs


def _costs_table(specification: HoursSpecification, say: _Say) -> Table:
    columns = (
        say.short_column(words.DAY),
        say.text_column(words.TEXT),
        say.number_column(words.QUANTITY),
        say.number_column(words.PRICE),
        say.number_column(words.AMOUNT),
    )
    rows = tuple(
        Row(
            (
                say.day(line.cost_day),
                _numbered(line),
                say.number(line.quantity),
                say.money(line.unit_price),
                say.money(line.total),
            )
        )
        for line in specification.lines
        if line.cost_day is not None
    )
    return Table(say(words.COSTS), columns, (Group("", rows),))


# For the seller alone


def _internal(notes: InternalNotes, currency: str, say: _Say) -> Iterator[str]:
    yield say(words.INTERNAL)
    if notes.rounding_difference:
        yield say(words.ROUNDED, amount=say.number(notes.rounding_difference), currency=currency)
    yield from left_out_lines(notes.left_out, say.language)
    for change in notes.changed:
        what = ", ".join(say(words.CHANGES[name]) for name in change.changed)
        yield say(words.CHANGED, kind=say(words.KINDS[change.kind]), id=shown_text(change.id), what=what)
