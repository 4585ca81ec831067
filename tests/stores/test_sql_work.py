"""What the SQL work logs promise beside the contract: their table, trouble below, races, damaged rows."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from attrs import evolve
from sqlalchemy import Engine, event, text
from sqlalchemy.ext.asyncio import create_async_engine

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.busy import (
    Member,
    PriceMode,
    Prices,
    Task,
    TimeEntry,
    WorkSettings,
    WorkType,
)
from visma_busy_sync.orders import DocumentError, DocumentTooNew
from visma_busy_sync.stores import MemoryCatalogue, StoreUnavailable
from visma_busy_sync.stores.sql import AsyncSqlCatalogue, AsyncSqlWorkLog, SqlCatalogue, SqlWorkLog, ddl
from visma_busy_sync.sync import Kind
from visma_busy_sync.testing.parity import drift

from .test_sql_state import dialect_of, engine_of, everything_about
from .test_work_log import MARCH, cost, hours, order

SECRET = "a confidential comment"


@pytest.fixture(params=["sqlite_url", "postgres_url"], ids=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    address: str = request.getfixturevalue(request.param)
    return address


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """The host's, on a database that has both tables."""
    with engine_of(url) as engine:
        log_of(engine)
        yield engine


def log_of(engine: Engine) -> SqlWorkLog:
    catalogue = SqlCatalogue(engine)
    catalogue.create_table()
    log = SqlWorkLog(catalogue)
    log.create_table()
    return log


def house(engine: Engine) -> str:
    return SqlCatalogue(engine).add("acme", Kind.PROJECT, name="House")


def secret(id: str = "h") -> TimeEntry:
    return evolve(hours(id), comment=SECRET)


CALLS: dict[str, Callable[[SqlWorkLog, str], object]] = {
    "work": lambda log, project: log.work("acme", project, MARCH),
    "finalised": lambda log, _: log.finalised("acme"),
    "set_settings": lambda log, _: log.set_settings("acme", WorkSettings(invoice_text=SECRET)),
    "add_work_type": lambda log, _: log.add_work_type("acme", WorkType(id="w", name=SECRET)),
    "add_member": lambda log, _: log.add_member("acme", Member(id="m", name=SECRET)),
    "add_task": lambda log, project: log.add_task("acme", project, Task(id="t", name=SECRET)),
    "set_prices": lambda log, project: log.set_prices("acme", project, Prices(mode=PriceMode.PROJECT)),
    "set_billable": lambda log, project: log.set_billable("acme", project, billable=False),
    "allow_several_customers": lambda log, project: log.allow_several_customers("acme", project),
    "book": lambda log, project: log.book("acme", project, secret(), costs=[cost("k")]),
    "spend": lambda log, project: log.spend("acme", project, cost("k")),
    "finalise": lambda log, _: log.finalise("acme", order("o")),
}


