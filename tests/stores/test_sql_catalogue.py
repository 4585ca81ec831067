"""What the SQL catalogues promise beside the contract: their table, trouble below, races, sudden ends."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import psycopg
import pytest
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.ext.asyncio import create_async_engine

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.stores import StoreUnavailable
from visma_busy_sync.stores.sql import AsyncSqlCatalogue, AsyncSqlStateStore, SqlCatalogue, SqlStateStore, ddl
from visma_busy_sync.sync import FIELDS, Applied, Change, Kind, Link, Moved, Outcome, Record, Refused, Value
from visma_busy_sync.testing.parity import drift

from .endless_changes import CREATED_AT_ONCE
from .racing_catalogues import ADDITIONS, NUMBERS, PROCESSES, SHARED
from .test_sql_state import dialect_of, engine_of, everything_about

RACE = Path(__file__).with_name("racing_catalogues.py")
ENDLESS = Path(__file__).with_name("endless_changes.py")
# Far more than any test here needs; who takes longer waits for a lock.
HANG_SECONDS = 120
LINK = Link('{"first": 1}')
NEXT = Link('{"next": 2}')
SECRET = "a confidential name"


@pytest.fixture(params=["sqlite_url", "postgres_url"], ids=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    address: str = request.getfixturevalue(request.param)
    return address


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """The host's, on a database that has the table."""
    with engine_of(url) as engine:
        SqlCatalogue(engine).create_table()
        yield engine


def creation(name: str = "House", **values: Value) -> Change:
    return Change(Kind.PROJECT, None, {"name": name, **values}, {}, None, LINK)


def rename(record: Record, name: str) -> Change:
    expected = {"name": record.values["name"]}
    return Change(record.kind, record.id, {"name": name}, expected, record.link, NEXT)


def create(catalogue: SqlCatalogue, **values: Value) -> Record:
    (outcome,) = catalogue.apply("acme", [creation(**values)])  # type: ignore[arg-type]
    assert isinstance(outcome, Applied)
    return catalogue.get("acme", Kind.PROJECT, outcome.id)


def names(catalogue: SqlCatalogue) -> list[str]:
    return sorted(str(record.values["name"]) for record in catalogue.load("acme", Kind.PROJECT))


class TestTable:
    """Where the records are."""

    @pytest.mark.parametrize(
        "call",
        [
            lambda catalogue: catalogue.load("acme", Kind.PROJECT),
            lambda catalogue: catalogue.apply("acme", [creation()]),
            lambda catalogue: catalogue.add("acme", Kind.PROJECT, name="House"),
            lambda catalogue: catalogue.edit("acme", Kind.PROJECT, "x", name="House"),
            lambda catalogue: catalogue.get("acme", Kind.PROJECT, "x"),
        ],
        ids=["load", "apply", "add", "edit", "get"],
    )
    def test_where_it_is_missing_the_error_says_what_to_do(
        self, url: str, call: Callable[[SqlCatalogue], object]
    ) -> None:
        with SqlCatalogue.open(url) as catalogue:
            with pytest.raises(
                ConfigurationError, match="visma_busy_sync_catalogue does not exist"
            ) as caught:
                call(catalogue)
            assert "create_table()" in caught.value.advice
            assert f"visma_busy_sync.stores.sql {dialect_of(url)} --store catalogue" in caught.value.advice

    def test_it_stands_beside_that_of_the_state_store(self, url: str) -> None:
        with engine_of(url) as engine:
            state, catalogue = SqlStateStore(engine), SqlCatalogue(engine)
            state.create_table()
            catalogue.create_table()
            create(catalogue)
            catalogue.create_table()
            assert names(catalogue) == ["House"]
            assert list(state.scan("")) == []

    def test_what_ddl_writes_is_the_table_that_it_needs(self, url: str) -> None:
        with engine_of(url) as engine:
            with engine.begin() as connection:
                for statement in filter(str.strip, ddl(dialect_of(url), store="catalogue").split(";")):
                    connection.execute(text(statement))
            catalogue = SqlCatalogue(engine)
            catalogue.create_table()
            create(catalogue)
            assert names(catalogue) == ["House"]

    def test_the_command_prints_the_ddl(self) -> None:
        command = [sys.executable, "-m", "visma_busy_sync.stores.sql", "sqlite", "--store", "catalogue"]
        printed = subprocess.run([*command, "--table", "b"], check=True, capture_output=True, text=True)
        assert printed.stdout == ddl("sqlite", store="catalogue", table="b")
        assert "CREATE TABLE b (" in printed.stdout
        printed = subprocess.run(command, check=True, capture_output=True, text=True)
        assert "CREATE TABLE visma_busy_sync_catalogue (" in printed.stdout

    def test_another_store_is_not_known(self) -> None:
        other: Any = "other"
        with pytest.raises(ConfigurationError, match="no SQL store 'other'") as caught:
            ddl("sqlite", store=other)
        assert "catalogue" in caught.value.advice

    def test_it_may_be_in_a_schema_under_another_name(self, postgres_url: str) -> None:
        with engine_of(postgres_url) as engine:
            with engine.begin() as connection:
                connection.execute(text('CREATE SCHEMA "Visma"'))
            catalogue = SqlCatalogue(engine, schema="Visma", table="Records")
            catalogue.create_table()
            create(catalogue)
            with engine.connect() as connection:
                assert connection.scalar(text('SELECT name FROM "Visma"."Records"')) == "House"

    def test_a_person_can_read_it(self, engine: Engine) -> None:
        """A column for each field, days as days, the link as it was given."""
        create(SqlCatalogue(engine), number="007", archived=True)
        with engine.connect() as connection:
            row = connection.execute(text("SELECT * FROM visma_busy_sync_catalogue")).mappings().one()
        assert {name for kind in Kind for name in FIELDS[kind]} <= row.keys()
        assert (row["tenant"], row["kind"], row["number"]) == ("acme", "project", "007")
        assert (row["archived"], row["notes"], row["link"]) == (True, None, LINK.document)

    def test_another_table_of_that_name_is_told_apart(self, url: str) -> None:
        with engine_of(url) as engine:
            with engine.begin() as connection:
                connection.execute(text("CREATE TABLE visma_busy_sync_catalogue (id INTEGER)"))
            with pytest.raises(ConfigurationError, match="columns"):
                SqlCatalogue(engine).apply("acme", [creation()])


