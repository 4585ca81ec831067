"""Does an asynchronous class still say the same as its synchronous twin?

`X` and `AsyncX` are written by hand, for the sake of types, completion and documentation. This compares
names, parameters, defaults, results, attributes and docstrings, with what must differ taken away: an
awaitable counts as what it gives, `AsyncX` as `X`, `__aenter__` as `__enter__`, and `await` in a docstring's
example as nothing. It looks at declarations; that both *do* the same is for tests that run in both shells.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Mapping
from typing import Any, cast

__all__ = [
    "check_twins",
    "drift",
]

_DUNDERS = {
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
}
_CALLED = {"__init__", "__call__", *_DUNDERS, *_DUNDERS.values()}
_AWAITABLE = re.compile(r"\b(Awaitable|Coroutine|CoroutineType)\[")
_MODULES = re.compile(r"\b(?:\w+\.)+(?=\w)|[~+](?=\w)|<class '|'>|'")
_NO_NAMES: Mapping[str, str] = {}


def check_twins(twin: type, async_twin: type, *, renamed: Mapping[str, str] = _NO_NAMES) -> None:
    """Require that `async_twin` declares what `twin` does; see `drift`.

    Raises:
        AssertionError: With all differences at once.
    """
    if found := drift(twin, async_twin, renamed=renamed):
        raise AssertionError(f"{twin.__name__} and {async_twin.__name__} differ:\n" + "\n".join(found))


def drift(twin: type, async_twin: type, *, renamed: Mapping[str, str] = _NO_NAMES) -> list[str]:
    """Return every difference between a synchronous class and its asynchronous twin, one line each.

    Args:
        twin: The synchronous class.
        async_twin: The asynchronous class.
        renamed: Further type names that stand for each other, asynchronous to synchronous, for pairs that
            are not called X and AsyncX.
    """
    names = {async_twin.__name__: twin.__name__, **renamed}
    ours, theirs = _members(twin, {}), _members(async_twin, names)
    found = [f"{name}: only in {twin.__name__}" for name in ours.keys() - theirs.keys()]
    found += [f"{name}: only in {async_twin.__name__}" for name in theirs.keys() - ours.keys()]
    for name in ours.keys() & theirs.keys():
        mine, other = ours[name], theirs[name]
        if mine.pop("waits", "no") == "yes":
            found.append(f"{name}: {twin.__name__} must not be awaited, and is")
        other.pop("waits", None)
        if list(mine) != list(other) and sorted(mine) == sorted(other):
            found.append(f"{name}: order {', '.join(mine)} | {', '.join(other)}")
        for part in mine.keys() | other.keys():
            if mine.get(part) != other.get(part):
                found.append(f"{name}: {part} {mine.get(part)!r} | {other.get(part)!r}")
    return sorted(found)


def _members(cls: type, names: Mapping[str, str]) -> dict[str, dict[str, str]]:
    members: dict[str, dict[str, str]] = {}
    for base in reversed(cls.__mro__[:-1]):
        if base.__module__ in ("typing", "abc"):
            continue
        for name, text in inspect.get_annotations(base).items():
            if not name.startswith("_"):
                members[name] = {"type": _plain(_resolved(base).get(name, text), names)}
        for name, value in vars(base).items():
            if not name.startswith("_") or name in _CALLED:
                own = _DUNDERS.get(name, name)
                annotated = {part: text for part, text in members.get(own, {}).items() if part == "type"}
                members[own] = annotated | _facts(value, names)
    return {name: facts for name, facts in members.items() if facts}


def _facts(value: Any, names: Mapping[str, str]) -> dict[str, str]:
    if isinstance(value, property):
        return {"kind": "property", **_callable(cast("Callable[..., Any]", value.fget), names)}
    if isinstance(value, (classmethod, staticmethod)):
        method = cast("classmethod[Any, Any, Any]", value)
        return {"kind": type(method).__name__, **_callable(method.__func__, names)}
    if inspect.isfunction(value):
        return {"kind": "method", **_callable(value, names)}
    # A default or a nested class; attributes are compared by annotation.
    return {} if isinstance(value, type) or not callable(value) else {"kind": type(value).__name__}


def _callable(fn: Callable[..., Any], names: Mapping[str, str]) -> dict[str, str]:
    hints = _resolved(fn)
    facts: dict[str, str] = {}
    signature = inspect.signature(fn)
    for name, parameter in signature.parameters.items():
        text = _plain(hints.get(name, parameter.annotation), names)
        default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
        facts[f"parameter {name}"] = f"{parameter.kind.description}, {text}{default}"
    result = hints.get("return", signature.return_annotation)
    facts["result"] = _plain(result, names)
    facts["docstring"] = _prose(fn.__doc__, names)
    waits = inspect.iscoroutinefunction(fn) or _AWAITABLE.match(_text(result)) is not None
    facts["waits"] = "yes" if waits else "no"
    return facts


def _resolved(thing: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(thing, include_extras=True)
    except (NameError, TypeError):  # names known only to type checkers: then the source text is compared
        return {}


def _text(annotation: Any) -> str:
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return _MODULES.sub("", text)


def _plain(annotation: Any, names: Mapping[str, str]) -> str:
    if annotation is inspect.Signature.empty:
        return "not annotated"
    text = _text(annotation)
    while found := _AWAITABLE.search(text):
        start, end = found.end(), _closing(text, found.end())
        # Of Coroutine[yields, is sent, gives] only the last counts.
        inside = text[start:end] if found[1] == "Awaitable" else text[start:end].split(", ", 2)[-1]
        text = text[: found.start()] + inside + text[end + 1 :]
    return _sync_names(text, names)


def _closing(text: str, start: int) -> int:
    depth = 1
    for at in range(start, len(text)):
        depth += {"[": 1, "]": -1}.get(text[at], 0)
        if not depth:
            return at
    return len(text)


def _sync_names(text: str, names: Mapping[str, str]) -> str:
    def sync_name(found: re.Match[str]) -> str:
        return names.get(found[0], found[0].removeprefix("Async"))

    return re.sub(r"\b\w+\b", sync_name, text)


def _prose(doc: str | None, names: Mapping[str, str]) -> str:
    text = re.sub(r"\b(await|async) ", "", inspect.cleandoc(doc or "none"))
    return _sync_names(re.sub(r"__a(?=(enter|exit|iter|next)__)", "__", text), names)
