"""The specification as a page for browser and printer."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from visma_busy_sync.specification import to_html

from .given import PLACES, specified, with_text

VOID = {"br", "meta"}
KNOWN = {"html", "head", "meta", "title", "style", "body", "main", "h1", "dl", "dt", "dd", "footer", "aside"}
KNOWN |= {"p", "table", "caption", "thead", "tbody", "tr", "th", "td", "bdi", "br"}
HOSTILE = '</td><script>alert(1)</script><img src=x onerror="y"> & "q" \u202egnorw\u202c é'


class Parsed(HTMLParser):
    """The page as a browser would find it: its elements, each closed in its turn, and what they hold."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self.open[-1], data))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def inside(self, *tags: str) -> list[str]:
        return [text for tag, text in self.texts if tag in tags]


def test_the_page_says_what_the_terminal_says() -> None:
    page = Parsed(to_html(specified()))
    assert page.inside("h1") == ["Timespesifikasjon"]
    assert page.inside("title") == ["Timespesifikasjon – 100 Nettsted for Fjord"]
    assert page.inside("caption") == ["Ordrelinjer", "Timene bak linjene", "Kostnader"]
    texts = page.inside("bdi", "td", "p")
    for text in (
        "Fjord AS",
        "1. Rådgivning",
        "12\xa0836,42",
        "2:30",
        "Nedskrevet med 700,00 NOK",
        "Bompenger",
    ):
        assert any(text in shown for shown in texts), text


@pytest.mark.parametrize("language", ["nb", "en"])
def test_the_page_tells_its_language(language: str) -> None:
    page = Parsed(to_html(specified(language=language)))
    assert page.of("html") == [{"lang": language}]


def test_tables_can_be_read_aloud() -> None:
    """Each has a caption, heads for its columns, rows and groups; each row has a cell for each column."""
    html = to_html(specified(internal=True, names=True, comments=True))
    for table in re.findall(r"<table>.*?</table>", html, re.DOTALL):
        page = Parsed(table)
        assert len(page.of("caption")) == 1
        columns = table.count('<th scope="col"')
        assert columns > 3
        for row in re.findall(r"<tr.*?</tr>", table.partition("</thead>")[2], re.DOTALL):
            cells = [cell for tag in ("th", "td") for cell in Parsed(row).of(tag)]
            assert sum(int(cell.get("colspan") or 1) for cell in cells) == columns
        assert {head["scope"] for head in page.of("th")} <= {"col", "row", "rowgroup"}


def test_the_page_stands_alone() -> None:
    """It loads nothing, links nowhere, runs nothing, and forbids a browser to do so."""
    html = to_html(specified(internal=True))
    page = Parsed(html)
    assert {tag for tag, _ in page.elements} <= KNOWN
    named = {name for _, attributes in page.elements for name in attributes}
    assert named <= {"lang", "charset", "http-equiv", "content", "name", "class", "scope", "colspan"}
    assert {
        "http-equiv": "Content-Security-Policy",
        "content": "default-src 'none'; style-src 'unsafe-inline'",
    } in (page.of("meta"))
    assert "url(" not in html
    assert "@import" not in html
    assert "@media print" in html
    assert "table-header-group" in html


def test_hostile_texts_stay_texts() -> None:
    """Wherever a text comes from: it is shown as it is, and the turned writing in it is taken out."""
    html = to_html(with_text(HOSTILE))
    page = Parsed(html)
    assert {tag for tag, _ in page.elements} <= KNOWN
    assert "<script" not in html
    assert "\u202e" not in html
    shown = " ".join(HOSTILE.replace("\u202e", " ").replace("\u202c", " ").split())
    assert sum(text.count(shown) for text in page.inside("bdi")) == PLACES
    assert shown in page.inside("title")[0]


def test_writing_from_right_to_left_stays_in_its_cell() -> None:
    """Every text of Busy is isolated."""
    page = Parsed(to_html(with_text("שלום")))
    assert {tag for tag, text in page.texts if "שלום" in text} == {"bdi", "title"}


def test_a_word_without_end_does_not_widen_the_page() -> None:
    """It is whole in the page, and may be broken anywhere."""
    html = to_html(with_text("x" * 5000))
    assert "x" * 5000 in html
    assert "overflow-wrap: anywhere" in html


def test_what_is_for_the_seller_is_on_the_page_only_if_asked_for() -> None:
    inside = Parsed(to_html(specified(internal=True)))
    assert "Bare for internt bruk" in inside.inside("p")
    assert "Timespesifikasjon – bare for internt bruk" in inside.inside("h1")
    assert "Holdt utenfor: 1 unntatt fra fakturering" in inside.inside("p")
    outside = to_html(specified())
    for word in ("intern", "Holdt utenfor", "Pris fra", "Etter reglene", "<aside"):
        assert word not in outside
