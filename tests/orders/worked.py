"""Reads the worked examples: what was booked, and what must come of it, written by hand from the rules.

No rule is known here. A file stands on top of `world.toml`, member by member; a word that is not known is an
error, so that nothing is written and then not looked at. Every number is a text, an empty text is None, and
`{ repeat = "x", times = "101" }` is a long text.
"""

from __future__ import annotations

import enum
import tomllib
import types
import uuid
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

from attrs import frozen

from visma_busy_sync.busy import (
    Customer,
    Expense,
    FixedPrice,
    GivenLine,
    Member,
    Period,
    Prices,
    Product,
    Project,
    Task,
    TimeEntry,
    Work,
    WorkSettings,
    WorkType,
)
from visma_busy_sync.eaccounting import models
from visma_busy_sync.orders import Counterpart, Entity, OrderRequest, OrderTexts

Table = dict[str, Any]
T = TypeVar("T")

FOLDER: Final = Path(__file__).parent / "examples"
COMPANY: Final = "company"
PROJECT: Final = models.ProjectId(str(uuid.uuid5(uuid.NAMESPACE_OID, "project")))

_HEAD: Final = frozenset({"title", "rules", "why", "input", "expected"})
_KINDS: Final = ("customers", "work_types", "products", "tasks", "members", "entries", "expenses")
_TOLD: Final = frozenset({"project", "company", "prices", "settings", "request"})
_AROUND: Final = frozenset({"claimed", "fixed_billed", "given"})
_ACCOUNTS: Final = {
    "domestic": "domestic_sales_subject_to_vat_account_number",
    "foreign": "foreign_sales_vat_exempt_outside_eu_account_number",
}
_TEXTS: Final = frozenset(get_type_hints(OrderTexts))


@frozen
class Example:
    """One file: its name, what it promises, the rules that it shows, and both sides."""

    name: str
    title: str
    rules: tuple[str, ...]
    given: Table
    expected: Table


@frozen
class Situation:
    """What an order is built from."""

    work: Work
    request: OrderRequest
    claimed: frozenset[str]
    fixed_billed: Mapping[str, Decimal]
    _world: Table

    def counterpart(self, products: Iterable[str]) -> Counterpart:
        """Return what eAccounting knows, with the articles of `products` only."""
        company, project = self._world["company"], self._world["project"]
        known(company, {"currency", "country"})
        customer = self.request.customer or self.work.project.customer or ""
        facts = {id: self._world["products"][id] for id in products}
        gone = {Entity("product", id) for id, fact in facts.items() if fact["eaccounting"] == "gone"}
        if self._world["customers"].get(customer, {}).get("eaccounting") == "gone":
            gone.add(Entity("customer", customer))
        if project["eaccounting"] == "gone":
            gone.add(Entity("project", self.work.project.id))
        return Counterpart(
            company=models.CompanySettings(
                name="Seller",
                currency_code=company["currency"] or None,
                country_code=company["country"] or None,
            ),
            company_id=COMPANY,
            customer=_customer(customer, self._world["customers"].get(customer)),
            project=_project(project),
            articles={id: _article(id, fact) for id, fact in facts.items()},
            codings={_coding_id(id): _coding(id, fact) for id, fact in facts.items()},
            gone=frozenset(gone),
        )


def examples() -> tuple[Example, ...]:
    """Return all examples, by name."""
    return tuple(_example(file) for file in sorted(FOLDER.glob("[0-9]*.toml")))


def world() -> Table:
    """Return what every example starts from."""
    return tomllib.loads((FOLDER / "world.toml").read_text(encoding="utf-8"))


def known(table: Mapping[str, object], words: Iterable[str]) -> None:
    """Refuse a word that nothing would look at."""
    unknown = table.keys() - set(words)
    if unknown:
        raise KeyError(f"unknown: {sorted(unknown)}; known: {sorted(words)}")


def number(said: object) -> Decimal:
    """Return the number that a text says; anything else is refused, since it may not be exact."""
    if not isinstance(said, str):
        raise TypeError(f"a number is written as a text, not as {said!r}")
    return Decimal(said)


def text(said: str | Table) -> str:
    """Return a text as it is, or a long one that is told by what it repeats."""
    if isinstance(said, str):
        return said
    known(said, {"repeat", "times"})
    return str(said["repeat"]) * int(said["times"])


def article_id(product: str) -> models.ArticleId:
    """Return the article that a product is linked to."""
    return models.ArticleId(str(uuid.uuid5(uuid.NAMESPACE_OID, f"article {product}")))


def customer_id(customer: str) -> models.CustomerId:
    """Return the customer in eAccounting that a customer is linked to."""
    return models.CustomerId(str(uuid.uuid5(uuid.NAMESPACE_OID, f"customer {customer}")))


