"""The host's three ports on the bench of the conformance kit.

```
BUSY_DATABASE=/tmp/bench.sqlite PYTHONPATH=examples pytest --visma-ports django_host.bench:Bench
```

It empties the database's tables for each check, so give it one of its own. What a person does in Busy happens
in a thread beside, which has a connection of its own: the ports do not prove themselves.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, ParamSpec, Self, TypeVar

import django
from attrs import evolve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_host.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 - models need settings
from django.db import connection, connections, transaction  # noqa: E402

from busy_pages.forms import LONGEST_NAME  # noqa: E402
from django_host import catalogue, models, ordering, state_store, work_log  # noqa: E402
from django_host.transactions import key_of  # noqa: E402
from visma_busy_sync import busy  # noqa: E402
from visma_busy_sync.ports import Versioned  # noqa: E402
from visma_busy_sync.sync import Kind, Record, Value  # noqa: E402
from visma_busy_sync.testing.conformance import (  # noqa: E402
    CatalogueHarness,
    ChildStore,
    StateHarness,
    WorkLogHarness,
)

P = ParamSpec("P")
T = TypeVar("T")

_TABLES = (
    models.VismaDocument,
    models.Order,
    models.Expense,
    models.TimeEntry,
    models.Member,
    models.WorkType,
    models.Project,
    models.Product,
    models.Customer,
    models.Workspace,
)
"""Those that refer to others before those."""


@functools.cache
def _migrated() -> None:
    call_command("migrate", verbosity=0)


class _Requested:
    """A port as a request uses it: the connection of its thread ends with it, since the thread does."""

    def __init__(self, port: object) -> None:
        self._port = port

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._port, name)

        def call(*arguments: object) -> Any:
            try:
                return method(*arguments)
            finally:
                if threading.current_thread() is not threading.main_thread():
                    connection.close()

        return call


class Bench(StateHarness, CatalogueHarness, WorkLogHarness):
    """All three ports with all that the kit can ask for."""

    def __enter__(self) -> Self:
        self._person = ThreadPoolExecutor(1)
        _migrated()
        with transaction.atomic():
            for table in _TABLES:
                table.objects.all().delete()
            for tenant in self.tenants:
                models.Workspace.objects.create(id=tenant, name=tenant)
        return self

    def __exit__(self, *_: object) -> None:
        self._by_a_person(connections.close_all)
        self._person.shutdown()
        self.reopen()

    def reopen(self) -> None:
        """Close the connection; Django opens a new one by itself."""
        connection.close()

    @contextmanager
    def ambient(self) -> Iterator[None]:
        """Begin what `ATOMIC_REQUESTS` begins, and roll it back."""
        with transaction.atomic():
            yield
            transaction.set_rollback(True)

    def _by_a_person(self, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return self._person.submit(act, *args, **kwargs).result()

    def state(self) -> Any:
        """Return a state store."""
        return _Requested(state_store.DjangoStateStore())

    def child(self) -> ChildStore:
        """Tell how another process opens one; the database is in its environment too."""
        return ChildStore("django_host.bench:open_state")

    def read_raw(self, tenant: str, key: str) -> Versioned | None:
        """Read a document."""
        row = self._by_a_person(models.VismaDocument.objects.filter(tenant=tenant, key=key).first)
        return None if row is None else Versioned(row.version, row.body)

    def write_raw(self, tenant: str, key: str, document: Versioned) -> None:
        """Put a document in place of one that is there."""
        values = {"version": document.version, "body": document.body}
        self._by_a_person(
            models.VismaDocument.objects.update_or_create, tenant=tenant, key=key, defaults=values
        )

    def catalogue(self) -> Any:
        """Return a catalogue."""
        return _Requested(catalogue.DjangoCatalogue())

    def catalogue_child(self) -> ChildStore:
        """Tell how another process opens one."""
        return ChildStore("django_host.bench:open_catalogue")

    def record_raw(self, tenant: str, kind: Kind, id: str) -> Record | None:
        """Read a record."""
        row = self._by_a_person(self._records(tenant, kind, id).first)
        return None if row is None else catalogue.record_of(kind, row)

    def add_raw(self, tenant: str, kind: Kind, values: Mapping[str, Value]) -> str:
        """Create a record."""
        make = catalogue.MODELS[kind].objects.create
        return str(self._by_a_person(make, workspace_id=tenant, **catalogue.columns_of(values)).pk)

    def edit_raw(self, tenant: str, kind: Kind, id: str, values: Mapping[str, Value]) -> None:
        """Edit fields of a record."""
        self._by_a_person(self._records(tenant, kind, id).update, **catalogue.columns_of(values))

    def remove_raw(self, tenant: str, kind: Kind, id: str) -> None:
        """Delete a record."""
        self._by_a_person(self._records(tenant, kind, id).delete)

    def refused_values(self, kind: Kind) -> Mapping[str, Value]:
        """Return a name that is too long."""
        del kind
        return {"name": "x" * (LONGEST_NAME + 1)}

    def _records(self, tenant: str, kind: Kind, id: str) -> Any:
        return catalogue.MODELS[kind].objects.filter(workspace_id=tenant, pk=key_of(id))

    def work_log(self) -> Any:
        """Return a work log."""
        return _Requested(work_log.DjangoWorkLog())

    def put_raw(self, tenant: str, value: Any, project: str | None = None) -> Any:
        """Create or change what hours refer to; here are no tasks, and prices are those of work types."""
        del project
        match value:
            case busy.WorkSettings():
                names = ("order_start_date", "include_unapproved_hours", "invoice_text")
                columns = {name: getattr(value, name) for name in (*names, "distribution", "orders_enabled")}
                self._by_a_person(models.Workspace.objects.filter(pk=tenant).update, **columns)
                return busy.WorkSettings(**columns)
            case busy.Customer():
                return self._put(tenant, models.Customer, value, name=value.name)
            case busy.Product():
                return self._put(tenant, models.Product, value, name=value.name, number=value.number)
            case busy.Member():
                return self._put(tenant, models.Member, value, name=value.name)
            case busy.WorkType():
                kept = {"product_id": value.product, "rate": value.default_rate}
                return self._put(tenant, models.WorkType, value, name=value.name, **kept)
            case busy.Project():
                texts: dict[str, str | None] = {"number": value.number, "name": value.name}
                own = {"customer_id": value.customer, "is_billable": value.is_billable}
                row = self._put(tenant, models.Project, value, **texts, **own)
                return evolve(row, allows_several_customers=False)
        return None

    def _put(self, tenant: str, model: Any, value: Any, **columns: object) -> Any:
        known = {"pk": key_of(value.id), "workspace_id": tenant}
        # A form takes no more letters than the column holds.
        texts: dict[str, str | None] = {
            name: _cut(model, name, columns[name]) for name in ("number", "name") if name in columns
        }
        key = self._by_a_person(_put, model, known, {**columns, **texts})
        return evolve(value, id=str(key), **texts)

    def book_raw(
        self, tenant: str, project: str, entries: Sequence[busy.TimeEntry], costs: Sequence[busy.Expense]
    ) -> tuple[Sequence[busy.TimeEntry], Sequence[busy.Expense]]:
        """Book hours and costs in one transaction; hours have no customers of their own and no tasks."""
        del tenant
        return self._by_a_person(_book, project, entries, costs)

    def archive_raw(self, tenant: str, project: str) -> None:
        """Archive a project."""
        self._by_a_person(self._records(tenant, Kind.PROJECT, project).update, archived=True)

    def finalise_raw(self, tenant: str, order: busy.Order) -> None:
        """Finalise an order."""
        self._by_a_person(ordering.keep_order, tenant, order)


def open_state(_: str) -> state_store.DjangoStateStore:
    """Open a state store in another process."""
    return state_store.DjangoStateStore()


def open_catalogue(_: str) -> catalogue.DjangoCatalogue:
    """Open a catalogue in another process."""
    return catalogue.DjangoCatalogue()


def _cut(model: Any, column: str, text: Any) -> str | None:
    return None if text is None else str(text)[: getattr(model, column).field.max_length]


def _put(model: Any, known: Mapping[str, Any], columns: Mapping[str, object]) -> int:
    """Change the row, if it is there, else make one; return its key."""
    if known["pk"] is not None and model.objects.filter(**known).update(**columns):
        return int(known["pk"])
    workspace = {name: value for name, value in known.items() if name != "pk"}
    return int(model.objects.create(**workspace, **columns).pk)


def _book(
    project: str, entries: Sequence[busy.TimeEntry], costs: Sequence[busy.Expense]
) -> tuple[Sequence[busy.TimeEntry], Sequence[busy.Expense]]:
    with transaction.atomic():
        return _booked(project, entries, costs)


def _booked(
    project: str, entries: Sequence[busy.TimeEntry], costs: Sequence[busy.Expense]
) -> tuple[Sequence[busy.TimeEntry], Sequence[busy.Expense]]:
    ids: dict[str, str] = {}
    hours = []
    for entry in entries:
        shared = ("start", "billable_minutes", "rate", "approval", "excluded", "order", "comment")
        columns = {name: getattr(entry, name) for name in shared}
        columns |= {"work_type_id": entry.work_type, "member_id": entry.member}
        known = {"pk": key_of(entry.id), "project_id": project}
        ids[entry.id] = str(_put(models.TimeEntry, known, columns))
        hours.append(evolve(entry, id=ids[entry.id], customer=None, task=None))
    spent = []
    for cost in costs:
        entry_id = None if cost.entry is None else ids.get(cost.entry, cost.entry)
        columns = {
            name: getattr(cost, name)
            for name in ("date", "quantity", "out_price", "approval", "order", "comment")
        }
        columns |= {"work_type_id": cost.work_type, "product_id": cost.product, "entry_id": entry_id}
        key = _put(models.Expense, {"pk": key_of(cost.id), "project_id": project}, columns)
        spent.append(evolve(cost, id=str(key), entry=entry_id, customer=None))
    return hours, spent
