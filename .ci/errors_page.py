"""Make the parts of docs/errors.md that say what the code does from the code; `--check` only looks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from made_parts import bring_up_to_date

from visma_busy_sync import errors
from visma_busy_sync.eaccounting.codes import (
    API_MODULE,
    CODES,
    NO_ACCESS_TO_MODULE,
    OTHER_MODULE,
    RULES,
    Code,
    ErrorKind,
    WriteFate,
    error_kind,
    write_fate,
)

FATES: Mapping[WriteFate, str] = {
    WriteFate.DONE: "done",
    WriteFate.REFUSED: "not done: mend what was sent",
    WriteFate.WAITS: "not done: send it again when cured",
    WriteFate.UNKNOWN: "may be done: look first",
}

STATUSES = (400, 401, 403, 404, 408, 429, 500, 503)


def tree() -> str:
    """Return the drawn tree of the errors module, as a block of text."""
    drawing = re.search(r"```\n(.*?)\n```", errors.__doc__ or "", re.DOTALL)
    if drawing is None:
        message = "the errors module draws no tree"
        raise ValueError(message)
    return f"```text\n{drawing[1]}\n```"


def codes() -> str:
    """Return the table of codes."""
    lines = ["| Code | Meaning and cure | På norsk | Error | Again: read / write | A write |"]
    lines.append("|---|---|---|---|---|---|")
    for number, code in CODES.items():
        lines.append(_row(str(number), code))
        if number == NO_ACCESS_TO_MODULE:
            lines.append(_row(f"{number}, its text names `api_standard`", API_MODULE))
            lines.append(_row(f"{number}, its text names another module", OTHER_MODULE))
    return "\n".join(lines)


def _row(label: str, code: Code) -> str:
    english, norwegian = (
        ". ".join(
            part for part in (code.says.of(language), code.cure.of(language) if code.cure else "") if part
        )
        for language in ("en", "nb")
    )
    again = f"{code.rule.read} / {code.rule.write}"
    return f"| {label} | {english} | {norwegian} | `{code.becomes}` | {again} | {FATES[code.fate]} |"


def statuses() -> str:
    """Return what each HTTP status makes of an answer that has no code, and of one that has."""
    lines = ["| Status | Without a known code | Codes that become another error all the same | A write |"]
    lines.append("|---|---|---|---|")
    for status in STATUSES:
        plain = error_kind(status, None)
        others = [
            f"`{kind}`"
            for kind in ErrorKind
            if kind is not plain
            and any(error_kind(status, code) is kind for code in CODES.values() if code.becomes is kind)
        ]
        fates = {write_fate(status, code=number, readable=True) for number in (None, *CODES)}
        said = (
            "as the code says"
            if status == 400
            else "; ".join(FATES[fate] for fate in WriteFate if fate in fates)
        )
        again = f"{RULES[plain].read} / {RULES[plain].write}"
        lines.append(f"| {status} | `{plain}` (again: {again}) | {', '.join(others) or 'none'} | {said} |")
    return "\n".join(lines)


PARTS: Mapping[str, Callable[[], str]] = {"tree": tree, "codes": codes, "statuses": statuses}


if __name__ == "__main__":
    bring_up_to_date("errors.md", PARTS)
