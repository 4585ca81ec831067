"""The pages of the example hosts: every code has its words, and what people enter is read as they mean it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from busy_pages import (
    STATIC,
    TEMPLATES,
    FormRefused,
    formats,
    labels,
    read_cost,
    read_hours,
    read_name,
    read_period,
    read_work_type,
    safe_next,
)
from busy_pages.errors import said_of_name
from busy_pages.texts import TEXTS
from visma_busy_sync.busy import Approval, LeftOutReason, Period
from visma_busy_sync.integration import ConnectionState, Language, Texts
from visma_busy_sync.orders import DifferenceCode, Event, MendedBy, Stage, State
from visma_busy_sync.sync import FIELDS, Action, Kind, Reason

HOURS = {"day": "2026-11-30", "member": "1", "work_type": "2", "hours": "7,5", "approved": "on"}


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (labels.STATES, State),
        (labels.MEANINGS, State),
        (labels.LEFT_OUT, LeftOutReason),
        (labels.DIFFERENCES, DifferenceCode),
        (labels.FIELDS, {name for names in FIELDS.values() for name in names}),
    ],
)
def test_every_code_has_its_words(table: Mapping[str, Texts], codes: Iterable[str]) -> None:
    """Also those that a later version of the package adds."""
    assert set(table) == set(codes)


def test_every_label_can_be_told_in_both_languages() -> None:
    """Whatever the package answers."""
    for language in ("nb", "en"):
        said = [
            *(labels.stage(each, language) for each in Stage),
            *(labels.event(each, language) for each in Event),
            *(labels.kind(each, language) for each in Kind),
            *(labels.action(each, language) for each in Action),
            *(labels.done(each, language) for each in Action),
            *(labels.reason(each, language) for each in Reason),
            *(labels.approval(each, language) for each in Approval),
            *(labels.mender(each, language) for each in MendedBy),
            *(TEXTS[f"connection_{each}"].of(language) for each in ConnectionState),
        ]
        assert all(said)


def test_an_error_of_which_the_name_alone_was_kept_is_told_in_words() -> None:
    """Also one that a later version of the package has, or one of the host's."""
    assert said_of_name("ReconnectNeeded", "nb").startswith(
        "Tilkoblingen til eAccounting virker ikke lenger."
    )
    assert said_of_name("ServerFault", "en").startswith("eAccounting did not answer as it should.")
    for name in ("OperationalError", "annotations", "NeverHeardOf"):
        assert said_of_name(name, "nb").startswith("Det gikk ikke.")


def test_both_languages_name_the_same_facts() -> None:
    """A fact that one of them lacks would not be told."""
    for key, texts in TEXTS.items():
        assert sorted(re.findall(r"\{\w+\}", texts.nb)) == sorted(re.findall(r"\{\w+\}", texts.en)), key


def test_pages_load_nothing_from_elsewhere() -> None:
    """Neither styles nor scripts nor pictures."""
    for path in (*TEMPLATES.iterdir(), *STATIC.iterdir()):
        assert not re.search(r"(?:src|href|url)\s*[=(]\s*[\"']?(?:https?:)?//", path.read_text()), path.name


def test_numbers_and_days_are_those_of_the_language() -> None:
    """Groups of digits do not come apart at the end of a line."""
    amount, moment = Decimal("-1234567.895"), datetime(2026, 11, 30, 16, 5, tzinfo=UTC)
    assert formats.money(amount, "nb") == "\N{MINUS SIGN}1\N{NO-BREAK SPACE}234\N{NO-BREAK SPACE}567,90"
    assert formats.money(amount, "en") == "\N{MINUS SIGN}1,234,567.90"
    assert formats.number(Decimal("17.0833"), "nb") == "17,0833"
    assert formats.number(Decimal(100), "nb") == "100"
    assert formats.rate(Decimal("640.5"), "nb") == "640,50"
    assert formats.hours(50, "nb") == "0,83"
    assert formats.moment(moment, "nb") == "30.11.2026 kl.\N{NO-BREAK SPACE}17.05"
    assert formats.moment(moment, "en") == "30 Nov 2026, 17:05"


def test_what_people_enter_is_read_as_they_mean_it() -> None:
    """With comma or point, and with the groups that the pages themselves show."""
    assert read_hours(HOURS, "nb").minutes == 450
    assert read_hours({**HOURS, "hours": "0.5"}, "nb").minutes == 30
    assert read_hours({**HOURS, "hours": "0,33"}, "nb").minutes == 20
    cost = {"day": "2026-11-30", "product": "1", "comment": "Tog", "quantity": "1"}
    assert read_cost({**cost, "price": "1\N{NO-BREAK SPACE}250,90"}, "nb").price == Decimal("1250.90")
    assert read_period({}, date(2026, 2, 10), "nb") == Period(date(2026, 2, 1), date(2026, 2, 28))


@pytest.mark.parametrize("rate", ["1250", "987654.5", "-5", "0.3333"])
@pytest.mark.parametrize("language", ["nb", "en"])
def test_a_rate_that_is_shown_can_be_sent_again(rate: str, language: Language) -> None:
    """Who saves a form without touching the rate changes nothing."""
    shown = formats.rate(Decimal(rate), language)
    known = {"name": "Work", "rate": shown}
    assert read_work_type(known, language).rate == Decimal(rate)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"hours": "åtte"}, "Timer er ikke et tall."),
        ({"hours": "NaN"}, "Timer er ikke et tall."),
        ({"hours": "25"}, "Timer må være mer enn 0 og høyst 24."),
        ({"day": "30.11.2026"}, "Dato er ikke en dato."),
        ({"hours": "1_0"}, "Timer er ikke et tall."),
        ({"hours": "0,004"}, "Timer må være mer enn 0 og høyst 24."),
        ({"comment": "x" * 251}, "Kommentar kan ha inntil 250 tegn."),
        ({"comment": "a\0b"}, "Kommentar har et tegn som ikke kan lagres."),
        ({"member": " "}, "Medlem mangler."),
    ],
)
def test_a_form_that_cannot_be_taken_says_which_field_it_is(changed: dict[str, str], said: str) -> None:
    """In the person's language."""
    with pytest.raises(FormRefused) as refused:
        read_hours({**HOURS, **changed}, "nb")
    assert str(refused.value) == said


def test_a_name_that_is_too_long_is_refused() -> None:
    """Before the database cuts it or refuses it."""
    with pytest.raises(FormRefused, match="up to 50 characters"):
        read_name({"name": "x" * 51}, "en")
    with pytest.raises(FormRefused, match="ends before it begins"):
        read_period({"first": "2026-02-02", "last": "2026-02-01"}, date(2026, 2, 1), "en")


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.invalid/",
        "//elsewhere.invalid/",
        "/\\elsewhere.invalid",
        "javascript:alert(1)",
        "//[",
        "//\N{ACCOUNT OF}.invalid",
        "",
        None,
    ],
)
def test_after_the_language_was_changed_nobody_is_sent_elsewhere(address: str | None) -> None:
    """The form may be anybody's."""
    assert safe_next(address) == "/"


def test_after_the_language_was_changed_one_is_where_one_was() -> None:
    """With what was asked for there."""
    assert safe_next("/acme/projects?archived=1") == "/acme/projects?archived=1"
