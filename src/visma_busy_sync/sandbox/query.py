"""``$filter`` and ``$orderby``: a small parser for the part of OData the sandbox speaks.

::

    or       := and ("or" and)*
    and      := unary ("and" unary)*
    unary    := "not" unary | "(" or ")" | side [operator side]
    side     := function | operand
    function := ("contains" | "startswith" | "endswith") "(" operand "," operand ")"
    operator := "eq" | "ne" | "gt" | "ge" | "lt" | "le"
    operand  := 'text' | number | true | false | null | GUID | date | property

GUIDs, numbers and dates stand bare, texts in single quotes with inner quotes doubled (as public clients send
them). A fault gives ErrorCode 6000, a malformed date 6001 (vendor's error table). Comparisons with null are
false except ``eq`` and ``ne``; text is compared exactly; null sorts as the smallest value, as in SQL Server.
"""

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, Final, Literal, NoReturn, TypeAlias

from visma_busy_sync.sandbox import dates
from visma_busy_sync.sandbox.company import Record
from visma_busy_sync.sandbox.errors import BAD_DATE, BAD_QUERY, ApiFault
from visma_busy_sync.sandbox.jsontext import Json
from visma_busy_sync.sandbox.schema import Member, Schema

Value: TypeAlias = bool | int | Decimal | str | None
Kind: TypeAlias = Literal["text", "number", "boolean", "guid", "date", "null"]
Predicate: TypeAlias = Callable[[Record], bool]
Order: TypeAlias = Callable[[Sequence[Record]], list[Record]]

DEPTH = 50

_TOKEN = re.compile(r"\s*(?:([(),])|'((?:[^']|'')*)'|([^\s(),']+))")
_GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", re.ASCII)
_NUMBER = re.compile(r"([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)[dDfFlLmM]?", re.ASCII)
_DATE_LIKE = re.compile(r"\d+-\d*-|\d+-\d+T|\d+/\d+/", re.ASCII)
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)

_KINDS: Final[dict[str, Kind]] = {
    "string": "text",
    "uuid": "guid",
    "date-time": "date",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
}
_EQUALITY: Final = {"eq": operator.eq, "ne": operator.ne}
# Both sides are of one ordered kind when these are called, which the type checker cannot see.
_ORDER: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_FUNCTIONS: Final[dict[str, Callable[[str, str], bool]]] = {
    "contains": lambda text, part: part in text,
    "startswith": lambda text, part: text.startswith(part),
    "endswith": lambda text, part: text.endswith(part),
}
_ORDERED_KINDS: Final = frozenset({"text", "number", "date"})


