"""The specification as a PDF file, read back by another library."""

from __future__ import annotations

import hashlib
import importlib.resources
import io
import os
import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import attrs
import pypdf
import pytest

from visma_busy_sync.busy import Order, PriceSource
from visma_busy_sync.orders import HoursSpecification
from visma_busy_sync.specification import PdfExtraMissing, to_html, to_pdf, to_text

from .given import PLACES, line, money, order, part, specified, with_text, work


def is_head(row: str) -> bool:
    """Tell the heads of the table of hours."""
    return row.startswith("Dato ") and row.endswith("Timer t:min Pris Beløp")


def read(specification: HoursSpecification) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(to_pdf(specification)), strict=True)


def pages(specification: HoursSpecification) -> list[list[str]]:
    """Return the lines of text of each page."""
    return [page.extract_text().splitlines() for page in read(specification).pages]


def of_hours(count: int) -> Order:
    """Return an order for so many hours, each of which costs another amount."""
    parts = (part(f"h{n:04}", 1 + n % 30, 60 + n, "60") for n in range(count))
    minutes = sum(60 + n for n in range(count))
    hours = (Decimal(minutes) / 60).quantize(Decimal("0.0001"))
    return order(line("Rådgivning", str(hours), "60", *parts))


def words(lines: list[str]) -> str:
    return " ".join(" ".join(lines).split())


def test_the_file_says_what_the_terminal_says() -> None:
    """Each row of the tables, in their order; and no more than that."""
    specification = specified(internal=True, language="en")
    in_file = words([row for page in pages(specification) for row in page if not row.startswith("Page ")])
    in_terminal = [row for row in to_text(specification).splitlines() if set(row) - set("-= ")]
    assert in_file.casefold() == words(in_terminal).casefold()


def test_the_file_has_title_language_and_moment() -> None:
    made = datetime(2026, 12, 1, 10, 30, tzinfo=timezone(timedelta(hours=1)))
    reader = pypdf.PdfReader(io.BytesIO(to_pdf(specified(language="en"), made_at=made)))
    assert reader.metadata is not None
    assert reader.metadata.title == "Hours specification – 100 Nettsted for Fjord"
    assert reader.metadata.creation_date == made.astimezone(UTC)
    assert str(reader.root_object["/Lang"]) == "en"
    assert [float(side) for side in reader.pages[0].mediabox.upper_right] == pytest.approx([595.28, 841.89])


def test_without_a_moment_the_file_is_of_the_day_of_the_order() -> None:
    metadata = read(specified()).metadata
    assert metadata is not None
    assert metadata.creation_date == datetime(2026, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "error"),
    [(datetime(2026, 1, 1), ValueError), (date(2026, 1, 1), TypeError)],  # noqa: DTZ001
)
def test_a_moment_is_aware(moment: datetime, error: type[Exception]) -> None:
    with pytest.raises(error, match="made_at"):
        to_pdf(specified(), made_at=moment)


