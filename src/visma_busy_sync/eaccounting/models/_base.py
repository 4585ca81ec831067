"""What every model of the API shares: absent members, ids, open enums, and a repr that hides texts."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Final,
    Literal,
    NewType,
    Self,
    TypeAlias,
    TypeVar,
    cast,
    dataclass_transform,
)

import attrs
from attrs import field

JsonValue: TypeAlias = "str | int | Decimal | bool | list[JsonValue] | dict[str, JsonValue] | None"
"""What a JSON text decodes to here: numbers with a point or an exponent are `Decimal`, never a float."""

if TYPE_CHECKING:
    JsonObject: TypeAlias = Mapping[str, JsonValue]
    """A JSON object, as it is decoded here."""
else:  # attrs.resolve_types evaluates annotations where they stand; a recursive alias would be unknown there
    JsonObject = Mapping[str, Any]


class UnsetType(enum.Enum):
    """The type of `UNSET`."""

    UNSET = enum.auto()

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = UnsetType.UNSET
"""The member is absent: not answered, or not to be sent. `None` is the JSON `null`."""

Unset: TypeAlias = Literal[UnsetType.UNSET]
"""The type of a member that may be `UNSET`."""

ProjectId = NewType("ProjectId", str)
"""eAccounting's id of a project."""
CustomerId = NewType("CustomerId", str)
"""eAccounting's id of a customer."""
ArticleId = NewType("ArticleId", str)
"""eAccounting's id of an article."""
UnitId = NewType("UnitId", str)
"""eAccounting's id of a unit."""
TermsOfPaymentId = NewType("TermsOfPaymentId", str)
"""eAccounting's id of terms of payment."""
ArticleAccountCodingId = NewType("ArticleAccountCodingId", str)
"""eAccounting's id of an article account coding."""
OrderId = NewType("OrderId", str)
"""eAccounting's id of an order. Whether a draft keeps its id when it becomes an order is not documented."""
OrderRowId = NewType("OrderRowId", str)
"""eAccounting's id of a row of an order."""
Guid = NewType("Guid", str)
"""eAccounting's id of something that has no model here. As all ids: a UUID as text, in lower case."""

_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def guid(text: str) -> str:
    """Return `text` as an id in its one form: 36 characters, lower case, with hyphens.

    Stricter than `uuid.UUID`, which also takes braces, stray hyphens, underscores and blanks.

    Raises:
        ValueError: If `text` is not an id. The message does not repeat it.
    """
    if _GUID.fullmatch(text) is None:
        raise ValueError("not an id of the form 00000000-0000-0000-0000-000000000000")
    return text.lower()


class OpenIntEnum(enum.IntEnum):
    """An enumeration that the API may extend: an unknown number becomes a member named `UNKNOWN_n`."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if type(value) is not int:
            return None
        member = int.__new__(cls, value)
        member._name_ = f"UNKNOWN_{value}"
        member._value_ = value
        return member


class Model:
    """Base of all models. Its repr shows ids, numbers, dates and flags, but no text: texts name people.

    Attributes:
        relied_on: The members that must be as described; any other one that is not is left out, and stays
            as it came in `extra`. None for all.
    """

    __slots__ = ()

    relied_on: ClassVar[frozenset[str] | None] = None

    def __repr__(self) -> str:
        shown: list[str] = []
        for attribute in attrs.fields(cast("type[attrs.AttrsInstance]", type(self))):
            value: object = getattr(self, attribute.name)
            if value is UNSET or value is None or attribute.name == "extra":
                continue
            if isinstance(value, tuple):
                shown.append(f"{attribute.name}=<{len(cast('tuple[object, ...]', value))}>")
            elif not isinstance(value, str | Mapping) or _is_key(attribute.name):
                shown.append(f"{attribute.name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"


# Named as ids, but whatever somebody wrote; the Peppol id of a sole trader is that of a person.
_FREE_TEXTS: Final = frozenset({"edi_service_deliverer_id", "peppol_id"})


def _is_key(name: str) -> bool:
    return name in {"id", "number", "currency_code"} or (name.endswith("_id") and name not in _FREE_TEXTS)


T = TypeVar("T")


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(attrs.field, field))
def model(cls: type[T]) -> type[T]:
    """Make `cls` a frozen, keyword-only attrs class that keeps `Model`'s repr."""
    make: Callable[[type[T]], type[T]] = attrs.frozen(kw_only=True, repr=False, weakref_slot=False)
    return make(cls)


def no_members() -> dict[str, JsonValue]:
    """Return a new empty `extra`."""
    return {}
