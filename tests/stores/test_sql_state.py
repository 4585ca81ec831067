"""What the SQL state stores promise beside the contract: their table, the host's engine, trouble below."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool, SingletonThreadPool, StaticPool

from visma_busy_sync._core.errors import ConfigurationError, VismaBusySyncError
from visma_busy_sync.ports import Versioned, Write
from visma_busy_sync.stores import StoreUnavailable
from visma_busy_sync.stores.sql import AsyncSqlStateStore, SqlStateStore, ddl

BODY = "a confidential body"


@pytest.fixture(params=["sqlite_url", "postgres_url"], ids=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    address: str = request.getfixturevalue(request.param)
    return address


@contextmanager
def engine_of(url: str, **options: Any) -> Iterator[Engine]:
    engine = create_engine(url, **options)
    try:
        yield engine
    finally:
        engine.dispose()


def dialect_of(url: str) -> str:
    return url.partition(":")[0].partition("+")[0]


def everything_about(error: BaseException) -> str:
    """All that a log may tell of an error: texts, causes, contexts, and the locals of our frames."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [frame for frame in told.stack if __file__ not in frame.filename]
    assert frames
    told.stack = traceback.StackSummary.from_list(frames)
    return "".join(told.format())


class TestTable:
    """Where the documents are."""

    @pytest.mark.parametrize(
        "call",
        [
            lambda store: store.read("acme", ["a"]),
            lambda store: store.scan(""),
            lambda store: store.commit("acme", [Write("a", None, BODY)]),
        ],
        ids=["read", "scan", "commit"],
    )
    def test_where_it_is_missing_the_error_says_what_to_do(
        self, url: str, call: Callable[[SqlStateStore], object]
    ) -> None:
        with SqlStateStore.open(url) as store:
            with pytest.raises(ConfigurationError, match=r"visma_busy_sync_state does not exist") as caught:
                call(store)
            assert "create_table()" in caught.value.advice
            assert f"visma_busy_sync.stores.sql {dialect_of(url)}" in caught.value.advice

    def test_it_is_created_once_and_kept(self, url: str) -> None:
        with SqlStateStore.open(url) as store:
            store.create_table()
            assert store.commit("acme", [Write("a", None, "1")])
            store.create_table()
            assert store.read("acme", ["a"]) == {"a": Versioned(1, "1")}

    def test_many_may_create_it_at_once(self, url: str) -> None:
        with ThreadPoolExecutor(8) as pool:

            def create(_: int) -> None:
                with SqlStateStore.open(url) as store:
                    store.create_table()

            assert len(list(pool.map(create, range(8)))) == 8

    def test_what_ddl_writes_is_the_table_that_it_needs(self, url: str) -> None:
        """A host's migration that runs it makes the store work, and `create_table` finds nothing to do."""
        with engine_of(url) as engine:
            with engine.begin() as connection:
                for statement in filter(str.strip, ddl(dialect_of(url), table="Ours").split(";")):
                    connection.execute(text(statement))
            store = SqlStateStore(engine, table="Ours")
            store.create_table()
            assert store.commit("acme", [Write("a", None, "1")])
            assert [found.key for found in store.scan("a")] == ["a"]

    def test_the_command_prints_the_ddl(self) -> None:
        command = [
            sys.executable,
            "-m",
            "visma_busy_sync.stores.sql",
            "postgresql",
            "--schema",
            "a",
            "--table",
            "b",
        ]
        printed = subprocess.run(command, check=True, capture_output=True, text=True)
        assert printed.stdout == ddl("postgresql", schema="a", table="b")
        assert "CREATE TABLE a.b (" in printed.stdout
        assert printed.stderr == ""

    def test_it_may_be_in_a_schema(self, postgres_url: str) -> None:
        with engine_of(postgres_url) as engine:
            store = SqlStateStore(engine, schema="Visma")
            with pytest.raises(ConfigurationError, match="schema"):
                store.create_table()
            with engine.begin() as connection:
                connection.execute(text('CREATE SCHEMA "Visma"'))
            store.create_table()
            assert store.commit("acme", [Write("a", None, "1")])
            with engine.connect() as connection:
                assert connection.scalar(text('SELECT body FROM "Visma".visma_busy_sync_state')) == "1"

    def test_it_may_be_in_an_attached_file(self, sqlite_url: str, tmp_path: Path) -> None:
        with engine_of(sqlite_url) as engine:

            @event.listens_for(engine, "connect")
            def attach(connection: sqlite3.Connection, _: object) -> None:
                connection.execute("ATTACH ? AS other", [str(tmp_path / "other.db")])

            store = SqlStateStore(engine, schema="other")
            store.create_table()
            assert store.commit("acme", [Write("a", None, "1")])
        with SqlStateStore.open(f"sqlite:///{tmp_path / 'other.db'}") as store:
            assert store.read("acme", ["a"]) == {"a": Versioned(1, "1")}

    def test_another_table_of_that_name_is_told_apart(self, url: str) -> None:
        with engine_of(url) as engine:
            with engine.begin() as connection:
                connection.execute(text("CREATE TABLE visma_busy_sync_state (id INTEGER)"))
            with pytest.raises(ConfigurationError, match="columns"):
                SqlStateStore(engine).commit("acme", [Write("a", None, "1")])

    def test_names_are_in_the_order_of_code_points_whatever_the_language(self, postgres_url: str) -> None:
        """In most languages "B" stands between "a" and "c", so that a range of keys would not be a prefix."""
        with SqlStateStore.open(postgres_url) as store:
            store.create_table()
        with engine_of(postgres_url) as engine, engine.connect() as connection:
            found = connection.execute(
                text("SELECT column_name FROM information_schema.columns WHERE collation_name = 'C'")
            )
            assert {"tenant", "key"} <= set(found.scalars())


