"""The sync engine: from what eAccounting and Busy have to a plan, and from a plan to changes.

Values in, values out: no clock, no randomness, no input or output. It answers for what is created,
adopted, updated, archived and restored in Busy, and for nothing in eAccounting: it only reads from there.
"""

from visma_busy_sync.sync._changes import (
    Action,
    Conflict,
    ConflictCode,
    FieldChange,
    Pending,
    PlannedChange,
    PlanWarning,
    Reason,
    WarningCode,
)
from visma_busy_sync.sync._decisions import Decide, Decision, check_decisions
from visma_busy_sync.sync._diff import make_plan
from visma_busy_sync.sync._errors import LinkUnreadable, PlanUnreadable, RecordUnknown
from visma_busy_sync.sync._explain import Explanation
from visma_busy_sync.sync._fates import Fate, RecordFate
from visma_busy_sync.sync._field_reasons import ExplainedField, FieldReason
from visma_busy_sync.sync._guards import Archiving, Verdict
from visma_busy_sync.sync._links import ArchiveReason, Noted, linked_ids, noted_in
from visma_busy_sync.sync._mapping import Read, Upstream, upstream_of
from visma_busy_sync.sync._mending import Ailment, Mending, mendings
from visma_busy_sync.sync._missing import Gone
from visma_busy_sync.sync._plan import Plan, render
from visma_busy_sync.sync._plan_json import plan_from_json, plan_to_json
from visma_busy_sync.sync._records import (
    FIELDS,
    Applied,
    Change,
    Kind,
    Link,
    Moved,
    Outcome,
    Record,
    Refused,
    Value,
)
from visma_busy_sync.sync._references import resolve
from visma_busy_sync.sync._seen import Seen
from visma_busy_sync.sync._settings import ArchiveMissing, Match, Owner, SyncSettings
from visma_busy_sync.sync._settle import settle
from visma_busy_sync.sync._undo import Undo, undo

__all__ = [
    "FIELDS",
    "Action",
    "Ailment",
    "Applied",
    "ArchiveMissing",
    "ArchiveReason",
    "Archiving",
    "Change",
    "Conflict",
    "ConflictCode",
    "Decide",
    "Decision",
    "ExplainedField",
    "Explanation",
    "Fate",
    "FieldChange",
    "FieldReason",
    "Gone",
    "Kind",
    "Link",
    "LinkUnreadable",
    "Match",
    "Mending",
    "Moved",
    "Noted",
    "Outcome",
    "Owner",
    "Pending",
    "Plan",
    "PlanUnreadable",
    "PlanWarning",
    "PlannedChange",
    "Read",
    "Reason",
    "Record",
    "RecordFate",
    "RecordUnknown",
    "Refused",
    "Seen",
    "SyncSettings",
    "Undo",
    "Upstream",
    "Value",
    "Verdict",
    "WarningCode",
    "check_decisions",
    "linked_ids",
    "make_plan",
    "mendings",
    "noted_in",
    "plan_from_json",
    "plan_to_json",
    "render",
    "resolve",
    "settle",
    "undo",
    "upstream_of",
]
