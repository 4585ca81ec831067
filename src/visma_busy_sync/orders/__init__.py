"""From booked work to an order draft, as pure functions: values in, values out.

`build` makes the order, `to_new_order` what is sent, `fire` keeps the ledger's states, `outcome_of` judges
what became of the POST, `compare` what eAccounting answers. Nothing here reads, sends, waits, or asks what
time it is.
"""

from visma_busy_sync.orders._balance import Balance, OnOrder, OpenReason, Sum
from visma_busy_sync.orders._books import Books
from visma_busy_sync.orders._breaks import Break, BreakCode
from visma_busy_sync.orders._builder import Counterpart, build, customer_of, products_needed
from visma_busy_sync.orders._changes import EntryChange, changed_since
from visma_busy_sync.orders._compare import Difference, DifferenceCode, compare, snapshot
from visma_busy_sync.orders._document import ORDER_SCHEMA, order_from_json, order_to_json
from visma_busy_sync.orders._draft import marked_reference, to_new_order
from visma_busy_sync.orders._errors import (
    DocumentError,
    DocumentTooNew,
    EntryTaken,
    IllegalTransition,
    OrderBeingSent,
    OrderChanged,
    OrderError,
    OrderNotReady,
    OrderOutcomeUnknown,
    OrderRejected,
    OtherCompany,
)
from visma_busy_sync.orders._ledger import (
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
)
from visma_busy_sync.orders._marker import contains_marker, make_marker, marked_revision
from visma_busy_sync.orders._outcome import PostAnswer, outcome_of
from visma_busy_sync.orders._preflight import Preflight, PreflightRow, PreflightTotals, ToMend
from visma_busy_sync.orders._preflight_json import PREFLIGHT_SCHEMA, preflight_to_json
from visma_busy_sync.orders._problems import Entity, MendedBy, Problem, ProblemCode
from visma_busy_sync.orders._problems_json import PROBLEMS_SCHEMA, problems_to_json
from visma_busy_sync.orders._proof import BillingProof, ProjectProof, billing_proof
from visma_busy_sync.orders._proof_json import PROOF_SCHEMA, proof_to_json
from visma_busy_sync.orders._refusals import problems_of_refusal
from visma_busy_sync.orders._rendering import render
from visma_busy_sync.orders._request import OrderRequest, OrderTexts

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
    "Entity",
    "EntryChange",
    "EntryTaken",
    "Event",
    "IllegalTransition",
    "LedgerEntry",
    "MendedBy",
    "OnOrder",
    "OpenReason",
    "OrderBeingSent",
    "OrderChanged",
    "OrderError",
    "OrderNotReady",
    "OrderOutcomeUnknown",
    "OrderRejected",
    "OrderRequest",
    "OrderTexts",
    "OtherCompany",
    "PostAnswer",
    "Preflight",
    "PreflightRow",
    "PreflightTotals",
    "Problem",
    "ProblemCode",
    "ProjectProof",
    "State",
    "Step",
    "Sum",
    "ToMend",
    "billing_proof",
    "build",
    "can_fire",
    "changed_since",
    "compare",
    "contains_marker",
    "customer_of",
    "diagram",
    "entry_from_json",
    "entry_to_json",
    "fire",
    "make_marker",
    "marked_reference",
    "marked_revision",
    "new_entry",
    "order_from_json",
    "order_to_json",
    "outcome_of",
    "preflight_to_json",
    "problems_of_refusal",
    "problems_to_json",
    "products_needed",
    "proof_to_json",
    "render",
    "snapshot",
    "to_new_order",
]