SETUPS: Mapping[str, Mapping[str, Any]] = {
    "as it comes": {},
    "autocommit": {"isolation_level": "AUTOCOMMIT"},
    "serializable": {"isolation_level": "SERIALIZABLE"},
    "no pool": {"poolclass": NullPool},
    "echo": {"echo": True},
}


class TestHostsEngine:
    """It is used as it is, and stays as it was."""

    @pytest.mark.parametrize("setup", SETUPS.values(), ids=SETUPS)
    def test_a_commit_is_whole_however_the_engine_is_set_up(self, url: str, setup: Mapping[str, Any]) -> None:
        with engine_of(url, **setup) as engine:
            store = SqlStateStore(engine)
            store.create_table()
            assert store.commit("acme", [Write("b", None, "1")])
            assert not store.commit("acme", [Write("a", None, "1"), Write("b", None, "2")])
            assert store.commit("acme", [Write("a", None, "1"), Write("b", 1, "2")])
            assert store.read("acme", ["a", "b"]) == {"a": Versioned(1, "1"), "b": Versioned(2, "2")}
            # The host's own work goes as it did before: only under autocommit it needs no commit.
            with engine.connect() as connection:
                connection.execute(text("CREATE TABLE hosts (id INTEGER)"))
                connection.commit()
                connection.execute(text("INSERT INTO hosts VALUES (1)"))
            with engine.connect() as connection:
                kept = connection.scalar(text("SELECT count(*) FROM hosts"))
            assert kept == (setup.get("isolation_level") == "AUTOCOMMIT")

    def test_a_failed_commit_leaves_nothing_under_autocommit(self, url: str) -> None:
        """The database refuses the second row after it took the first."""
        with engine_of(url, isolation_level="AUTOCOMMIT") as engine:
            with engine.begin() as connection:
                for statement in (
                    ddl(dialect_of(url))
                    .replace("BIGINT NOT NULL", "BIGINT NOT NULL CHECK (body <> 'bad')")
                    .split(";")
                ):
                    if statement.strip():
                        connection.execute(text(statement))
            store = SqlStateStore(engine)
            with pytest.raises(StoreUnavailable):
                store.commit("acme", [Write("a", None, "good"), Write("b", None, "bad")])
            assert list(store.scan("")) == []

    def test_listeners_that_begin_transactions_do_no_harm(self, sqlite_url: str) -> None:
        """The way in which many hosts make SQLite's transactions whole."""
        with engine_of(sqlite_url) as engine:

            @event.listens_for(engine, "connect")
            def connect(connection: sqlite3.Connection, _: object) -> None:
                connection.isolation_level = None

            @event.listens_for(engine, "begin")
            def begin(connection: Any) -> None:
                connection.exec_driver_sql("BEGIN")

            store = SqlStateStore(engine)
            store.create_table()
            assert store.commit("acme", [Write("a", None, "1")])
            assert not store.commit("acme", [Write("b", None, "1"), Write("a", None, "2")])
            assert [found.key for found in store.scan("")] == ["a"]
            with engine.connect() as connection:
                driver: Any = connection.connection.driver_connection
                assert driver.isolation_level is None

    def test_a_commit_outlives_a_power_cut_though_the_hosts_own_need_not(self, sqlite_url: str) -> None:
        """While the store commits, SQLite waits for the disk; for the host it then does as it did before."""
        seen: list[int] = []
        with engine_of(sqlite_url) as engine:

            @event.listens_for(engine, "connect")
            def connect(connection: sqlite3.Connection, _: object) -> None:
                connection.execute("PRAGMA synchronous = OFF")

            @event.listens_for(engine, "before_cursor_execute")
            def execute(connection: Any, cursor: Any, statement: str, *_: object) -> None:
                if statement == "COMMIT":
                    seen.append(cursor.connection.execute("PRAGMA synchronous").fetchone()[0])

            store = SqlStateStore(engine)
            store.create_table()
            assert store.commit("acme", [Write("a", None, "1")])
            assert not store.commit("acme", [Write("a", None, "1")])
            assert seen == [2, 2]
            with engine.connect() as connection:
                assert connection.scalar(text("PRAGMA synchronous")) == 0

    def test_a_commit_waits_for_the_disk_of_postgresql_too(self, postgres_url: str) -> None:
        """Whatever the database is told to do for others."""
        with engine_of(postgres_url, connect_args={"options": "-c synchronous_commit=off"}) as engine:
            store = SqlStateStore(engine)
            store.create_table()
            with engine.begin() as connection:
                _at_commit(connection, "INSERT INTO seen VALUES (current_setting('synchronous_commit'))")
            assert store.commit("acme", [Write("a", None, "1")])
            with engine.connect() as connection:
                assert connection.scalar(text("SELECT value FROM seen")) == "on"
                assert connection.scalar(text("SHOW synchronous_commit")) == "off"

    def test_a_rollback_of_the_host_takes_nothing_back(self, url: str) -> None:
        with engine_of(url) as engine:
            store = SqlStateStore(engine)
            store.create_table()
            with engine.connect() as connection, connection.begin() as transaction:
                connection.execute(text("SELECT 1"))
                assert store.commit("acme", [Write("a", None, "1")])
                assert store.read("acme", ["a"]) == {"a": Versioned(1, "1")}
                transaction.rollback()
            assert store.read("acme", ["a"]) == {"a": Versioned(1, "1")}

    def test_a_transaction_that_has_written_holds_the_only_write_lock_of_sqlite(
        self, sqlite_url: str
    ) -> None:
        """The call ends with an error that says so, and does not wait for what cannot come."""
        with engine_of(sqlite_url, connect_args={"timeout": 0.1}) as engine:
            store = SqlStateStore(engine)
            store.create_table()
            with engine.connect() as connection, connection.begin() as transaction:
                connection.execute(text("CREATE TABLE hosts (id INTEGER)"))
                connection.execute(text("INSERT INTO hosts VALUES (1)"))
                with pytest.raises(StoreUnavailable, match="locked") as caught:
                    store.commit("acme", [Write("a", None, BODY)])
                transaction.rollback()
            assert "your own transaction" in caught.value.advice
            assert (caught.value.code, caught.value.may_have_happened) == ("SQLITE_BUSY", False)
            assert BODY not in everything_about(caught.value)
            assert store.commit("acme", [Write("a", None, "1")])

    def test_a_lock_of_another_is_not_waited_for_without_end(self, postgres_url: str) -> None:
        """The host's own limit counts; without one it is 30 seconds."""
        with engine_of(postgres_url, connect_args={"options": "-c lock_timeout=100ms"}) as engine:
            store = SqlStateStore(engine)
            store.create_table()
            assert store.commit("acme", [Write("a", None, "1")])
            with engine.begin() as connection:
                connection.execute(text("SELECT * FROM visma_busy_sync_state FOR UPDATE"))
                with pytest.raises(StoreUnavailable, match="locked") as caught:
                    store.commit("acme", [Write("a", 1, BODY)])
            assert (caught.value.code, caught.value.may_have_happened) == ("55P03", False)
            assert store.commit("acme", [Write("a", 1, "2")])

    def test_without_a_limit_of_the_host_the_store_sets_one_for_its_own_transaction(
        self, postgres_url: str
    ) -> None:
        with engine_of(postgres_url) as engine:
            store = SqlStateStore(engine)
            store.create_table()
            with engine.begin() as connection:
                _at_commit(connection, "INSERT INTO seen VALUES (current_setting('lock_timeout'))")
            assert store.commit("acme", [Write("a", None, "1")])
            with engine.connect() as connection:
                assert connection.scalar(text("SELECT value FROM seen")) == "30s"
                assert connection.scalar(text("SHOW lock_timeout")) == "0"

    def test_a_pool_without_a_free_connection_is_an_error_that_says_so(self, url: str) -> None:
        with engine_of(url, pool_size=1, max_overflow=0, pool_timeout=0.1) as engine:
            store = SqlStateStore(engine)
            store.create_table()
            with engine.connect(), pytest.raises(StoreUnavailable, match="No connection was free") as caught:
                store.read("acme", ["a"])
            assert "pool" in caught.value.advice

    @pytest.mark.parametrize("pool", [StaticPool, SingletonThreadPool])
    def test_a_pool_with_one_connection_for_all_is_refused(self, url: str, pool: type[StaticPool]) -> None:
        with engine_of(url, poolclass=pool) as engine, pytest.raises(ConfigurationError, match=pool.__name__):
            SqlStateStore(engine)

    def test_a_connection_on_which_the_host_works_is_refused(self, url: str) -> None:
        """However the host brings it about: here its engine hands out one that it made itself."""
        with engine_of(url) as other:
            SqlStateStore(other).create_table()
        raw: Any = (
            sqlite3.connect(url.removeprefix("sqlite:///"), check_same_thread=False)
            if url.startswith("sqlite")
            else psycopg.connect(url.replace("+psycopg", ""))
        )
        try:
            with engine_of(url, creator=lambda: raw) as engine:
                store = SqlStateStore(engine)
                assert store.commit("acme", [Write("a", None, "1")])
                raw.execute("DELETE FROM visma_busy_sync_state")
                with pytest.raises(ConfigurationError, match="transaction is open"):
                    store.commit("acme", [Write("b", None, "1")])
        finally:
            raw.close()

    @pytest.mark.parametrize(
        "address",
        ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&cache=shared&uri=true"],
    )
    def test_a_database_in_memory_is_refused(self, address: str) -> None:
        engine = create_engine(address, poolclass=NullPool)
        with pytest.raises(ConfigurationError, match="MemoryStateStore"):
            SqlStateStore(engine)
        with pytest.raises(ConfigurationError, match="MemoryStateStore"):
            SqlStateStore.open(address)

    @pytest.mark.anyio
    async def test_an_engine_of_the_other_sort_is_told(self, sqlite_url: str) -> None:
        asynchronous: Any = create_async_engine(sqlite_url.replace("sqlite:", "sqlite+aiosqlite:"))
        with pytest.raises(TypeError, match="AsyncSqlStateStore"):
            SqlStateStore(asynchronous)
        with engine_of(sqlite_url) as engine:
            synchronous: Any = engine
            with pytest.raises(TypeError, match="AsyncEngine"):
                AsyncSqlStateStore(synchronous)

    @pytest.mark.anyio
    async def test_an_asynchronous_engine_is_used_as_it_is(self, url: str) -> None:
        engine = create_async_engine(
            url.replace("sqlite:", "sqlite+aiosqlite:"), isolation_level="AUTOCOMMIT"
        )
        try:
            store = AsyncSqlStateStore(engine)
            await store.create_table()
            assert await store.commit("acme", [Write("a", None, "1")])
            assert not await store.commit("acme", [Write("b", None, "1"), Write("a", None, "2")])
            assert await store.read("acme", ["a", "b"]) == {"a": Versioned(1, "1")}
            await store.close()  # which leaves the host's engine alone
            assert len(await store.scan("")) == 1
        finally:
            await engine.dispose()


