"""What a plan tells a person, in Norwegian and in English."""

from __future__ import annotations

import enum
import string
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import chain

import pytest

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.texts import Language, Texts
from visma_busy_sync.sync import (
    FIELDS,
    Action,
    ConflictCode,
    Fate,
    FieldReason,
    Kind,
    Plan,
    Reason,
    Verdict,
    WarningCode,
    _texts,
    render,
)

from .host import Host, asked, customer, plan_for, project, sync

TABLES: list[tuple[str, type[enum.StrEnum]]] = [
    ("ACTIONS", Action),
    ("DONE", Action),
    ("FATES", Fate),
    ("FIELD_REASONS", FieldReason),
    ("KINDS", Kind),
    ("REASONS", Reason),
    ("VERDICTS", Verdict),
]
"""Each table of texts, and the codes that it is for."""


def _texts_in(value: object) -> Iterator[Texts]:
    if isinstance(value, Texts):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _texts_in(each)
    elif isinstance(value, Mapping):
        yield from _texts_in(tuple(value.values()))


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize(("table", "codes"), TABLES, ids=[name for name, _ in TABLES])
def test_every_code_has_a_text_and_no_text_is_left_over(table: str, codes: type[enum.StrEnum]) -> None:
    assert set(getattr(_texts, table)) == {str(code) for code in codes}


@pytest.mark.parametrize("table", ["TITLES", "ADVICE"])
def test_every_conflict_and_warning_has_its_texts(table: str) -> None:
    """A conflict and a warning may share a code; no two of them do by mistake."""
    assert set(getattr(_texts, table)) == {str(code) for code in chain(ConflictCode, WarningCode)}
    assert not {*ConflictCode} & {*WarningCode}


def test_every_field_has_a_name() -> None:
    """The English names are those by which settings call the fields."""
    assert set(_texts.FIELD_NAMES) == set(chain.from_iterable(FIELDS.values()))
    assert all(name == texts.en for name, texts in _texts.FIELD_NAMES.items())


@pytest.mark.parametrize("name", [name for name in vars(_texts) if name.isupper()])
def test_a_text_is_there_in_both_languages(name: str) -> None:
    """None is empty, none is the same in both, none says another thing's words, both name the same facts."""
    texts = list(_texts_in(getattr(_texts, name)))
    assert texts
    for text in texts:
        assert text.nb.strip() == text.nb != text.en == text.en.strip() != ""
        assert text.nb
        assert _placeholders(text.nb) == _placeholders(text.en)
        assert text.nb.endswith((".", "}")) == text.en.endswith((".", "}"))
    assert len({text.nb for text in texts}) == len({text.en for text in texts}) == len(texts)


def _plan() -> Plan:
    host = Host()
    host.add(Kind.PROJECT, number="4", name="Bru", notes="Busys")
    host.add(Kind.PROJECT, number="9", name="Naust")
    candidates = host.ids
    acme = customer("c1", "10", "Acme")
    before = [
        acme,
        project("p1", "1", "Hus", start_date=date(2026, 1, 2)),
        project("p2", "2", "Vei", archived=True),
        project("p6", "6", "Mur"),
    ]
    sync(host, before)
    host.edit(host.linked("p6").id, name="Murvegg")
    rows = [
        acme,
        customer("c2", "20", "Beta"),
        project("p1", "1", "Villa", customer="c2"),
        project("p2", "2", "Vei"),
        project("p4", "4", "Bru", notes="deres"),
        project("p6", "6", "Gjerde"),
        project("p7", None, "", customer="c9", archived=True),
    ]
    return plan_for(host, rows, candidates=candidates)


