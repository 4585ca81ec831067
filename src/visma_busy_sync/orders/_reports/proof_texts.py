"""The billing proof in words: whether it holds, the sums, what is open and why, and every break."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from visma_busy_sync._core.texts import Language, Texts
from visma_busy_sync.busy import Exclusion
from visma_busy_sync.orders._reports.balance import Balance, OnOrder, OpenReason, Sum
from visma_busy_sync.orders._reports.words import STATES
from visma_busy_sync.orders._shown import clock, shown_day, shown_money, shown_text
from visma_busy_sync.orders._tables import table

if TYPE_CHECKING:
    from visma_busy_sync.orders._reports.proof import BillingProof

_HOLDS: Final = Texts(
    "Alt godkjent fra {first} til {last} er på én ordre, unntatt, dekket av en fastpris eller åpent.",
    "All approved from {first} to {last} is on one order, excluded, covered by a fixed price, or open.",
)
_BROKEN: Final = Texts(
    "Beviset for {first} til {last} holder ikke: {count} å rette.",
    "The proof for {first} to {last} does not hold: {count} to mend.",
)
_APPROVED: Final = Texts("Godkjent", "Approved")
_UNAPPROVED: Final = Texts("Ikke godkjent", "Not approved")
_HEADS: Final = (
    Texts("Prosjekt", "Project"),
    Texts("Hva", "What"),
    Texts("I alt", "In all"),
    Texts("På ordrer", "On orders"),
    Texts("Unntatt", "Excluded"),
    Texts("Fastpris", "Fixed price"),
    Texts("Åpent", "Open"),
)
_RIGHT: Final = frozenset({2, 3, 4, 5, 6})
_ALL: Final = Texts("Alle", "All")
_HOURS: Final = Texts("timer", "hours")
_COSTS: Final = Texts("kostnader", "costs")
_ORDERS: Final = Texts("På ordrer:", "On orders:")
_EXCLUDED: Final = Texts("Unntatt fra fakturering:", "Excluded from billing:")
_OPEN: Final = Texts("Åpent:", "Open:")
_BREAKS: Final = Texts("Å rette:", "To mend:")
_NOT_PUSHED: Final = Texts("ikke sendt herfra", "not sent from here")
_WORTH: Final = Texts("{hours} timer, kostnader {amount}", "{hours} hours, costs {amount}")

REASONS: Final[Mapping[OpenReason, Texts]] = MappingProxyType(
    {
        OpenReason.CLAIM_WITHOUT_ORDER: Texts(
            "holdt av en ordre som ikke fakturerer det", "held by an order that does not bill it"
        ),
        OpenReason.HOURS_MISSING: Texts("uten timene de gjelder", "without the hours that it is on"),
        OpenReason.BEFORE_START_DATE: Texts("før startdatoen for ordrer", "before the order start date"),
        OpenReason.CUSTOMER_MISSING: Texts("uten kunde", "without a customer"),
        OpenReason.CUSTOMER_NOT_ALLOWED: Texts(
            "med en kunde som ikke hører til prosjektet", "with a customer that the project does not allow"
        ),
        OpenReason.PROJECT_NOT_BILLABLE: Texts(
            "på et prosjekt som ikke er fakturerbart", "on a project that is not billable"
        ),
        OpenReason.NOT_APPROVED: Texts("ikke godkjent", "not approved"),
        OpenReason.FREED: Texts(
            "frigitt av ordren som Busy har det på", "freed by the order that Busy has it on"
        ),
        OpenReason.UNBILLED: Texts("ikke på noen ordre ennå", "on no order yet"),
    }
)
"""Why something is open, in words."""

EXCLUSIONS: Final[Mapping[Exclusion, Texts]] = MappingProxyType(
    {
        Exclusion.AGREED_DISCOUNT_OR_CREDIT: Texts(
            "avtalt rabatt eller kreditering", "agreed discount or credit"
        ),
        Exclusion.CONSIDERED_NON_BILLABLE: Texts("vurdert som ikke fakturerbart", "considered non-billable"),
        Exclusion.ERROR_CAUSED_BY_THE_SUPPLIER: Texts(
            "feil hos leverandøren", "error caused by the supplier"
        ),
        Exclusion.INCORRECT_REGISTRATION: Texts("feilregistrert", "incorrect registration"),
        Exclusion.INTERNAL_TIME: Texts("intern tid", "internal time"),
        Exclusion.MANUAL_INVOICING: Texts("fakturert manuelt", "manual invoicing"),
        Exclusion.DEFERRED_FOR_LATER_INVOICING: Texts(
            "utsatt til senere fakturering", "deferred for later invoicing"
        ),
        Exclusion.OTHER: Texts("annet", "other"),
    }
)
"""Busy's reasons to exclude from billing, in words."""