class TestTable:
    """Where the work is."""

    @pytest.mark.parametrize("name", CALLS)
    def test_where_it_is_missing_the_error_says_what_to_do(self, url: str, name: str) -> None:
        with SqlCatalogue.open(url) as catalogue:
            catalogue.create_table()
            project = catalogue.add("acme", Kind.PROJECT, name="House")
            with pytest.raises(ConfigurationError, match="visma_busy_sync_work does not exist") as caught:
                CALLS[name](SqlWorkLog(catalogue), project)
            assert "create_table()" in caught.value.advice
            assert f"visma_busy_sync.stores.sql {dialect_of(url)} --store work" in caught.value.advice
            assert SECRET not in everything_about(caught.value)

    def test_where_that_of_the_catalogue_is_missing_the_error_names_it(self, url: str) -> None:
        with SqlCatalogue.open(url) as catalogue:
            log = SqlWorkLog(catalogue)
            log.create_table()
            with pytest.raises(
                ConfigurationError, match="visma_busy_sync_catalogue does not exist"
            ) as caught:
                log.work("acme", "x", MARCH)
            assert "--store catalogue" in caught.value.advice

    def test_many_may_create_it_at_once(self, url: str) -> None:
        with ThreadPoolExecutor(8) as pool, SqlCatalogue.open(url) as catalogue:
            catalogue.create_table()
            list(pool.map(lambda _: SqlWorkLog(catalogue).create_table(), range(8)))
            assert list(SqlWorkLog(catalogue).finalised("acme")) == []

    def test_what_ddl_writes_is_the_table_that_it_needs(self, url: str) -> None:
        with engine_of(url) as engine:
            with engine.begin() as connection:
                for statement in filter(str.strip, ddl(dialect_of(url), store="work").split(";")):
                    connection.execute(text(statement))
            log, project = log_of(engine), house(engine)
            for call in CALLS.values():
                call(log, project)
            assert log.work("acme", project, MARCH).entries == (secret(),)

    def test_the_command_prints_the_ddl(self) -> None:
        command = [sys.executable, "-m", "visma_busy_sync.stores.sql", "postgresql", "--store", "work"]
        printed = subprocess.run([*command, "--schema", "b"], check=True, capture_output=True, text=True)
        assert printed.stdout == ddl("postgresql", store="work", schema="b")
        assert "CREATE TABLE b.visma_busy_sync_work (" in printed.stdout

    def test_both_may_be_in_schemas_under_other_names(self, postgres_url: str) -> None:
        with engine_of(postgres_url) as engine:
            with engine.begin() as connection:
                connection.execute(text('CREATE SCHEMA "Visma"'))
            catalogue = SqlCatalogue(engine, schema="Visma", table="Records")
            log = SqlWorkLog(catalogue, schema="Visma", table="Work")
            for store in (catalogue, log):
                store.create_table()
            project = catalogue.add("acme", Kind.PROJECT, name="House")
            log.book("acme", project, hours("h"))
            assert log.work("acme", project, MARCH).project.name == "House"
            with engine.connect() as connection:
                assert connection.scalar(text('SELECT id FROM "Visma"."Work"')) == "h"

    def test_a_person_can_read_it(self, engine: Engine) -> None:
        """The day in UTC, the hours of a cost, and the value as a JSON text."""
        log_of(engine).book(
            "acme", "7", hours("h", datetime(2026, 3, 1, 23, 30, tzinfo=UTC)), costs=[cost("k", entry="h")]
        )
        with engine.connect() as connection:
            statement = "SELECT kind, tenant, project, id, day, entry, body FROM visma_busy_sync_work"
            rows = connection.execute(text(f"{statement} ORDER BY number")).mappings().all()
        assert [(row["kind"], row["project"], row["id"], row["entry"]) for row in rows] == [
            ("time entry", "7", "h", None),
            ("expense", "7", "k", "h"),
        ]
        assert [str(row["day"]) for row in rows] == ["2026-03-01", "2026-03-10"]
        assert json.loads(rows[1]["body"])["value"]["out_price"] == "5"

    def test_another_table_of_that_name_is_told_apart(self, url: str) -> None:
        with SqlCatalogue.open(url) as catalogue, engine_of(url) as engine:
            catalogue.create_table()
            with engine.begin() as connection:
                connection.execute(text("CREATE TABLE visma_busy_sync_work (id INTEGER)"))
            for name in ("book", "finalised"):
                with pytest.raises(ConfigurationError, match="columns"):
                    CALLS[name](SqlWorkLog(catalogue), "7")


