"""What stands behind an order, for the user to send: read from Busy, and told to nobody (R18)."""

from __future__ import annotations

from decimal import Decimal

import attrs
import pytest

from visma_busy_sync.integration import ProjectUnknown
from visma_busy_sync.orders import DocumentError
from visma_busy_sync.ports import Write
from visma_busy_sync.specification import to_html, to_pdf, to_text
from visma_busy_sync.state import order_key
from visma_busy_sync.sync import Kind

from .office import ACME, Office, entry, ready_to_push


def test_the_worked_example_line_by_line(office: Office) -> None:
    """Project and customer by name, each line with its hours, and sums that are those of the order."""
    acme, order = ready_to_push(office)
    found = acme.hours_specification(order)
    project = next(one for one in office.busy.load(ACME, Kind.PROJECT) if one.id == order.project)
    customer = next(one for one in office.busy.load(ACME, Kind.CUSTOMER) if one.id == order.customer)
    assert (found.project_name, found.customer) == (project.values["name"], customer.values["name"])
    assert [(line.text, [one.clock for one in line.hours], line.total) for line in found.lines] == [
        ("Reisetid", ["0:50"], Decimal("533.73")),
        ("Bompenger", [], Decimal("379.80")),
        ("Rådgivning", ["7:30", "3:20"], Decimal("13541.63")),
    ]
    assert (found.total, found.language) == (order.total, "nb")
    assert "Timene bak linjene" in to_html(found)


def test_r18_nothing_is_stored_or_sent(office: Office) -> None:
    """Neither eAccounting nor its login hears of it, before the push or after; nothing is written down."""
    acme, order = ready_to_push(office)
    for push in (False, True):
        if push:
            acme.push(order)
        before, asked = office.snapshot(), len(office.journal())
        found = acme.hours_specification(order, names=True, comments=True, internal=True)
        assert to_text(found)
        assert to_pdf(found)
        assert len(office.journal()) == asked
        assert office.snapshot() == before


def test_it_needs_no_connection(office: Office) -> None:
    """An order of long ago can be specified after the company was disconnected."""
    acme, order = ready_to_push(office)
    before = acme.hours_specification(order)
    acme.disconnect()
    assert acme.hours_specification(order) == before


def test_hours_that_were_changed_since_are_shown_as_they_were_billed(office: Office) -> None:
    acme, order = ready_to_push(office)
    office.hours.book(ACME, order.project, entry("h1", 1))
    found = acme.hours_specification(order, internal=True)
    assert [one.minutes for one in found.lines[2].hours] == [450, 200]
    assert found.internal is not None
    assert [(change.id, change.changed) for change in found.internal.changed] == [("h1", ("minutes",))]


def test_a_customer_that_is_gone_is_not_named(office: Office) -> None:
    acme, order = ready_to_push(office)
    assert acme.hours_specification(attrs.evolve(order, customer="gone")).customer is None


def test_a_project_that_is_gone_is_told(office: Office) -> None:
    acme, order = ready_to_push(office)
    with pytest.raises(ProjectUnknown):
        acme.hours_specification(attrs.evolve(order, project="gone"))


def test_a_page_of_the_ledger_that_cannot_be_read_is_told(office: Office) -> None:
    """The number of the order stands there."""
    acme, order = ready_to_push(office)
    assert office.state.commit(ACME, [Write(order_key(order.id), None, "{}")])
    with pytest.raises(DocumentError):
        acme.hours_specification(order)
