"""Checks of `StateStore`: odd keys, odd and big bodies."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Final

from visma_busy_sync.ports import Versioned, Write
from visma_busy_sync.testing._kit import promises as p
from visma_busy_sync.testing._kit.state_stage import StateStage
from visma_busy_sync.testing._kit.suite import Suite

SUITE: Final = Suite(StateStage)

LONGEST_KEY: Final = 500

_KEYS: Final = (
    "order/7",
    "order//7",
    "order/7/",
    "/order/7",
    "with space",
    "with  space",
    " space first",
    "space last",
    "space last ",
    "case",
    "Case",
    "CASE",
    "straße",
    "strasse",
    "\u00e9",  # one letter
    "e\u0301",  # the same letter of two characters
    "e",
    "i",
    "\u0131",
    "\u65e5\u672c\u8a9e",
    "\U0001f469\u200d\U0001f467",
    "'; drop table document; --",
    'double "quotes"',
    "back\\slash",
    "per%cent",
    "under_score",
    "{brace} $1 :name ?",
    "0",
    "00",
    "1.0",
    "1",
    "null",
    "None",
    "x" * LONGEST_KEY,
    "x" * (LONGEST_KEY - 1) + "y",
    "\u00e6" * LONGEST_KEY,
)


@SUITE.shows(p.KEYS_EXACT)
async def any_text_is_a_key(stage: StateStage) -> None:
    """Keys that differ in anything are documents of their own, and scans give them as they were given."""
    for number, key in enumerate(_KEYS):
        await stage.store.made(Write(key, None, str(number)))
    for number, key in enumerate(_KEYS):
        seen = await stage.store.read(key)
        stage.require(
            seen == {key: Versioned(1, str(number))}, f"the document {key[:40]!r} is read as {seen}"
        )
    found = {each.key for each in await stage.store.scan("")}
    odd = sorted(found ^ set(_KEYS))
    stage.require(not odd, f"a scan gives other keys than were written: {[key[:40] for key in odd]}")
    await stage.store.made(*(Write(key, 1, None) for key in _KEYS[::2]))
    left = {each.key for each in await stage.store.scan("")}
    stage.require(left == set(_KEYS[1::2]), "deleting every second of the keys deleted others")


@SUITE.shows(p.KEYS_EXACT)
async def tenants_are_told_apart_exactly(stage: StateStage) -> None:
    """What holds for keys holds for tenants."""
    tenants = ("acme", "Acme", "acme ", " acme", "\u00e9", "e\u0301", "e", "a/b", "'", "%", "0", "00", "null")
    for tenant in tenants:
        await stage.store.made(Write("a", None, tenant), tenant=tenant)
    found = sorted((each.tenant, each.document.body) for each in await stage.store.scan("", None))
    stage.require(found == sorted((t, t) for t in tenants), f"a scan of all tenants found {found}")


def _every_character() -> str:
    # JSON escapes control characters; of them only white space stands between its parts.
    codes = (code for code in range(0x20, sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF)
    return "\t\n\r" + "".join(map(chr, codes))


_BODIES: Final[Mapping[str, str]] = {
    "empty": "",
    "one space": " ",
    "spaces around": "  {}  ",
    "a line end at the end": "{}\n",
    "all kinds of line ends": "\r\n{\n}\r\u2028\u2029\x85",
    "a mark of byte order at the start": "\ufeff{}",
    "quotes": """'single' "double" `back` \\ '' "" """,
    "escapes": '{"a": "\\u0000 \\n \\\\ \\ud83d"}',
    "names twice and out of order": '{"b": 1.0, "a": 1e2, "b": 10000000000000000000000.10}',
    "what templates replace": "%s %(a)s {a} $1 :a ? @a",
    "letters beyond 16 bits": "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0010fffd",
    "letters of two characters": "e\u0301 \u00e9 \u212b \u00c5",
    "no JSON at all": "null",
    "a number": "007",
}


@SUITE.shows(p.BODIES_EXACT)
async def any_text_comes_back_exactly(stage: StateStage) -> None:
    """Odd bodies are read, scanned and written over as they are."""
    for number, (kind, body) in enumerate(_BODIES.items()):
        await _comes_back(stage, kind, f"a{number}", None, body)
        await _comes_back(stage, f"{kind}, written over", f"a{number}", 1, body)


@SUITE.shows(p.BODIES_EXACT)
async def every_character_comes_back(stage: StateStage) -> None:
    """One body holds every character that a JSON text can hold."""
    await _comes_back(stage, "every character", "a", None, _every_character())


@SUITE.shows(p.BODIES_EXACT)
async def big_bodies_come_back(stage: StateStage) -> None:
    """1 MB and 10 MB, in letters of one byte and of two."""
    for megabytes, letter in ((1, "x"), (1, "\u00e6"), (10, "x"), (10, "\u00e6")):
        length = megabytes * 1_000_000 // len(letter.encode())
        await _comes_back(
            stage, f"{megabytes} MB of {letter!r}", f"{megabytes}{letter}", None, letter * length
        )


async def _comes_back(stage: StateStage, kind: str, key: str, expected: int | None, body: str) -> None:
    await stage.store.made(Write(key, expected, body))
    held = (await stage.store.read(key)).get(key)
    stage.require(held is not None, f"a body ({kind}) is not there after it was written")
    _same(stage, kind, body, held.body if held else "")
    (found,) = await stage.store.scan(key)
    _same(stage, f"{kind}, from a scan", body, found.document.body)


def _same(stage: StateStage, kind: str, body: str, seen: str) -> None:
    if seen == body:
        return
    at = next(
        (at for at, (a, b) in enumerate(zip(body, seen, strict=False)) if a != b), min(len(body), len(seen))
    )
    stage.require(
        False,
        f"a body ({kind}) of {len(body):,} characters comes back with {len(seen):,}; from {at:,} on "
        f"{body[at : at + 10]!r} became {seen[at : at + 10]!r}",
    )
