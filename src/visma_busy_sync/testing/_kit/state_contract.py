"""Checks of `StateStore`: commits, versions, answers, scans, tenants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from visma_busy_sync.ports import Versioned, Write
from visma_busy_sync.testing._kit import promises as p
from visma_busy_sync.testing._kit.state_stage import TENANT, Instance, StateStage
from visma_busy_sync.testing._kit.suite import Suite

SUITE: Final = Suite(StateStage)

MANY: Final = 5_000
# More than the page or limit that database tools set by themselves.
_MORE_THAN_A_PAGE: Final = 1_500


async def _everything(store: Instance) -> dict[str, Versioned]:
    return {found.key: found.document for found in await store.scan("")}


@SUITE.shows(p.ANSWERS_ARE_VALUES)
async def only_what_exists_is_answered(stage: StateStage) -> None:
    """A read leaves out what does not exist, and answers a key that is named twice once."""
    await stage.store.made(Write("a", None, "1"))
    for keys in (("a", "missing"), ("a", "a")):
        answer = await stage.store.read(*keys)
        stage.require(answer == {"a": Versioned(1, "1")}, f"read({list(keys)}) is {answer}")
    stage.require(await stage.store.read() == {}, "read() of no keys is not empty")


@SUITE.shows(p.ANSWERS_ARE_VALUES)
async def answers_are_the_callers_own(stage: StateStage) -> None:
    """What the caller does to a list it passed or an answer it got changes nothing in the store."""
    writes = [Write("a", None, "1")]
    stage.require(await stage.store.port.commit(TENANT, writes), "commit() was answered False")
    writes[0] = Write("a", None, "2")
    answer, scanned = await stage.store.port.read(TENANT, ["a"]), await stage.store.port.scan("", TENANT)
    if isinstance(answer, dict):
        answer.clear()
    if isinstance(scanned, list):
        scanned.clear()
    after = await stage.store.read("a")
    stage.require(after == {"a": Versioned(1, "1")}, "changing what was passed or returned changed the store")
    stage.require(len(await stage.store.scan("")) == 1, "clearing the list of a scan changed the store")


@SUITE.shows(p.ALL_OR_NOTHING)
async def a_commit_creates_changes_and_deletes_together(stage: StateStage) -> None:
    """New documents, changes and deletions of one commit are all made."""
    store = stage.store
    await store.made(Write("changed", None, "1"), Write("deleted", None, "1"), Write("left", None, "1"))
    await store.made(Write("new", None, "1"), Write("changed", 1, "2"), Write("deleted", 1, None))
    after = await _everything(store)
    wanted = {"changed": Versioned(2, "2"), "left": Versioned(1, "1"), "new": Versioned(1, "1")}
    stage.require(after == wanted, f"after a commit that was answered True there is {after}, not {wanted}")


@SUITE.shows(p.ALL_OR_NOTHING)
async def one_wrong_version_stops_the_whole_commit(stage: StateStage) -> None:
    """Wherever the wrong version stands, nothing of the commit is made: nothing new, changed or deleted."""
    store = stage.store
    await store.made(Write("changed", None, "1"), Write("deleted", None, "1"), Write("wrong", None, "1"))
    before = await _everything(store)
    right = [Write("new", None, "x"), Write("changed", 1, "x"), Write("deleted", 1, None)]
    for wrong in (Write("wrong", 7, "x"), Write("wrong", None, "x"), Write("missing", 1, "x")):
        for place in range(4):
            writes = [*right[:place], wrong, *right[place:]]
            await store.refused(*writes, why=f"write {place + 1} of 4 expects another version")
            after = await _everything(store)
            stage.require(
                after == before,
                f"write {place + 1} of 4 could not be made and commit() was answered False, yet {after} is "
                f"stored instead of {before}",
            )
            stage.require(
                stage.raw("new") is None, "commit() was answered False, and past the port is a part of it"
            )


@SUITE.shows(p.ALL_OR_NOTHING)
async def an_empty_commit_is_made(stage: StateStage) -> None:
    """All of no writes are made."""
    stage.require(await stage.store.commit(), "commit() of no writes was answered False")


@SUITE.shows(p.ALL_OR_NOTHING)
async def one_wrong_version_stops_thousands_of_writes(stage: StateStage) -> None:
    """A commit that the store carries out in parts is still one."""
    await stage.store.made(Write("wrong", None, "1"))
    writes = [*(Write(f"many/{at}", None, "{}") for at in range(MANY)), Write("wrong", 7, "x")]
    await stage.store.refused(*writes, why="its last write expects another version", error_breaks=p.MANY_KEYS)
    left = len(await stage.store.scan("many/"))
    stage.require(not left, f"the last write could not be made, yet {left:,} of {MANY:,} others are stored")


@SUITE.shows(p.EXPECTED_VERSIONS)
async def another_version_is_not_overwritten(stage: StateStage) -> None:
    """Only the version that the document has now may be written over or deleted."""
    store = stage.store
    for text in ("1", "2", "3"):
        await store.put("a", text)
    for expected in (None, 0, 1, 2, 4, -1):
        for body in ("x", None):
            what = "deleting" if body is None else "writing"
            await store.refused(
                Write("a", expected, body), why=f"{what} expects {expected} and the version is 3"
            )
            after = await store.read("a")
            stage.require(
                after == {"a": Versioned(3, "3")},
                f"{what} at {expected} was answered False, yet version 3 is now {after}",
            )


@SUITE.shows(p.EXPECTED_VERSIONS)
async def what_does_not_exist_has_no_version(stage: StateStage) -> None:
    """A write that expects a version creates nothing, neither where nothing was nor where it was deleted."""
    store = stage.store
    await store.made(Write("deleted", None, "1"))
    await store.made(Write("deleted", 1, None))
    for key in ("deleted", "never"):
        for expected in (0, 1, 2):
            await store.refused(
                Write(key, expected, "x"), why=f"it expects {expected} of a document that is not there"
            )
    stage.require(
        not await store.scan(""), "a write of a document that is not there was refused and yet stored"
    )


@SUITE.shows(p.EXPECTED_VERSIONS)
async def a_document_that_is_there_is_not_created(stage: StateStage) -> None:
    """None expects that there is no document, also where the same body is there already."""
    await stage.store.made(Write("a", None, "1"))
    for body in ("1", "2", ""):
        await stage.store.refused(
            Write("a", None, body), why="the document exists and the write expects none"
        )
    stage.require(
        await stage.store.read("a") == {"a": Versioned(1, "1")}, "a refused creation changed the document"
    )


@SUITE.shows(p.VERSIONS_COUNT)
async def versions_count_up_from_one(stage: StateStage) -> None:
    """Each write makes the version one more, for reads and scans, also where the body stays the same."""
    for version, body in enumerate(("1", "1", "", "1", "2", "2"), 1):
        await stage.store.made(Write("a", version - 1 or None, body))
        seen = (await stage.store.read("a"))["a"].version
        stage.require(seen == version, f"after {version} writes read() tells version {seen}")
        (found,) = await stage.store.scan("a")
        stage.require(
            found.document.version == version, f"after {version} writes scan() tells {found.document.version}"
        )


@SUITE.shows(p.VERSIONS_COUNT)
async def versions_of_documents_count_apart(stage: StateStage) -> None:
    """A write of one document leaves the versions of others, also in the same commit."""
    await stage.store.made(Write("a", None, "1"), Write("b", None, "1"))
    await stage.store.made(Write("a", 1, "2"))
    await stage.store.made(Write("a", 2, "3"), Write("b", 1, "2"), Write("c", None, "1"))
    versions = {key: document.version for key, document in (await stage.store.read("a", "b", "c")).items()}
    stage.require(versions == {"a": 3, "b": 2, "c": 1}, f"the versions are {versions}, not a: 3, b: 2, c: 1")


@SUITE.shows(p.VERSIONS_COUNT)
async def a_document_created_again_starts_at_one(stage: StateStage) -> None:
    """Nothing of a deleted document is left, its version neither."""
    store = stage.store
    for _ in range(2):
        await store.put("a", "1")
        await store.put("a", "2")
        await store.made(Write("a", 2, None))
        stage.require(await store.read("a") == {}, "a deleted document is still read")
    await store.made(Write("a", None, "3"))
    now = await store.read("a")
    stage.require(
        now == {"a": Versioned(1, "3")}, f"created again after a deletion it is {now}, not version 1"
    )


@SUITE.shows(p.TAKE_ONCE)
async def a_document_is_taken_once(stage: StateStage) -> None:
    """The second deletion is answered False, whichever version it expects and whoever asks."""
    store, other = stage.store, stage.another()
    await store.made(Write("a", None, "1"))
    await store.made(Write("a", 1, None))
    for who in (store, other):
        for expected in (1, 2, None):
            taken = await who.commit(Write("a", expected, None), error_breaks=p.CONFLICT_IS_FALSE)
            # To delete what is expected not to exist changes nothing; both answers say so.
            stage.require(
                not taken or expected is None, f"a document was deleted at 1, and again at {expected}"
            )


@SUITE.shows(p.CONFLICT_IS_FALSE)
async def a_conflict_is_an_answer(stage: StateStage) -> None:
    """Each kind of conflict is answered False, and the store goes on as if nothing had been."""
    store = stage.store
    await store.made(Write("a", None, "1"))
    conflicts = {
        "creating what exists": Write("a", None, "x"),
        "writing at another version": Write("a", 9, "x"),
        "deleting at another version": Write("a", 9, None),
        "writing what does not exist": Write("missing", 1, "x"),
        "deleting what does not exist": Write("missing", 1, None),
    }
    for why, write in conflicts.items():
        breaks = p.TAKE_ONCE if write.body is None and write.key == "missing" else p.EXPECTED_VERSIONS
        await store.refused(write, why=f"it is {why}", breaks=breaks)
        await store.put("a", why)


@SUITE.shows(p.SCAN_FINDS_ALL)
async def a_scan_tells_documents_as_they_are_now(stage: StateStage) -> None:
    """Changed documents come once with their new version, deleted ones not at all."""
    store = stage.store
    await store.made(*(Write(f"order/{name}", None, "1") for name in ("changed", "deleted", "left")))
    await store.made(
        Write("order/changed", 1, "2"), Write("order/deleted", 1, None), Write("claim/1", None, "1")
    )
    found = sorted(
        (each.key, each.document.version, each.document.body) for each in await store.scan("order/")
    )
    wanted = [("order/changed", 2, "2"), ("order/left", 1, "1")]
    stage.require(found == wanted, f"the scan found {found}, not {wanted}")
    for prefix, number in {"": 3, "order/left": 1, "order/left/": 0, "nothing": 0}.items():
        got = [each.key for each in await store.scan(prefix)]
        stage.require(len(got) == number, f"the scan of {prefix!r} found {got}")


@SUITE.shows(p.SCAN_FINDS_ALL)
async def a_scan_has_no_limit(stage: StateStage) -> None:
    """More documents than a usual page are all found."""
    keys = {f"many/{at}" for at in range(_MORE_THAN_A_PAGE)}
    for part in range(0, _MORE_THAN_A_PAGE, 100):
        await stage.store.made(*(Write(f"many/{at}", None, "{}") for at in range(part, part + 100)))
    found = [each.key for each in await stage.store.scan("many/")]
    stage.require(
        len(found) == len(keys) and set(found) == keys,
        f"of {len(keys):,} documents the scan found {len(set(found)):,}, in {len(found):,} rows",
    )


_PREFIXES: Final = ("a%", "a_", "a\\", "a*", "a?", "a[b]", "a.", "a'", 'a"', "a^", "a|", "a ", "é/", "😀/")


@SUITE.shows(p.PLAIN_PREFIX)
async def no_character_of_a_prefix_stands_for_another(stage: StateStage) -> None:
    """Patterns of SQL, shells and regular expressions are plain text, also where they stand last."""
    decoys = ("abc", "aXYZ", "ab", "a", "b", "e/1", "?/1")
    keys = [*decoys, *(f"{prefix}1" for prefix in _PREFIXES), *(f"{prefix}\\2" for prefix in _PREFIXES)]
    await stage.store.made(*(Write(key, None, "{}") for key in keys))
    for prefix in (*_PREFIXES, "%", "_", "*", "", "a"):
        found = sorted(each.key for each in await stage.store.scan(prefix))
        wanted = sorted(key for key in keys if key.startswith(prefix))
        stage.require(found == wanted, f"the scan of {prefix!r} found {found}, not {wanted}")


@SUITE.shows(p.PLAIN_PREFIX)
async def case_counts_in_a_prefix(stage: StateStage) -> None:
    """A prefix in other case finds nothing."""
    await stage.store.made(
        Write("Order/1", None, "{}"), Write("claim/1", None, "{}"), Write("Ære/1", None, "{}")
    )
    for prefix in ("order/", "ORDER/", "Claim/", "ære/"):
        found = [each.key for each in await stage.store.scan(prefix)]
        stage.require(not found, f"the scan of {prefix!r} found {found}, whose case is another")


# The second and third would be one where tenant and key are joined; so would "" and None where "" is a lack.
_OWNERS: Final[Mapping[str, str]] = {"": "key", "a": "bkey", "ab": "key", "a%": "key", "abc": "key"}


@SUITE.shows(p.TENANTS_APART)
async def tenants_do_not_see_each_other(stage: StateStage) -> None:
    """Documents of tenants whose names resemble each other are read and found by their own tenant only."""
    store = stage.store
    for tenant, key in _OWNERS.items():
        await store.made(
            Write(key, None, f"of {tenant!r}"), Write("same", None, f"of {tenant!r}"), tenant=tenant
        )
    for tenant, key in _OWNERS.items():
        mine = {key: Versioned(1, f"of {tenant!r}"), "same": Versioned(1, f"of {tenant!r}")}
        seen = await store.read("key", "bkey", "same", tenant=tenant)
        stage.require(seen == mine, f"the tenant {tenant!r} reads {seen}, not {mine}")
        found = {(each.tenant, each.key): each.document for each in await store.scan("", tenant)}
        wanted = {(tenant, key): document for key, document in mine.items()}
        stage.require(found == wanted, f"a scan of the tenant {tenant!r} found {found}, not {wanted}")
    stage.require(not await store.scan("", "nobody"), "a scan of a tenant without documents found some")


@SUITE.shows(p.TENANTS_APART)
async def a_scan_without_tenant_goes_over_all(stage: StateStage) -> None:
    """None means all tenants, the tenant "" among them, each document with its tenant."""
    for tenant in _OWNERS:
        await stage.store.made(Write("order/1", None, tenant), Write("claim/1", None, tenant), tenant=tenant)
    found = sorted(
        (each.tenant, each.key, each.document.body) for each in await stage.store.scan("order/", None)
    )
    wanted = sorted((tenant, "order/1", tenant) for tenant in _OWNERS)
    stage.require(found == wanted, f"a scan of all tenants found {found}, not {wanted}")


@SUITE.shows(p.TENANTS_APART)
async def a_commit_touches_its_own_tenant_only(stage: StateStage) -> None:
    """Writing and deleting in one tenant leaves the same key of others, its version too."""
    store = stage.store
    for tenant in _OWNERS:
        await store.made(Write("a", None, "1"), Write("b", None, "1"), tenant=tenant)
    await store.made(Write("a", 1, "2"), Write("b", 1, None), tenant="a")
    await store.made(Write("a", 1, "3"), tenant="")
    wanted = {tenant: {"a": Versioned(1, "1"), "b": Versioned(1, "1")} for tenant in _OWNERS}
    wanted["a"] = {"a": Versioned(2, "2")}
    wanted[""] = {"a": Versioned(2, "3"), "b": Versioned(1, "1")}
    for tenant, documents in wanted.items():
        seen = await store.read("a", "b", tenant=tenant)
        stage.require(
            seen == documents, f"after writes in two other tenants {tenant!r} has {seen}, not {documents}"
        )


_TWICE: Final[Mapping[str, tuple[Write, Write]]] = {
    "created twice": (Write("new", None, "1"), Write("new", None, "2")),
    "created and changed": (Write("new", None, "1"), Write("new", 1, "2")),
    "changed twice": (Write("kept", 1, "2"), Write("kept", 1, "3")),
    "changed twice in turn": (Write("kept", 1, "2"), Write("kept", 2, "3")),
    "changed and deleted": (Write("kept", 1, "2"), Write("kept", 1, None)),
    "deleted and created": (Write("kept", 1, None), Write("kept", None, "2")),
}


@SUITE.shows(p.KEY_ONCE)
async def a_key_is_written_once_in_a_commit(stage: StateStage) -> None:
    """A commit that names a key twice changes nothing, whatever the two writes are."""
    store = stage.store
    await store.made(Write("kept", None, "1"))
    for how, twice in _TWICE.items():
        try:
            made = await store.port.commit(TENANT, [Write("other", None, "x"), *twice])
        except Exception:  # noqa: BLE001 - which error refuses it is the host's choice
            made = False
        stage.require(not made, f"a commit in which one key is {how} was answered True")
        after = await _everything(store)
        stage.require(
            after == {"kept": Versioned(1, "1")}, f"a commit in which one key is {how} left {after}"
        )


@SUITE.shows(p.MANY_KEYS)
async def one_read_and_one_commit_take_thousands_of_keys(stage: StateStage) -> None:
    """5,000 documents are created, read, changed and deleted in one call each."""
    store = stage.store
    keys = [f"many/{at}" for at in range(MANY)]
    for version in (1, 2):
        await store.made(*(Write(key, version - 1 or None, key) for key in keys))
        found = await store.read(*keys)
        wanted = {key: Versioned(version, key) for key in keys}
        stage.require(
            found == wanted, f"of {MANY:,} documents at {version} one read answers {len(found):,} as they are"
        )
    await store.made(*(Write(key, 2, None) for key in keys))
    left = len(await store.scan("many/"))
    stage.require(not left, f"after a commit that deletes {MANY:,} documents {left:,} are left")
