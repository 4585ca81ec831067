"""What the API's objects are made of: members, their kinds, lengths, ranges; read from the member tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, TypeAlias, cast, get_args

from visma_busy_sync.sandbox import members_parties, members_sales
from visma_busy_sync.sandbox.jsontext import Json

Kind: TypeAlias = Literal["string", "uuid", "date-time", "integer", "number", "boolean", "object", "array"]

EMPTY_ID = "00000000-0000-0000-0000-000000000000"
# What a non-nullable member holds that nobody set: the default of its .NET type.
_BLANKS: Final[Mapping[str, Json]] = {
    "string": "",
    "uuid": EMPTY_ID,
    "date-time": "0001-01-01T00:00:00",
    "integer": 0,
    "number": Decimal("0.0"),
    "boolean": False,
    "array": (),
}


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an object: its rules as the API description states them."""

    name: str
    kind: Kind
    nullable: bool = False
    read_only: bool = False
    required: bool = False
    length: int | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    decimals: int | None = None
    values: tuple[int, ...] = ()
    of: str = ""


@dataclass(frozen=True, slots=True)
class Schema:
    """An object of the API; ``by_folded`` finds members whatever the case of their letters."""

    name: str
    members: tuple[Member, ...]
    by_folded: Mapping[str, Member]

    def member(self, name: str) -> Member | None:
        """Find a member by name, PascalCase or camelCase."""
        return self.by_folded.get(name.lower())


def _member(line: str) -> Member:
    name, kind, *rules = line.split()
    if kind not in get_args(Kind):
        raise ValueError(f"{name}: unknown kind {kind}")
    flags = {rule for rule in rules if "=" not in rule}
    given = dict(rule.split("=", 1) for rule in rules if "=" in rule)
    return Member(
        name=name,
        kind=cast("Kind", kind),
        nullable="null" in flags,
        read_only="readonly" in flags,
        required="required" in flags,
        length=int(given["length"]) if "length" in given else None,
        least=Decimal(given["least"]) if "least" in given else None,
        most=Decimal(given["most"]) if "most" in given else None,
        decimals=int(given["decimals"]) if "decimals" in given else None,
        values=tuple(int(value) for value in given["values"].split(",")) if "values" in given else (),
        of=given.get("of", ""),
    )


def _read(tables: str) -> dict[str, Schema]:
    lines: dict[str, list[str]] = {}
    current: list[str] = []
    for line in tables.strip().splitlines():
        if line.startswith(" "):
            current.append(line)
        else:
            current = lines.setdefault(line.strip(), [])
    schemas: dict[str, Schema] = {}
    for name, rows in lines.items():
        members = tuple(_member(row) for row in rows)
        schemas[name] = Schema(name, members, {member.name.lower(): member for member in members})
    return schemas


SCHEMAS: Final[Mapping[str, Schema]] = _read(members_sales.TABLES) | _read(members_parties.TABLES)


def blank(schema: Schema) -> dict[str, Json]:
    """Build an object with every member present: null where allowed, else the type's default."""
    made: dict[str, Json] = {}
    for member in schema.members:
        if member.nullable:
            made[member.name] = None
        elif member.kind == "object":
            made[member.name] = blank(SCHEMAS[member.of])
        else:
            made[member.name] = _BLANKS[member.kind]
    return made


@dataclass(frozen=True, slots=True)
class Resource:
    """One list of the API: its path name, its schema, its change stamp, who may read and write it.

    ``missing`` is the status for an id that is not there; the API description has 404 for two lists only.
    """

    path: str
    schema: Schema
    stamp: str | None
    read: frozenset[str]
    write: frozenset[str] = frozenset()
    missing: int = 400


_SALES = frozenset({"ea:sales", "ea:sales_readonly"})
_PURCHASE = frozenset({"ea:purchase", "ea:purchase_readonly"})
_ACCOUNTING = frozenset({"ea:accounting", "ea:accounting_readonly"})
_WRITE = frozenset({"ea:sales"})

# Scopes: `x-any-scope-of` of the API description.
RESOURCES: Final[Mapping[str, Resource]] = {
    resource.path: resource
    for resource in (
        Resource(
            "projects",
            SCHEMAS["Project"],
            "ModifiedUtc",
            _SALES | _PURCHASE | _ACCOUNTING,
            frozenset({"ea:accounting"}),
            missing=404,
        ),
        Resource("customers", SCHEMAS["Customer"], "ChangedUtc", _SALES, _WRITE),
        Resource("articles", SCHEMAS["Article"], "ChangedUtc", _SALES, _WRITE),
        Resource("units", SCHEMAS["Unit"], None, _SALES, missing=404),
        Resource("termsofpayments", SCHEMAS["TermsOfPayment"], None, _SALES | _PURCHASE),
        Resource("articleaccountcodings", SCHEMAS["ArticleAccountCoding"], "ChangedUtc", _SALES),
        Resource("orders", SCHEMAS["Order"], "ModifiedUtc", _SALES, _WRITE),
    )
}
SETTINGS_SCHEMA: Final = SCHEMAS["CompanySettings"]
SETTINGS_READ: Final = _SALES