def told(proof: BillingProof, language: Language) -> str:
    """Return the proof in a language."""
    first, last = (shown_day(each, language) for each in (proof.period.first, proof.period.last))
    title = _HOLDS if proof.holds else _BROKEN
    lines = [title.of(language).format(first=first, last=last, count=len(proof.breaks))]
    if proof.breaks:
        lines += ["", _BREAKS.of(language), *(f"- {found.text(language)}" for found in proof.breaks)]
    for heading, each, in_all in (
        (_APPROVED, [(one.number or one.project, one.approved) for one in proof.projects], proof.approved()),
        (
            _UNAPPROVED,
            [(one.number or one.project, one.unapproved) for one in proof.projects],
            proof.unapproved(),
        ),
    ):
        rows = [row for name, balance in each for row in _rows(name, balance, language)]
        if rows:
            lines += ["", f"{heading.of(language)}:", ""]
            all_rows = [
                row
                for currency, balance in in_all.items()
                for row in _rows(" ".join(filter(None, (_ALL.of(language), currency))), balance, language)
            ]
            heads = tuple(head.of(language) for head in _HEADS)
            shown = [tuple(map(shown_text, row)) for row in (*rows, *all_rows)]
            lines += table([heads, *shown], right=_RIGHT)
            for balance in in_all.values():
                lines += _details(balance, language)
    return "\n".join(lines) + "\n"


def _rows(name: str, balance: Balance, language: Language) -> Iterator[tuple[str, ...]]:
    """Return a row of hours and one of costs, as far as there are some."""
    sums = (
        balance.total,
        balance.on_orders,
        balance.excluded_in_all,
        balance.covered,
        balance.open_in_all,
    )
    if any(one.hours for one in sums):
        yield (name, _HOURS.of(language), *(clock(one.minutes) for one in sums))
    if any(one.costs for one in sums):
        yield (name, _COSTS.of(language), *(shown_money(one.amount, language) for one in sums))


def _details(balance: Balance, language: Language) -> Iterator[str]:
    yield from _listed(
        _ORDERS, {_order(order, language): much for order, much in balance.orders.items()}, language
    )
    yield from _listed(
        _EXCLUDED,
        {EXCLUSIONS[reason].of(language): much for reason, much in balance.excluded.items()},
        language,
    )
    yield from _listed(_OPEN, dict(_reasons(balance, language)), language)


def _reasons(balance: Balance, language: Language) -> Iterator[tuple[str, Sum]]:
    """Return what is open by its reason, and what orders freed by order."""
    for reason, much in balance.open.items():
        words = REASONS[reason].of(language)
        if reason is OpenReason.FREED:
            for order, freed in balance.freed.items():
                yield f"{words}, {_order(order, language)}", freed
        else:
            yield words, much


def _order(order: OnOrder, language: Language) -> str:
    state = STATES[order.state] if order.state is not None else _NOT_PUSHED
    return f"{order.order_id} ({state.of(language)})"


def _listed(heading: Texts, sums: Mapping[str, Sum], language: Language) -> Iterator[str]:
    if sums:
        yield from ("", heading.of(language))
    for name, much in sums.items():
        worth = _WORTH.of(language).format(
            hours=clock(much.minutes), amount=shown_money(much.amount, language)
        )
        yield f"- {name}: {worth}"
