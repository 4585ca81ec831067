"""What the sync engine and a host's `Catalogue` tell each other: records, links, changes, outcomes."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import date
from typing import TypeAlias

from attrs import field, frozen


class Kind(enum.StrEnum):
    """What a record is. Customers and products come before the projects that refer to them."""

    CUSTOMER = "customer"
    PRODUCT = "product"
    PROJECT = "project"


Value: TypeAlias = str | bool | date | None
"""The value of one imported field. A project's `customer` is the Busy id of that customer."""

FIELDS: Mapping[Kind, tuple[str, ...]] = {
    Kind.CUSTOMER: ("number", "name", "organization_number", "archived"),
    Kind.PRODUCT: ("number", "name", "archived"),
    Kind.PROJECT: ("number", "name", "customer", "start_date", "end_date", "notes", "archived"),
}
"""The fields that are imported, by kind; everything else of a record is Busy's alone.

A host that lacks a field (Busy's customers have no number) leaves it out of its records; then it is
neither compared nor written.
"""


@frozen
class Link:
    """The engine's notes about one record, kept by the host beside the record and opaque to it.

    Attributes:
        document: A JSON text; the host stores and returns it unchanged. It holds the values last seen in
            eAccounting, so it is as confidential as the record itself.
    """

    document: str = field(repr=False)


@frozen
class Record:
    """One project, customer or product as the host has it now, archived or not.

    Attributes:
        kind: What it is.
        id: Busy's id of it.
        values: The imported fields that the host has, by the names in `FIELDS`.
        link: What the engine last stored beside it; None if nothing yet.
    """

    kind: Kind
    id: str
    values: Mapping[str, Value] = field(repr=False)
    link: Link | None = None


def is_active(record: Record) -> bool:
    """Whether a record is in use in Busy; not where the host does not say so."""
    return record.values.get("archived") is False


@frozen
class Change:
    """One change that the host is asked to make, atomically with its link.

    Attributes:
        kind: What is changed.
        id: Busy's id of the record; None to create one.
        values: The fields to set; may be empty where only the link changes.
        expected: For each field in `values`, what the host must still have; empty for a creation.
        expected_link: The link that the record must still have.
        link: The link to store.
    """

    kind: Kind
    id: str | None
    values: Mapping[str, Value] = field(repr=False)
    expected: Mapping[str, Value] = field(repr=False)
    expected_link: Link | None
    link: Link


@frozen
class Applied:
    """The change was made.

    Attributes:
        id: Busy's id of the record, new or known.
        values: All imported fields of the record as the host stored them, which may differ from what was
            asked, for instance where it cuts a text.
    """

    id: str
    values: Mapping[str, Value] = field(repr=False)


@frozen
class Moved:
    """Nothing was changed, because the record is not as the change expected it (or is gone)."""


@frozen
class Refused:
    """Nothing was changed, because the host cannot hold such a record.

    Attributes:
        reason: One sentence for the user, for instance that the number is taken.
    """

    reason: str


Outcome: TypeAlias = Applied | Moved | Refused
"""What `Catalogue.apply` answers to each change."""
