"""Numbers, days and moments as people read them in Norway and in English."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from visma_busy_sync.integration import Language

ZONE = ZoneInfo("Europe/Oslo")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NO_BREAK = "\N{NO-BREAK SPACE}"


def today() -> date:
    """Return the day on the clocks of Norway."""
    return datetime.now(ZONE).date()


def number(value: Decimal, language: Language, *, places: int | None = None) -> str:
    """Return a number with its digits in groups; without `places` it has as many as it needs."""
    exact = value if places is None else value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = f"{exact:,f}"
    if places is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    text = text.replace("-", "\N{MINUS SIGN}")
    if language == "nb":
        return text.replace(",", _NO_BREAK).replace(".", ",")
    return text


def money(value: Decimal, language: Language) -> str:
    """Return an amount with two decimals."""
    return number(value, language, places=2)


def rate(value: Decimal, language: Language) -> str:
    """Return a rate as a person enters it: without groups of digits, two decimals or as many as it has."""
    text = f"{value:.{2 if value == round(value, 2) else 4}f}"
    return text.replace(".", ",") if language == "nb" else text


def hours(minutes: int, language: Language) -> str:
    """Return minutes as hours with two decimals."""
    return number(Decimal(minutes) / 60, language, places=2)


def day(value: date, language: Language) -> str:
    """Return a day: `30.11.2026`, or `30 Nov 2026`."""
    if language == "nb":
        return f"{value:%d.%m.%Y}"
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def moment(value: datetime, language: Language) -> str:
    """Return a moment on the clocks of Norway."""
    local = value.astimezone(ZONE)
    if language == "nb":
        return f"{day(local, language)} kl.{_NO_BREAK}{local:%H.%M}"
    return f"{day(local, language)}, {local:%H:%M}"