class TestRows:
    """What is written is read for ever, or not at all."""

    def _change(self, engine: Engine, kind: str, change: Callable[[dict[str, Any]], object]) -> None:
        with engine.begin() as connection:
            where = {"kind": kind}
            body = connection.scalar(text("SELECT body FROM visma_busy_sync_work WHERE kind = :kind"), where)
            document = json.loads(body)
            change(document)
            connection.execute(
                text("UPDATE visma_busy_sync_work SET body = :body WHERE kind = :kind"),
                {"body": json.dumps(document), **where},
            )

    def test_a_row_from_before_a_field_was_there_has_its_default(self, engine: Engine) -> None:
        """So a field that is new in a version of this package needs no migration."""
        log, project = log_of(engine), house(engine)
        log.set_settings("acme", WorkSettings(invoice_text="Thanks", max_rows=7))
        log.book("acme", project, secret())
        self._change(engine, "settings", lambda body: body["value"].pop("max_rows"))
        self._change(engine, "time entry", lambda body: body["value"].pop("excluded"))
        work = log.work("acme", project, MARCH)
        assert work.settings == WorkSettings(invoice_text="Thanks")
        assert work.entries == (secret(),)

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param(lambda body: body["value"].pop("start"), id="member missing"),
            pytest.param(lambda body: body["value"].update(surcharge="1"), id="member unknown"),
            pytest.param(lambda body: body["value"].update(billable_minutes="60"), id="another type"),
            pytest.param(lambda body: body.update(document="expense"), id="another document"),
            pytest.param(lambda body: body.pop("value"), id="nothing in it"),
        ],
    )
    def test_a_row_that_was_damaged_is_refused(
        self, engine: Engine, change: Callable[[dict[str, Any]], object]
    ) -> None:
        """With one typed error that does not repeat it."""
        log, project = log_of(engine), house(engine)
        log.book("acme", project, secret())
        self._change(engine, "time entry", change)
        with pytest.raises(DocumentError, match="no time entry that can be read") as caught:
            log.work("acme", project, MARCH)
        assert SECRET not in str(caught.value)

    def test_an_order_that_was_changed_is_refused(self, engine: Engine) -> None:
        log = log_of(engine)
        log.finalise("acme", order("o"))
        self._change(engine, "order", lambda body: body["order"].update(currency="EUR"))
        with pytest.raises(DocumentError, match="hash"):
            log.finalised("acme")

    def test_a_row_of_a_newer_version_is_refused(self, engine: Engine) -> None:
        log, project = log_of(engine), house(engine)
        log.book("acme", project, secret())
        self._change(engine, "time entry", lambda body: body.update(schema=99))
        with pytest.raises(DocumentTooNew, match="Update visma-busy-sync"):
            log.work("acme", project, MARCH)

    @pytest.mark.parametrize(
        "call",
        [
            lambda log: log.book("a\0", "p", hours("h")),
            lambda log: log.book("acme", "p\0", hours("h")),
            lambda log: log.book("acme", "p", hours("h"), hours("h\0")),
            lambda log: log.book("acme", "p", hours("h"), costs=[cost("k", entry="h\0")]),
            lambda log: log.book("acme", "p", hours("h"), hours("x" * 2500)),
            lambda log: log.add_task("acme", "p\ud800", Task(id="t", name="T")),
            lambda log: log.finalise("acme", order("o\0")),
        ],
        ids=["tenant", "project", "id", "hours of a cost", "long", "surrogate", "order"],
    )
    def test_an_id_that_the_database_cannot_hold_is_a_mistake(
        self, engine: Engine, call: Callable[[SqlWorkLog], object]
    ) -> None:
        """Nothing is written, what fits neither."""
        log = log_of(engine)
        with pytest.raises(ConfigurationError, match="cannot be stored"):
            call(log)
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM visma_busy_sync_work")) == 0

    def test_ids_may_be_long(self, engine: Engine) -> None:
        """As long as the index of PostgreSQL holds, letters that it cannot pack."""
        log, project = log_of(engine), house(engine)
        id = "".join(chr(0x4E00 + at) for at in range(800))
        log.book("acme", project, hours(id), costs=[cost("k", entry=id)])
        work = log.work("acme", project, MARCH)
        assert (work.entries, work.expenses[0].entry) == ((hours(id),), id)