class TestRefused:
    """What the database cannot hold is an answer."""

    @pytest.mark.parametrize("unholdable", ["a\0b", "a\ud800b"], ids=ascii)
    def test_a_text_that_the_database_cannot_hold_is_refused(self, engine: Engine, unholdable: str) -> None:
        catalogue = SqlCatalogue(engine, unique_numbers=True)
        record = create(catalogue, number="7")
        outcomes = catalogue.apply(
            "acme",
            [
                creation(unholdable),
                creation(number=unholdable),
                rename(record, unholdable),
                Change(Kind.PROJECT, record.id, {}, {}, LINK, Link(unholdable)),
                Change(Kind.PROJECT, record.id, {"notes": "x"}, {"notes": unholdable}, LINK, NEXT),
                Change(Kind.PROJECT, record.id, {"notes": "x"}, {"notes": None}, Link(unholdable), NEXT),
                creation("last"),
            ],
        )
        refused = Refused("a text in it has a character that the database cannot hold")
        assert outcomes[:4] == [refused] * 4
        assert outcomes[4:6] == [Moved(), Moved()]
        assert isinstance(outcomes[6], Applied)
        assert catalogue.get("acme", Kind.PROJECT, record.id) == record

    @pytest.mark.parametrize("tenant", ["a\0b", "a\ud800b", "x" * 2500], ids=["NUL", "surrogate", "long"])
    def test_a_tenant_that_the_database_cannot_hold_is_a_mistake(self, engine: Engine, tenant: str) -> None:
        """It is no record's; nobody has such a tenant, so none of its records is found."""
        catalogue = SqlCatalogue(engine)
        for call in (
            lambda: catalogue.apply(tenant, [creation()]),
            lambda: catalogue.add(tenant, Kind.PROJECT, name="House"),
        ):
            with pytest.raises(ConfigurationError, match="tenant"):
                call()
        assert list(catalogue.load(tenant, Kind.PROJECT)) == []
        with pytest.raises(LookupError):
            catalogue.get(tenant, Kind.PROJECT, "x")

    def test_what_a_person_types_is_a_mistake(self, engine: Engine) -> None:
        catalogue = SqlCatalogue(engine)
        record = create(catalogue)
        with pytest.raises(ConfigurationError, match="NUL"):
            catalogue.add("acme", Kind.PROJECT, name="a\0")
        with pytest.raises(ConfigurationError, match="NUL"):
            catalogue.edit("acme", Kind.PROJECT, record.id, notes="a\0")

    def test_what_a_constraint_of_the_host_forbids_is_refused_alone(self, url: str) -> None:
        """Wherever in thousands of changes it stands, all others are made, once and in their order."""
        with engine_of(url) as engine:
            with engine.begin() as connection:
                checked = ddl(dialect_of(url), store="catalogue").replace(
                    "archived BOOLEAN NOT NULL", "archived BOOLEAN NOT NULL CHECK (name <> 'bad')"
                )
                connection.execute(text(checked.strip().rstrip(";")))
            catalogue = SqlCatalogue(engine)
            record = create(catalogue)
            bad = {0, 700, 999, 1000, 1001, 2499}
            changes = [creation("bad" if at in bad else f"{at:04}") for at in range(2500)]
            changes.insert(701, rename(record, "bad"))
            changes.insert(702, rename(record, "0000 renamed"))
            outcomes = catalogue.apply("acme", changes)
            refused = [
                at for at, outcome in enumerate(outcomes) if isinstance(outcome, Refused) and outcome.reason
            ]
            assert refused == [0, 700, 701, 1001, 1002, 1003, 2501]
            made = [str(each.values["name"]) for each in outcomes if isinstance(each, Applied)]
            assert len(made) == len(changes) - len(refused)
            assert sorted(made) == names(catalogue)
            assert made[699:701] == ["0000 renamed", "0701"]

    def test_a_constraint_that_is_looked_at_in_the_end_refuses_too(self, postgres_url: str) -> None:
        """A deferred one fails the commit, and with it nothing was made."""
        with engine_of(postgres_url) as engine:
            catalogue = SqlCatalogue(engine)
            catalogue.create_table()
            with engine.begin() as connection:
                _at_commit(connection, "IF NEW.name = 'bad' THEN RAISE 'no' USING ERRCODE = '23514'; END IF")
            outcomes = catalogue.apply("acme", [creation("1"), creation("bad"), creation("2")])
            assert [type(outcome) for outcome in outcomes] == [Applied, Refused, Applied]
            assert names(catalogue) == ["1", "2"]

    def test_a_database_that_holds_few_letters_refuses_others(self, postgres_url: str) -> None:
        with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("CREATE DATABASE few_letters ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
        address = postgres_url.partition("@/")[0] + "@/few_letters" + postgres_url[postgres_url.index("?") :]
        try:
            with SqlCatalogue.open(address) as catalogue:
                catalogue.create_table()
                outcomes = catalogue.apply("acme", [creation("blå"), creation("日本"), creation("rød")])
                assert [type(outcome) for outcome in outcomes] == [Applied, Refused, Applied]
                assert names(catalogue) == ["blå", "rød"]
        finally:
            with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
                connection.execute("DROP DATABASE few_letters WITH (FORCE)")


class TestHostsEngine:
    """It is used as it is."""

    @pytest.mark.parametrize("level", ["AUTOCOMMIT", "SERIALIZABLE"])
    def test_changes_are_whole_however_the_engine_is_set_up(self, url: str, level: str) -> None:
        with engine_of(url, isolation_level=level) as engine:
            catalogue = SqlCatalogue(engine, unique_numbers=True)
            catalogue.create_table()
            record = create(catalogue, number="7")
            outcomes = catalogue.apply("acme", [creation(number="7"), rename(record, "Hut")])
            assert [type(outcome) for outcome in outcomes] == [Refused, Applied]
            assert catalogue.get("acme", Kind.PROJECT, record.id).link == NEXT

    def test_a_rollback_of_the_host_takes_nothing_back(self, engine: Engine) -> None:
        catalogue = SqlCatalogue(engine)
        with engine.connect() as connection, connection.begin() as transaction:
            connection.execute(text("SELECT 1"))
            record = create(catalogue)
            transaction.rollback()
        assert catalogue.get("acme", Kind.PROJECT, record.id) == record

    def test_changes_outlive_a_power_cut_though_the_hosts_own_need_not(self, sqlite_url: str) -> None:
        seen: list[int] = []
        with engine_of(sqlite_url) as engine:

            @event.listens_for(engine, "connect")
            def connect(connection: Any, _: object) -> None:
                connection.execute("PRAGMA synchronous = OFF")

            @event.listens_for(engine, "before_cursor_execute")
            def execute(connection: Any, cursor: Any, statement: str, *_: object) -> None:
                if statement == "COMMIT":
                    seen.append(cursor.connection.execute("PRAGMA synchronous").fetchone()[0])

            catalogue = SqlCatalogue(engine)
            catalogue.create_table()
            create(catalogue)
            assert seen == [2, 2]

    def test_a_change_waits_for_what_a_person_is_about_to_save_and_sees_it(self, postgres_url: str) -> None:
        """And an edit by the host's own code is never written over."""
        with engine_of(postgres_url) as engine:
            catalogue = SqlCatalogue(engine)
            catalogue.create_table()
            record, other = create(catalogue), create(catalogue)
            outcomes: list[Outcome] = []

            def apply() -> None:
                outcomes.extend(catalogue.apply("acme", [rename(record, "Hut"), rename(other, "Shed")]))

            with engine.begin() as connection:
                connection.execute(
                    text("UPDATE visma_busy_sync_catalogue SET name = 'saved' WHERE id = :id"),
                    {"id": record.id},
                )
                connection.execute(
                    text("UPDATE visma_busy_sync_catalogue SET notes = 'saved' WHERE id = :id"),
                    {"id": other.id},
                )
                thread = threading.Thread(target=apply)
                thread.start()
                time.sleep(0.3)
                assert outcomes == []
            thread.join(HANG_SECONDS)
            assert [type(outcome) for outcome in outcomes] == [Moved, Applied]
            assert catalogue.get("acme", Kind.PROJECT, record.id).values["name"] == "saved"
            after = catalogue.get("acme", Kind.PROJECT, other.id).values
            assert (after["name"], after["notes"]) == ("Shed", "saved")

    def test_a_lock_of_another_is_not_waited_for_without_end(self, postgres_url: str) -> None:
        with engine_of(postgres_url, connect_args={"options": "-c lock_timeout=100ms"}) as engine:
            catalogue = SqlCatalogue(engine)
            catalogue.create_table()
            record = create(catalogue)
            with engine.begin() as connection:
                connection.execute(text("SELECT * FROM visma_busy_sync_catalogue FOR UPDATE"))
                with pytest.raises(StoreUnavailable, match="locked") as caught:
                    catalogue.apply("acme", [rename(record, SECRET)])
            assert not caught.value.may_have_happened
            assert SECRET not in everything_about(caught.value)

    @pytest.mark.anyio
    async def test_an_asynchronous_engine_is_used_as_it_is(self, url: str) -> None:
        engine = create_async_engine(url.replace("sqlite:", "sqlite+aiosqlite:"))
        try:
            catalogue = AsyncSqlCatalogue(engine, unique_numbers=True)
            await catalogue.create_table()
            outcomes = await catalogue.apply("acme", [creation(number="7"), creation(number="7")])
            assert [type(outcome) for outcome in outcomes] == [Applied, Refused]
            await catalogue.close()  # which leaves the host's engine alone
            assert len(await catalogue.load("acme", Kind.PROJECT)) == 1
        finally:
            await engine.dispose()

    @pytest.mark.anyio
    async def test_an_engine_of_the_other_sort_is_told(self, sqlite_url: str) -> None:
        asynchronous: Any = create_async_engine(sqlite_url.replace("sqlite:", "sqlite+aiosqlite:"))
        with pytest.raises(TypeError, match="AsyncSqlCatalogue"):
            SqlCatalogue(asynchronous)
        with engine_of(sqlite_url) as engine:
            synchronous: Any = engine
            with pytest.raises(TypeError, match="see SqlCatalogue too"):
                AsyncSqlCatalogue(synchronous)


def _at_commit(connection: Any, statement: str) -> None:
    """Have PostgreSQL run a statement at the very end of each transaction that writes records."""
    connection.exec_driver_sql(
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {statement}; RETURN NULL; END $$"
    )
    connection.exec_driver_sql(
        "CREATE CONSTRAINT TRIGGER note AFTER INSERT OR UPDATE ON visma_busy_sync_catalogue "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note()"
    )


class TestTrouble:
    """What goes wrong below reaches the host as an error of the package, without a word of a record."""

    @pytest.fixture
    def postgres(self, postgres_url: str) -> Iterator[Engine]:
        with engine_of(postgres_url) as engine:
            SqlCatalogue(engine).create_table()
            yield engine

    def test_what_the_database_ended_for_anothers_sake_is_tried_again(self, postgres: Engine) -> None:
        """And nothing is made twice for it."""
        with postgres.begin() as connection:
            connection.exec_driver_sql("CREATE SEQUENCE attempts")
            _at_commit(
                connection, "IF nextval('attempts') < 4 THEN RAISE 'no' USING ERRCODE = '40P01'; END IF"
            )
        create(SqlCatalogue(postgres))
        assert names(SqlCatalogue(postgres)) == ["House"]

    def test_a_connection_lost_while_committing_may_have_changed_something(self, postgres: Engine) -> None:
        with postgres.begin() as connection:
            _at_commit(connection, "PERFORM pg_terminate_backend(pg_backend_pid())")
        with pytest.raises(StoreUnavailable) as caught:
            SqlCatalogue(postgres).apply("acme", [creation(SECRET)])
        assert caught.value.may_have_happened
        assert SECRET not in everything_about(caught.value)

    @pytest.mark.parametrize(("before", "told"), [(0, False), (3000, True)])
    def test_what_was_made_before_the_trouble_is_told(
        self, postgres: Engine, before: int, told: bool
    ) -> None:
        """Of many changes the first may be made when the database fails."""
        with postgres.begin() as connection:
            connection.exec_driver_sql(
                "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN IF NEW.name = 'fails' THEN RAISE 'no' USING ERRCODE = '58030'; END IF; "
                "RETURN NEW; END $$"
            )
            connection.exec_driver_sql(
                "CREATE TRIGGER fail BEFORE INSERT ON visma_busy_sync_catalogue "
                "FOR EACH ROW EXECUTE FUNCTION fail()"
            )
        catalogue = SqlCatalogue(postgres)
        changes = [*(creation(f"{at}") for at in range(before)), creation("fails")]
        with pytest.raises(StoreUnavailable, match="58030") as caught:
            catalogue.apply("acme", changes)
        assert caught.value.may_have_happened is told
        assert bool(names(catalogue)) is told

    def test_pooled_connections_that_died_are_replaced(self, postgres: Engine) -> None:
        catalogue = SqlCatalogue(postgres)
        for _ in range(3):
            create(catalogue)
            with psycopg.connect(str(postgres.url).replace("+psycopg", ""), autocommit=True) as admin:
                admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
        assert len(names(catalogue)) == 3

    def test_no_error_has_a_cause_or_context_of_the_driver(self, url: str) -> None:
        with SqlCatalogue.open(url) as catalogue, pytest.raises(ConfigurationError) as caught:
            catalogue.apply("acme", [creation(SECRET)])
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        assert SECRET not in everything_about(caught.value)

    def test_a_log_of_all_statements_has_no_record(
        self, engine: Engine, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG, "sqlalchemy.engine.Engine"):
            catalogue = SqlCatalogue(engine)
            record = create(catalogue)
            catalogue.apply("acme", [rename(record, SECRET)])
            catalogue.edit("acme", Kind.PROJECT, record.id, notes=SECRET)
        assert "UPDATE visma_busy_sync_catalogue" in caplog.text
        assert SECRET not in caplog.text


class TestTogether:
    """Many processes at once, and ends without notice."""

    def test_of_many_processes_one_takes_each_number_and_no_change_is_lost(self, url: str) -> None:
        with SqlCatalogue.open(url) as catalogue:
            catalogue.create_table()
            catalogue.add("acme", Kind.PROJECT, name=SHARED, notes="0")
            race = subprocess.run(
                [sys.executable, str(RACE), url],
                check=False,
                capture_output=True,
                text=True,
                timeout=HANG_SECONDS,
            )
            assert race.returncode == 0, race.stderr
            told = [line.partition(":") for line in race.stdout.splitlines()]
            taken = [number for _, _, numbers in told for number in numbers.split(",") if number]
            assert sorted(taken, key=int) == [str(number) for number in range(NUMBERS)]
            owner = {number: me for me, _, numbers in told for number in numbers.split(",") if number}
            records = catalogue.load("acme", Kind.PROJECT)
            with_number = {str(each.values["number"]): each for each in records if each.values["number"]}
            assert len(with_number) == NUMBERS
            for number, record in with_number.items():
                assert (record.values["name"], record.link) == (owner[number], Link(number))
            (shared,) = [each for each in records if each.values["name"] == SHARED]
            counted = str(PROCESSES * ADDITIONS)
            assert (shared.values["notes"], shared.link) == (counted, Link(counted))

    @pytest.mark.parametrize("patience", [0.02, 0.05, 0.11])
    def test_a_process_that_is_killed_leaves_each_change_whole(self, url: str, patience: float) -> None:
        """Nothing that it was told is missing, no record is half changed, and nobody is locked out."""
        with SqlCatalogue.open(url) as catalogue:
            catalogue.create_table()
            for number in range(200):
                catalogue.add("acme", Kind.CUSTOMER, number=f"{number}", name="turn 0")
            with subprocess.Popen(
                [sys.executable, str(ENDLESS), url], stdout=subprocess.PIPE, text=True
            ) as process:
                assert process.stdout is not None
                turns = [process.stdout.readline(), process.stdout.readline()]
                time.sleep(patience)
                process.kill()
                turns += process.stdout.readlines()
            told = int(turns[-1])
            customers = catalogue.load("acme", Kind.CUSTOMER)
            marks = {str(each.values["name"]) for each in customers}
            assert len(customers) == 200
            # What it was doing when it was killed may be made; what was told is.
            assert marks <= {f"turn {told}", f"turn {told + 1}"}
            for each in customers:
                mark = each.values["name"]
                assert (each.values["organization_number"], each.link) == (mark, Link(str(mark)))
            projects = catalogue.load("acme", Kind.PROJECT)
            for each in projects:
                assert (each.values["name"], each.link) == (
                    each.values["number"],
                    Link(str(each.values["number"])),
                )
            numbers = {str(each.values["number"]) for each in projects}
            assert {f"{turn}/{at}" for turn in range(1, told + 1) for at in range(CREATED_AT_ONCE)} <= numbers
            (outcome,) = catalogue.apply("acme", [rename(customers[0], "goes on")])
            assert isinstance(outcome, Applied)

    @pytest.mark.anyio
    async def test_a_call_that_is_cancelled_makes_each_change_whole_and_keeps_no_lock(self, url: str) -> None:
        async with AsyncSqlCatalogue.open(url.replace("sqlite:", "sqlite+aiosqlite:")) as catalogue:
            await catalogue.create_table()
            others = asyncio.all_tasks()
            for turn in range(20):
                with anyio.move_on_after(turn / 1000):
                    await catalogue.apply("acme", [creation(f"{at}", notes=f"{at}") for at in range(200)])
            with anyio.fail_after(HANG_SECONDS):
                (outcome,) = await catalogue.apply("acme", [creation("last", notes="last")])
                assert isinstance(outcome, Applied)
                while asyncio.all_tasks() - others:  # noqa: ASYNC110 - those that were cancelled end by themselves
                    await anyio.sleep(0.01)
            records = await catalogue.load("acme", Kind.PROJECT)
            assert len(records) % 200 == 1
            for record in records:
                assert (record.values["notes"], record.link) == (record.values["name"], LINK)


def test_ten_thousand_changes_share_transactions(sqlite_url: str) -> None:
    """They would take minutes if the disk were waited for after each change."""
    engine = create_engine(sqlite_url)
    commits: list[object] = []
    event.listen(engine, "commit", commits.append)
    catalogue = SqlCatalogue(engine, unique_numbers=True, longest_name=50)
    catalogue.create_table()
    outcomes = catalogue.apply("acme", [creation(f"{at}", number=f"{at}") for at in range(10_000)])
    assert all(isinstance(outcome, Applied) for outcome in outcomes)
    records = catalogue.load("acme", Kind.PROJECT)
    outcomes = catalogue.apply("acme", [rename(record, f"{record.id}") for record in records])
    assert all(isinstance(outcome, Applied) for outcome in outcomes)
    assert len(commits) < 20_000 / 100
    engine.dispose()


@pytest.mark.parametrize(
    ("store", "twin"), [(SqlCatalogue, AsyncSqlCatalogue), (SqlStateStore, AsyncSqlStateStore)]
)
def test_both_shells_are_twins(store: type, twin: type) -> None:
    """But for the texts of what is opened and cancelled in another way."""
    found = drift(store, twin, renamed={"AsyncEngine": "Engine"})
    assert [each for each in found if not each.startswith(("open: docstring", "commit: docstring"))] == []
