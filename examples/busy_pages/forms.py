"""What people enter, read strictly: numbers with comma or point, days as browsers send them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from unicodedata import category
from urllib.parse import urlsplit

from attrs import frozen

from busy_pages.texts import TEXTS
from visma_busy_sync.busy import Period
from visma_busy_sync.integration import Language

LONGEST_NAME = 50
"""The longest name of a project that the hosts hold."""

_MOST = Decimal(1_000_000)
_NUMBER = re.compile(r"-?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_ORDER_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


class FormRefused(ValueError):
    """Something that was entered cannot be taken; its text says what, in the page's language."""


@frozen(kw_only=True)
class HoursForm:
    """Hours to book."""

    day: date
    member: str
    work_type: str
    minutes: int
    approved: bool
    comment: str


@frozen(kw_only=True)
class CostForm:
    """A cost to book."""

    day: date
    product: str
    quantity: Decimal
    price: Decimal
    approved: bool
    comment: str


@frozen(kw_only=True)
class WorkTypeForm:
    """A work type as it is to be; without an id it is a new one.

    `seen` is what the row said that the form was filled with.
    """

    id: str | None
    seen: str
    name: str
    product: str | None
    rate: Decimal | None


def read_language(form: Mapping[str, str]) -> Language:
    """Return the language that was chosen; Norwegian if it is none that there are texts in."""
    return "en" if form.get("language") == "en" else "nb"


def safe_next(address: str | None) -> str:
    """Return where to go on, on this host alone: an address of another one becomes the start page."""
    try:
        parts = urlsplit(address or "/")
    except ValueError:  # no address at all, such as `//[`
        return "/"
    inside = parts.path.startswith("/") and not parts.path.startswith("//") and "\\" not in parts.path
    if parts.scheme or parts.netloc or not inside or not parts.path.isprintable():
        return "/"
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def read_order_id(form: Mapping[str, str]) -> str | None:
    """Return the id of the order that a draft's page had; None if it is none that such a page has."""
    id = form.get("order", "")
    return id if _ORDER_ID.fullmatch(id) else None


def read_found(form: Mapping[str, str], language: Language) -> str:
    """Return the id of the draft that a person found in eAccounting.

    Raises:
        FormRefused: If it is empty or too long.
    """
    return _text(form, "found", language, longest=64)


def read_name(form: Mapping[str, str], language: Language) -> str:
    """Return a project's name.

    Raises:
        FormRefused: If it is empty or too long.
    """
    return _text(form, "name", language, longest=LONGEST_NAME)


def read_hours(form: Mapping[str, str], language: Language) -> HoursForm:
    """Return hours to book.

    Raises:
        FormRefused: If something is missing or no such number or day.
    """
    minutes = int((_number(form, "hours", language) * 60).to_integral_value(ROUND_HALF_UP))
    if not 0 < minutes <= 24 * 60:
        raise _refused("form_hours", language)
    return HoursForm(
        day=_day(form, "day", language),
        member=_text(form, "member", language),
        work_type=_text(form, "work_type", language),
        minutes=minutes,
        approved="approved" in form,
        comment=_text(form, "comment", language, may_miss=True),
    )


def read_cost(form: Mapping[str, str], language: Language) -> CostForm:
    """Return a cost to book.

    Raises:
        FormRefused: If something is missing or no such number or day.
    """
    return CostForm(
        day=_day(form, "day", language),
        product=_text(form, "product", language),
        quantity=_number(form, "quantity", language),
        price=_number(form, "price", language),
        approved="approved" in form,
        comment=_text(form, "comment", language),
    )


def read_work_type(form: Mapping[str, str], language: Language) -> WorkTypeForm:
    """Return a work type.

    Raises:
        FormRefused: If the name is missing or the rate is no number.
    """
    rate = _number(form, "rate", language) if form.get("rate", "").strip() else None
    return WorkTypeForm(
        id=form.get("id") or None,
        seen=form.get("seen", ""),
        name=_text(form, "name", language, longest=64),
        product=form.get("product") or None,
        rate=rate,
    )


def read_period(form: Mapping[str, str], today: date, language: Language) -> Period:
    """Return the period that was entered; where none was, the month of `today`.

    Raises:
        FormRefused: If a day is none, or the last one lies before the first.
    """
    begin = today.replace(day=1)
    end = (begin + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    first = _day(form, "first", language) if form.get("first") else begin
    last = _day(form, "last", language) if form.get("last") else end
    if last < first:
        raise _refused("form_period", language)
    return Period(first, last)


def _refused(key: str, language: Language, **facts: object) -> FormRefused:
    return FormRefused(TEXTS[key].of(language).format_map(facts))


def _label(name: str, language: Language) -> str:
    return TEXTS[f"field_{name}"].of(language)


def _text(
    form: Mapping[str, str], name: str, language: Language, *, longest: int = 250, may_miss: bool = False
) -> str:
    text = form.get(name, "").strip()
    if not text and not may_miss:
        raise _refused("form_missing", language, field=_label(name, language))
    # No key of a keyboard enters these; databases, tables and orders do not take all of them.
    if any(category(letter) in {"Cc", "Cs"} for letter in text):
        raise _refused("form_text", language, field=_label(name, language))
    if len(text) > longest:
        raise _refused("form_long", language, field=_label(name, language), most=longest)
    return text


def _day(form: Mapping[str, str], name: str, language: Language) -> date:
    try:
        return date.fromisoformat(form.get(name, ""))
    except ValueError:
        raise _refused("form_day", language, field=_label(name, language)) from None


def _number(form: Mapping[str, str], name: str, language: Language) -> Decimal:
    text = "".join(form.get(name, "").split()).replace("\N{MINUS SIGN}", "-").replace(",", ".")
    value = Decimal(text) if _NUMBER.fullmatch(text) else None
    if value is None or abs(value) > _MOST or value != round(value, 4):
        raise _refused("form_number", language, field=_label(name, language))
    return value
