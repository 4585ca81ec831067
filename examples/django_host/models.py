"""Busy's tables, as far as a small Busy has them, and one for the library's documents.

Ids are numbers that the database makes. Amounts are exact (`AmountField`), names short, and a project's
number is unique within its workspace: so the import meets what it meets in a real host.
"""

from __future__ import annotations

from django.db import models

from busy_pages.forms import LONGEST_NAME
from django_host.fields import AmountField
from visma_busy_sync.busy import Approval, Distribution


class Workspace(models.Model):
    """A workspace of Busy: the tenant. Its id stands in addresses."""

    id = models.CharField(primary_key=True, max_length=50)
    name = models.CharField(max_length=100)
    orders_enabled = models.BooleanField(default=True)
    distribution = models.CharField(max_length=20, default=Distribution.CONNECTED_SYSTEM.value)
    order_start_date = models.DateField(null=True)
    include_unapproved_hours = models.BooleanField(default=False)
    invoice_text = models.TextField(null=True)


class Imported(models.Model):
    """What projects, customers and products share: they are imported, and have the library's link beside."""

    workspace = models.ForeignKey(Workspace, models.CASCADE)
    number = models.CharField(max_length=65, null=True)
    archived = models.BooleanField(default=False)
    link = models.TextField(null=True)

    class Meta:
        """It has no table."""

        abstract = True


class Customer(Imported):
    """A customer."""

    name = models.CharField(max_length=LONGEST_NAME)
    organization_number = models.CharField(max_length=20, null=True)


class Product(Imported):
    """What hours and costs are sold as."""

    name = models.CharField(max_length=LONGEST_NAME)


class Project(Imported):
    """A project."""

    name = models.CharField(max_length=LONGEST_NAME)
    customer = models.ForeignKey(Customer, models.SET_NULL, null=True)
    start_date = models.DateField(null=True)
    end_date = models.DateField(null=True)
    notes = models.TextField(null=True)
    is_billable = models.BooleanField(default=True)

    class Meta:
        """Numbers are unique; any number of projects may have none."""

        constraints = (
            models.UniqueConstraint(fields=("workspace", "number"), name="one_project_per_number"),
        )


class WorkType(models.Model):
    """A work type; its rate is that of all projects here."""

    workspace = models.ForeignKey(Workspace, models.CASCADE)
    name = models.CharField(max_length=64)
    product = models.ForeignKey(Product, models.SET_NULL, null=True)
    rate = AmountField(null=True)


class Member(models.Model):
    """Somebody who books hours."""

    workspace = models.ForeignKey(Workspace, models.CASCADE)
    name = models.CharField(max_length=100)


class Booked(models.Model):
    """What hours and costs share; `order` is the id of the order that they are on, draft or finalised."""

    project = models.ForeignKey(Project, models.PROTECT)
    work_type = models.ForeignKey(WorkType, models.PROTECT, null=True)
    approval = models.CharField(max_length=10, default=Approval.NONE.value)
    comment = models.TextField(null=True)
    order = models.CharField(max_length=100, null=True)

    class Meta:
        """It has no table."""

        abstract = True


class TimeEntry(Booked):
    """Hours on a project."""

    member = models.ForeignKey(Member, models.PROTECT)
    start = models.DateTimeField(db_index=True)
    billable_minutes = models.PositiveIntegerField()
    rate = AmountField(null=True)
    excluded = models.CharField(max_length=40, null=True)


class Expense(Booked):
    """A cost on a project, or on hours of it."""

    entry = models.ForeignKey(TimeEntry, models.PROTECT, null=True)
    date = models.DateField(db_index=True)
    product = models.ForeignKey(Product, models.PROTECT, null=True)
    quantity = AmountField()
    out_price = AmountField()


class Order(models.Model):
    """An order as it was finalised: the text of `order_to_json`, which alone is read again.

    The ids of rows are in the order of finalising.
    """

    workspace = models.ForeignKey(Workspace, models.CASCADE)
    order_id = models.CharField(max_length=100)
    project = models.CharField(max_length=40)
    document = models.TextField()

    class Meta:
        """An order is there once, in its last revision."""

        constraints = (models.UniqueConstraint(fields=("workspace", "order_id"), name="one_row_per_order"),)


class VismaDocument(models.Model):
    """The library's own documents. What is of no workspace has the tenant "", so that is no foreign key."""

    pk = models.CompositePrimaryKey("tenant", "key")
    tenant = models.TextField()
    key = models.TextField()
    version = models.PositiveIntegerField()
    body = models.TextField()
