"""From booked work to an order draft, as pure functions: values in, values out.

`build` makes the order, `to_new_order` what is sent, `fire` keeps the ledger's states, `outcome_of` judges
what became of the POST, `look_for` what a search shows, `compare` and `progress_of` what eAccounting answers,
`hours_specification` what stands behind each line. Nothing here reads, sends, waits, or asks what time it is.
"""

from visma_busy_sync.orders._building.builder import Counterpart, build, customer_of, products_needed
from visma_busy_sync.orders._building.draft import MarkerPlace, marked_reference, to_new_order
from visma_busy_sync.orders._building.marker import (
    contains_marker,
    make_marker,
    marked_revision,
    names_another,
    stem_of,
)
from visma_busy_sync.orders._building.request import OrderRequest, OrderTexts
from visma_busy_sync.orders._document import ORDER_SCHEMA, order_from_json, order_to_json
from visma_busy_sync.orders._errors import (
    DocumentError,
    DocumentTooNew,
    EntryTaken,
    FixedPriceBilled,
    IllegalTransition,
    ImportRefused,
    OrderBeingSent,
    OrderChanged,
    OrderError,
    OrderNeedsAttention,
    OrderNotReady,
    OrderOutcomeUnknown,
    OrderRejected,
    OrderRevised,
    OtherCompany,
)
from visma_busy_sync.orders._files.row_lines import RowWarning, RowWarningCode
from visma_busy_sync.orders._ledger.books import Books
from visma_busy_sync.orders._ledger.compare import Difference, DifferenceCode, compare
from visma_busy_sync.orders._ledger.ledger import (
    CLAIMING_STATES,
    DUE_STATES,
    LEDGER_SCHEMA,
    PERSON_STATES,
    TRANSITIONS,
    UNSETTLED_STATES,
    Event,
    LedgerEntry,
    State,
    Step,
    can_fire,
    diagram,
    entry_from_json,
    entry_to_json,
    fire,
    new_entry,
    with_progress,
)
from visma_busy_sync.orders._ledger.outcome import PostAnswer, outcome_of
from visma_busy_sync.orders._ledger.progress import (
    DraftChange,
    OrderProgress,
    Stage,
    agrees,
    changes_of,
    has_lost_marker,
    is_other,
    progress_of,
)
from visma_busy_sync.orders._ledger.refusals import problems_of_refusal
from visma_busy_sync.orders._ledger.sightings import (
    Looked,
    is_of_another,
    look_for,
    revision_on,
    shows_drafts,
    twins_of,
    unmarked_twins,
)
from visma_busy_sync.orders._ledger.snapshot import snapshot
from visma_busy_sync.orders._problems import Entity, MendedBy, Problem, ProblemCode
from visma_busy_sync.orders._problems_json import PROBLEMS_SCHEMA, problems_to_json
from visma_busy_sync.orders._reports.balance import Balance, OnOrder, OpenReason, Sum
from visma_busy_sync.orders._reports.breaks import Break, BreakCode
from visma_busy_sync.orders._reports.changes import EntryChange, changed_since
from visma_busy_sync.orders._reports.preflight import Preflight, PreflightRow, PreflightTotals, ToMend
from visma_busy_sync.orders._reports.preflight_json import PREFLIGHT_SCHEMA, preflight_to_json
from visma_busy_sync.orders._reports.proof import BillingProof, ProjectProof, billing_proof
from visma_busy_sync.orders._reports.proof_json import PROOF_SCHEMA, proof_to_json
from visma_busy_sync.orders._reports.rendering import render
from visma_busy_sync.orders._reports.specification import (
    HoursSpecification,
    InternalNotes,
    SpecifiedHours,
    SpecifiedLine,
    hours_specification,
)

__all__ = [
    "CLAIMING_STATES",
    "DUE_STATES",
    "LEDGER_SCHEMA",
    "ORDER_SCHEMA",
    "PERSON_STATES",
    "PREFLIGHT_SCHEMA",
    "PROBLEMS_SCHEMA",
    "PROOF_SCHEMA",
    "TRANSITIONS",
    "UNSETTLED_STATES",
    "Balance",
    "BillingProof",
    "Books",
    "Break",
    "BreakCode",
    "Counterpart",
    "Difference",
    "DifferenceCode",
    "DocumentError",
    "DocumentTooNew",
    "DraftChange",
    "Entity",
    "EntryChange",
    "EntryTaken",
    "Event",
    "FixedPriceBilled",
    "HoursSpecification",
    "IllegalTransition",
    "ImportRefused",
    "InternalNotes",
    "LedgerEntry",
    "Looked",
    "MarkerPlace",
    "MendedBy",
    "OnOrder",
    "OpenReason",
    "OrderBeingSent",
    "OrderChanged",
    "OrderError",
    "OrderNeedsAttention",
    "OrderNotReady",
    "OrderOutcomeUnknown",
    "OrderProgress",
    "OrderRejected",
    "OrderRequest",
    "OrderRevised",
    "OrderTexts",
    "OtherCompany",
    "PostAnswer",
    "Preflight",
    "PreflightRow",
    "PreflightTotals",
    "Problem",
    "ProblemCode",
    "ProjectProof",
    "RowWarning",
    "RowWarningCode",
    "SpecifiedHours",
    "SpecifiedLine",
    "Stage",
    "State",
    "Step",
    "Sum",
    "ToMend",
    "agrees",
    "billing_proof",
    "build",
    "can_fire",
    "changed_since",
    "changes_of",
    "compare",
    "contains_marker",
    "customer_of",
    "diagram",
    "entry_from_json",
    "entry_to_json",
    "fire",
    "has_lost_marker",
    "hours_specification",
    "is_of_another",
    "is_other",
    "look_for",
    "make_marker",
    "marked_reference",
    "marked_revision",
    "names_another",
    "new_entry",
    "order_from_json",
    "order_to_json",
    "outcome_of",
    "preflight_to_json",
    "problems_of_refusal",
    "problems_to_json",
    "products_needed",
    "progress_of",
    "proof_to_json",
    "render",
    "revision_on",
    "shows_drafts",
    "snapshot",
    "stem_of",
    "to_new_order",
    "twins_of",
    "unmarked_twins",
    "with_progress",
]
