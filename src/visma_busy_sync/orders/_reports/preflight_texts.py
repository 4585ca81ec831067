"""The preflight in words: a table, the totals, and what is to be mended by whom."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from visma_busy_sync._core.texts import Language, Texts, counted, of_number
from visma_busy_sync.orders._problems import MENDERS, reason_texts
from visma_busy_sync.orders._reports.report_texts import called, hours, told_error
from visma_busy_sync.orders._shown import shown_day, shown_money, shown_number, shown_text
from visma_busy_sync.orders._tables import shortened, table

if TYPE_CHECKING:
    from visma_busy_sync.orders._reports.preflight import Preflight, PreflightRow

_TITLE: Final = Texts("Kan faktureres fra {first} til {last}", "To bill from {first} to {last}")
_NOTHING: Final = Texts(
    "Ingenting kan faktureres fra {first} til {last}.", "There is nothing to bill from {first} to {last}."
)
_HEADS: Final = (
    Texts("Prosjekt", "Project"),
    Texts("Kunde", "Customer"),
    Texts("Timer", "Hours"),
    Texts("Kostnader", "Costs"),
    Texts("Beløp", "Amount"),
    Texts("Valuta", "Currency"),
    Texts("Siste ordre", "Last order"),
    Texts("Status", "Status"),
)
_RIGHT: Final = frozenset({2, 3, 4})
_WIDEST_NAME: Final = 30
_READY: Final = Texts("klar", "ready")
_ANEW: Final = Texts("ordre {order} på nytt", "order {order} anew")
_PROBLEMS: Final = Texts("{count} å rette", "{count} to mend")
_WAITING: Final = Texts("venter: {counts}", "waiting: {counts}")
_UNPRICED: Final = Texts("{count} uten pris", "{count} without price")
_ERROR: Final = Texts("ikke lest: {error}", "not read: {error}")
_TOTAL: Final = Texts(
    "Totalt {hours} timer og {costs} {called}; {ready}, {blocked}",
    "In all {hours} hours and {costs} {called}; {ready}, {blocked}",
)
_COSTS: Final = (Texts("kostnad", "cost"), Texts("kostnader", "costs"))
_ARE_READY: Final = (
    Texts("ordre er klar", "order is ready"),
    Texts("ordrer er klare", "orders are ready"),
)
_ARE_NOT: Final = (Texts("rad er ikke det", "row is not"), Texts("rader er ikke det", "rows are not"))
_SUM: Final = Texts("Sum {amount} {currency} uten mva.", "Total {amount} {currency} without VAT")
_UNKNOWN_CURRENCY: Final = Texts("i ukjent valuta", "of unknown currency")
_PROJECTS: Final = Texts("prosjekt {projects}", "project {projects}")


def told(preflight: Preflight, language: Language) -> str:
    """Return the preflight in a language."""
    first, last = (shown_day(each, language) for each in (preflight.period.first, preflight.period.last))
    if not preflight.rows:
        return _NOTHING.of(language).format(first=first, last=last) + "\n"
    heads = tuple(head.of(language) for head in _HEADS)
    rows = [tuple(map(shown_text, _cells(row, language))) for row in preflight.rows]
    lines = [_TITLE.of(language).format(first=first, last=last), "", *table([heads, *rows], right=_RIGHT)]
    lines += ["", *_totals(preflight, language), *_to_mend(preflight, language)]
    return "\n".join(lines) + "\n"


def _cells(row: PreflightRow, language: Language) -> tuple[str, ...]:
    return (
        _project(row),
        _name(row.customer_name or row.customer or ""),
        hours(row.minutes, language),
        str(row.costs),
        shown_money(row.amount, language) if row.amount is not None else "",
        row.currency or "",
        shown_day(row.last_order, language) if row.last_order is not None else "",
        ", ".join(_status(row, language)),
    )


def _project(row: PreflightRow) -> str:
    return row.number or _name(row.project_name or row.project)


def _name(text: str) -> str:
    return shortened(shown_text(text), _WIDEST_NAME)


def _status(row: PreflightRow, language: Language) -> Iterator[str]:
    if row.error is not None:
        yield _ERROR.of(language).format(error=told_error(row.error))
    if row.ready:
        yield _READY.of(language)
    if row.order is not None:
        yield _ANEW.of(language).format(order=row.order)
    if row.problems:
        yield _PROBLEMS.of(language).format(count=len(row.problems))
    if row.unpriced:
        yield _UNPRICED.of(language).format(count=row.unpriced)
    if row.waiting:
        counts = (f"{count} {reason_texts(reason).of(language)}" for reason, count in row.waiting.items())
        yield _WAITING.of(language).format(counts=", ".join(counts))


def _totals(preflight: Preflight, language: Language) -> Iterator[str]:
    totals = preflight.totals
    yield _TOTAL.of(language).format(
        hours=hours(totals.minutes, language),
        costs=shown_number(Decimal(totals.costs), language),
        called=of_number(totals.costs, _COSTS, language),
        ready=counted(totals.ready, _ARE_READY, language),
        blocked=counted(totals.blocked, _ARE_NOT, language),
    )
    for currency, amount in totals.amounts.items():
        of_currency = currency or _UNKNOWN_CURRENCY.of(language)
        yield _SUM.of(language).format(amount=shown_money(amount, language), currency=of_currency)


def _to_mend(preflight: Preflight, language: Language) -> Iterator[str]:
    numbers = {row.project: _project(row) for row in preflight.rows}
    for who, found in preflight.by_mender().items():
        yield from ("", f"{MENDERS[who].of(language)}:")
        for one in found:
            projects = _PROJECTS.of(language).format(projects=", ".join(numbers[id] for id in one.projects))
            about = called(one.problem.entity, language)
            yield f"- {about} ({projects}): {one.problem.text(language)}"
