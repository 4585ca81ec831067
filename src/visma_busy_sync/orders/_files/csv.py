"""A file of order lines, read cell by cell: encoding, columns, rows, numbers (D26, D29, D30).

It answers for the file alone. Whether Busy has what a row names is asked in `_row_lines`. Nothing is raised:
what is wrong is collected, so that everything can be told at once.
"""

from __future__ import annotations

import csv
import enum
import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, TypeAlias

from attrs import field, frozen

from visma_busy_sync.busy._numbers import number_key
from visma_busy_sync.eaccounting.models._lengths import TEXT_LENGTH, length
from visma_busy_sync.orders import _rounding
from visma_busy_sync.orders._files.csv_numbers import read_number
from visma_busy_sync.orders._limits import tidy
from visma_busy_sync.orders._problems import FILE, ROW, Problem, ProblemCode, Problems, Told

MAX_FILE_ROWS: Final = 10_000
"""Rows of one file, far beyond what a person writes: an order has 1,000 at most."""
MAX_FILE_BYTES: Final = 5_000_000
"""Size of one file: so many rows of 500 bytes each. What is uploaded by mistake holds nobody up."""


class Column(enum.StrEnum):
    """The columns by Busy's names, in their order."""

    PROJECT_NUMBER = "projectNumber"
    TAG_ID = "tagId"
    QUANTITY = "quantity"
    PRICE = "optionalOutPrice"
    PRODUCT_NUMBER = "optionalProductNumber"
    TEXT = "optionalDescription"


_NEEDED: Final = (Column.PROJECT_NUMBER, Column.TAG_ID, Column.QUANTITY)
_BY_NAME: Final = {column.casefold(): column for column in Column}
_NAMES_OF_A_HEADER: Final = 2
"""So many known names make the first row a header: a text of a row may be one, by chance."""

_BELOW_ZERO: Final = {
    Column.QUANTITY: ProblemCode.NEGATIVE_QUANTITY,
    Column.PRICE: ProblemCode.NEGATIVE_PRICE,
}

_TOO_MANY_ROWS: Final = Told("10,000 rows", "10 000 rader")
_TOO_MANY_BYTES: Final = Told("5 million bytes", "5 millioner byte")

_MARK: Final = b"\xef\xbb\xbf"
_UTF_16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


@frozen(kw_only=True)
class ImportRow:
    """A row of the file.

    Attributes:
        number: The line of the file where it begins, from 1, header included (D29).
        project_number: The number of the project, in its normal form (D1).
        work_type: Busy's id of the work type (`tagId`).
        quantity: The quantity of the line, above 0.
        price: Its unit price, from 0; None if the row has none.
        product_number: The number of the product, in its normal form; None if the row has none.
        text: What the customer reads; None if the row has none.
        faulty: The columns whose cells are wrong: there the values above mean nothing.
    """

    number: int
    project_number: str | None
    work_type: str | None
    quantity: Decimal | None
    price: Decimal | None = None
    product_number: str | None = None
    text: str | None = field(default=None, repr=False)
    faulty: frozenset[Column] = frozenset()


_SEPARATOR_HINT: Final = ["sep=", ""]
"""A first line `sep=;`, by which Excel is told what separates the cells."""

_Record: TypeAlias = tuple[int, list[str]]
"""The line where it begins, and its cells."""


def read_rows(data: bytes) -> tuple[tuple[ImportRow, ...], tuple[Problem, ...]]:
    """Return the rows of a file, and what is wrong with it.

    Rows of which nothing can be said, such as those of a file in another encoding, are not among them.
    """
    problems = Problems()
    text = _decoded(data, problems)
    rows = _rows(_records(text, problems), problems) if text is not None else ()
    if not rows and not problems.listed():
        problems.add(ProblemCode.FILE_EMPTY, FILE.kind, FILE.id)
    return rows, problems.listed()


def _decoded(data: bytes, problems: Problems) -> str | None:
    """Return the text of a file: UTF-8 with or without mark, else Windows-1252 (D26)."""
    if len(data) > MAX_FILE_BYTES:
        problems.add(ProblemCode.FILE_TOO_LONG, FILE.kind, FILE.id, most=_TOO_MANY_BYTES)
        return None
    if data.startswith(_UTF_16_MARKS):
        found = Told("it is marked as UTF-16", "den er merket som UTF-16")
    elif b"\0" in data:
        found = Told("it holds zero bytes", "den inneholder nullbyte")
    else:
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            found = Told("it is marked as UTF-8, which it is not", "den er merket som UTF-8, men er ikke det")
        if not data.startswith(_MARK):
            try:
                return data.decode("cp1252")
            except UnicodeDecodeError:
                found = Told("it holds bytes that neither has", "den inneholder byte som ingen av dem har")
    problems.add(ProblemCode.FILE_ENCODING, FILE.kind, FILE.id, found=found)
    return None


