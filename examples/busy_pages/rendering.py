"""The Jinja2 environment of the pages: filters that speak the page's language, and `t` for its texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinja2 import Environment, StrictUndefined, pass_context
from jinja2.runtime import Context

from busy_pages import formats, labels
from busy_pages.texts import TEXTS


def environment(**options: Any) -> Environment:
    """Return the environment; with the options of Jinja2's own.

    Django's backend calls it with its options; others give `loader` and `autoescape=True`.
    """
    defaults: dict[str, Any] = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    made = Environment(**(defaults | options))
    for name in ("money", "number", "rate", "hours", "day", "moment"):
        made.filters[name] = _in_language(getattr(formats, name))
    for name in (
        "state",
        "stage",
        "event",
        "kind",
        "action",
        "reason",
        "approval",
        "mender",
        "entity",
        "member",
    ):
        made.filters[f"{name}_label"] = _in_language(getattr(labels, name))
    made.filters["upper_first"] = _upper_first
    made.globals["t"] = _text
    return made


def _in_language(show: Callable[..., str]) -> Callable[..., str]:
    @pass_context
    def shown(context: Context, value: Any, **named: Any) -> str:
        return show(value, context["lang"], **named)

    return shown


def _upper_first(text: str) -> str:
    """Begin a sentence with a capital, but for the one name that never has it."""
    return text if text.startswith("eAccounting") else text[:1].upper() + text[1:]


@pass_context
def _text(context: Context, key: str, **facts: object) -> str:
    return TEXTS[key].of(context["lang"]).format_map(facts)