class TestStatements:
    """How much is asked of the database."""

    def test_ten_thousand_hours_need_as_many_statements_as_one(self, engine: Engine) -> None:
        log, project = log_of(engine), house(engine)
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: object) -> None:
            seen.append(statement)

        event.listen(engine, "before_cursor_execute", note)

        def read() -> tuple[int, int, int]:
            seen.clear()
            work = log.work("acme", project, MARCH)
            return len(work.entries), len(work.expenses), len(seen)

        log.book("acme", project, hours("h"), costs=[cost("k", entry="h")])
        _, _, statements = read()
        many = [hours(f"h{at}", datetime(2026, 3, 1 + at % 31, tzinfo=UTC)) for at in range(10_000)]
        log.book("acme", project, *many, costs=[cost(f"k{at}", entry=f"h{at}") for at in range(1_000)])
        assert read() == (10_001, 1_001, statements)

    def test_costs_on_hours_of_long_ago_need_one_more(self, engine: Engine) -> None:
        """And no time for each of them, also where the database knows nothing of its tables yet."""
        log, project = log_of(engine), house(engine)
        seen: list[str] = []
        event.listen(engine, "before_cursor_execute", lambda *given: seen.append(given[2]))

        def read() -> int:
            seen.clear()
            assert log.work("acme", project, MARCH).expenses == ()
            return len(seen)

        before = read()
        old = [hours(f"h{at}", datetime(2016, 3, 1, tzinfo=UTC)) for at in range(10_000)]
        log.book("acme", project, *old, costs=[cost(f"k{at}", entry=f"h{at}") for at in range(5_000)])
        assert read() == before + 1

    def test_what_is_long_ago_is_not_read(self, engine: Engine) -> None:
        """The days are searched by an index."""
        log, project = log_of(engine), house(engine)
        old = [hours(f"old{at}", datetime(2016, 1, 1, tzinfo=UTC)) for at in range(2_000)]
        log.book("acme", project, *old, hours("h"))
        with engine.connect() as connection:
            connection.execute(text("ANALYZE"))
            explain = "EXPLAIN" if engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
            where = f"tenant = 'acme' AND kind = 'time entry' AND project = '{project}'"
            days = "day BETWEEN '2026-03-01' AND '2026-03-31'"
            statement = f"{explain} SELECT body FROM visma_busy_sync_work WHERE {where} AND {days}"
            plan = connection.execute(text(statement)).all()
            assert "visma_busy_sync_work_by_day" in "\n".join(str(row) for row in plan)


class TestHostsEngine:
    """It is used as it is."""

    @pytest.mark.parametrize("level", ["AUTOCOMMIT", "SERIALIZABLE"])
    def test_work_is_of_one_moment_however_the_engine_is_set_up(self, url: str, level: str) -> None:
        with engine_of(url, isolation_level=level) as engine:
            log, project = log_of(engine), house(engine)
            if engine.dialect.name == "sqlite":
                with engine.connect() as connection:  # else a reader keeps writers out
                    connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            log.book("acme", project, hours("h"), costs=[cost("k", entry="h")])
            booked = threading.Event()

            def book(connection: Any, cursor: Any, statement: str, *_: object) -> None:
                """Another books between the first statement of a reading and the last."""
                if "visma_busy_sync_catalogue" in statement and not booked.is_set():
                    booked.set()
                    with SqlCatalogue.open(url) as catalogue:
                        other = SqlWorkLog(catalogue)
                        other.book("acme", project, hours("h2"), costs=[cost("k2", entry="h2")])
                        catalogue.edit("acme", Kind.PROJECT, project, name="Hut")

            event.listen(engine, "after_cursor_execute", book)
            work = log.work("acme", project, MARCH)
            assert booked.is_set()
            assert [entry.id for entry in work.entries] == ["h"]
            assert [expense.id for expense in work.expenses] == ["k"]
            after = log.work("acme", project, MARCH)
            assert (len(after.entries), len(after.expenses), after.project.name) == (2, 2, "Hut")

    def test_a_rollback_of_the_host_takes_nothing_back(self, engine: Engine) -> None:
        log, project = log_of(engine), house(engine)
        with engine.connect() as connection, connection.begin() as transaction:
            connection.execute(text("SELECT 1"))
            log.book("acme", project, hours("h"))
            transaction.rollback()
        assert log.work("acme", project, MARCH).entries == (hours("h"),)

    def test_closing_it_leaves_the_connections_to_the_catalogue(self, url: str) -> None:
        with SqlCatalogue.open(url) as catalogue:
            catalogue.create_table()
            with SqlWorkLog(catalogue) as log:
                log.create_table()
            catalogue.add("acme", Kind.PROJECT, name="House")
            assert list(log.finalised("acme")) == []

    @pytest.mark.anyio
    async def test_an_asynchronous_engine_is_used_as_it_is(self, url: str) -> None:
        engine = create_async_engine(url.replace("sqlite:", "sqlite+aiosqlite:"))
        try:
            catalogue = AsyncSqlCatalogue(engine)
            await catalogue.create_table()
            project = await catalogue.add("acme", Kind.PROJECT, name="House")
            async with AsyncSqlWorkLog(catalogue) as log:
                await log.create_table()
                await asyncio.gather(*(log.book("acme", project, hours(f"h{at}")) for at in range(4)))
            work = await log.work("acme", project, MARCH)
            assert sorted(entry.id for entry in work.entries) == ["h0", "h1", "h2", "h3"]
        finally:
            await engine.dispose()

    def test_a_catalogue_of_another_sort_is_told(self) -> None:
        memory: Any = MemoryCatalogue()
        with pytest.raises(TypeError, match="needs SqlCatalogue, not MemoryCatalogue: see AsyncSqlWorkLog"):
            SqlWorkLog(memory)
        with pytest.raises(TypeError, match="needs AsyncSqlCatalogue, not MemoryCatalogue: see SqlWorkLog"):
            AsyncSqlWorkLog(memory)


