"""The worked examples: each order comes out as it was written by hand (`examples/README.md`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import attrs
import pytest

from visma_busy_sync.busy import LeftOut, Order, OrderLine, claim_key
from visma_busy_sync.eaccounting import models
from visma_busy_sync.orders import OrderNotReady, build, products_needed, to_new_order

from .given import MARKER
from .worked import (
    FOLDER,
    PROJECT,
    Example,
    Situation,
    Table,
    article_id,
    customer_id,
    examples,
    known,
    number,
    situation,
    text,
    world,
)

EXAMPLES: Final = examples()
ORDER: Final = "order"
"""The id of the order, as the examples call it."""

RULES: Final = {
    "R13": "the hours basis stays in Busy",
    "R14": "what is made is an order draft",
    "R15": "an order is of the hours and costs of one project",
    "R16": "an order is complete and needs no repair",
    "R25": "the product of a line comes from the work type",
    "R26": "the product may be missing, or change",
    "D18": "defaults, where the project has no rate",
    "D19": "rate 0",
    "D20": "lines are apart by the price as sent",
    "D21": "fixed prices",
    "D22": "costs",
    "D23": "several customers on a project",
    "D24": "rows",
    "D25": "no mark-up, no discount",
    "D27": "a plain line without price",
    "D28": "a line without text",
}

_LINE_ALWAYS: Final = {"text", "quantity", "unit_price", "total", "claims"}
_LINE_NUMBERS: Final = {
    "quantity",
    "unit_price",
    "total",
    "vat_rate",
    "rounding_difference",
    "billed_before",
    "derived_price",
    "write_down",
}
_LINE_IF_SAID: Final = {"task", "work_type", "rates", "billed_elsewhere"}
_ORDER_IF_SAID: Final = {"vat", "total_with_vat"}
_TEXTS: Final = ("invoice_text", "our_reference", "your_reference", "buyers_order_reference")


@pytest.mark.parametrize("turned", [False, True], ids=["as_written", "the_other_way_round"])
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_comes_out_as_written(example: Example, turned: bool) -> None:
    """In whatever order the hours, costs and all that they refer to are handed over."""
    found = situation(example, turned=turned)
    if "problems" in example.expected:
        known(example.expected, {"problems", "left_out"})
        with pytest.raises(OrderNotReady) as raised:
            order_of(found)
        told = [[str(problem.code), str(problem.entity)] for problem in raised.value.problems]
        assert told == example.expected["problems"]
        assert told_left_out(raised.value.left_out) == example.expected.get("left_out", {})
    else:
        order = order_of(found)
        expected = expected_order(example)
        drafted = expected.pop("draft", None)
        assert [line.text for line in order.lines] == [line["text"] for line in expected["lines"]]
        assert told_order(order, expected) == expected
        if drafted is not None:
            assert to_new_order(order, marker=MARKER) == draft(expected, drafted)


def test_every_rule_has_an_example() -> None:
    """And no example names a rule that is not in the list."""
    named = {rule for example in EXAMPLES for rule in example.rules}
    assert named == RULES.keys()


def test_every_example_says_what_it_shows() -> None:
    """By a number, a title and a rule of its own."""
    assert len({example.name[:3] for example in EXAMPLES}) == len(EXAMPLES)
    assert len({example.title for example in EXAMPLES}) == len(EXAMPLES)
    assert all(example.rules for example in EXAMPLES)


def test_the_page_lists_every_example_by_rule() -> None:
    """The list in `examples/README.md` is what the files say; a new example is entered there by hand."""
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert page.partition("## By rule\n")[2] == by_rule()


def by_rule() -> str:
    """Return the list of the page."""
    parts = []
    for rule, words in RULES.items():
        shown = [f"- [{one.name[:3]}]({one.name}.toml) {one.title}" for one in EXAMPLES if rule in one.rules]
        parts.append("\n".join([f"\n### {rule}: {words}\n", *shown, ""]))
    return "".join(parts)


def order_of(found: Situation) -> Order:
    """Return the order, built with the articles only that the builder asks for."""
    try:
        needed = products_needed(found.work, found.request, order_id=ORDER)
    except OrderNotReady:
        needed = frozenset()
    return build(
        found.work,
        found.counterpart(needed),
        found.request,
        order_id=ORDER,
        claimed=found.claimed,
        fixed_billed=found.fixed_billed,
    )


def expected_order(example: Example) -> dict[str, Any]:
    """Return what the file expects, with what it need not say."""
    base, said = world(), example.expected
    known(said, {*base["expected"], *_ORDER_IF_SAID, "total", "lines", "draft"})
    order: dict[str, Any] = base["expected"] | said
    for name in ("total", "rounding_difference"):
        order[name] = number(order[name])
    for name in _TEXTS:
        order[name] = text(order[name]) or None
    if "vat" in order:
        order["vat"] = expected_vat(order["vat"])
    if "total_with_vat" in order:
        total = order["total_with_vat"]
        order["total_with_vat"] = None if total == "unknown" else number(total)
    order["lines"] = [expected_line(base["expected_line"], line) for line in said["lines"]]
    return order


def expected_vat(said: Table | str) -> list[Table] | None:
    if said == "unknown":
        return None
    assert isinstance(said, dict)
    return [{"rate": number(rate)} | {name: number(one[name]) for name in one} for rate, one in said.items()]


def expected_line(base: Table, said: Table) -> dict[str, Any]:
    """Return a line as it is told: with defaults, numbers as numbers, sets without order."""
    known(said, {*base, *_LINE_ALWAYS, *_LINE_IF_SAID})
    assert said.keys() >= _LINE_ALWAYS, "a line always says text, quantity, unit price, total and claims"
    line: dict[str, Any] = base | said
    for name in _LINE_NUMBERS:
        line[name] = number(line[name]) if line[name] else None
    for name in ("claims", "given"):
        line[name] = sorted(line[name])
    for name in ("task", "work_type"):
        if name in line:
            line[name] = line[name] or None
    if "billed_elsewhere" in line:
        line["billed_elsewhere"] = number(line["billed_elsewhere"])
    if "rates" in line:
        line["rates"] = {claim: number(rate) if rate else None for claim, rate in line["rates"].items()}
    return line


def told_order(order: Order, expected: dict[str, Any]) -> dict[str, Any]:
    """Return of an order what `expected` has, in the words of the examples."""
    assert order.eaccounting_customer == customer_id(order.customer)
    assert order.eaccounting_project in {None, PROJECT}
    vat = order.vat
    told: dict[str, Any] = {
        "currency": order.currency,
        "customer": order.customer,
        "project": order.eaccounting_project is not None,
        "total": order.total,
        "rounding_difference": order.rounding_difference,
        "vat": [attrs.asdict(one) for one in vat] if vat is not None else None,
        "total_with_vat": order.total_with_vat,
        "left_out": told_left_out(order.left_out),
        "lines": [
            {name: value for name, value in told_line(line).items() if name in words}
            for line, words in zip(order.lines, expected["lines"], strict=True)
        ],
        **{name: getattr(order, name) for name in _TEXTS},
    }
    return {name: told[name] for name in expected}


def told_line(line: OrderLine) -> dict[str, Any]:
    """Return a line in the words of the examples."""
    assert line.eaccounting_article == article_id(line.product)
    derived = {part.derived_price for part in line.parts} or {None}
    (derived_price,) = derived
    return {
        **{name: getattr(line, name) for name in ("text", "unit", "product", "task", "work_type")},
        "billed_elsewhere": line.billed_elsewhere,
        **{name: getattr(line, name) for name in _LINE_NUMBERS - {"derived_price"}},
        "derived_price": derived_price,
        "price_source": str(line.price_source),
        "given": sorted(str(one) for one in line.given),
        "claims": sorted(part.claim for part in line.parts),
        "rates": {part.claim: part.price for part in line.parts},
    }


def told_left_out(left_out: Sequence[LeftOut]) -> dict[str, str]:
    """Return why each stayed out, by its claim key, with Busy's reason of what is excluded."""
    return {
        claim_key(one.kind, one.entry_id): str(one.reason) + (f": {one.exclusion}" if one.exclusion else "")
        for one in left_out
    }


def draft(expected: dict[str, Any], drafted: Table) -> models.NewOrder:
    """Return all that is sent of an order: nothing else may be in it."""
    project = PROJECT if expected["project"] else models.UNSET
    rows = [
        models.NewOrderRow(
            line_number=place,
            article_id=article_id(row["product"]),
            text=row["text"],
            quantity=number(row["quantity"]),
            unit_price=number(row["unit_price"]),
            project_id=project,
        )
        if "product" in row
        else models.NewOrderRow(line_number=place, is_text_row=True, article_id=None, text=row["text"])
        for place, row in enumerate(drafted["rows"], 1)
    ]
    return models.NewOrder(
        customer_id=customer_id(expected["customer"]),
        currency_code=expected["currency"],
        order_date=date(2026, 11, 30),
        rows=tuple(rows),
        status=models.OrderStatus.DRAFT,
        our_reference=" ".join([text for text in (expected["our_reference"], MARKER) if text]),
        your_reference=expected["your_reference"] or models.UNSET,
        buyers_order_reference=expected["buyers_order_reference"] or models.UNSET,
    )