def bad(message: str, code: int = BAD_QUERY) -> NoReturn:
    """Refuse the query."""
    raise ApiFault(400, code, message)


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled ``$filter``: whether it keeps a record, and the members it reads, by their own names."""

    keeps: Predicate
    reads: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    form: Literal["mark", "text", "word", "end"]


@dataclass(frozen=True, slots=True)
class _Operand:
    kind: Kind
    value: Callable[[Record], Value]


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    place = 0
    text = text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            bad(f"$filter: a text is not closed at position {place + 1}")
        mark, quoted, word = match.groups()
        if mark is not None:
            found.append(_Token(mark, "mark"))
        elif quoted is not None:
            found.append(_Token(quoted.replace("''", "'"), "text"))
        else:
            found.append(_Token(word, "word"))
        place = match.end()
    found.append(_Token("", "end"))
    return found


def comparable(kind: Kind, value: Json) -> Value:
    """Turn a stored value into one that can be compared; what does not fit its kind counts as null."""
    if kind == "number":
        return value if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else None
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    if not isinstance(value, str):
        return None
    if kind == "date":
        return dates.ticks(value)
    return value.lower() if kind == "guid" else value


def _from_record(member: Member) -> Callable[[Record], Value]:
    name, kind = member.name, _KINDS[member.kind]
    return lambda record: comparable(kind, record.get(name))


def _constant(kind: Kind, value: Value) -> _Operand:
    return _Operand(kind, lambda _record: value)


def _literal(word: str) -> _Operand | None:
    folded = word.lower()
    if folded in ("true", "false"):
        return _constant("boolean", folded == "true")
    if folded == "null":
        return _constant("null", None)
    if _GUID.fullmatch(word):
        return _constant("guid", folded)
    number = _NUMBER.fullmatch(word)
    if number:
        try:
            return _constant("number", Decimal(number[1]))
        except InvalidOperation:
            bad("$filter: a number is out of range")
    if _DATE_LIKE.match(word):
        moment = dates.ticks(word)
        if moment is None:
            bad(f"$filter: '{word[:60]}' is not a date", BAD_DATE)
        return _constant("date", moment)
    return None


class _Parser:
    """Reads one filter over one schema; every method consumes what it names."""

    def __init__(self, text: str, schema: Schema) -> None:
        self._tokens = _tokens(text)
        self._place = 0
        self._schema = schema
        self._depth = 0
        self._reads: set[str] = set()

    def filter(self) -> Condition:
        keeps = self._any()
        if self._peek().form != "end":
            self._unexpected()
        return Condition(keeps, frozenset(self._reads))

    def _peek(self) -> _Token:
        return self._tokens[self._place]

    def _word(self, *words: str) -> str | None:
        token = self._peek()
        if token.form == "word" and token.text.lower() in words:
            self._place += 1
            return token.text.lower()
        return None

    def _mark(self, mark: str) -> bool:
        token = self._peek()
        if token.form == "mark" and token.text == mark:
            self._place += 1
            return True
        return False

    def _expect(self, mark: str) -> None:
        if not self._mark(mark):
            self._unexpected()

    def _unexpected(self) -> NoReturn:
        token = self._peek()
        what = "the end" if token.form == "end" else f"'{token.text[:60]}'"
        bad(f"$filter: syntax error at {what}")

    def _any(self) -> Predicate:
        parts = [self._all()]
        while self._word("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda record: any(part(record) for part in parts)

    def _all(self) -> Predicate:
        parts = [self._unary()]
        while self._word("and"):
            parts.append(self._unary())
        return parts[0] if len(parts) == 1 else lambda record: all(part(record) for part in parts)

    def _unary(self) -> Predicate:
        self._depth += 1
        if self._depth > DEPTH:
            bad(f"$filter: nested more than {DEPTH} deep")
        try:
            if self._word("not"):
                inner = self._unary()
                return lambda record: not inner(record)
            if self._mark("("):
                grouped = self._any()
                self._expect(")")
                return grouped
            return self._comparison()
        finally:
            self._depth -= 1

    def _comparison(self) -> Predicate:
        left = self._side()
        name = self._word(*_EQUALITY, *_ORDER)
        if name is None:
            if left.kind != "boolean":
                self._unexpected()
            return lambda record: left.value(record) is True
        return _compare(name, left, self._side(beside=left.kind))

    def _side(self, beside: Kind | None = None) -> _Operand:
        following = self._tokens[min(self._place + 1, len(self._tokens) - 1)]
        return self._function() if following == _Token("(", "mark") else self._operand(beside)

    def _function(self) -> _Operand:
        name = self._word(*_FUNCTIONS)
        if name is None:
            self._unexpected()
        self._expect("(")
        text = self._operand()
        self._expect(",")
        part = self._operand()
        self._expect(")")
        if text.kind != "text" or part.kind != "text":
            bad(f"$filter: {name} takes two texts")
        test = _FUNCTIONS[name]

        def holds(record: Record) -> bool:
            whole, piece = text.value(record), part.value(record)
            return isinstance(whole, str) and isinstance(piece, str) and test(whole, piece)

        return _Operand("boolean", holds)

    def _operand(self, beside: Kind | None = None) -> _Operand:
        token = self._peek()
        if token.form not in ("text", "word"):
            self._unexpected()
        found = _constant("text", token.text) if token.form == "text" else _literal(token.text)
        if beside == "date" and self._no_date(token, found):
            bad(f"$filter: '{token.text[:60]}' is not a date", BAD_DATE)
        found = found or self._property(token.text)
        self._place += 1
        return found

    def _no_date(self, token: _Token, found: _Operand | None) -> bool:
        """Tell whether what stands beside a date property neither is a date nor could become one."""
        if found is None:
            return self._schema.member(token.text) is None
        return found.kind == "number" or (found.kind == "text" and dates.ticks(token.text) is None)

    def _property(self, name: str) -> _Operand:
        if not _NAME.fullmatch(name):
            self._unexpected()
        member = find_member(self._schema, name, "$filter")
        self._reads.add(member.name)
        return _Operand(_KINDS[member.kind], _from_record(member))


def find_member(schema: Schema, name: str, option: str) -> Member:
    """Find a property that can be compared; refuse unknown ones and those made of parts."""
    member = schema.member(name)
    if member is None:
        bad(f"{option}: '{name[:60]}' is not a property of {schema.name}")
    if member.kind not in _KINDS:
        bad(f"{option}: '{member.name}' cannot be compared")
    return member


def _compare(name: str, left: _Operand, right: _Operand) -> Predicate:
    kinds = {left.kind, right.kind} - {"null"}
    if len(kinds) > 1:
        bad(f"$filter: '{name}' between {left.kind} and {right.kind}")
    first, second = left.value, right.value
    if name in _EQUALITY:
        same = _EQUALITY[name]
        return lambda record: bool(same(first(record), second(record)))
    if kinds - _ORDERED_KINDS:
        bad(f"$filter: '{name}' does not apply to {left.kind}")
    before = _ORDER[name]

    def holds(record: Record) -> bool:
        one, other = first(record), second(record)
        return one is not None and other is not None and before(one, other)

    return holds


def parse_filter(text: str, schema: Schema) -> Condition:
    """Compile a ``$filter`` over the members of a schema."""
    return _Parser(text, schema).filter()


def parse_order(text: str, schema: Schema) -> Order:
    """Compile an ``$orderby``: keys separated by commas, each ``asc`` or ``desc``; equal records by id."""
    keys: list[tuple[Callable[[Record], Value], bool]] = []
    for part in text.split(","):
        words = part.split()
        direction = words[1].lower() if len(words) == 2 else "asc"
        if not words or len(words) > 2 or direction not in ("asc", "desc"):
            bad(f"$orderby: '{part.strip()[:60]}' is not a property with asc or desc")
        keys.append((_from_record(find_member(schema, words[0], "$orderby")), direction == "desc"))

    def ordered(records: Sequence[Record]) -> list[Record]:
        found = sorted(records, key=lambda record: str(record.get("Id")).lower())
        for value, backwards in reversed(keys):
            # reverse=True keeps the order of equal ones, so the id still decides among them.
            found.sort(key=partial(_rank, value), reverse=backwards)
        return found

    return ordered


def _rank(value: Callable[[Record], Value], record: Record) -> tuple[bool, Any]:
    found = value(record)
    return (found is not None, 0 if found is None else found)
