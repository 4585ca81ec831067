"""What the ports promise: one name, one sentence and one cure each. `docs/conformance.md` tells the same."""

from __future__ import annotations

from typing import final

from attrs import frozen


@frozen
class Promise:
    """One thing that a port promises.

    Attributes:
        name: Stable, in kebab case; reports and `-k` use it.
        sentence: What is promised.
        cure: What to look at when it is broken.
    """

    name: str
    sentence: str
    cure: str


@final
class PromiseBroken(AssertionError):
    """A port does not keep a promise; the message says which, what was seen, and what to do.

    Attributes:
        promise: Which one.
        seen: What was seen.
    """

    def __init__(self, promise: Promise, seen: str) -> None:
        self.promise = promise
        self.seen = seen
        super().__init__(
            f'promise "{promise.name}" is broken: {seen.rstrip(".")}.\n'
            f"  promised: {promise.sentence}\n"
            f"  to do: {promise.cure}"
        )

    def __reduce__(self) -> tuple[type[PromiseBroken], tuple[Promise, str]]:
        return PromiseBroken, (self.promise, self.seen)


def require(ok: bool, promise: Promise, seen: str) -> None:
    """Raise `PromiseBroken` unless `ok`."""
    __tracebackhide__ = True
    if not ok:
        raise PromiseBroken(promise, seen)


ANSWERS_ARE_VALUES = Promise(
    "answers-are-values",
    "Answers have exactly the declared types, hold only what was asked for, and are the caller's own copies.",
    "Make the answer from the row: Versioned(int(...), str(...)), Found(...), True or False; return a "
    "new dict or list each time.",
)
ALL_OR_NOTHING = Promise(
    "all-or-nothing",
    "A commit makes all of its writes or none, wherever in it the one stands that cannot be made.",
    "Make all writes in one transaction, and roll it back before you answer False.",
)
EXPECTED_VERSIONS = Promise(
    "expected-versions",
    "A write is made only where the document has exactly the version that it expects now; None expects "
    "that there is none. Deleting is a write.",
    "Compare in the statement that writes (`update ... where version = ?`, a primary key for new ones) "
    "and count its rows.",
)
VERSIONS_COUNT = Promise(
    "versions-count",
    "A new document has version 1, each write makes it one more, and one that is created again after "
    "it was deleted starts at 1.",
    "Store expected + 1, or 1 for a new document; delete the row of a document that is deleted.",
)
TAKE_ONCE = Promise(
    "take-once",
    "Deleting a document at its version succeeds once; who comes later with the same version gets False.",
    "Count the rows that the delete statement deleted; none means False.",
)
CONFLICT_IS_FALSE = Promise(
    "conflict-is-false",
    "A version that is not the expected one, a lost race included, is answered False; nothing is "
    "raised for it.",
    "Turn the database's conflicts (unique key, serialization failure, deadlock victim) into False, or "
    "try again.",
)
ONE_MOMENT = Promise(
    "one-moment",
    "One read answers all of its keys as of one moment; a commit of several keys is never seen half.",
    "Read all keys in one statement, or in one transaction that sees a snapshot (repeatable read).",
)
NO_STALE_READS = Promise(
    "no-stale-reads",
    "A read and a scan tell what is stored now, whoever wrote it and through whichever instance.",
    "Keep no cache in the store, and end the transaction of each read.",
)
DURABLE = Promise(
    "durable",
    "When commit has returned True its writes are stored: past the port, by another instance, and "
    "after closing and opening anew they are there.",
    "Commit the transaction, and await that, before you return True.",
)
OWN_TRANSACTION = Promise(
    "own-transaction",
    "Inside a transaction of the host that is rolled back later, a commit that was answered True "
    "stays; or it is refused with an error of the package, and nothing is written.",
    "Use a connection of the store's own, or raise ConfigurationError where a transaction of the host "
    "is open.",
)
SCAN_FINDS_ALL = Promise(
    "scan-finds-all",
    "A scan finds each document whose key begins with the prefix once, as it is stored now, and none "
    "that was deleted.",
    "Select by prefix without limit or page, and make version and body from the same row.",
)
PLAIN_PREFIX = Promise(
    "plain-prefix",
    "The prefix of a scan is plain text: no character of it stands for another, and case counts.",
    "Compare with `substr(key, 1, length) = prefix` or escape the pattern; SQLite's LIKE also ignores case.",
)
TENANTS_APART = Promise(
    "tenants-apart",
    'The same key of two tenants is two documents, the tenant "" is one like any other, and a scan of '
    "one tenant finds nothing of another; without a tenant it finds those of all.",
    'Compare the tenant for equality in every statement; in a scan, None means all and "" does not.',
)
KEYS_EXACT = Promise(
    "keys-exact",
    "Keys and tenants that differ in anything (case, spaces at the end, composed letters) are apart, "
    "and come back as they were given; they may have 500 characters.",
    "Use a binary collation and a type that neither pads nor trims, and do not change the key.",
)
BODIES_EXACT = Promise(
    "bodies-exact",
    "A body comes back exactly: empty or 10 MB, with every character that a JSON text can hold.",
    "Use a text type without limit (not a JSON type, which rewrites) and UTF-8 on the connection.",
)
KEY_ONCE = Promise(
    "key-once",
    "A commit that names a key twice is refused with an error or answered False, and nothing is written.",
    "Look for repeated keys before the first statement, and raise ConfigurationError.",
)
MANY_KEYS = Promise(
    "many-keys",
    "One read and one commit take 5,000 keys.",
    "Bind the keys as one array or table, or in several statements inside one transaction.",
)
ONE_WINNER = Promise(
    "one-winner",
    "Of any number of threads, tasks or processes that write with the same expected version one "
    "succeeds, and no update is lost.",
    "Let the database compare and write in one statement, or lock the row before you read it.",
)
LIKE_THE_MODEL = Promise(
    "like-the-model",
    "Any sequence of calls answers and leaves what the same calls leave in a dictionary.",
    "Replay the steps that are listed; the last one shows the difference.",
)

STATE_PROMISES = (
    ANSWERS_ARE_VALUES,
    ALL_OR_NOTHING,
    EXPECTED_VERSIONS,
    VERSIONS_COUNT,
    TAKE_ONCE,
    CONFLICT_IS_FALSE,
    ONE_MOMENT,
    NO_STALE_READS,
    DURABLE,
    OWN_TRANSACTION,
    SCAN_FINDS_ALL,
    PLAIN_PREFIX,
    TENANTS_APART,
    KEYS_EXACT,
    BODIES_EXACT,
    KEY_ONCE,
    MANY_KEYS,
    ONE_WINNER,
    LIKE_THE_MODEL,
)
"""All that a state store promises, in the order of the page."""
