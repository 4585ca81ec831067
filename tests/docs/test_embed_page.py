"""The page about embedding names what a catalogue may have."""

from __future__ import annotations

import re
from pathlib import Path

from visma_busy_sync.sync import FIELDS, Kind

PAGE = (Path(__file__).parents[2] / "docs/embed.md").read_text(encoding="utf-8")


def test_the_table_of_fields_is_that_of_the_import() -> None:
    rows = re.findall(r"^\| `Kind\.([A-Z]+)` \| (.*) \|$", PAGE, re.MULTILINE)
    assert {Kind[kind]: tuple(re.findall(r"`(\w+)`", fields)) for kind, fields in rows} == FIELDS
