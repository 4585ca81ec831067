"""Make the tables of docs/problems.md from the code; `--check` only looks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from made_parts import bring_up_to_date

from visma_busy_sync.orders import BreakCode, MendedBy, ProblemCode
from visma_busy_sync.orders._problems import MENDERS, PROBLEM_TEXTS
from visma_busy_sync.orders._reports.breaks import BREAK_TEXTS


def problems() -> str:
    """Return a table of the problems in each language."""
    tables = (
        ("In English", "| Code | What is wrong | What to do | Who |"),
        ("På norsk", "| Kode | Hva er galt | Hva gjør du | Hvem |"),
    )
    lines: list[str] = []
    for (title, head), language in zip(tables, ("en", "nb"), strict=True):
        lines += [f"### {title}", "", head, "|---|---|---|---|"]
        for code in ProblemCode:
            texts = PROBLEM_TEXTS[code]
            message = texts.message_en if language == "en" else texts.message_nb
            cure = texts.cure_en if language == "en" else texts.cure_nb
            who = MENDERS[texts.mended_by].of("en" if language == "en" else "nb")
            lines.append(f"| `{code}` | {_with_places(message)} | {cure} | {who} |")
        lines.append("")
    return "\n".join(lines[:-1])


def breaks() -> str:
    """Return a table of what breaks the billing proof in each language."""
    lines: list[str] = []
    for title, head, norwegian in (
        ("In English", "| Code | What is wrong | What to do |", False),
        ("På norsk", "| Kode | Hva er galt | Hva gjør du |", True),
    ):
        lines += [f"### {title}", "", head, "|---|---|---|"]
        for code in BreakCode:
            what, cure = BREAK_TEXTS[code]
            said = (what.nb, cure.nb) if norwegian else (what.en, cure.en)
            lines.append(f"| `{code}` | {_with_places(said[0])} | {said[1]} |")
        lines.append("")
    return "\n".join(lines[:-1])


def menders() -> str:
    """Return a table of those who mend problems."""
    lines = ["| `mended_by` | Who | Hvem |", "|---|---|---|"]
    lines += [f"| `{who}` | {MENDERS[who].en} | {MENDERS[who].nb} |" for who in MendedBy]
    return "\n".join(lines)


def _with_places(message: str) -> str:
    """Return a message with its places for facts in italics."""
    return re.sub(r"\{(\w+)\}", r"*\1*", message)


PARTS: Mapping[str, Callable[[], str]] = {"menders": menders, "problems": problems, "breaks": breaks}


if __name__ == "__main__":
    bring_up_to_date("problems.md", PARTS)