def _at_commit(connection: Any, statement: str) -> None:
    """Have PostgreSQL run a statement at the very end of each transaction that writes documents."""
    connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS seen (value text)")
    connection.exec_driver_sql(
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {statement}; RETURN NULL; END $$"
    )
    connection.exec_driver_sql(
        "CREATE CONSTRAINT TRIGGER note AFTER INSERT OR UPDATE ON visma_busy_sync_state "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note()"
    )


class TestTrouble:
    """What goes wrong below reaches the host as an error of the package, without a word of a document."""

    @pytest.fixture
    def engine(self, postgres_url: str) -> Iterator[Engine]:
        with engine_of(postgres_url) as engine:
            SqlStateStore(engine).create_table()
            yield engine

    def test_pooled_connections_that_died_are_replaced(self, engine: Engine) -> None:
        store = SqlStateStore(engine)
        for number in range(3):
            assert store.commit("acme", [Write(str(number), None, BODY)])
            with psycopg.connect(str(engine.url).replace("+psycopg", ""), autocommit=True) as admin:
                admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
        assert len(store.scan("")) == 3

    def test_a_connection_lost_while_committing_may_have_committed(self, engine: Engine) -> None:
        with engine.begin() as connection:
            _at_commit(connection, "PERFORM pg_terminate_backend(pg_backend_pid())")
        with pytest.raises(StoreUnavailable) as caught:
            SqlStateStore(engine).commit("acme", [Write("a", None, BODY)])
        assert caught.value.may_have_happened
        assert BODY not in everything_about(caught.value)

    def test_a_commit_of_which_the_database_knows_no_end_may_have_been_made(self, engine: Engine) -> None:
        """Class 40 is that of rollbacks, but 40003 says that the completion is unknown."""
        with engine.begin() as connection:
            _at_commit(connection, "RAISE 'who knows' USING ERRCODE = '40003'")
        with pytest.raises(StoreUnavailable) as caught:
            SqlStateStore(engine).commit("acme", [Write("a", None, BODY)])
        assert (caught.value.code, caught.value.may_have_happened) == ("40003", True)

    def test_what_the_database_ended_for_anothers_sake_is_tried_again(self, engine: Engine) -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE SEQUENCE attempts")
            _at_commit(
                connection, "IF nextval('attempts') < 4 THEN RAISE 'no' USING ERRCODE = '40P01'; END IF"
            )
        assert SqlStateStore(engine).commit("acme", [Write("a", None, "1")])
        assert SqlStateStore(engine).read("acme", ["a"]) == {"a": Versioned(1, "1")}

    def test_but_not_without_end(self, engine: Engine) -> None:
        with engine.begin() as connection:
            _at_commit(connection, "RAISE 'no' USING ERRCODE = '40001'")
        with pytest.raises(StoreUnavailable) as caught:
            SqlStateStore(engine).commit("acme", [Write("a", None, BODY)])
        assert (caught.value.code, caught.value.may_have_happened) == ("40001", False)

    def test_what_may_have_been_made_is_not_tried_again(self, engine: Engine) -> None:
        """Else its own first attempt would look like another's, and a made commit like a lost one."""
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE SEQUENCE attempts")
            _at_commit(
                connection,
                "IF nextval('attempts') < 2 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF",
            )
        with pytest.raises(StoreUnavailable):
            SqlStateStore(engine).commit("acme", [Write("a", None, BODY)])
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT last_value FROM attempts")) == 1

    def test_a_database_user_who_may_not_is_told(self, engine: Engine) -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE ROLE reader_of_nothing LOGIN")
        try:
            address = str(engine.url).replace("postgres@", "reader_of_nothing@")
            with engine_of(address) as other, pytest.raises(ConfigurationError, match="may not use"):
                SqlStateStore(other).scan("")
        finally:
            with engine.begin() as connection:
                connection.exec_driver_sql("DROP ROLE reader_of_nothing")

    @pytest.mark.parametrize(
        "address", ["sqlite:////nowhere/at/all/x.db", "postgresql+psycopg://u:pw@/x?host=/nowhere"]
    )
    def test_a_database_that_is_not_there(self, address: str) -> None:
        with SqlStateStore.open(address) as store, pytest.raises(StoreUnavailable) as caught:
            store.commit("acme", [Write("a", None, BODY)])
        assert not caught.value.may_have_happened
        assert BODY not in everything_about(caught.value)
        assert "u:pw" not in everything_about(caught.value)

    @pytest.mark.anyio
    @pytest.mark.parametrize(
        "address", ["sqlite+aiosqlite:////nowhere/at/all/x.db", "postgresql+psycopg://u:pw@/x?host=/nowhere"]
    )
    async def test_a_database_that_is_not_there_asynchronously(self, address: str) -> None:
        async with AsyncSqlStateStore.open(address) as store:
            with pytest.raises(StoreUnavailable) as caught:
                await store.commit("acme", [Write("a", None, BODY)])
        assert BODY not in everything_about(caught.value)
        # aiosqlite's thread tells the loop of its end, also after a connection that failed; the loop of this
        # test must not be closed before.
        for thread in [each for each in threading.enumerate() if "_connection_worker_thread" in each.name]:
            await asyncio.to_thread(thread.join, 5)

    def test_no_error_has_a_cause_or_context_of_the_driver(self, url: str) -> None:
        with SqlStateStore.open(url) as store:
            with pytest.raises(VismaBusySyncError) as caught:
                store.commit("acme", [Write("a", None, BODY)])
            assert caught.value.__cause__ is None
            assert caught.value.__context__ is None

    def test_what_cannot_be_stored_is_not_quoted(self, url: str) -> None:
        with SqlStateStore.open(url) as store, pytest.raises(ConfigurationError) as caught:
            store.commit("acme", [Write("a", None, f"{BODY}\0")])
        assert BODY not in everything_about(caught.value)

    def test_a_log_of_all_statements_has_no_document(
        self, url: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Also where the host has SQLAlchemy log each statement with what is put into it."""
        with engine_of(url) as engine, caplog.at_level(logging.DEBUG, "sqlalchemy.engine.Engine"):
            store = SqlStateStore(engine)
            store.create_table()
            assert store.commit("acme", [Write("a", None, BODY)])
            assert store.commit("acme", [Write("a", 1, BODY)])
            with engine.connect() as connection:
                connection.execute(text("SELECT :hosts"), {"hosts": "the host's own"})
        assert "UPDATE visma_busy_sync_state" in caplog.text
        assert BODY not in caplog.text
        # The host's engine goes on as the host set it up.
        assert "the host's own" in caplog.text


class TestOpen:
    """A store with an engine of its own."""

    def test_a_sqlite_file_is_switched_to_wal(self, sqlite_url: str) -> None:
        with SqlStateStore.open(sqlite_url) as store:
            store.create_table()
        with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        connection.close()

    def test_what_was_stored_is_there_when_it_is_opened_again(self, url: str) -> None:
        with SqlStateStore.open(url, table="t") as store:
            store.create_table()
            assert store.commit("acme", [Write("a", None, "1")])
        with SqlStateStore.open(url, table="t") as store:
            assert store.read("acme", ["a"]) == {"a": Versioned(1, "1")}

    @pytest.mark.parametrize(
        "address",
        [
            "postgresql+psycopg//u:secret@h/x",
            "postgresql+nothing://u:secret@h/x",
            "postgresql://u:secret@h:x/y",
        ],
        ids=["form", "driver", "port"],
    )
    @pytest.mark.parametrize("store", [SqlStateStore, AsyncSqlStateStore])
    def test_an_address_that_is_not_understood_is_not_quoted(
        self, store: type[SqlStateStore | AsyncSqlStateStore], address: str
    ) -> None:
        with pytest.raises(ConfigurationError, match=r"postgresql\+psycopg://") as caught:
            store.open(address)
        assert caught.value.__context__ is None
        assert "secret" not in str(caught.value)

    def test_a_synchronous_driver_is_told_where_an_asynchronous_one_is_needed(self, sqlite_url: str) -> None:
        with pytest.raises(ConfigurationError, match="aiosqlite"):
            AsyncSqlStateStore.open(sqlite_url)

    def test_other_databases_are_refused(self) -> None:
        with pytest.raises(ConfigurationError, match="mysql"):
            ddl("mysql")


def test_without_the_extra_the_error_names_it() -> None:
    probe = """
import sys
sys.modules["sqlalchemy"] = None
import visma_busy_sync.stores, visma_busy_sync.errors
try:
    import visma_busy_sync.stores.sql
except ImportError as error:
    assert 'pip install "visma-busy-sync[sql]"' in str(error), error
else:
    sys.exit(1)
"""
    subprocess.run([sys.executable, "-c", probe], check=True)