DIGEST = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from specification.given import specified
from visma_busy_sync.specification import to_pdf
print(hashlib.sha256(to_pdf(specified(names=True))).hexdigest())
"""


def test_equal_specifications_give_equal_files() -> None:
    """In another process, at another time, with other hashes."""
    tests = str(Path(__file__).parents[1])
    again = subprocess.run(
        [sys.executable, "-c", DIGEST, tests],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"},
    )
    assert again.stdout.strip() == hashlib.sha256(to_pdf(specified(names=True))).hexdigest()


# Sheets


def test_every_sheet_has_its_number_and_the_heads_of_its_columns() -> None:
    found = pages(specified(of_hours(120)))
    assert len(found) == 4
    for number, page in enumerate(found, 1):
        assert page[-1] == f"Side {number} av 4 Timespesifikasjon – 100 Nettsted for Fjord"
        assert any(map(is_head, page))


def test_no_hours_are_lost_between_sheets() -> None:
    """Each is there once, in the order of days."""
    rows = [row for page in pages(specified(of_hours(200))) for row in page]
    amounts = [row.rsplit(" ", 1)[1] for row in rows if ".11.2026 " in row and "–" not in row]
    assert sorted(amounts, key=lambda text: Decimal(text.replace(",", "."))) == [
        f"{60 + n},00" for n in range(200)
    ]


@pytest.mark.parametrize("count", range(17, 22))
def test_rows_that_belong_together_stay_on_one_sheet(count: int) -> None:
    """No sheet begins with a sum, and none ends with the head of a group."""
    groups = [
        line(f"Rådgivning {n}", "2", "60", part(f"a{n}", 1, 60, "60"), part(f"b{n}", 2, 60, "60"))
        for n in range(count)
    ]
    of_hours = [page[:-1] for page in pages(specified(order(*groups))) if any(map(is_head, page))]
    assert len(of_hours) > 1
    for rows in of_hours:
        (top,) = (place for place, row in enumerate(rows) if is_head(row))
        assert not rows[top + 1].startswith("Sum")
        assert not rows[-1].endswith(tuple(f"Rådgivning {n}" for n in range(count)))


def test_a_text_longer_than_a_sheet_goes_on_on_the_next() -> None:
    """All of it is there, below the heads of the columns on each sheet."""
    spoken = [f"ord{n}" for n in range(1500)]
    (entry, *others) = work().entries
    behind = attrs.evolve(work(), entries=(attrs.evolve(entry, comment=" ".join(spoken)), *others))
    found = pages(specified(behind=behind, comments=True))
    assert len(found) > 2
    read_back = words([row for page in found for row in page]).split()
    assert [word for word in read_back if re.fullmatch(r"ord\d+", word)] == spoken
    assert all(any(map(is_head, page)) for page in found if re.search(r"\bord\d", words(page)))


def edges(specification: HoursSpecification) -> list[tuple[str, float]]:
    """Return each piece of text with the place where it begins, in points from the left."""
    found: list[tuple[str, float]] = []

    def note(text: str, _: object, place: list[float], font: object, size: float) -> None:
        if text.strip():
            found.append((text.strip(), place[4]))

    for page in read(specification).pages:
        page.extract_text(visitor_text=note)
    return found


WIDTH = 595.28
MARGIN = 15 / 25.4 * 72


def test_a_word_without_end_is_broken() -> None:
    """None of its letters is lost, or beyond the edge of the sheet; an x is 4 points wide at least."""
    pieces = [(text, start) for text, start in edges(with_text("x" * 700)) if set(text) == {"x"}]
    assert sum(len(text) for text, _ in pieces) > (PLACES - 3) * 700
    assert max(start + 4 * len(text) for text, start in pieces) <= WIDTH - MARGIN


def test_amounts_without_end_are_not_beyond_the_edge() -> None:
    """Where not even the numbers have room, all columns are made narrower, and nothing is lost."""
    huge = line(
        "R",
        "1",
        "999999999998.9999",
        part("e1", 3, 60, "999999999998.9999", price_source=PriceSource.MEMBER_WITHIN_WORK_TYPE),
        price_source=PriceSource.MEMBER_WITHIN_WORK_TYPE,
        total=money("999999999998.9999"),
    )
    pieces = edges(specified(order(huge), internal=True, names=True))
    assert max(start for _, start in pieces) < WIDTH - MARGIN - 10
    letters = "".join(text for text, _ in pieces).replace("\xa0", "").replace(" ", "")
    assert letters.count("9") > 15 * 5


# Letters


@pytest.mark.parametrize(
    "text",
    ["Blåbærøl ÆØÅ", "Łódź Wiśniewski", "Ђорђе Київ", "Αθήνα", "Čáhppesnjárga ŧ đ ŋ", "Þór Ǻ ſ", "1 – 2 … €"],
)
def test_the_scripts_of_europe_can_be_read_back(text: str) -> None:
    assert text in read(specified(customer=text)).pages[0].extract_text()


def test_a_letter_that_was_written_in_two_parts_is_read_as_one() -> None:
    assert "Kafé" in read(specified(customer="Kafe\u0301")).pages[0].extract_text()


def test_a_letter_that_the_font_lacks_is_seen_to_be_lacking() -> None:
    """Nothing fails, and the rest is there."""
    assert "A\ufffd\ufffdB" in read(specified(customer="A東京B")).pages[0].extract_text()


def test_writing_from_right_to_left_is_drawn_so() -> None:
    """A reader that knows the script finds its letters in their order; drawn from the left they turn."""
    assert "abc אבגד" in read(specified(customer="abc אבגד")).pages[0].extract_text()


def test_no_text_of_busy_is_taken_for_the_number_of_pages() -> None:
    assert "{nb}" in read(specified(customer="a {nb} \ue000\ue000\ue000\ue000\ue000")).pages[0].extract_text()


def test_the_font_is_inside_and_only_the_letters_that_are_used() -> None:
    data = to_pdf(specified())
    assert len(data) < 60_000
    assert data.count(b"/FontFile2") == 2


def test_the_fonts_come_with_their_licence() -> None:
    folder = importlib.resources.files("visma_busy_sync.specification") / "fonts"
    assert "Bitstream Vera" in (folder / "LICENSE").read_text(encoding="utf-8")


# Without the extra


@pytest.mark.parametrize("missing", ["fpdf", "uharfbuzz"])
def test_without_the_extra_the_error_says_what_to_install(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Terminal and browser need none of it."""
    monkeypatch.delitem(sys.modules, "visma_busy_sync.specification._sheets", raising=False)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(PdfExtraMissing, match="fpdf2 and uharfbuzz") as raised:
        to_pdf(specified())
    assert 'pip install "visma-busy-sync[pdf]"' in raised.value.advice
    assert to_text(specified())
    assert to_html(specified())