def _records(text: str, problems: Problems) -> list[_Record]:
    """Return the rows that are not blank; at most so many as show that there are too many."""
    # Line ends of all kinds end a line, and stay as they are within quotes.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True)
    records: list[_Record] = []
    while len(records) < MAX_FILE_ROWS + 2:
        begins = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error:
            problems.add(ProblemCode.ROW_UNREADABLE, ROW, str(begins))
            break
        if cells is None:
            break
        if any(map(str.strip, cells)):
            records.append((begins, cells))
    return records


def _rows(records: Sequence[_Record], problems: Problems) -> tuple[ImportRow, ...]:
    places: Mapping[Column, int] | None = {column: place for place, column in enumerate(Column)}
    if records and [cell.strip().casefold() for cell in records[0][1]] == _SEPARATOR_HINT:
        records = records[1:]
    if records and _is_header(records[0][1]):
        places = _header(*records[0], problems)
        records = records[1:]
    if places is None:
        return ()  # what a cell means is not known
    if len(records) > MAX_FILE_ROWS:
        problems.add(ProblemCode.FILE_TOO_LONG, FILE.kind, FILE.id, most=_TOO_MANY_ROWS)
        return ()
    return tuple(_row(number, cells, places, problems) for number, cells in records)


def _column(cell: str) -> Column | None:
    return _BY_NAME.get(cell.strip().casefold())


def _is_header(cells: Sequence[str]) -> bool:
    return sum(_column(cell) is not None for cell in cells) >= _NAMES_OF_A_HEADER


def _header(number: int, cells: Sequence[str], problems: Problems) -> dict[Column, int] | None:
    """Return where each column stands, or None if that is not clear; an empty name is that of no column."""
    named = {place: _column(cell) for place, cell in enumerate(cells) if cell.strip()}
    places = {column: place for place, column in named.items() if column is not None}
    row = str(number)
    for place, column in named.items():
        if column is None:
            problems.add(ProblemCode.COLUMN_UNKNOWN, ROW, row, place=place + 1)
        elif places[column] != place:
            problems.add(ProblemCode.COLUMN_TWICE, ROW, row, column=column)
    for column in _NEEDED:
        if column not in places:
            problems.add(ProblemCode.COLUMN_MISSING, ROW, row, column=column)
    is_clear = len(places) == len(named) and places.keys() >= set(_NEEDED)
    return places if is_clear else None


def _row(number: int, cells: Sequence[str], places: Mapping[Column, int], problems: Problems) -> ImportRow:
    columns = {place: column for column, place in places.items()}
    filled = {place: cell for place, cell in enumerate(cells) if cell.strip()}
    if not filled.keys() <= columns.keys():
        problems.add(ProblemCode.CELL_UNEXPECTED, ROW, str(number))
    found = {columns[place]: cell for place, cell in filled.items() if place in columns}
    faulty: set[Column] = set()

    def wrong(code: ProblemCode, column: Column, **facts: object) -> None:
        problems.add(code, ROW, str(number), column=column, **facts)
        faulty.add(column)

    for column in _NEEDED:
        if column not in found:
            wrong(ProblemCode.CELL_EMPTY, column)
    numbers: dict[Column, Decimal] = {}
    for column, below_zero in _BELOW_ZERO.items():
        if column in found:
            value = read_number(found[column].strip())
            if value is None:
                wrong(ProblemCode.NUMBER_UNREADABLE, column)
            elif value.is_signed():
                wrong(below_zero, column)
            elif column is Column.QUANTITY and not _rounding.quantity(value):
                wrong(ProblemCode.QUANTITY_ZERO, column)
            else:
                numbers[column] = value
    text = tidy(found.get(Column.TEXT))
    size = length(text or "")
    if size > TEXT_LENGTH:
        wrong(ProblemCode.TEXT_TOO_LONG, Column.TEXT, length=size, longest=TEXT_LENGTH)
    return ImportRow(
        number=number,
        project_number=number_key(found.get(Column.PROJECT_NUMBER)),
        work_type=number_key(found.get(Column.TAG_ID)),
        quantity=numbers.get(Column.QUANTITY),
        price=numbers.get(Column.PRICE),
        product_number=number_key(found.get(Column.PRODUCT_NUMBER)),
        text=text,
        faulty=frozenset(faulty),
    )
