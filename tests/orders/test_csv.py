"""A file of order lines, cell by cell: encodings, columns, rows (D26, D29, D30)."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visma_busy_sync.orders import Problem
from visma_busy_sync.orders._files.csv import MAX_FILE_BYTES, MAX_FILE_ROWS, ImportRow, read_rows

FILES = Path(__file__).parent / "csv"
HEADER = "projectNumber;tagId;quantity;optionalOutPrice;optionalProductNumber;optionalDescription"


def row(number: int, project: str, work_type: str, quantity: str, **more: Any) -> ImportRow:
    return ImportRow(
        number=number, project_number=project, work_type=work_type, quantity=Decimal(quantity), **more
    )


def file_rows(name: str) -> tuple[ImportRow, ...]:
    rows, problems = read_rows((FILES / name).read_bytes())
    assert problems == ()
    return rows


def told(problems: tuple[Problem, ...]) -> list[tuple[str, str, str | None]]:
    """What each problem is about, its code and its column."""
    return [(str(problem.entity), problem.code, problem.column) for problem in problems]


def wrong(data: str | bytes) -> list[tuple[str, str, str | None]]:
    """What is wrong with a file."""
    return told(read_rows(data.encode() if isinstance(data, str) else data)[1])


# Files as they are found


def test_d26_excels_csv_in_utf_8() -> None:
    """A mark, CRLF, commas, no-break spaces; a project number keeps its leading zero."""
    assert file_rows("excel_utf8.csv") == (
        row(2, "100", "5", "7.5", price=Decimal(1250), product_number="K1", text="Rådgivning i uke 45"),
        row(3, "100", "6", "2"),
        row(4, "0200", "5", "1250.25", price=Decimal("0.5"), text="Løpemeter kabel – blå"),
    )


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("hint", ["sep=;\r\n", "SEP=;\n"])
@pytest.mark.parametrize("header", ["", "projectNumber;tagId;quantity\n"])
def test_excels_line_about_the_separator_is_no_row(mark: str, hint: str, header: str) -> None:
    """It is counted, as an editor shows it."""
    data = f"{mark}{hint}{header}100;5;2"
    found, wrong = read_rows(data.encode())
    assert (found, wrong) == ((row(3 if header else 2, "100", "5", "2"),), ())


def test_d26_d29_excels_plain_csv_in_windows_1252() -> None:
    """Empty columns at the end are no columns, and a row of nothing else is blank, but counted."""
    assert file_rows("excel_windows1252.csv") == (
        row(2, "100", "5", "3", price=Decimal("1250.5"), text="Kjøring til Ørsta – «på vegne av» Åse"),
        row(4, "100", "6", "0.25", product_number="K2"),
    )


def test_d29_a_row_has_the_number_of_the_line_where_it_begins() -> None:
    """A text may hold semicolons, quotes and line breaks; the next row is numbered as an editor shows it."""
    assert file_rows("quoted.csv") == (
        row(2, "100", "5", "2.5", price=Decimal(990), text='Møte; befaring og "etterarbeid"'),
        row(3, "100", "6", "1", text="Første linje\nandre linje"),
        row(6, "100", "5", "4", price=Decimal(100)),
    )


def test_d30_an_old_macs_file_without_header_and_without_optional_columns() -> None:
    """Lines end with CR alone."""
    assert file_rows("old_mac.csv") == (
        row(1, "100", "5", "1.5"),
        row(3, "100", "6", "2", price=Decimal(450)),
    )


def test_d30_with_names_columns_may_come_in_any_order_and_be_missing() -> None:
    assert file_rows("script.csv") == (
        row(2, "100", "5", "10.125", text="Support"),
        row(3, "100", "6", "0.5"),
    )


def test_every_bad_row_is_told_with_its_number_and_column() -> None:
    """All of them at once; whether Busy knows what is named is asked elsewhere."""
    rows, problems = read_rows((FILES / "faulty.csv").read_bytes())

    assert told(problems) == [
        ("row 2", "number_unreadable", "quantity"),
        ("row 4", "cell_empty", "projectNumber"),
        ("row 7", "negative_quantity", "quantity"),
        ("row 7", "number_unreadable", "optionalOutPrice"),
        ("row 8", "number_unreadable", "optionalOutPrice"),
        ("row 8", "quantity_zero", "quantity"),
        ("row 9", "cell_unexpected", None),
        ("row 10", "cell_empty", "quantity"),
    ]
    assert [row.number for row in rows] == [2, 3, 4, 5, 7, 8, 9, 10]
    assert {row.number: set(row.faulty) for row in rows if row.faulty} == {
        2: {"quantity"},
        4: {"projectNumber"},
        7: {"quantity", "optionalOutPrice"},
        8: {"quantity", "optionalOutPrice"},
        10: {"quantity"},
    }


def test_a_problem_says_what_is_wrong_and_what_to_do_in_both_languages() -> None:
    _, (problem,) = read_rows(b"100;5;kari;100")

    assert problem.message == "What stands in quantity is no number that can be read."
    assert problem.message_nb == "Det som står i quantity, er ikke et tall som kan leses."
    assert "1 250,50" in problem.cure_en
    assert "1 250,50" in problem.cure_nb
    assert "kari" not in f"{problem.message}{problem.message_nb}"


# The file as a whole


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param("\ufeff100;5;1".encode("utf-16-le"), "UTF-16", id="UTF-16, little end first"),
        pytest.param("\ufeff100;5;1".encode("utf-16-be"), "UTF-16", id="UTF-16, big end first"),
        pytest.param("100;5;1".encode("utf-16-le"), "zero bytes", id="UTF-16 without mark"),
        pytest.param(b"100;5;1\0", "zero bytes", id="a zero byte"),
        pytest.param(b"\xef\xbb\xbf100;5;1;;;\xe5", "marked as UTF-8", id="a mark that lies"),
        pytest.param(b"100;5;1;;;\xe5\x81", "neither has", id="a byte of neither"),
    ],
)
def test_d26_a_file_in_another_encoding_is_one_clear_error(data: bytes, words: str) -> None:
    rows, (problem,) = read_rows(data)

    assert rows == ()
    assert (str(problem.entity), problem.code) == ("file csv", "file_encoding")
    assert words in problem.message
    assert "CSV UTF-8" in problem.cure_nb


@pytest.mark.parametrize(
    "data",
    ["", "\ufeff", "\r\n\r\n", ";;;\n;;;\n", HEADER, f"\n{HEADER}\n;;\n"],
    ids=["nothing", "mark", "blank lines", "semicolons", "header", "header and blank rows"],
)
def test_d30_a_file_without_rows_is_an_error(data: str) -> None:
    assert wrong(data) == [("file csv", "file_empty", None)]


@pytest.mark.parametrize("header", ["", HEADER + "\n"], ids=["without header", "with header"])
def test_a_file_has_ten_thousand_rows_at_most(header: str) -> None:
    """Blank lines and the header are not counted."""
    most = header + "100;5;1\n\n" * MAX_FILE_ROWS

    rows, problems = read_rows(most.encode())

    assert (len(rows), problems) == (MAX_FILE_ROWS, ())
    assert wrong(most + "100;5;1") == [("file csv", "file_too_long", None)]


def test_a_file_has_five_million_bytes_at_most() -> None:
    """What was uploaded by mistake is not even looked at."""
    full = b"100;5;1;;;Kabel\n"
    full += b"\n" * (MAX_FILE_BYTES - len(full))

    rows, problems = read_rows(full)

    assert (len(rows), problems) == (1, ())
    assert wrong(full + b"\n") == [("file csv", "file_too_long", None)]


# The header


@pytest.mark.parametrize(
    ("header", "problems"),
    [
        pytest.param(
            "projectNumber;tagId;quantity;price;note",
            [("row 1", "column_unknown", None), ("row 1", "column_unknown", None)],
            id="unknown",
        ),
        pytest.param(
            "projectNumber;tagId;tagid;quantity", [("row 1", "column_twice", "tagId")], id="there twice"
        ),
        pytest.param("projectNumber;tagId", [("row 1", "column_missing", "quantity")], id="missing"),
        pytest.param(
            "optionalDescription;quantity;Project",
            [
                ("row 1", "column_unknown", None),
                ("row 1", "column_missing", "projectNumber"),
                ("row 1", "column_missing", "tagId"),
            ],
            id="unknown and missing",
        ),
    ],
)
def test_a_wrong_header_is_told_alone(header: str, problems: list[Any]) -> None:
    """What stands below it would be taken for something else."""
    assert wrong(f"{header}\n100;x;y;z\n") == problems


def test_an_unknown_column_is_told_by_its_place() -> None:
    _, (problem,) = read_rows(b"projectNumber;tagId;quantity;Kari Nordmann\n")

    assert problem.message == "The name of column 4 is not known."


def test_a_column_without_name_holds_nothing() -> None:
    data = "projectNumber;;tagId;quantity\n100;;5;1\n100;more;5;1\n"

    assert wrong(data) == [("row 3", "cell_unexpected", None)]


def test_a_text_that_is_a_columns_name_makes_no_header() -> None:
    rows, problems = read_rows(b"100;5;1;;;Quantity\n")

    assert problems == ()
    assert rows == (row(1, "100", "5", "1", text="Quantity"),)


# Rows


@pytest.mark.parametrize(
    "broken",
    ['"100";5;1;;;"Kabel', '100;5;1;;;"12" rør"', f'"{"x" * 200_000}";5;1'],
    ids=["no end", "quote in quotes", "endless"],
)
def test_a_row_that_cannot_be_read_is_told_with_its_number(broken: str) -> None:
    """What comes before it is looked at all the same; what comes after it may be part of it."""
    assert wrong(f"100;5;x\n{broken}\n100;6;x\n") == [
        ("row 1", "number_unreadable", "quantity"),
        ("row 2", "row_unreadable", None),
    ]


def test_quotes_within_a_cell_are_quotes() -> None:
    rows, _ = read_rows(b'100;5;1;;;Pipe of 12"\n')

    assert rows[0].text == 'Pipe of 12"'


def test_cells_are_read_without_outer_spaces() -> None:
    rows, problems = read_rows("\u00a0 100 ; 5\t;  2,5 ; 1 000 ; K1 ; Kabel \n".encode())

    assert problems == ()
    assert rows == (row(1, "100", "5", "2.5", price=Decimal(1000), product_number="K1", text="Kabel"),)


def test_d1_numbers_are_composed() -> None:
    """A Mac writes Å as A and a ring."""
    rows, _ = read_rows("A\u030a1;5;1;;A\u030a2".encode())

    assert (rows[0].project_number, rows[0].product_number) == ("\u00c51", "\u00c52")


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        pytest.param(";5;1", "projectNumber", "cell_empty", id="no project"),
        pytest.param("100; ;1", "tagId", "cell_empty", id="no work type"),
        pytest.param("100;5;;100", "quantity", "cell_empty", id="no quantity"),
        pytest.param("100;5;0,00", "quantity", "quantity_zero", id="quantity 0"),
        pytest.param("100;5;0,00004", "quantity", "quantity_zero", id="quantity that is sent as 0"),
        pytest.param("100;5;-1", "quantity", "negative_quantity", id="quantity below 0"),
        pytest.param("100;5;1;-1", "optionalOutPrice", "negative_price", id="price below 0"),
        pytest.param("100;5;1;1.000,00", "optionalOutPrice", "number_unreadable", id="both signs"),
        pytest.param(f"100;5;1;;;{'x' * 2001}", "optionalDescription", "text_too_long", id="long text"),
        pytest.param("100,5,1", "tagId", "cell_empty", id="commas"),
    ],
)
def test_a_wrong_cell_is_told_with_its_column(cells: str, column: str, code: str) -> None:
    assert ("row 1", code, column) in wrong(cells)


def test_the_longest_text_and_the_price_0_are_right_so_far() -> None:
    """Whether 0 is meant is asked where the order is built (D19)."""
    rows, problems = read_rows(f"100;5;0,00005;0;;{'x' * 2000}".encode())

    assert problems == ()
    assert rows == (row(1, "100", "5", "0.00005", price=Decimal(0), text="x" * 2000),)


# Whatever comes


@given(st.binary() | st.text().map(str.encode) | st.text('0123456789;,. "\r\n').map(str.encode))
def test_any_bytes_are_rows_or_problems(data: bytes) -> None:
    """Nothing is raised, each row has a number of its own, and no row that is right lacks what it needs."""
    rows, problems = read_rows(data)

    assert rows or problems
    numbers = [row.number for row in rows]
    assert numbers == sorted(set(numbers))
    assert all(
        row.project_number is not None and row.work_type is not None and row.quantity is not None
        for row in rows
        if not row.faulty
    )
    of_cells = [problem for problem in problems if problem.column and "column_" not in problem.code]
    assert {problem.entity.id for problem in of_cells} == {str(row.number) for row in rows if row.faulty}


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=40).map(str.strip)
keys = st.text("0123456789ABCæøå-", min_size=1, max_size=12)


@given(
    st.lists(st.tuples(keys, keys, st.integers(1, 10**6), keys, texts), min_size=1, max_size=20),
    st.sampled_from(["\r\n", "\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig"]),
    st.booleans(),
)
def test_what_a_spreadsheet_writes_is_read_back(
    written: list[tuple[str, str, int, str, str]], ends: str, encoding: str, header: bool
) -> None:
    """Whatever the text, the line ends and the mark."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=";", lineterminator=ends)
    if header:
        writer.writerow(HEADER.split(";"))
    writer.writerows((project, tag, hundred / 100, "", p, text) for project, tag, hundred, p, text in written)

    rows, problems = read_rows(file.getvalue().encode(encoding))

    assert problems == ()
    assert [
        (row.project_number, row.work_type, row.quantity, row.price, row.product_number, row.text)
        for row in rows
    ] == [
        (project, tag, Decimal(hundred) / 100, None, product, text or None)
        for project, tag, hundred, product, text in written
    ]
