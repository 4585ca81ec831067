"""Which records need no closer look. This is the fast way: in most runs most records did not change.

Equal notes have equal texts. So a link document is not read, but compared with the text that it has if
nothing changed, which takes a fraction of the time. That cannot be wrong, because every other text is read:
one that is damaged or written otherwise, one of several companies, one with an unusual note, and one whose
host stored something else than it was asked. For the same reason, what stands here twice for speed, the form
of a document, could only make a sync slow if it were out of step with `link_with`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, Final, TypeAlias, cast

from visma_busy_sync.sync._links import ArchiveReason, Noted, link_with
from visma_busy_sync.sync._mapping import Upstream
from visma_busy_sync.sync._records import Kind, Record, Value


class _Plain(dict[Value, str]):
    """The JSON texts of what is no text. Dates are few, so the text of each is made once."""

    def __missing__(self, value: Value) -> str:
        text = self[value] = quoted(cast("date", value).isoformat())
        return text


_Write: TypeAlias = Callable[[Mapping[str, Any], _Plain], tuple[str, str]]
"""From a row's values to their text as a link notes it: what comes before the id of a customer, and after it.

Whether a value is a text is asked in place: a function for it would take longer than the writing itself.
"""


def _customer(values: Mapping[str, Any], plain: _Plain) -> tuple[str, str]:
    text, _ = _product(values, plain)
    organization = values["organization_number"]
    return f'{text},"organization_number":{"null" if organization is None else quoted(organization)}', ""


def _product(values: Mapping[str, Any], plain: _Plain) -> tuple[str, str]:
    name, number = values["name"], values["number"]
    text = (
        f'"archived":{plain[values["archived"]]}'
        f',"name":{"null" if name is None else quoted(name)}'
        f',"number":{"null" if number is None else quoted(number)}'
    )
    return text, ""


def _project(values: Mapping[str, Any], plain: _Plain) -> tuple[str, str]:
    name, number, notes = values["name"], values["number"], values["notes"]
    after = (
        f',"end_date":{plain[values["end_date"]]}'
        f',"name":{"null" if name is None else quoted(name)}'
        f',"notes":{"null" if notes is None else quoted(notes)}'
        f',"number":{"null" if number is None else quoted(number)}'
        f',"start_date":{plain[values["start_date"]]}'
    )
    return f'"archived":{plain[values["archived"]]},"customer":', after


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
_AFTER_ID: Final = f'"{_BEFORE_STORED}'
_FINISHED: Final = quoted(ArchiveReason.FINISHED)


def recognised(
    company: str,
    kind: Kind,
    rows: Mapping[str, Upstream],
    customers: Mapping[str, str],
    records: Iterable[Record],
) -> tuple[dict[str, Record], list[Record]]:
    """Return the records that need no closer look, by eAccounting's id of them, and those that do.

    The former are linked, and as they were in eAccounting and in their link. Of two that are linked to one,
    the second needs a closer look.

    Args:
        company: eAccounting's id of the company.
        kind: What the records are.
        rows: What eAccounting has, by its id.
        customers: Busy's ids of the linked customers, by eAccounting's id.
        records: What Busy has.
    """
    start = f"{_BEFORE_COMPANY}{quoted(company)}{_BEFORE_REASON}"
    skip = len(_FIND_ID)
    write = _WRITE[kind]
    plain = _Plain({None: "null", True: "true", False: "false"})
    # The ids of a project's customer on both sides; other kinds have none.
    pairs = {id: (quoted(id), quoted(busy_id)) for id, busy_id in customers.items()}
    no_customer = ("null", "null") if kind is Kind.PROJECT else ("", "")
    unchanged: dict[str, Record] = {}
    others: list[Record] = []
    for record in records:
        if record.link is not None:
            document = record.link.document
            # Whatever stands there, only an equal text proves that it is the id. One without an escape is
            # written as it is.
            begin = document.find(_FIND_ID) + skip
            id = document[begin : document.find('"', begin)]
            row = rows.get(id)
            if row is not None and "\\" not in id:
                values: Mapping[str, Any] = row.values
                customer = values.get("customer")
                pair = no_customer if customer is None else pairs.get(customer)
                if pair is not None:
                    theirs, busys = pair
                    before, after = write(values, plain)
                    # One that is active all the same was brought back by a person, which is to be noted.
                    finished = values["archived"] is True and record.values.get("archived") is not False
                    expected = (
                        f"{start}{_FINISHED if finished else 'null'}{_BEFORE_BASE}{before}{theirs}{after}"
                        f"{_FIND_ID}{id}{_AFTER_ID}{before}{busys}{after}{_END}"
                    )
                    if document == expected and unchanged.setdefault(row.id, record) is record:
                        continue
        others.append(record)
    return unchanged, others
