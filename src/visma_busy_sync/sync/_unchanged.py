"""Which records need no closer look. This is the fast way: in most runs most records did not change.

Equal notes have equal texts. So a link document is not read, but compared with the text that it has if
nothing changed, which takes a fraction of the time. That cannot be wrong, because every other text is read:
one that is damaged or written otherwise, one of several companies, one with an unusual note, and one whose
host stored something else than it was asked. For the same reason, what stands here twice for speed, the form
of a document, could only make a sync slow if it were out of step with `link_with`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from json.encoder import encode_basestring_ascii as quoted
from typing import Final, TypeAlias, cast, final

from visma_busy_sync.sync._links import ArchiveReason, Noted, link_with
from visma_busy_sync.sync._mapping import Upstream
from visma_busy_sync.sync._records import Kind, Record, Value


class _Texts(dict[Value, str]):
    """The JSON texts of values. Those of texts are made each time; dates are few, so each is made once."""

    def __missing__(self, value: Value) -> str:
        text = self[value] = quoted(cast("date", value).isoformat())
        return text

    def of(self, value: Value) -> str:
        """Return the JSON text of any value."""
        return quoted(value) if isinstance(value, str) else self[value]


_Write: TypeAlias = Callable[[Mapping[str, Value], Value, _Texts], tuple[str, str]]
"""From a row's values and Busy's id of its customer to what a link notes: the base, and what Busy stored."""


def _customer(values: Mapping[str, Value], _: Value, texts: _Texts) -> tuple[str, str]:
    text = texts.of
    base = (
        f'"archived":{texts[values["archived"]]},"name":{text(values["name"])},'
        f'"number":{text(values["number"])},"organization_number":{text(values["organization_number"])}'
    )
    return base, base


def _product(values: Mapping[str, Value], _: Value, texts: _Texts) -> tuple[str, str]:
    text = texts.of
    base = (
        f'"archived":{texts[values["archived"]]},"name":{text(values["name"])},'
        f'"number":{text(values["number"])}'
    )
    return base, base


def _project(values: Mapping[str, Value], customer: Value, texts: _Texts) -> tuple[str, str]:
    text = texts.of
    before = f'"archived":{texts[values["archived"]]},"customer":'
    after = (
        f',"end_date":{texts[values["end_date"]]},"name":{text(values["name"])},'
        f'"notes":{text(values["notes"])},"number":{text(values["number"])},'
        f'"start_date":{texts[values["start_date"]]}'
    )
    return f"{before}{text(values['customer'])}{after}", f"{before}{text(customer)}{after}"


_WRITE: Final[Mapping[Kind, _Write]] = {
    Kind.CUSTOMER: _customer,
    Kind.PRODUCT: _product,
    Kind.PROJECT: _project,
}


def _around(gap: str = "\0") -> list[str]:
    """Return what stands in every document around company, reason, base, id and stored values."""
    noted = Noted(gap, {gap: None}, {gap: None}, cast("ArchiveReason", gap))
    document = link_with(None, gap, noted, kind=Kind.PROJECT, id=None).document
    return document.replace(f"{quoted(gap)}:null", quoted(gap)).split(quoted(gap))


_BEFORE_COMPANY, _BEFORE_REASON, _BEFORE_BASE, _BEFORE_ID, _BEFORE_STORED, _END = _around()
_FIND_ID: Final = f'{_BEFORE_ID}"'
_FINISHED: Final = quoted(ArchiveReason.FINISHED)


@final
class Unchanged:
    """Tells which records of one kind are linked and as they were, in eAccounting and in their link."""

    def __init__(
        self, company: str, kind: Kind, rows: Mapping[str, Upstream], customers: Mapping[str, str]
    ) -> None:
        """Prepare.

        Args:
            company: eAccounting's id of the company.
            kind: What the records are.
            rows: What eAccounting has, by its id.
            customers: Busy's ids of the linked customers, by eAccounting's id.
        """
        self._start = f"{_BEFORE_COMPANY}{quoted(company)}{_BEFORE_REASON}"
        self._rows = rows
        self._customers = customers
        self._write = _WRITE[kind]
        self._texts = _Texts({None: "null", True: "true", False: "false"})

    def id_of(self, record: Record) -> str | None:
        """Return eAccounting's id of a record that needs no closer look; None for one that does."""
        if record.link is None:
            return None
        document = record.link.document
        # Whatever stands there, only an equal text proves that it is the id.
        begin = document.find(_FIND_ID) + len(_FIND_ID)
        row = self._rows.get(document[begin : document.find('"', begin)])
        if row is None:
            return None
        values = row.values
        customer = None
        theirs = values.get("customer")
        if isinstance(theirs, str):
            customer = self._customers.get(theirs)
            if customer is None:
                return None
        base, stored = self._write(values, customer, self._texts)
        # One that is active all the same was brought back by a person, which is to be noted.
        finished = values["archived"] is True and record.values.get("archived") is not False
        expected = (
            f"{self._start}{_FINISHED if finished else 'null'}{_BEFORE_BASE}{base}"
            f"{_BEFORE_ID}{quoted(row.id)}{_BEFORE_STORED}{stored}{_END}"
        )
        return row.id if document == expected else None
