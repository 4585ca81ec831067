"""Read and write JSON text without losing a digit or a byte.

Numbers are ``int`` or ``Decimal`` on this side, never ``float``: 1.10 is read as ``Decimal("1.10")`` and
written as ``1.10``. This module knows nothing of eAccounting.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import NoReturn, TypeAlias

Json: TypeAlias = "bool | int | Decimal | str | Sequence[Json] | Mapping[str, Json] | None"

# Python refuses to convert longer texts to int (CVE-2020-10735); such numbers stay Decimals.
INT_DIGITS = 300
# Beyond this many places a number is written with an exponent: 1E+999999 is not spelled out.
PLAIN_DIGITS = 400

# Deeper ones are refused while reading, because writing them would end in a RecursionError.
NESTING_MOST = 100

_SURROGATE = re.compile("[\ud800-\udfff]")


class BadJson(ValueError):
    """The text is not JSON, or not JSON that this server takes; the message says why."""


def _integer(text: str) -> int | Decimal:
    if text == "-0":
        return Decimal("-0")
    return int(text) if len(text) <= INT_DIGITS else Decimal(text)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise BadJson("a number is out of range") from None


def _constant(text: str) -> NoReturn:
    raise BadJson(f"{text} is not a JSON number")


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise BadJson(f"the member {name[:80]!r} appears twice")
            seen.add(name)
    return found


def parse(data: bytes) -> Json:
    """Parse UTF-8 JSON text; refuse duplicate members, NaN, Infinity and excessive nesting."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise BadJson(f"the text is not UTF-8 (byte {fault.start})") from None
    try:
        value: Json = json.loads(
            text,
            parse_int=_integer,
            parse_float=_decimal,
            parse_constant=_constant,
            object_pairs_hook=_unique,
        )
    except BadJson:
        raise
    except RecursionError:
        raise BadJson("the text is nested too deeply") from None
    except ValueError as fault:
        raise BadJson(f"not JSON: {fault}") from None
    if _too_deep(value):
        raise BadJson("the text is nested too deeply")
    return value


def _too_deep(value: Json) -> bool:
    level = [value]
    for _ in range(NESTING_MOST):
        level = [part for whole in level for part in _parts(whole)]
        if not level:
            return False
    return True


def _parts(value: Json) -> Iterable[Json]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def has_odd_text(value: Json) -> bool:
    """Tell whether any text in the value holds a NUL or half of a surrogate pair."""
    open_values = [value]
    while open_values:
        current = open_values.pop()
        if isinstance(current, str):
            if "\x00" in current or _SURROGATE.search(current):
                return True
        elif isinstance(current, Mapping):
            open_values.extend(current.keys())
            open_values.extend(current.values())
        elif isinstance(current, Sequence):
            open_values.extend(current)
    return False


def number(value: int | Decimal) -> str:
    """Write a number exactly; plain digits unless that would take hundreds of them."""
    if isinstance(value, int):
        return str(value)
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        raise BadJson(f"{value} is not a JSON number")
    if exponent > -PLAIN_DIGITS and value.adjusted() < PLAIN_DIGITS:
        return format(value, "f")
    return str(value)


def _text(value: str) -> str:
    # Half a surrogate pair has no UTF-8 form; only then are letters escaped.
    return json.dumps(value, ensure_ascii=_SURROGATE.search(value) is not None)


def same(name: str) -> str:
    """Leave a member name as it is."""
    return name


def encode(value: Json, rename: Callable[[str], str] = same) -> str:
    """Write a value as compact JSON; ``rename`` is applied to every member name."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, (int, Decimal)):
        return number(value)
    if isinstance(value, Mapping):
        members = (f"{_text(rename(name))}:{encode(item, rename)}" for name, item in value.items())
        return "{" + ",".join(members) + "}"
    return "[" + ",".join(encode(item, rename) for item in value) + "]"


def camel(name: str) -> str:
    """Turn a PascalCase member name into camelCase as .NET does: GLN becomes gln, IsActive isActive."""
    head = re.match(r"[A-Z]+(?![a-z])|[A-Z]", name)
    return name if head is None else head.group().lower() + name[head.end() :]
