"""What `WorkLog` promises; `docs/conformance.md` tells the same. Names differ from those of other ports."""

from __future__ import annotations

from visma_busy_sync.testing._kit.promises import Promise

ANSWERS_ARE_WORK = Promise(
    "answers-are-work",
    "Answers have exactly the declared types, a `Work` of the project that was asked for and a sequence of "
    "`Order`, and are the caller's own copies.",
    "Build the values from the rows each time; give a list or tuple, no iterator, and keep no rates that you "
    "handed out.",
)
WORK_AS_BOOKED = Promise(
    "work-as-booked",
    "Project, hours, costs, prices and settings are told as they are kept now, every field that the host "
    "has; nothing is left out within the period, and nothing is made up.",
    "Map every column to its field, `None` to `None`, and select without filter: what is not approved, "
    "excluded, ordered or free comes too.",
)
AMOUNTS_EXACT = Promise(
    "amounts-exact",
    "Rates, prices and quantities are the exact decimals that were entered, to four decimals and below zero "
    "too.",
    "Keep them as exact numbers or texts, and build `Decimal` from text; a float on the way rounds.",
)
WORK_TEXTS_EXACT = Promise(
    "work-texts-exact",
    "Names, comments and ids come back with every letter, sign and space that they have.",
    "Neither trim nor compose, use UTF-8, and compare ids exactly.",
)
WORK_APART = Promise(
    "work-apart",
    "Nothing is told that belongs to another tenant, and no hours, costs, tasks or prices of another "
    "project.",
    "Compare the tenant in every statement, and the project in those of its own things.",
)
HOURS_OF_THE_EDGES = Promise(
    "hours-of-the-edges",
    "All hours of the period come, both its first and its last day included, and those that begin on the day "
    "before or after it, by the date in UTC: the workspace's time zone decides later.",
    "Select from the start of the day before `period.first` up to the end of the day after `period.last`, by "
    "moments, not by local dates.",
)
COSTS_WITH_THEIR_HOURS = Promise(
    "costs-with-their-hours",
    "A cost on hours comes wherever its hours come, whatever its own day, and never without them.",
    "Join costs to the hours that you select, and do not look at the day of such a cost.",
)
COSTS_BY_THEIR_DAY = Promise(
    "costs-by-their-day",
    "A cost on the project itself comes where its day is within the period, the first and the last included.",
    "Compare days with days, `period.first <= day <= period.last`; a moment at midnight is not its day.",
)
ALL_THAT_BILLS_IT = Promise(
    "all-that-bills-it",
    "Each work type that hours and costs refer to comes along, each product of a cost, and, where they "
    "count, the customers, tasks and members.",
    "Select all of the tenant, or those that are referred to, without asking whether they are archived.",
)
UNKNOWN_PROJECT = Promise(
    "unknown-project",
    "For a project that is not there, or is another tenant's, `LookupError` is raised or a subclass of the "
    "host's own, but neither `KeyError` nor `IndexError`; whatever the id looks like.",
    "Raise LookupError where the project is not found; an id that your key cannot be is not there.",
)
ARCHIVED_PROJECTS_ANSWER = Promise(
    "archived-projects-answer",
    "The work on an archived project is told like that of any other: what was done is still to be billed.",
    "Find the project whether it is archived or not.",
)
READING_CHANGES_NOTHING = Promise(
    "reading-changes-nothing",
    "However often work and orders are read, the next answer is the same: nothing is marked, used up or "
    "made.",
    "Only select; what was sent the ledger knows.",
)
WORK_OF_ONE_MOMENT = Promise(
    "work-of-one-moment",
    "All parts of one answer are as of one moment: what is booked in one transaction is seen together or not "
    "at all.",
    "Read all parts in one transaction that sees a snapshot (repeatable read), or in one statement.",
)
NO_STALE_WORK = Promise(
    "no-stale-work",
    "Work and orders are told as they are now, whoever changed them and through whichever instance they were "
    "read before.",
    "Keep no cache in the work log, and end the transaction of each read.",
)
ORDERS_AS_FINALISED = Promise(
    "orders-as-finalised",
    "Each order that waits is told exactly as it was finalised, every part of it: its content hash stays.",
    "Keep it as the text of `order_to_json`, and read that with `order_from_json`.",
)
ORDERS_ONCE = Promise(
    "orders-once",
    "Each order comes once, in the revision that was finalised last, and in the order of finalising.",
    "Keep one row for each order id, and sort by when it was finalised.",
)
MUCH_WORK = Promise(
    "much-work",
    "Thousands of hours and costs of one project come in one answer, all of them.",
    "Select without limit or page, and bind the ids as one join, not one by one.",
)
LIKE_A_SMALL_WORK_LOG = Promise(
    "like-a-small-work-log",
    "Any sequence of bookings, changes and reads is told as the same leaves it in a dictionary.",
    "Replay the steps that are listed; the last one shows the difference.",
)

WORK_PROMISES = (
    ANSWERS_ARE_WORK,
    WORK_AS_BOOKED,
    AMOUNTS_EXACT,
    WORK_TEXTS_EXACT,
    WORK_APART,
    HOURS_OF_THE_EDGES,
    COSTS_WITH_THEIR_HOURS,
    COSTS_BY_THEIR_DAY,
    ALL_THAT_BILLS_IT,
    UNKNOWN_PROJECT,
    ARCHIVED_PROJECTS_ANSWER,
    READING_CHANGES_NOTHING,
    WORK_OF_ONE_MOMENT,
    NO_STALE_WORK,
    ORDERS_AS_FINALISED,
    ORDERS_ONCE,
    MUCH_WORK,
    LIKE_A_SMALL_WORK_LOG,
)
"""All that a work log promises, in the order of the page."""