def situation(example: Example, *, turned: bool = False) -> Situation:
    """Return what the order of `example` is built from; `turned`: all that was booked the other way round."""
    known(example.given, {*_KINDS, *_TOLD, *_AROUND})
    base, said = world(), example.given
    every = base["every"]
    merged: Table = {section: base[section] | said.get(section, {}) for section in _TOLD}
    for kind in _KINDS:
        held, told = base.get(kind, {}), said.get(kind, {})
        ids = dict.fromkeys([*held, *told])
        merged[kind] = {id: every[kind] | held.get(id, {}) | told.get(id, {}) for id in ids}
    claimed = frozenset(said.get("claimed", ()))
    billed = {id: number(amount) for id, amount in said.get("fixed_billed", {}).items()}
    lines = tuple(_read(GivenLine, every["given"] | line) for line in said.get("given", ()))
    return Situation(
        _work(merged, every, turned), _request(merged["request"], lines), claimed, billed, merged
    )


def _example(file: Path) -> Example:
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    known(table, _HEAD)
    return Example(file.stem, table["title"], tuple(table["rules"]), table["input"], table["expected"])


def _work(merged: Table, every: Table, turned: bool) -> Work:
    def all_of(kind: type[T], section: str, *facts: str) -> tuple[T, ...]:
        found = [
            _read(kind, {name: said for name, said in table.items() if name not in facts}, id=id)
            for id, table in merged[section].items()
        ]
        return tuple(reversed(found) if turned else found)

    prices = dict(merged["prices"])
    fixed = [
        _read(FixedPrice, every["fixed_prices"] | told, work_type=work_type)
        for work_type, told in prices.pop("fixed_prices").items()
    ]
    project = {name: said for name, said in merged["project"].items() if name != "eaccounting"}
    return Work(
        project=_read(Project, project, id="website"),
        customers=all_of(Customer, "customers", "eaccounting", "country", "currency"),
        entries=all_of(TimeEntry, "entries"),
        expenses=all_of(Expense, "expenses"),
        work_types=all_of(WorkType, "work_types"),
        products=all_of(Product, "products", "eaccounting", "unit", "vat", "accounts", "coding"),
        tasks=all_of(Task, "tasks"),
        members=all_of(Member, "members"),
        prices=_read(Prices, prices, fixed_prices=tuple(fixed)),
        settings=_read(WorkSettings, merged["settings"]),
    )


def _request(said: Table, lines: tuple[GivenLine, ...]) -> OrderRequest:
    texts = OrderTexts(**{name: text(said[name]) for name in _TEXTS & said.keys()})
    rest = {name: member for name, member in said.items() if name not in _TEXTS}
    return _read(OrderRequest, rest, lines=lines, texts=texts)


def _read(kind: type[T], said: Table, **made: object) -> T:
    """Return a value of Busy, each member read by the type of its field."""
    hints = get_type_hints(kind)
    known(said, hints.keys() - made.keys())
    return kind(**{name: _member(hints[name], member) for name, member in said.items()}, **made)


def _member(hint: Any, said: Any) -> Any:
    if get_origin(hint) in {Union, types.UnionType}:
        if said == "":
            return None
        (hint,) = (one for one in get_args(hint) if one is not type(None))
    if get_origin(hint) in {tuple, frozenset}:
        return get_origin(hint)(said)
    if isinstance(said, dict) and get_args(hint):
        return {key: _member(get_args(hint)[1], member) for key, member in said.items()}
    if hint in {Decimal, int}:
        return hint(number(said))
    if hint is Period:
        return Period(*said)
    if hint is str:
        return text(said)
    # Dates, moments and flags are TOML's own; Busy's value refuses what is of another type.
    return hint(said) if isinstance(hint, type) and issubclass(hint, enum.StrEnum) else said


def _customer(id: str, told: Table | None) -> models.Customer | None:
    if told is None or told["eaccounting"] in {"none", "gone"}:
        return None
    return models.Customer(
        id=customer_id(id),
        name=told["name"],
        is_active={"active": True, "inactive": False}[told["eaccounting"]],
        invoice_country_code=told["country"] or None,
        currency_code=told["currency"] or None,
    )


def _project(told: Table) -> models.Project | None:
    if told["eaccounting"] in {"none", "gone"}:
        return None
    status = models.ProjectStatus[told["eaccounting"].upper()]
    return models.Project(id=PROJECT, number=told["number"], name=told["name"], status=status)


def _article(id: str, told: Table) -> models.Article | None:
    if told["eaccounting"] in {"none", "gone"}:
        return None
    return models.Article(
        id=article_id(id),
        is_active={"active": True, "inactive": False}[told["eaccounting"]],
        number=id,
        name=told["name"],
        coding_id=_coding_id(id),
        unit_id=models.UnitId("unit") if told["unit"] else None,
        unit_abbreviation=told["unit"] or None,
    )


def _coding_id(product: str) -> models.ArticleAccountCodingId:
    return models.ArticleAccountCodingId(f"coding-{product}")


def _coding(id: str, told: Table) -> models.ArticleAccountCoding | None:
    if told["coding"] == "unread":
        return None
    # The API tells every account, null where there is none.
    accounts: dict[str, Any] = {
        name: None for name in get_type_hints(models.ArticleAccountCoding) if name.endswith("_account_number")
    }
    accounts |= {_ACCOUNTS[sale]: 3000 for sale in told["accounts"]}
    return models.ArticleAccountCoding(
        id=_coding_id(id),
        vat_rate_percent=number(told["vat"]) if told["vat"] else models.UNSET,
        **accounts,
    )
