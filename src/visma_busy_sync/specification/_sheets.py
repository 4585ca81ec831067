"""The sheets of a PDF file. No other module knows the library that writes them.

Tables are laid out here and not by the library, whose own take three times as long: a year has thousands of
hours. Rows that belong together stay on one sheet, and every sheet has the heads of its columns.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib.resources import as_file, files
from typing import Final

from attrs import evolve, frozen
from fpdf import FPDF
from fpdf.enums import Align, MethodReturnValue, XPos, YPos
from fpdf.fonts import TTFFont

from visma_busy_sync.specification import _words as words
from visma_busy_sync.specification._page import Column, Group, Page, Row, Table

_FONT: Final = "dejavusans"
_FONT_FILES: Final = {"": "DejaVuSans.ttf", "B": "DejaVuSans-Bold.ttf"}
_LACKING: Final = "\ufffd"
"""Stands for a character that the font does not have."""

_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})

_ALL_PAGES: Final = "\ue000" * 5
"""Stands for the number of pages, with room for its digits. No text holds it: it is not printable."""

# Millimetres.
_MARGIN: Final = 15.0
_FOOT: Final = 18.0
_LINE: Final = 4.0
_PADDING: Final = 1.0
_GAP: Final = 3.0
_CAPTION: Final = 8.0
_NARROWEST: Final = 14.0
"""What a column of text has at least."""

# Points.
_SMALL: Final = 7.0
_BODY: Final = 8.0
_CAPTION_SIZE: Final = 11.0
_TITLE_SIZE: Final = 17.0

# Shades of grey, from 0 to 255.
_INK: Final = 28
_SOFT_INK: Final = 95
_HAIR: Final = 215


def sheets(page: Page, made_at: datetime) -> bytes:
    """Return `page` as a PDF file."""
    document = _Document(page, made_at)
    document.write_page()
    return bytes(document.output())


@frozen
class _Laid:
    """A row that is laid out.

    Attributes:
        cells: The lines of each cell; one cell alone goes over all columns.
        notes: The lines below it, over all columns.
        bold: Whether it is written in bold.
        shade: In which shade it is written.
        edge: The shade of the line below it.
    """

    cells: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    bold: bool = False
    shade: int = _INK
    edge: int = _HAIR

    @property
    def lines(self) -> int:
        return max(map(len, self.cells))

    @property
    def height(self) -> float:
        return (self.lines + len(self.notes)) * _LINE + 2 * _PADDING


@frozen
class _Grid:
    """The columns of a table: where each begins, how wide it is, and how its cells are aligned."""

    starts: tuple[float, ...]
    widths: tuple[float, ...]
    aligned: tuple[Align, ...]


class _Document(FPDF):
    """The library's document, with our fonts, footer and tables."""

    def __init__(self, page: Page, made_at: datetime) -> None:
        super().__init__(format="A4")
        for style, name in _FONT_FILES.items():
            with as_file(files("visma_busy_sync.specification") / "fonts" / name) as path:
                self.add_font(_FONT, style, path)
        self._shown = page
        self.set_margin(_MARGIN)
        self.c_margin = 0
        self.set_auto_page_break(auto=False)
        self.alias_nb_pages(_ALL_PAGES)
        self.set_title(page.name)
        self.set_lang(page.language)
        self.set_creator("visma-busy-sync")
        self.set_creation_date(made_at)
        if any(map(_is_right_to_left, _texts(page))):
            self.set_text_shaping(use_shaping_engine=True)

    def footer(self) -> None:
        """Write what it is and which page, at the foot of a sheet; the library calls it."""
        self._write_with(size=_SMALL, shade=_SOFT_INK)
        self.set_xy(_MARGIN, self.h - _FOOT + 6)
        of_pages = words.OF_PAGES.of(self._shown.language).format(page=self.page, pages=_ALL_PAGES)
        aside = self.get_string_width(of_pages.replace(_ALL_PAGES, "0" * len(_ALL_PAGES))) + _GAP
        (name, *_) = self._wrapped(self._shown.name, self.epw - aside)
        self.cell(aside, _LINE, of_pages)
        self.cell(self.epw - aside, _LINE, name, align=Align.R)

    def write_page(self) -> None:
        """Write all that is shown."""
        self.add_page()
        self._write_with(bold=True, size=_TITLE_SIZE)
        self._paragraph(self._shown.title, 10)
        self.ln(2)
        self._facts()
        for table in self._shown.tables:
            self._table(table)
        self._write_with(size=_SMALL, shade=_SOFT_INK)
        for remark in self._shown.remarks:
            self._paragraph(remark, _LINE)
        self.ln(_LINE)
        for note in self._shown.internal:
            self._paragraph(note, _LINE)

    # Texts

    def _write_with(self, *, bold: bool = False, size: float = _BODY, shade: int = _INK) -> None:
        self.set_font(_FONT, "B" if bold else "", size)
        self.set_text_color(shade)

    def _written(self, text: str) -> str:
        """Return `text` as the current font has it."""
        font = self.current_font
        known = font.cmap if isinstance(font, TTFFont) else {}
        composed = unicodedata.normalize("NFC", text)
        return "".join(letter if ord(letter) in known else _LACKING for letter in composed)

    def _wrapped(self, text: str, width: float) -> tuple[str, ...]:
        """Return `text` as lines of at most `width`, in the current font; a word that is wider is broken."""
        written = self._written(text)
        if self.get_string_width(written) <= width:
            return (written,)
        lines = self.multi_cell(
            width, _LINE, written, align=Align.L, dry_run=True, output=MethodReturnValue.LINES
        )
        return tuple(str(line) for line in lines)  # type: ignore[union-attr]

    def _paragraph(self, text: str, height: float) -> None:
        for line in self._wrapped(text, self.epw):
            self._room_for(height)
            self.cell(self.epw, height, line, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _room_for(self, height: float) -> bool:
        """Begin a new sheet where `height` does not fit on this one; return whether it did."""
        if self.y + height <= self.h - _FOOT:
            return False
        style, size, shade = self.font_style, self.font_size_pt, self.text_color
        self.add_page()
        self.set_font(_FONT, style, size)
        self.text_color = shade
        return True

    def _facts(self) -> None:
        self._write_with()
        names = max(self.get_string_width(self._written(name)) for name, _ in self._shown.facts) + 2 * _GAP
        for name, value in self._shown.facts:
            self._write_with()
            lines = self._wrapped(value, self.epw - names)
            for place, line in enumerate(lines):
                self._room_for(_LINE + 1)
                self._write_with(shade=_SOFT_INK)
                self.cell(names, _LINE + 1, "" if place else self._written(name))
                self._write_with()
                self.cell(self.epw - names, _LINE + 1, line, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(_LINE)

    # Tables

    def _table(self, table: Table) -> None:
        grid = self._grid(table)
        heads = Row(tuple(column.head for column in table.columns), is_sum=True)
        head = evolve(self._laid(heads, grid), shade=_SOFT_INK, edge=_INK)
        blocks = [block for group in table.groups for block in self._blocks(group, grid)]
        self._room_for(_CAPTION + head.height + _height(blocks[0]))
        self._write_with(bold=True, size=_CAPTION_SIZE)
        self._paragraph(table.caption, _CAPTION)
        self._row(head, grid, head)
        sheet = self.h - _MARGIN - _FOOT - head.height
        for block in blocks:
            if _height(block) <= sheet and self._room_for(_height(block)):
                self._row(head, grid, head)
            for row in block:
                self._row(row, grid, head)
        self.ln(2 * _LINE)

    def _grid(self, table: Table) -> _Grid:
        rows = [row for group in table.groups for row in group.rows]
        wanted: list[float] = []
        for place, column in enumerate(table.columns):
            # Each text is measured once: the same names and amounts come again and again.
            bold = {row.cells[place] for row in rows if row.is_sum} | {column.head}
            plain = {row.cells[place] for row in rows if not row.is_sum}
            wanted.append(max(self._widest(bold, bold=True), self._widest(plain)))
        widths = _shared(wanted, table.columns, self.epw - _GAP * (len(wanted) - 1))
        starts = [_MARGIN + sum(widths[:place]) + _GAP * place for place in range(len(widths))]
        aligned = [Align.R if column.is_number else Align.L for column in table.columns]
        return _Grid(tuple(starts), tuple(widths), tuple(aligned))

    def _widest(self, texts: set[str], *, bold: bool = False) -> float:
        self._write_with(bold=bold)
        return max((self.get_string_width(self._written(text)) for text in texts), default=0.0)

    def _blocks(self, group: Group, grid: _Grid) -> Iterator[list[_Laid]]:
        """Return rows that belong together: a head with the first row, sums with the row before them."""
        block: list[_Laid] = []
        if group.head:
            self._write_with(bold=True)
            block.append(_Laid((self._wrapped(group.head, self.epw),), bold=True))
        for place, row in enumerate(group.rows):
            if place and not row.is_sum:
                yield block
                block = []
            block.append(self._laid(row, grid))
        yield block

    def _laid(self, row: Row, grid: _Grid) -> _Laid:
        self._write_with(bold=row.is_sum)
        cells = [self._wrapped(text, width) for text, width in zip(row.cells, grid.widths, strict=True)]
        self._write_with(size=_SMALL)
        notes = [line for note in row.notes for line in self._wrapped(note, self.epw)]
        return _Laid(tuple(cells), tuple(notes), bold=row.is_sum)

    def _row(self, row: _Laid, grid: _Grid, head: _Laid) -> None:
        """Write a row line by line, over several sheets where one is too small for it."""
        widths = grid.widths if len(row.cells) > 1 else (self.epw,)
        self.y += _PADDING
        for number in range(row.lines):
            self._row_goes_on(grid, head)
            self._write_with(bold=row.bold, shade=row.shade)
            for cell, start, width, align in zip(row.cells, grid.starts, widths, grid.aligned, strict=False):
                if number < len(cell) and cell[number]:
                    self.set_x(start)
                    self.cell(width, _LINE, cell[number], align=align)
            self.y += _LINE
        for note in row.notes:
            self._row_goes_on(grid, head)
            self._write_with(size=_SMALL, shade=_SOFT_INK)
            self.set_x(_MARGIN)
            self.cell(self.epw, _LINE, note)
            self.y += _LINE
        self.y += _PADDING
        self.set_draw_color(row.edge)
        self.line(_MARGIN, self.y, self.w - _MARGIN, self.y)
        self.set_x(_MARGIN)

    def _row_goes_on(self, grid: _Grid, head: _Laid) -> None:
        if self._room_for(_LINE + _PADDING):
            self._row(head, grid, head)


def _height(block: Sequence[_Laid]) -> float:
    return sum(row.height for row in block)


def _shared(wanted: Sequence[float], columns: Sequence[Column], room: float) -> list[float]:
    """Return the widths of columns: short ones have what they want, the others share what is left.

    Of those each gets a fair share, and what a narrow one does not need, the wider ones have. Where not even
    the short ones have room, all are made narrower, and their texts broken.
    """
    widths = list(wanted)
    long = sorted(
        (place for place, column in enumerate(columns) if not column.is_short), key=wanted.__getitem__
    )
    left = room - sum(width for width, column in zip(wanted, columns, strict=True) if column.is_short)
    for nth, place in enumerate(long):
        widths[place] = max(min(wanted[place], left / (len(long) - nth)), _NARROWEST)
        left -= widths[place]
    if left < 0:
        return [width * room / sum(widths) for width in widths]
    # Numbers end at the margin: what nobody needs goes to the widest text, or else to the first column.
    widths[long[-1] if long else 0] += left
    return widths


def _texts(page: Page) -> Iterator[str]:
    yield page.name
    yield from (value for _, value in page.facts)
    for table in page.tables:
        for group in table.groups:
            yield group.head
            yield from (text for row in group.rows for text in (*row.cells, *row.notes))
    yield from page.internal


def _is_right_to_left(text: str) -> bool:
    return not text.isascii() and any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in text)
