"""Check the body of a write against a schema and report every fault at once.

Members that are unknown or read-only are ignored; names may be PascalCase or camelCase. What comes out
holds only members of the schema that were sent, under their PascalCase names, dates in the API's form.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from visma_busy_sync.sandbox import dates
from visma_busy_sync.sandbox.errors import BAD_BODY, BAD_DATE, FieldFault
from visma_busy_sync.sandbox.jsontext import Json
from visma_busy_sync.sandbox.schema import SCHEMAS, Member, Schema, blank

INT32_MOST = 2_147_483_647
# The API's numbers are doubles; amounts with more digits than a double holds are refused.
NUMBER_DIGITS = 15
NUMBER_DECIMALS = 15

_GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", re.ASCII)


def is_guid(text: str) -> bool:
    """Tell whether a text is a GUID in its usual form."""
    return _GUID.fullmatch(text) is not None


@dataclass(slots=True)
class Checked:
    """Sent members that are sound, and the faults of the others."""

    values: dict[str, Json] = field(default_factory=dict)
    faults: list[FieldFault] = field(default_factory=list)
    _where: set[str] = field(default_factory=set)

    def fault(self, where: str, message: str, key: str, code: int = BAD_BODY) -> None:
        """Note a fault; only the first one of a member counts."""
        if where in self._where:
            return
        self._where.add(where)
        self.faults.append(FieldFault(where, code, f"{where}: {message}", key))

    def include(self, faults: Sequence[FieldFault]) -> None:
        """Take over the faults of a part."""
        self.faults.extend(faults)
        self._where.update(fault.field for fault in faults)


def check(schema: Schema, body: Mapping[str, Json], *, within: str = "") -> Checked:
    """Check an object; ``within`` is where it stands (``Rows[0].``)."""
    found = Checked()
    sent: dict[str, Json] = {}
    for name, value in body.items():
        member = schema.member(name)
        if member is None or member.read_only:
            continue
        if member.name in sent:
            found.fault(within + member.name, "sent twice", "Duplicate")
        sent[member.name] = value
    for member in schema.members:
        where = within + member.name
        value = sent.get(member.name)
        if member.required and (value is None or (isinstance(value, str) and not value.strip())):
            found.fault(where, "is required", "Required")
        elif member.name in sent:
            _member(found, member, value, where)
    return found


def _member(found: Checked, member: Member, value: Json, where: str) -> None:
    if value is None:
        if member.nullable:
            found.values[member.name] = None
        elif member.kind != "object":
            found.fault(where, "must not be null", "Type")
        return
    before = len(found.faults)
    checked = _CHECKS[member.kind](found, member, value, where)
    # The sound parts of a list are kept, so that the caller's own rules can be checked on them too.
    if len(found.faults) == before or (member.kind == "array" and isinstance(checked, list)):
        found.values[member.name] = checked


def _string(found: Checked, member: Member, value: Json, where: str) -> Json:
    if not isinstance(value, str):
        found.fault(where, "must be a text", "Type")
    elif member.length is not None and len(value) > member.length:
        found.fault(where, f"is longer than {member.length} characters", "MaxLength")
    return value


def _uuid(found: Checked, _member: Member, value: Json, where: str) -> Json:
    if not isinstance(value, str) or not is_guid(value):
        found.fault(where, "must be a GUID", "Type")
        return value
    return value.lower()


def _date(found: Checked, _member: Member, value: Json, where: str) -> Json:
    if not isinstance(value, str):
        found.fault(where, "must be a date", "Type")
        return value
    day = dates.calendar_day(value)
    if day is None:
        found.fault(where, f"'{value[:40]}' is not a date", "DateFormat", BAD_DATE)
        return value
    return dates.written(day)


def _integer(found: Checked, member: Member, value: Json, where: str) -> Json:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > INT32_MOST:
        found.fault(where, "must be a whole number of 32 bits", "Type")
    elif member.values and value not in member.values:
        found.fault(where, f"is not one of {', '.join(map(str, member.values))}", "Enum")
    else:
        _range(found, member, Decimal(value), where)
    return value


def decimal_places(value: int | Decimal) -> int:
    """Count the decimals of a number, trailing zeros left out."""
    if isinstance(value, int) or not value:
        return 0
    _, digits, exponent = value.as_tuple()
    places = -exponent if isinstance(exponent, int) else 0
    for digit in reversed(digits):
        if digit or places <= 0:
            break
        places -= 1
    return max(places, 0)


def _number(found: Checked, member: Member, value: Json, where: str) -> Json:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        found.fault(where, "must be a number", "Type")
        return value
    if not value:
        return 0 if isinstance(value, int) or abs(value.adjusted()) > NUMBER_DIGITS else value
    exact = Decimal(value)
    places = decimal_places(exact)
    most = NUMBER_DECIMALS if member.decimals is None else member.decimals
    if exact.adjusted() >= NUMBER_DIGITS:
        found.fault(where, f"has more than {NUMBER_DIGITS} digits", "Range")
        return value
    if places > most:
        found.fault(where, f"has more than {most} decimals", "Decimals")
    _range(found, member, exact, where)
    return value


def _range(found: Checked, member: Member, value: Decimal, where: str) -> None:
    too_low = member.least is not None and value < member.least
    too_high = member.most is not None and value > member.most
    if too_low or too_high:
        limits = [f"at least {member.least}" if member.least is not None else ""]
        limits.append(f"at most {member.most}" if member.most is not None else "")
        found.fault(where, f"must be {' and '.join(filter(None, limits))}", "Range")


def _boolean(found: Checked, _member: Member, value: Json, where: str) -> Json:
    if not isinstance(value, bool):
        found.fault(where, "must be true or false", "Type")
    return value


def _object(found: Checked, member: Member, value: Json, where: str) -> Json:
    if not isinstance(value, Mapping):
        found.fault(where, "must be an object", "Type")
        return value
    inner = check(SCHEMAS[member.of], value, within=f"{where}.")
    found.include(inner.faults)
    return blank(SCHEMAS[member.of]) | inner.values


def _array(found: Checked, member: Member, value: Json, where: str) -> Json:
    if not isinstance(value, Sequence) or isinstance(value, str):
        found.fault(where, "must be a list", "Type")
        return value
    if member.of in SCHEMAS:
        item = Member(member.name, "object", of=member.of)
    else:
        item = Member(member.name, "uuid" if member.of == "uuid" else "string")
    return [_CHECKS[item.kind](found, item, one, f"{where}[{place}]") for place, one in enumerate(value)]


_CHECKS: Final[Mapping[str, Callable[[Checked, Member, Json, str], Json]]] = {
    "string": _string,
    "uuid": _uuid,
    "date-time": _date,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "object": _object,
    "array": _array,
}
