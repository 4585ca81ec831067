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
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, ParamSpec, Self, TypeVar

import django
from attrs import evolve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_host.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 - models need settings
from django.db import transaction  # noqa: E402
from django.db.backends.signals import connection_created  # noqa: E402

from django_host import catalogue, models, ordering, state_store, work_log  # noqa: E402
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


class Bench(StateHarness, CatalogueHarness, WorkLogHarness):
    """All three ports with all that the kit can ask for."""

    def __init__(self) -> None:
        self._opened: list[Any] = []

    def __enter__(self) -> Self:
        connection_created.connect(self._note)
        self._person = ThreadPoolExecutor(1)
        _migrated()
        with transaction.atomic():
            for table in _TABLES:
                table.objects.all().delete()
            for tenant in self.tenants:
                models.Workspace.objects.create(id=tenant, name=tenant)
        return self

    def __exit__(self, *_: object) -> None:
        self._person.shutdown()
        self.reopen()
        connection_created.disconnect(self._note)

    def _note(self, connection: Any, **_: object) -> None:
        """Remember a connection, since each thread has one, and threads of the kit end without closing it."""
        connection.inc_thread_sharing()
        self._opened.append(connection)

    def reopen(self) -> None:
        """Close all connections; Django opens new ones by itself."""
        while self._opened:
            self._opened.pop().close()

    @contextmanager
    def ambient(self) -> Iterator[None]:
        """Begin what `ATOMIC_REQUESTS` begins, and roll it back."""
        with transaction.atomic():
            yield
            transaction.set_rollback(True)

    def _by_a_person(self, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return self._person.submit(act, *args, **kwargs).result()

    def state(self) -> state_store.DjangoStateStore:
        """Return a state store."""
        return state_store.DjangoStateStore()

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

    def catalogue(self) -> catalogue.DjangoCatalogue:
        """Return a catalogue."""
        return catalogue.DjangoCatalogue()

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
        return {"name": "x" * (models.LONGEST_NAME + 1)}

    def _records(self, tenant: str, kind: Kind, id: str) -> Any:
        return catalogue.MODELS[kind].objects.filter(workspace_id=tenant, pk=catalogue.key_of(id))

    def work_log(self) -> work_log.DjangoWorkLog:
        """Return a work log."""
        return work_log.DjangoWorkLog()

    def put_raw(self, tenant: str, value: Any, project: str | None = None) -> Any:
        """Create or change what hours refer to; here are no tasks, and prices are those of work types."""
        del project
        match value:
            case busy.WorkSettings():
                kept = ("order_start_date", "include_unapproved_hours", "invoice_text")
                columns = {name: getattr(value, name) for name in (*kept, "distribution", "orders_enabled")}
                self._by_a_person(models.Workspace.objects.filter(pk=tenant).update, **columns)
                return busy.WorkSettings(**columns)
            case busy.Customer():
                return self._put(tenant, models.Customer, value, name=value.name)
            case busy.Product():
                return self._put(tenant, models.Product, value, name=value.name, number=value.number)
            case busy.Member():
                return self._put(tenant, models.Member, value, name=value.name)
            case busy.WorkType():
                own = {"name": value.name, "product_id": value.product, "rate": value.default_rate}
                return self._put(tenant, models.WorkType, value, **own)
            case busy.Project():
                own = {"number": value.number, "name": value.name, "is_billable": value.is_billable}
                row = self._put(tenant, models.Project, value, **own, customer_id=value.customer)
                return evolve(row, allows_several_customers=False)
        return None

    def _put(self, tenant: str, model: Any, value: Any, **columns: object) -> Any:
        known = {"pk": catalogue.key_of(value.id), "workspace_id": tenant}
        return evolve(value, id=str(self._by_a_person(_put, model, known, columns)))

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


def _put(model: Any, known: Mapping[str, Any], columns: Mapping[str, object]) -> int:
    """Change the row, if it is there, else make one; return its key."""
    if known["pk"] is not None and model.objects.filter(**known).update(**columns):
        return int(known["pk"])
    workspace = {name: value for name, value in known.items() if name != "pk"}
    return int(model.objects.create(**workspace, **columns).pk)


@transaction.atomic
def _book(
    project: str, entries: Sequence[busy.TimeEntry], costs: Sequence[busy.Expense]
) -> tuple[Sequence[busy.TimeEntry], Sequence[busy.Expense]]:
    ids: dict[str, str] = {}
    hours = []
    for entry in entries:
        shared = ("start", "billable_minutes", "rate", "approval", "excluded", "order", "comment")
        columns = {name: getattr(entry, name) for name in shared}
        columns |= {"work_type_id": entry.work_type, "member_id": entry.member}
        known = {"pk": catalogue.key_of(entry.id), "project_id": project}
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
        key = _put(models.Expense, {"pk": catalogue.key_of(cost.id), "project_id": project}, columns)
        spent.append(evolve(cost, id=str(key), entry=entry_id, customer=None))
    return hours, spent
