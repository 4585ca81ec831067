"""Exact JSON: numbers go from text to `Decimal` and back to text without passing through a float."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import NoReturn, cast

from visma_busy_sync.eaccounting.models import JsonValue

# Beyond this a number is written with an exponent: "1E+999999" must not become a megabyte of zeros.
_PLAIN_DIGITS = 40


class JsonError(ValueError):
    """The text is not JSON, or not JSON that can be held exactly. The message repeats nothing of it."""


def loads(body: bytes) -> JsonValue:
    """Decode `body`, UTF-8 with or without a byte order mark. Of members with the same name the last wins.

    Raises:
        JsonError: If it is not UTF-8, not JSON, nested too deeply, holds NaN, Infinity, a number that is
            too long, or half of a surrogate pair.
    """
    try:
        text = body.decode("utf-8-sig")
        value = cast("JsonValue", json.loads(text, parse_float=Decimal, parse_constant=_refuse))
        if "\\ud" in text or "\\uD" in text:
            dumps(value)  # half a pair passes until here and would fail later, in the host's database
    except UnicodeDecodeError:
        raise JsonError("not UTF-8") from None
    except RecursionError:
        raise JsonError("nested too deeply") from None
    except JsonError:
        raise
    except (ValueError, InvalidOperation) as error:
        where = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise JsonError(f"not JSON{where}") from None
    return value


def _refuse(constant: str) -> NoReturn:
    raise JsonError(f"{constant} is not JSON")


def dumps(value: JsonValue) -> bytes:
    """Encode `value` as UTF-8 without white space; a `Decimal` becomes a JSON number with all its digits.

    Raises:
        JsonError: If it holds something that JSON cannot hold exactly, a float for instance, or half of a
            surrogate pair, or is nested too deeply.
    """
    parts: list[str] = []
    try:
        _write(value, parts)
        return "".join(parts).encode()
    except RecursionError:
        raise JsonError("nested too deeply") from None
    except UnicodeEncodeError:
        raise JsonError("a text holds half of a surrogate pair") from None


def _write(value: object, parts: list[str]) -> None:
    if isinstance(value, dict):
        opening = "{"
        for key, item in cast("dict[object, object]", value).items():
            if not isinstance(key, str):
                raise JsonError(f"a name is of the type {type(key).__name__}, not a text")
            parts += (opening, json.dumps(key, ensure_ascii=False), ":")
            _write(item, parts)
            opening = ","
        parts.append("}" if value else "{}")
    elif isinstance(value, list | tuple):
        opening = "["
        for item in cast("list[object]", value):
            parts.append(opening)
            _write(item, parts)
            opening = ","
        parts.append("]" if value else "[]")
    elif isinstance(value, Decimal):
        parts.append(_number(value))
    elif value is None or isinstance(value, str | int):
        parts.append(_scalar(value))
    else:
        raise JsonError(f"a value is of the type {type(value).__name__}, which JSON cannot hold exactly")


def _scalar(value: str | int | None) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except ValueError:  # Python writes no whole number of more than 4300 digits
        raise JsonError("a number is too long") from None


def _number(value: Decimal) -> str:
    if not value.is_finite():
        raise JsonError("a number is not finite")
    exponent = value.as_tuple().exponent
    plain = value.adjusted() < _PLAIN_DIGITS and isinstance(exponent, int) and exponent > -_PLAIN_DIGITS
    return format(value, "f") if plain else str(value)
