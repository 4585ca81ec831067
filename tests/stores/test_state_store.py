"""The contract of `StateStore`."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.ports import StateStore, Versioned, Write
from visma_busy_sync.stores import MemoryStateStore

ODD_TEXTS = {
    "empty": "",
    "emoji": "👩‍👩‍👧 ☃ é",
    "quotes": "'; DROP TABLE x; -- \"",
    "lines": "a\r\nb\n",
    "spaces": "  x  ",
    "megabyte": "æ" * 500_000,
}


def put(state: StateStore, key: str, body: str, *, tenant: str = "acme") -> None:
    known = state.read(tenant, [key]).get(key)
    assert state.commit(tenant, [Write(key, known.version if known else None, body)])


def everything(state: StateStore) -> list[tuple[str, str, int, str]]:
    return sorted((f.tenant, f.key, f.document.version, f.document.body) for f in state.scan(""))


def test_what_does_not_exist_is_left_out(state: StateStore) -> None:
    put(state, "a", "1")
    assert state.read("acme", ["a", "b"]) == {"a": Versioned(1, "1")}
    assert state.read("acme", []) == {}


def test_a_key_that_is_asked_for_twice_is_answered_once(state: StateStore) -> None:
    put(state, "a", "1")
    assert state.read("acme", ["a", "a"]) == {"a": Versioned(1, "1")}


def test_versions_count_up_from_1(state: StateStore) -> None:
    for version in (1, 2, 3):
        put(state, "a", str(version))
        assert state.read("acme", ["a"])["a"] == Versioned(version, str(version))


def test_none_expects_that_the_document_does_not_exist(state: StateStore) -> None:
    assert state.commit("acme", [Write("a", None, "1")])
    assert not state.commit("acme", [Write("a", None, "2")])
    assert state.read("acme", ["a"])["a"].body == "1"


@pytest.mark.parametrize("expected", [0, 1, 3], ids=["zero", "stale", "future"])
def test_another_version_is_not_overwritten(state: StateStore, expected: int) -> None:
    put(state, "a", "1")
    put(state, "a", "2")
    assert not state.commit("acme", [Write("a", expected, "mine")])
    assert state.read("acme", ["a"]) == {"a": Versioned(2, "2")}


def test_a_version_of_a_document_that_was_deleted_is_not_found(state: StateStore) -> None:
    put(state, "a", "1")
    assert state.commit("acme", [Write("a", 1, None)])
    assert state.read("acme", ["a"]) == {}
    assert not state.commit("acme", [Write("a", 1, "2")])
    assert not state.commit("acme", [Write("a", 1, None)])
    assert state.commit("acme", [Write("a", None, "2")])


def test_deleting_needs_the_version_too(state: StateStore) -> None:
    put(state, "a", "1")
    put(state, "a", "2")
    assert not state.commit("acme", [Write("a", 1, None)])
    assert not state.commit("acme", [Write("a", None, None)])
    assert state.read("acme", ["a"])["a"].version == 2


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_unexpected_version_stops_the_whole_commit(state: StateStore, place: int) -> None:
    """Wherever in the commit it stands, nothing of the commit is made."""
    put(state, "kept", "1")
    put(state, "gone", "1")
    before = everything(state)
    writes = [Write("new", None, "x"), Write("kept", 1, "x")]
    writes.insert(place, Write("gone", 7, "x"))
    assert not state.commit("acme", writes)
    assert everything(state) == before


def test_a_commit_creates_changes_and_deletes_together(state: StateStore) -> None:
    put(state, "changed", "1")
    put(state, "deleted", "1")
    writes = [Write("new", None, "1"), Write("changed", 1, "2"), Write("deleted", 1, None)]
    assert state.commit("acme", writes)
    assert everything(state) == [("acme", "changed", 2, "2"), ("acme", "new", 1, "1")]


def test_an_empty_commit_is_made(state: StateStore) -> None:
    assert state.commit("acme", [])


def test_a_key_is_written_once_per_commit(state: StateStore) -> None:
    with pytest.raises(ConfigurationError):
        state.commit("acme", [Write("a", None, "1"), Write("a", None, "2")])
    assert everything(state) == []


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS)
def test_any_text_comes_back_exactly(state: StateStore, text: str) -> None:
    put(state, "a", text)
    assert state.read("acme", ["a"])["a"].body == text


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b", "\udfff"], ids=["nul", "high", "low"])
def test_what_a_store_cannot_hold_is_refused_whole(state: StateStore, text: str) -> None:
    """JSON escapes NUL and lone surrogates. A store keeps them as they are, or writes nothing at all."""
    writes = [Write("a", None, "1"), Write("b", None, text)]
    try:
        assert state.commit("acme", writes)
    except ConfigurationError:
        assert everything(state) == []
    else:
        assert state.read("acme", ["b"])["b"].body == text


@pytest.mark.parametrize("text", ["a\0b", "a\ud800", "x" * 100_000], ids=["nul", "surrogate", "long"])
def test_an_odd_key_that_was_never_written_is_not_found(state: StateStore, text: str) -> None:
    put(state, "a", "1")
    assert state.read("acme", [text, "a"]) == {"a": Versioned(1, "1")}
    assert state.read(text, ["a"]) == {}
    assert list(state.scan(text)) == []
    assert list(state.scan("a", text)) == []


@pytest.mark.parametrize("text", [ODD_TEXTS[id] for id in ("emoji", "quotes", "spaces")])
def test_any_text_is_a_key_and_a_tenant(state: StateStore, text: str) -> None:
    put(state, text, "1", tenant=text)
    put(state, text + " ", "2", tenant=text)
    assert state.read(text, [text]) == {text: Versioned(1, "1")}
    assert [found.tenant for found in state.scan(text)] == [text, text]


def test_keys_that_differ_in_case_or_form_are_apart(state: StateStore) -> None:
    for number, key in enumerate(("é", "e\u0301", "E", "e")):
        put(state, key, str(number))
    assert {key: state.read("acme", [key])[key].body for key in ("é", "e\u0301", "E", "e")} == {
        "é": "0",
        "e\u0301": "1",
        "E": "2",
        "e": "3",
    }


def test_tenants_are_apart(state: StateStore) -> None:
    put(state, "a", "acme's")
    put(state, "a", "shared", tenant="")
    assert state.read("other", ["a"]) == {}
    assert state.commit("other", [Write("a", None, "other's")])
    assert state.read("acme", ["a"])["a"].body == "acme's"
    assert state.read("", ["a"])["a"].body == "shared"


def keys(state: StateStore, prefix: str, tenant: str | None = None) -> set[tuple[str, str]]:
    return {(found.tenant, found.key) for found in state.scan(prefix, tenant)}


def test_a_scan_goes_over_one_tenant_or_all(state: StateStore) -> None:
    for tenant in ("acme", "other", ""):
        put(state, "order/1", tenant, tenant=tenant)
        put(state, "claim/1", tenant, tenant=tenant)
    assert keys(state, "order/", "acme") == {("acme", "order/1")}
    assert keys(state, "order/", "") == {("", "order/1")}
    assert keys(state, "order/") == {("acme", "order/1"), ("other", "order/1"), ("", "order/1")}
    assert len(keys(state, "")) == 6
    assert keys(state, "nothing") == set()


@pytest.mark.parametrize("prefix", ["a%", "a_", "a\\", "a*", "a["])
def test_no_character_of_a_prefix_stands_for_another(state: StateStore, prefix: str) -> None:
    put(state, f"{prefix}1", "yes")
    put(state, "abc", "no")
    put(state, "A%1", "no")
    assert keys(state, prefix) == {("acme", f"{prefix}1")}


@pytest.mark.parametrize("last", ["\ud7ff", "\U0010ffff", "\uffff", "z"], ids=ascii)
def test_a_prefix_may_end_with_any_character(state: StateStore, last: str) -> None:
    """Also with the last one before the surrogates, and with the last one of all."""
    for prefix in (last, f"a{last}", f"a{last}{last}"):
        put(state, prefix, "1")
        put(state, f"{prefix}\U0010ffff.", "1")
    put(state, "a\ue000", "1")
    put(state, "b", "1")
    for prefix in (last, f"a{last}", f"a{last}{last}"):
        expected = {found.key for found in state.scan("") if found.key.startswith(prefix)}
        assert len(expected) >= 2
        assert {key for _, key in keys(state, prefix)} == expected


def test_thousands_of_documents_go_in_one_commit_and_one_read(state: StateStore) -> None:
    """More than a database takes as parameters of one statement."""
    names = [f"k{number:04}" for number in range(4000)]
    assert state.commit("acme", [Write(name, None, name) for name in names])
    assert state.read("acme", names) == {name: Versioned(1, name) for name in names}
    writes = [Write(name, 1, None if number % 2 else "new") for number, name in enumerate(names)]
    stale = [*writes[:-1], Write(names[-1], 2, "new")]
    assert not state.commit("acme", stale)
    assert {found.document.version for found in state.scan("k")} == {1}
    assert state.commit("acme", writes)
    assert state.read("acme", names) == {name: Versioned(2, "new") for name in names[::2]}


def test_ten_megabytes_come_back(state: StateStore) -> None:
    body = "æ☃" * 2_500_000
    put(state, "a", body)
    (found,) = state.scan("a")
    assert state.read("acme", ["a"])["a"].body == found.document.body == body


def test_a_scan_tells_versions_and_leaves_out_what_was_deleted(state: StateStore) -> None:
    put(state, "a", "1")
    put(state, "a", "2")
    put(state, "b", "1")
    assert state.commit("acme", [Write("b", 1, None)])
    assert everything(state) == [("acme", "a", 2, "2")]


def test_what_was_passed_and_returned_is_not_shared(state: StateStore) -> None:
    writes = [Write("a", None, "1")]
    assert state.commit("acme", writes)
    writes[0] = Write("a", None, "2")
    found = state.read("acme", ["a", "b"])
    if isinstance(found, dict):
        found.clear()
    scanned = state.scan("")
    if isinstance(scanned, list):
        scanned.clear()
    assert state.read("acme", ["a"]) == {"a": Versioned(1, "1")}
    assert len(state.scan("")) == 1


def test_of_many_threads_with_the_same_version_one_wins(state: StateStore) -> None:
    threads = 8
    with ThreadPoolExecutor(threads) as pool:
        for version in range(30):
            start = threading.Barrier(threads)

            def race(me: int, version: int = version, start: threading.Barrier = start) -> bool:
                start.wait()
                return state.commit("acme", [Write("a", version or None, str(me)), Write(f"{me}", None, "")])

            won = list(pool.map(race, range(threads)))
            assert sum(won) == 1
            winner = str(won.index(True))
            assert state.read("acme", ["a"])["a"] == Versioned(version + 1, winner)
            assert state.commit("acme", [Write(winner, 1, None)])
            assert len(everything(state)) == 1


def test_several_keys_are_read_as_of_one_moment(state: StateStore) -> None:
    """A writer keeps two documents equal; no reader ever sees them differ."""
    done = threading.Event()
    torn: list[Sequence[str]] = []
    assert state.commit("acme", [Write("a", None, "0"), Write("b", None, "0")])

    def look() -> None:
        while not done.is_set():
            found = state.read("acme", ["a", "b"])
            scanned = [each.document.body for each in state.scan("", "acme")]
            both = ([document.body for document in found.values()], scanned)
            torn.extend(bodies for bodies in both if len(set(bodies)) > 1)

    readers = [threading.Thread(target=look) for _ in range(2)]
    for reader in readers:
        reader.start()
    for version in range(1, 150):
        body = str(version)
        assert state.commit("acme", [Write("a", version, body), Write("b", version, body)])
    done.set()
    for reader in readers:
        reader.join()
    assert torn == []


def test_texts_stay_out_of_reprs() -> None:
    state = MemoryStateStore()
    put(state, "a", "confidential")
    assert "confidential" not in repr([state, state.scan(""), Write("a", 1, "confidential")])
