"""An hours specification as one HTML page, to read in a browser and to print.

The page stands alone: it has its style inside and asks for nothing from anywhere, and its policy forbids a
browser to do so. Every text is escaped, and isolated, so that writing from right to left stays in its cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from visma_busy_sync.orders import HoursSpecification
from visma_busy_sync.specification._page import Column, Group, Page, Row, Table, page_of

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"

_STYLE: Final = """\
:root { color-scheme: light; font-size: 15px; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.5rem 3rem; background: #fff; color: #1c2430;
  font: 1rem/1.45 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { margin: 0 0 1rem; font-size: 1.7rem; font-weight: 650; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.5rem; margin: 0 0 2rem; }
dt { color: #55606f; }
dd { margin: 0; overflow-wrap: anywhere; }
table { width: 100%; margin: 0 0 2rem; border-collapse: collapse; }
caption { padding-bottom: .4rem; text-align: left; font-size: 1.15rem; font-weight: 650; }
th, td { padding: .3rem .5rem; text-align: left; vertical-align: top; font-weight: 400;
  overflow-wrap: anywhere; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
thead th { border-bottom: 2px solid #1c2430; color: #55606f; font-size: .87rem; overflow-wrap: normal; }
tbody tr { border-bottom: 1px solid #e3e7ec; }
.group th { padding-top: 1rem; font-weight: 650; }
.text { min-width: 6rem; }
.short, .number { white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.noted { border-bottom: 0; }
.noted th, .noted td { padding-bottom: 0; }
.note td { padding-top: 0; color: #55606f; font-size: .87rem; }
.sum { border-bottom: 0; }
.sum th, .sum td { font-weight: 650; }
footer, aside { color: #55606f; font-size: .87rem; }
aside { margin-top: 1.5rem; padding: .8rem 1rem; border: 1px solid #b3261e; color: #8c1d18; }
aside p { margin: .15rem 0; overflow-wrap: anywhere; }
@page { size: A4; margin: 18mm 15mm; }
@media print {
  :root { font-size: 8.5pt; }
  body { max-width: none; padding: 0; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
  caption, .group, h1 { break-after: avoid; }
  .sum, .note { break-before: avoid; }
}
"""


def to_html(specification: HoursSpecification) -> str:
    """Return `specification` as an HTML page of its own, to be stored as UTF-8.

    It holds no script and loads nothing; it prints on A4 with the heads of tables on every sheet.
    """
    return "".join(_page(page_of(specification)))


def _page(page: Page) -> Iterator[str]:
    yield f'<!DOCTYPE html>\n<html lang="{page.language}">\n<head>\n<meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<title>{escape(page.name)}</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>\n<main>\n"
    yield f"<h1>{escape(page.title)}</h1>\n<dl>\n"
    for name, value in page.facts:
        yield f"<dt>{escape(name)}</dt><dd>{_isolated(value)}</dd>\n"
    yield "</dl>\n"
    for table in page.tables:
        yield from _table(table)
    yield "</main>\n<footer>\n"
    yield from _paragraphs(page.remarks)
    yield "</footer>\n"
    if page.internal:
        yield "<aside>\n"
        yield from _paragraphs(page.internal)
        yield "</aside>\n"
    yield "</body>\n</html>\n"


def _paragraphs(texts: tuple[str, ...]) -> Iterator[str]:
    for text in texts:
        yield f"<p>{escape(text)}</p>\n"


def _table(table: Table) -> Iterator[str]:
    yield f"<table>\n<caption>{escape(table.caption)}</caption>\n<thead>\n<tr>"
    for column in table.columns:
        yield f'<th scope="col"{_class(column)}>{escape(column.head)}</th>'
    yield "</tr>\n</thead>\n"
    for group in table.groups:
        yield from _group(group, table.columns)
    yield "</table>\n"


def _group(group: Group, columns: tuple[Column, ...]) -> Iterator[str]:
    yield "<tbody>\n"
    if group.head:
        head = _isolated(group.head)
        yield f'<tr class="group"><th scope="rowgroup" colspan="{len(columns)}">{head}</th></tr>\n'
    for row in group.rows:
        kind = ' class="sum"' if row.is_sum else ' class="noted"' if row.notes else ""
        yield f"<tr{kind}>"
        yield from _cells(row, columns)
        yield "</tr>\n"
        if row.notes:
            notes = "<br>".join(map(_isolated, row.notes))
            yield f'<tr class="note"><td colspan="{len(columns)}">{notes}</td></tr>\n'
    yield "</tbody>\n"


def _cells(row: Row, columns: tuple[Column, ...]) -> Iterator[str]:
    first, *rest = row.cells
    yield f'<th scope="row"{_class(columns[0])}>{_isolated(first)}</th>'
    for cell, column in zip(rest, columns[1:], strict=True):
        shown = escape(cell) if column.is_number else _isolated(cell)
        yield f"<td{_class(column)}>{shown}</td>"


def _class(column: Column) -> str:
    name = "number" if column.is_number else "short" if column.is_short else "text"
    return f' class="{name}"'


def _isolated(text: str) -> str:
    return f"<bdi>{escape(text)}</bdi>" if text else ""