class TestTrouble:
    """What goes wrong below reaches the host as an error of the package, without a word of the work."""

    @pytest.fixture
    def postgres(self, postgres_url: str) -> Iterator[Engine]:
        with engine_of(postgres_url) as engine:
            log_of(engine)
            yield engine

    def _at_commit(self, engine: Engine, statement: str) -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN {statement}; RETURN NULL; END $$"
            )
            connection.exec_driver_sql(
                "CREATE CONSTRAINT TRIGGER note AFTER INSERT OR UPDATE ON visma_busy_sync_work "
                "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note()"
            )

    def test_what_the_database_ended_for_anothers_sake_is_tried_again(self, postgres: Engine) -> None:
        with postgres.begin() as connection:
            connection.exec_driver_sql("CREATE SEQUENCE attempts")
        self._at_commit(
            postgres, "IF nextval('attempts') < 4 THEN RAISE 'no' USING ERRCODE = '40P01'; END IF"
        )
        log, project = log_of(postgres), house(postgres)
        log.book("acme", project, hours("h"))
        assert log.work("acme", project, MARCH).entries == (hours("h"),)

    def test_a_connection_lost_while_committing_may_have_booked(self, postgres: Engine) -> None:
        self._at_commit(postgres, "PERFORM pg_terminate_backend(pg_backend_pid())")
        with pytest.raises(StoreUnavailable) as caught:
            log_of(postgres).book("acme", "p", secret())
        assert caught.value.may_have_happened
        assert SECRET not in everything_about(caught.value)

    def test_a_connection_that_died_is_replaced(self, postgres: Engine) -> None:
        log, project = log_of(postgres), house(postgres)
        for at in range(3):
            log.book("acme", project, hours(f"h{at}"))
            with psycopg.connect(str(postgres.url).replace("+psycopg", ""), autocommit=True) as admin:
                admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            assert len(log.work("acme", project, MARCH).entries) == at + 1

    def test_those_who_book_the_same_in_another_order_do_not_lock_each_other(self, engine: Engine) -> None:
        """All is booked, and what is told is one of the two."""
        log, project = log_of(engine), house(engine)
        entries = [hours(f"h{at}") for at in range(50)]

        def book(turn: int) -> None:
            changed = [evolve(entry, billable_minutes=turn) for entry in entries]
            log.book("acme", project, *(changed if turn % 2 else changed[::-1]))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(book, range(40)))
        work = log.work("acme", project, MARCH)
        assert len(work.entries) == 50
        assert len({entry.billable_minutes for entry in work.entries}) == 1

    def test_orders_that_are_finalised_at_once_are_all_there(self, engine: Engine) -> None:
        """Each once, also where two finalise revisions of one."""
        log = log_of(engine)

        def finalise(at: int) -> None:
            log.finalise("acme", order(f"o{at % 5}", revision=1 + at // 5))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(finalise, range(20)))
        assert sorted(each.id for each in log.finalised("acme")) == [f"o{at}" for at in range(5)]

    def test_a_log_of_all_statements_has_nothing_that_was_booked(
        self, engine: Engine, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG, "sqlalchemy.engine.Engine"):
            log_of(engine).book("acme", "p", secret())
        assert "INSERT INTO visma_busy_sync_work" in caplog.text
        assert SECRET not in caplog.text


def test_the_sql_work_logs_are_twins() -> None:
    assert drift(SqlWorkLog, AsyncSqlWorkLog) == []
