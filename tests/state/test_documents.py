"""Documents come back as they were stored, or say why they do not."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest

from visma_busy_sync import state
from visma_busy_sync._core.errors import VismaBusySyncError
from visma_busy_sync._core.stepper import step
from visma_busy_sync.orders import State
from visma_busy_sync.ports import Write
from visma_busy_sync.state import (
    ARCHIVE_MISSING_SCHEMA,
    CONNECTION_SCHEMA,
    LEASE_SCHEMA,
    LOGIN_SCHEMA,
    ORDER_NOTES_SCHEMA,
    PURGED_ORDER_SCHEMA,
    TOKENS_SCHEMA,
    ArchiveMissingFact,
    Connection,
    DocumentUnreadable,
    DocumentUnwritable,
    Lease,
    LoginStage,
    OrderNotes,
    PendingLogin,
    PurgedOrder,
    Schema,
    StoreBusy,
    Tokens,
    WaitingCompany,
    hashed_company_id,
    read,
    since_with,
    update,
)
from visma_busy_sync.state._orders import CLAIM_SCHEMA, INSTALLATION_SCHEMA, Claim, Installation
from visma_busy_sync.stores import AsyncMemoryStateStore

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

DOCUMENTS: dict[str, tuple[Schema[Any], Any]] = {
    "connection": (
        CONNECTION_SCHEMA,
        Connection(
            connected=False,
            company_id="000 999 111",
            company_name="Ærlig \0 \ud800 🧰",
            project_sync=True,
            connected_at=NOON,
            login_id="x",
            fetched={"project": NOON + timedelta(microseconds=1)},
            attempted={"project": NOON},
            known_since={"sha256:1": NOON},
            other=WaitingCompany(
                company_id="2", company_name="Ærlig", project_sync=False, login_id="y", found_at=NOON
            ),
        ),
    ),
    "login": (
        LOGIN_SCHEMA,
        PendingLogin(
            state_hash="a",
            session_hash="b",
            project_sync=False,
            verifier="sealed",
            expires_at=NOON,
            stage=LoginStage.TAKEN,
            taken_at=NOON,
        ),
    ),
    "tokens": (
        TOKENS_SCHEMA,
        Tokens(
            generation="g",
            sealed="sealed",
            expires_at=NOON,
            refresh_at=NOON,
            refused=True,
            renewing="x",
            renewing_until=NOON,
        ),
    ),
    "order-notes": (ORDER_NOTES_SCHEMA, OrderNotes(not_sent="in_busy", pushed_at=NOON)),
    "lease": (LEASE_SCHEMA, Lease(holder=None, until=NOON)),
    "purged-order": (
        PURGED_ORDER_SCHEMA,
        PurgedOrder(order_id="o", state=State.TRANSFERRED, marker="BY-1", number=5),
    ),
    "archive-missing": (ARCHIVE_MISSING_SCHEMA, ArchiveMissingFact(candidates=["1", "ø"], done_at=NOON)),
    "archive-missing-open": (ARCHIVE_MISSING_SCHEMA, ArchiveMissingFact(candidates=[])),
    "claim": (CLAIM_SCHEMA, Claim(order_id="o")),
    "free-claim": (CLAIM_SCHEMA, Claim(order_id=None)),
    "installation": (INSTALLATION_SCHEMA, Installation(id="i")),
}

SECRET = "CONFIDENTIAL"


@pytest.mark.parametrize(("schema", "value"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_document_comes_back_as_it_was(schema: Schema[Any], value: Any) -> None:
    body = schema.dump(value)
    assert schema.load("key", body) == value
    assert body.isascii()  # every database holds it, whatever is in it
    assert json.loads(body)["schema"] == schema.version


def test_moments_keep_their_instant() -> None:
    oslo = NOON.astimezone(timezone(timedelta(hours=2)))
    fact = ArchiveMissingFact(candidates=[], done_at=oslo)
    assert ARCHIVE_MISSING_SCHEMA.load("k", ARCHIVE_MISSING_SCHEMA.dump(fact)).done_at == NOON


UNREADABLE: dict[str, tuple[Schema[Any], Any]] = {
    "ids-are-numbers": (ARCHIVE_MISSING_SCHEMA, ArchiveMissingFact(candidates=[7, 7])),  # type: ignore[list-item]
    "no-list": (ARCHIVE_MISSING_SCHEMA, ArchiveMissingFact(candidates=None)),  # type: ignore[arg-type]
    "moment-without-zone": (
        ARCHIVE_MISSING_SCHEMA,
        ArchiveMissingFact(candidates=[], done_at=NOON.replace(tzinfo=None)),
    ),
    "flag-is-number": (LOGIN_SCHEMA, attrs.evolve(DOCUMENTS["login"][1], project_sync=1)),
    "id-is-bytes": (CLAIM_SCHEMA, Claim(order_id=b"CONFIDENTIAL")),  # type: ignore[arg-type]
}


@pytest.mark.parametrize(("schema", "value"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_document_that_could_not_be_read_back_is_not_written(
    store: AsyncMemoryStateStore, schema: Schema[Any], value: Any
) -> None:
    with pytest.raises(DocumentUnwritable, match=schema.type.__name__) as raised:
        step(update, store, "acme", "key", schema, lambda _: value)
    error = raised.value
    assert (error.document, error.__cause__) == (schema.type.__name__, None)
    assert error.advice
    assert SECRET not in str(error)
    assert store.memory.scan("") == []


def damaged(change: Callable[[dict[str, Any]], object]) -> str:
    envelope: dict[str, Any] = json.loads(LOGIN_SCHEMA.dump(DOCUMENTS["login"][1]))
    change(envelope)
    return json.dumps(envelope)


DAMAGED = {
    "no-json": SECRET,
    "cut": LOGIN_SCHEMA.dump(DOCUMENTS["login"][1])[:-3],
    "empty": "",
    "list": json.dumps([SECRET]),
    "text": json.dumps(SECRET),
    "null": "null",
    "deep": "[" * 100_000,
    "no-schema": damaged(lambda e: e.pop("schema")),
    "schema-is-text": damaged(lambda e: e.update(schema=SECRET)),
    "schema-is-true": damaged(lambda e: e.update(schema=True)),
    "no-data": damaged(lambda e: e.pop("data")),
    "data-is-text": damaged(lambda e: e.update(data=SECRET)),
    "member-missing": damaged(lambda e: e["data"].pop("expires_at")),
    "member-too-many": damaged(lambda e: e["data"].update(extra=SECRET)),
    "text-is-null": damaged(lambda e: e["data"].update(state_hash=None)),
    "text-is-number": damaged(lambda e: e["data"].update(state_hash=5)),
    "stage-is-none": damaged(lambda e: e["data"].update(stage=SECRET)),
    "flag-is-text": damaged(lambda e: e["data"].update(project_sync="no")),
    "moment-is-text": damaged(lambda e: e["data"].update(expires_at=SECRET)),
    "moment-is-naive": damaged(lambda e: e["data"].update(expires_at="2026-03-01T12:00:00")),
}


@pytest.mark.parametrize("body", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_document_is_unreadable_and_its_content_is_not_told(body: str) -> None:
    with pytest.raises(DocumentUnreadable) as raised:
        LOGIN_SCHEMA.load("login", body)
    error = raised.value
    assert error.key == "login"
    assert "damaged" in str(error)
    assert SECRET not in str(error)
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None
    assert error.advice
    assert isinstance(error, VismaBusySyncError)


@pytest.mark.parametrize("version", [0, 2], ids=["older", "newer"])
def test_another_schema_is_unreadable_and_told(version: int) -> None:
    body = damaged(lambda e: e.update(schema=version, data={"new": SECRET}))
    with pytest.raises(DocumentUnreadable, match=f"its schema is {version}, this code knows 1") as raised:
        LOGIN_SCHEMA.load("login", body)
    assert SECRET not in str(raised.value)


def connection_of_the_first_version(**changes: Any) -> str:
    envelope = json.loads(CONNECTION_SCHEMA.dump(DOCUMENTS["connection"][1]))
    del envelope["data"]["known_since"]
    return json.dumps({"schema": 1, "data": envelope["data"] | changes})


def test_a_connection_of_the_first_version_is_read() -> None:
    """The company counts as known since the login that is known."""
    found = CONNECTION_SCHEMA.load("connection", connection_of_the_first_version())
    expected = attrs.evolve(DOCUMENTS["connection"][1], known_since={hashed_company_id("000 999 111"): NOON})
    assert (found, found.company_since) == (expected, NOON)
    assert attrs.evolve(found, known_since={}).company_since == NOON


@pytest.mark.parametrize("changes", [{"company_id": 7}, {"connected_at": SECRET}, {"extra": SECRET}], ids=str)
def test_a_damaged_one_of_the_first_version_is_unreadable(changes: dict[str, Any]) -> None:
    with pytest.raises(DocumentUnreadable, match="damaged") as raised:
        CONNECTION_SCHEMA.load("connection", connection_of_the_first_version(**changes))
    assert SECRET not in str(raised.value)


def test_a_company_is_known_since_it_was_connected_first() -> None:
    """Another login changes nothing of it, nor another company in between."""
    first = {**since_with(None, "A", NOON)}
    before = attrs.evolve(DOCUMENTS["connection"][1], known_since=first)
    later = since_with(before, "B", NOON + timedelta(days=1))
    again = since_with(attrs.evolve(before, known_since=later), "a", NOON + timedelta(days=2))
    assert again == {hashed_company_id("A"): NOON, hashed_company_id("B"): NOON + timedelta(days=1)}


def test_an_unreadable_document_is_left_as_it_is(store: AsyncMemoryStateStore) -> None:
    store.memory.commit("acme", [Write("login", None, "damaged")])
    with pytest.raises(DocumentUnreadable):
        step(update, store, "acme", "login", LOGIN_SCHEMA, lambda _: DOCUMENTS["login"][1])
    assert store.memory.read("acme", ["login"])["login"].body == "damaged"


def test_reading_what_is_not_there_gives_none(store: AsyncMemoryStateStore) -> None:
    assert step(read, store, "acme", "login", LOGIN_SCHEMA) is None


@attrs.frozen
class Count:
    value: int


COUNT = Schema(Count)


def more(count: Count | None) -> Count:
    return Count(count.value + 1 if count else 1)


def test_an_update_creates_and_changes(store: AsyncMemoryStateStore) -> None:
    for value in (1, 2, 3):
        assert step(update, store, "acme", "count", COUNT, more) == Count(value)
    kept = step(read, store, "acme", "count", COUNT)
    assert kept is not None
    assert (kept.value, kept.version) == (Count(3), 3)


def test_an_update_that_changes_nothing_writes_nothing(store: AsyncMemoryStateStore) -> None:
    step(update, store, "acme", "count", COUNT, more)
    assert step(update, store, "acme", "count", COUNT, lambda _: None) == Count(1)
    assert step(update, store, "acme", "count", COUNT, lambda count: count) == Count(1)
    assert step(update, store, "acme", "none", COUNT, lambda _: None) is None
    assert [(f.key, f.document.version) for f in store.memory.scan("")] == [("count", 1)]


def test_an_update_that_never_gets_through_gives_up(store: AsyncMemoryStateStore) -> None:
    tries: list[int] = []

    def disturbed(count: Count | None) -> Count:
        now = store.memory.read("acme", ["count"]).get("count")
        store.memory.commit("acme", [COUNT.write("count", now, Count(0 if now is None else now.version))])
        tries.append(1)
        return more(count)

    with pytest.raises(StoreBusy, match="count") as raised:
        step(update, store, "acme", "count", COUNT, disturbed)
    assert raised.value.advice
    assert 2 <= len(tries) <= 100


def test_an_error_of_the_change_comes_through_and_nothing_is_written(store: AsyncMemoryStateStore) -> None:
    def fails(_: Count | None) -> Count:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        step(update, store, "acme", "count", COUNT, fails)
    assert store.memory.scan("") == []


def test_names_and_sealed_texts_stay_out_of_reprs() -> None:
    for name in ("connection", "login", "tokens"):
        assert "Ærlig" not in repr(DOCUMENTS[name][1])
        assert "sealed=" not in repr(DOCUMENTS[name][1])
        assert "'sealed'" not in repr(DOCUMENTS[name][1])


def test_all_is_sorted_and_there() -> None:
    # Constants first, then classes, then functions: as the style checker sorts.
    assert all(hasattr(state, name) for name in state.__all__)
    assert len(set(state.__all__)) == len(state.__all__)
