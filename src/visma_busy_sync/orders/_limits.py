"""Texts of an order as eAccounting takes them: cut to a length, and without what an e-invoice cannot hold."""

from __future__ import annotations

import re

from visma_busy_sync.eaccounting.models._lengths import length

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def cut(text: str, longest: int) -> str:
    """Return the beginning of `text` that has at most `longest` units, without half a character."""
    if length(text) <= longest:
        return text
    return text.encode("utf-16-le")[: 2 * longest].decode("utf-16-le", "ignore")


def tidy(text: str | None) -> str | None:
    """Return `text` without outer white space and with one kind of line ends; None if nothing is left.

    Other control characters are taken out: the XML of an e-invoice cannot hold them.
    """
    if text is None:
        return None
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip() or None
