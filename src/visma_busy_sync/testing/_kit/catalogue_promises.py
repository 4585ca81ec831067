"""What `Catalogue` promises; `docs/conformance.md` tells the same. Names differ from those of other ports."""

from __future__ import annotations

from visma_busy_sync.testing._kit.promises import Promise

ANSWERS_ARE_RECORDS = Promise(
    "answers-are-records",
    "Answers have exactly the declared types (ids are texts, `archived` is a bool, a day is a date without "
    "time), hold only what was asked for, and are the caller's own copies.",
    "Make the answer from the row: str(id), bool(archived), date.fromisoformat(...); a new dict and list "
    "each time.",
)
ALL_RECORDS_LOADED = Promise(
    "all-records-loaded",
    "A load tells every record of the kind once, as it is stored now: archived ones too, and those that a "
    "person made.",
    "Select without limit, page or filter; what was never linked has the link None.",
)
RECORDS_OF_TENANTS_APART = Promise(
    "records-of-tenants-apart",
    "Nobody sees or changes a record of another tenant or of another kind; an id that is known there is gone "
    "here.",
    "Compare tenant and kind in every statement, in those too that have the id already.",
)
LINK_EXACT = Promise(
    "link-exact",
    "A link comes back exactly as it was given, every character of a JSON text, 100 kB of it too.",
    "Use a text type without limit (not a JSON type, which rewrites) and UTF-8 on the connection.",
)
VALUES_EXACT = Promise(
    "values-exact",
    "Days, None, flags and usual texts come back as they were given: numbers with their leading zeros, names "
    "with every letter and sign.",
    "Keep numbers as texts and days as days; neither trim nor compose; use UTF-8.",
)
VALUES_AS_STORED = Promise(
    "values-as-stored",
    "`Applied` tells all imported fields of the record as they are stored, those too that the change did not "
    "name, and also where the host cuts a text.",
    "Read the row after you wrote it, in the same transaction, and answer what it has.",
)
ONLY_NAMED_FIELDS = Promise(
    "only-named-fields",
    "A change touches the fields that it names and the link, and nothing else, whatever a person edits "
    "meanwhile.",
    "Name in the update the columns of `change.values` and the link alone, or lock the row before you read "
    "it.",
)
NEW_ID = Promise(
    "new-id",
    "A creation gives a new record, whose id no other record of the kind has; the same creation twice gives "
    "two.",
    "Take the id from the database that made it, for each row by itself.",
)
EXPECTED_VALUES = Promise(
    "expected-values",
    "Where a field is not exactly as the change expects it, the answer is `Moved` and nothing is changed.",
    "Compare each of `change.expected` with the row, None and case too, in the transaction that writes.",
)
EXPECTED_LINK = Promise(
    "expected-link",
    "Where the link is not exactly the one that the change expects, the answer is `Moved` and nothing is "
    "changed; None expects that there is none.",
    "Compare the texts of the links, and None with no link, in the transaction that writes.",
)
GONE_IS_MOVED = Promise(
    "gone-is-moved",
    "A change of a record that is not there is answered `Moved`, whatever its id looks like, and creates "
    "nothing.",
    "Count the rows that the update found; an id that your key cannot be is one that is not there.",
)
WHOLE_WITH_ITS_LINK = Promise(
    "whole-with-its-link",
    "Values and link of a change are stored together or not at all; nobody ever sees the one without the "
    "other.",
    "Keep the link beside the record, and write both in one statement or one transaction.",
)
REFUSED_LEAVES_NOTHING = Promise(
    "refused-leaves-nothing",
    "What the host cannot hold is answered `Refused` with a reason, and nothing of it is stored.",
    "Undo the transaction of that change, and say what is wrong in one sentence.",
)
OUTCOME_FOR_EACH = Promise(
    "outcome-for-each",
    "There is one outcome for each change, in their order; one bad change stops no other, and nothing is "
    "raised for it.",
    "Go through the changes one after the other, and turn the database's refusal of one into its outcome.",
)
APPLIED_IS_DURABLE = Promise(
    "applied-is-durable",
    "When apply has returned, what it answered `Applied` is stored: past the port, by another instance, and "
    "after closing and opening anew it is there.",
    "Commit the transaction, and await that, before you return.",
)
APPLIED_IN_OWN_TRANSACTION = Promise(
    "applied-in-own-transaction",
    "Inside a transaction of the host that is rolled back later, what was answered `Applied` stays; or it is "
    "refused with an error of the package, and nothing is written.",
    "Use a connection of the catalogue's own, or raise ConfigurationError where a transaction of the host is "
    "open.",
)
NO_STALE_RECORDS = Promise(
    "no-stale-records",
    "A load tells, and a change is compared with, what is stored now, whoever wrote it and through whichever "
    "instance.",
    "Keep no cache in the catalogue, and end the transaction of each load.",
)
ONE_CHANGE_WINS = Promise(
    "one-change-wins",
    "Of any number of threads, tasks or processes whose changes expect the same, one is `Applied` and the "
    "others are `Moved`.",
    "Let the database compare and write in one statement, or lock the row before you read it.",
)
LIKE_A_SMALL_BUSY = Promise(
    "like-a-small-busy",
    "Any sequence of changes, edits and loads answers and leaves what the same leaves in a dictionary.",
    "Replay the steps that are listed; the last one shows the difference.",
)

CATALOGUE_PROMISES = (
    ANSWERS_ARE_RECORDS,
    ALL_RECORDS_LOADED,
    RECORDS_OF_TENANTS_APART,
    LINK_EXACT,
    VALUES_EXACT,
    VALUES_AS_STORED,
    ONLY_NAMED_FIELDS,
    NEW_ID,
    EXPECTED_VALUES,
    EXPECTED_LINK,
    GONE_IS_MOVED,
    WHOLE_WITH_ITS_LINK,
    REFUSED_LEAVES_NOTHING,
    OUTCOME_FOR_EACH,
    APPLIED_IS_DURABLE,
    APPLIED_IN_OWN_TRANSACTION,
    NO_STALE_RECORDS,
    ONE_CHANGE_WINS,
    LIKE_A_SMALL_BUSY,
)
"""All that a catalogue promises, in the order of the page."""
