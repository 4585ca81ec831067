"""Checks of `Catalogue`: odd and long links, odd values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Final

from visma_busy_sync.sync import Kind, Link, Value
from visma_busy_sync.testing._kit import catalogue_promises as p
from visma_busy_sync.testing._kit.catalogue_stage import CatalogueStage, told
from visma_busy_sync.testing._kit.stage import shown
from visma_busy_sync.testing._kit.suite import Suite

SUITE: Final = Suite(CatalogueStage)

LONGEST_LINK: Final = 100_000

_LINKS: Final[Mapping[str, str]] = {
    "nothing in it": "{}",
    "no object": "null",
    "spaces and line ends around": ' \r\n {"a" : 1}\n',
    "names twice and out of order": '{"b": 1.0, "a": 1e2, "b": 10000000000000000000000.10}',
    "quotes": """{"'": "''", "\\"": "\\"\\"", "`": "\\\\"}""",
    "escapes": '{"a": "\\u0000 \\n \\ud83d \\/"}',
    "what templates replace": '{"a": "%s %(a)s {a} $1 :a ? @a"}',
    "letters beyond 16 bits": '{"\U0001f469\u200d\U0001f467": "\U0010fffd"}',
    "letters of one character and of two": '{"\u00e9": "e\u0301", "\u212b": "\u00c5"}',
    "kinds of spaces": '{"a": "\u00a0\u2028\u200b\ufeff"}',
}


@SUITE.shows(p.LINK_EXACT)
async def any_link_comes_back_exactly(stage: CatalogueStage) -> None:
    """Odd ones are loaded as they were given, and are the ones that the next change expects."""
    for what, document in _LINKS.items():
        await _comes_back(stage, what, document)


@SUITE.shows(p.LINK_EXACT)
async def long_links_come_back(stage: CatalogueStage) -> None:
    """100 kB, in letters of one byte, of two and of four."""
    for letter in ("x", "\u00e6", "\U0001f469"):
        length = (LONGEST_LINK - len('{"a": ""}')) // len(letter.encode())
        document = json.dumps({"a": letter * length}, ensure_ascii=False)
        await _comes_back(stage, f"100 kB of {letter!r}", document)


async def _comes_back(stage: CatalogueStage, what: str, document: str) -> None:
    link = Link(document)
    created = await stage.catalogue.create(Kind.PROJECT, link)
    _same(stage, what, link, (await stage.loaded(created)).link)
    plain = await stage.catalogue.create(Kind.CUSTOMER)
    changed = await stage.catalogue.changed(plain, link)
    _same(stage, f"{what}, of a change", link, (await stage.loaded(changed)).link)
    held = stage.raw(Kind.CUSTOMER, changed.id)
    _same(stage, f"{what}, past the port", link, held.link if held else None)
    # As it was loaded it is what the next change expects.
    await stage.catalogue.changed(created)


def _same(stage: CatalogueStage, what: str, link: Link, seen: Link | None) -> None:
    now = "no link" if seen is None else repr(seen.document)
    stage.require(seen == link, f"a link ({what}) of {shown(repr(link.document))} comes back as {shown(now)}")


# As eAccounting has them: numbers up to 20, names up to 50 letters.
_NUMBERS: Final = ("007", "0", "7.0", "1e3", "10000000000000000001", "A-12/3", "-5", "+5", "0x10", "7 B")
_NAMES: Final = (
    "Å være i Ærø",
    'Hansen & "Sønner" AS',
    "O'Brien's; drop table",
    "100 % _ * ? \\ / <b>",
    "{name} %s $1 :a @b",
    "\u65e5\u672c \u05e9\u05dc\u05d5\u05dd",
    "\U0001f469\u200d\U0001f467 \U0001f3e0",
    "\u00e9 and e\u0301",  # the same letter of one character and of two
    "UPPER lower",
    "null",
    "x" * 50,
)
_DAYS: Final = (date(1990, 1, 1), date(2024, 2, 29), date(2026, 3, 29), date(2099, 12, 31))


@SUITE.shows(p.VALUES_EXACT)
async def numbers_and_names_come_back_exactly(stage: CatalogueStage) -> None:
    """Leading zeros, signs, letters of every language."""
    for kind in Kind:
        for number in _NUMBERS:
            if "number" in stage.fields[kind]:
                await _is_kept(stage, kind, {"number": number})
        for name in _NAMES:
            await _is_kept(stage, kind, {"name": name})


@SUITE.shows(p.VALUES_EXACT)
async def days_flags_and_notes_come_back_exactly(stage: CatalogueStage) -> None:
    """Days in summer and winter, archived or not, notes of several lines, what is empty is None."""
    has = stage.fields[Kind.PROJECT]
    samples: dict[str, tuple[Value, ...]] = {
        "start_date": (*_DAYS, None),
        "end_date": (*_DAYS, None),
        "notes": ("One line\nand another", *_NAMES, "Notes " * 100 + "end", None),
        "archived": (True, False),
    }
    for name, values in samples.items():
        for value in values:
            if name in has:
                await _is_kept(stage, Kind.PROJECT, {name: value}, before=values[0])
    if "customer" in has:
        customer = await stage.catalogue.create(Kind.CUSTOMER)
        await _is_kept(stage, Kind.PROJECT, {"customer": customer.id})
        await _is_kept(stage, Kind.PROJECT, {"customer": None}, before=customer.id)
    if "organization_number" in stage.fields[Kind.CUSTOMER]:
        number = "010203-0405"
        await _is_kept(stage, Kind.CUSTOMER, {"organization_number": number})
        await _is_kept(stage, Kind.CUSTOMER, {"organization_number": None}, before=number)


async def _is_kept(
    stage: CatalogueStage, kind: Kind, values: Mapping[str, Value], *, before: Value = None
) -> None:
    (name, value), *_ = values.items()
    created = await stage.catalogue.create(kind, **values)
    plain = await stage.catalogue.create(kind, **({} if before is None else {name: before}))
    # A number may belong to one record only, so that which has it gives it up first.
    if name == "number":
        await stage.catalogue.changed(created, number=f"{created.id[:8]}-")
    changed = await stage.catalogue.changed(plain, **values)
    for what, record in (("created", created), ("changed", changed)):
        if what == "created" and name == "number":
            now = created  # as it was told, since by now it has another
        else:
            now = await stage.loaded(record)
        stage.require(
            now.values.get(name) == value and type(now.values.get(name)) is type(value),
            f"a {kind} that was {what} with {name} = {shown(repr(value))} is {told(now)}",
        )