def test_a_plan_in_norwegian() -> None:
    """Every change, every field, every conflict and every warning, in Busy's own words."""
    plan = _plan()
    (conflict,), (warning,) = plan.conflicts, plan.warnings
    assert render(plan, "nb").splitlines() == [
        "+ opprettes: kunde 20 Beta (finnes i eAccounting, men ikke i Busy)",
        '    nummer: "20"',
        '    navn: "Beta"',
        "+ opprettes: prosjekt uten nummer og navn (finnes i eAccounting, men ikke i Busy)",
        "    arkivert: ja",
        "~ oppdateres: prosjekt 1 Villa (endret i eAccounting)",
        '    navn: "Hus" → "Villa"',
        "    kunde: (tomt) → 20 Beta",
        "    startdato: 2026-01-02 → (tomt)",
        "↺ gjenopprettes: prosjekt 2 Vei (i bruk igjen i eAccounting)",
        "    arkivert: ja → nei",
        "= kobles sammen: prosjekt 4 Bru (finnes på begge sider)",
        '    notater: "Busys" beholdes (eAccounting: "deres")',
        "· noteres: prosjekt 6 Gjerde (ingenting i Busy endres)",
        '    navn: "Murvegg" beholdes (eAccounting: "Gjerde")',
        "- arkiveres: prosjekt 9 Naust (finnes ikke i eAccounting)",
        "    arkivert: nei → ja",
        f"! {conflict.text('nb')}",
        f"? {warning.text('nb')}",
        "uendret: 1 kunde",
        plan.text("nb"),
    ]
    assert plan.text("nb") == (
        "+ 2 opprettes  = 1 kobles sammen  ~ 1 oppdateres  - 1 arkiveres  ↺ 1 gjenopprettes  · 1 noteres; "
        "1 konflikt; 1 advarsel; ingenting er endret ennå"
    )
    assert conflict.text("nb").startswith("prosjekt 6 Gjerde (navn): endret på begge sider. Feltet er endret")
    assert warning.text("nb").startswith("prosjekt uten nummer og navn: ukjent kunde. Kunden til prosjektet")


def test_what_is_about_a_whole_kind_names_the_kind() -> None:
    """A reading that is not sure is no one record's."""
    plan = plan_for(Host(), [customer("c1")], sure=False)
    assert [warning.text("nb").split(".")[0] for warning in plan.warnings] == [
        "kunder: usikker lesing",
        "produkter: usikker lesing",
        "prosjekter: usikker lesing",
    ]


def test_archiving_that_waits_is_told_in_norwegian() -> None:
    """How many are gone, that they wait, and what allows them."""
    host = Host()
    rows = [project(f"p{i}", str(i), f"Prosjekt {i}") for i in range(10)]
    sync(host, rows)
    plan = asked(host, rows[3:])
    told = render(plan, "nb").splitlines()
    assert told[0] == (
        "! arkiveringen venter: 3 prosjekter er borte fra eAccounting, av 10 aktive: for mange til å "
        "arkiveres uten at noen har tillatt det. Se på hvert prosjekt under; for å arkivere akkurat disse, "
        f"tillat {plan.archiving.digest}."
    )
    assert told[1:4] == [
        "    prosjekt 0 Prosjekt 0",
        "    prosjekt 1 Prosjekt 1",
        "    prosjekt 2 Prosjekt 2",
    ]
    assert told[-2:] == [
        "uendret: 7 prosjekter",
        "ingenting å gjøre; 3 prosjekter arkiveres hvis du tillater det",
    ]
    now = asked(host, rows[4:], allowed=plan.archiving.digest)
    assert "ikke lenger det som ble tillatt arkivert" in render(now, "nb")


@pytest.mark.parametrize("language", ["nb", "en"])
def test_a_plan_without_anything_to_do(language: Language) -> None:
    nothing = {"nb": "ingenting å gjøre", "en": "nothing to do"}[language]
    plan = plan_for(Host(), [])
    assert plan.text(language) == render(plan, language) == nothing


def test_another_language_is_refused() -> None:
    """It is told as what it is, with the languages that there are."""
    with pytest.raises(ConfigurationError, match="no text in 'sv'"):
        render(_plan(), "sv")  # type: ignore[arg-type]
