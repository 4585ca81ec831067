"""What can go wrong between finalised work and an order draft.

```
OrderError                             never raised itself
├── OrderNotReady                      the work cannot become an order yet: every problem at once
├── ImportRefused                      a file of order lines cannot become orders: every problem at once
├── OrderChanged                       the same id and revision, but other content
│   └── OrderRevised                   the same id, but another revision, which cannot take its place
├── EntryTaken                         an entry is on another order
├── FixedPriceBilled                   another order billed a part of a fixed price meanwhile
├── OtherCompany                       the order was built for another company
├── OrderRejected                      eAccounting refused this order
├── OrderOutcomeUnknown                nobody can say whether the draft was made
│   ├── OrderBeingSent                 it is being sent, or was interrupted in that
│   └── OrderNeedsAttention            a person has to decide whether it is there
├── IllegalTransition                  an event that the order's state does not know
└── DocumentError                      a stored order, ledger entry or piece of work cannot be read
    └── DocumentTooNew                 it was written by a newer version of this package
```
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import ClassVar, Final

from visma_busy_sync._core.errors import VismaBusySyncError
from visma_busy_sync._core.texts import moment_text
from visma_busy_sync.busy import LeftOut
from visma_busy_sync.busy._canonical import decimal_text
from visma_busy_sync.orders._problems import Problem
from visma_busy_sync.orders._problems_json import problems_to_json


class OrderError(VismaBusySyncError):
    """Base of everything that is raised about orders; catch it to catch them all."""

    def __init__(self, message: str, *, advice: str = "") -> None:
        if type(self) is OrderError:
            raise TypeError("OrderError is a base and is not raised itself")
        super().__init__(message, advice=advice)

    def __reduce__(self) -> tuple[object, ...]:
        # The default calls the class with the message, but the classes below are made from facts.
        return _restore, (type(self), self.args, self.__dict__)


def _restore(kind: type[OrderError], args: tuple[object, ...], facts: dict[str, object]) -> OrderError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(facts)
    return error


class OrderNotReady(OrderError):
    """The work cannot become an order yet; nothing was made.

    Attributes:
        problems: Every problem that was found, each with what it is about and its cure.
        left_out: The hours and costs that would not be on the order, each with its reason; empty where the
            customer is not decided, since the reasons depend on it.
    """

    def __init__(self, problems: Sequence[Problem], *, left_out: Sequence[LeftOut] = ()) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        self.left_out: tuple[LeftOut, ...] = tuple(left_out)
        super().__init__(
            f"The order is not ready, {_counted(self.problems)}: {_listed(self.problems)}.",
            advice=_cures(self.problems),
        )

    def to_json(self) -> str:
        """Return the problems and what stayed out as a JSON text (`problems_to_json`)."""
        return problems_to_json(self.problems, self.left_out)


def _counted(problems: Sequence[Problem]) -> str:
    return "1 problem" if len(problems) == 1 else f"{len(problems)} problems"


def _listed(problems: Sequence[Problem]) -> str:
    return "; ".join(
        f"{problem.code} ({problem.entity}): {problem.message.rstrip('.')}" for problem in problems
    )


def _cures(problems: Sequence[Problem]) -> str:
    return " ".join(dict.fromkeys(problem.cure_en for problem in problems))


_SHOWN: Final = 20
"""So many problems of a file are in the error's text: a file has thousands of rows, a log has lines."""


class ImportRefused(OrderError):
    """A file of order lines cannot become orders; all or nothing, so no order was built.

    Attributes:
        problems: Every problem that was found: those of rows first, in the order of the file, each with the
            number of its row (`entity`) and, for one cell, its `column`; then those of the projects' orders.
            What is in a cell is in none of them.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        shown = self.problems[:_SHOWN]
        more = len(self.problems) - len(shown)
        super().__init__(
            f"The file of order lines was refused, {_counted(self.problems)}: {_listed(shown)}"
            f"{f'; and {more} more' if more else ''}.",
            advice=_cures(shown),
        )

    def to_json(self) -> str:
        """Return the problems as a JSON text (`problems_to_json`)."""
        return problems_to_json(self.problems)


class OrderChanged(OrderError):
    """An order with this id and revision is known with other content; nothing was changed or sent.

    Attributes:
        order_id: The order.
        revision: The revision that both have.
        known_hash: The content hash of the order that is known.
        given_hash: The content hash of the order that was given.
    """

    def __init__(self, order_id: str, revision: int, *, known_hash: str, given_hash: str) -> None:
        self.order_id = order_id
        self.revision = revision
        self.known_hash = known_hash
        self.given_hash = given_hash
        super().__init__(
            f"Order {order_id} revision {revision} is already known with other content.",
            advice="A finalised order is not edited: push the order that is known, or give the new one an "
            "id of its own.",
        )


class OrderRevised(OrderChanged):
    """The order is known with another revision, whose place this one cannot take; nothing was changed.

    A higher revision takes the place of one that was reopened, withdrawn or released; a lower one never does.

    Attributes:
        known_revision: The revision that is known.
        state: Where that one stands.
    """

    def __init__(
        self,
        order_id: str,
        revision: int,
        *,
        known_revision: int,
        state: str,
        known_hash: str,
        given_hash: str,
    ) -> None:
        self.order_id = order_id
        self.revision = revision
        self.known_hash = known_hash
        self.given_hash = given_hash
        self.known_revision = known_revision
        self.state = state
        super(OrderChanged, self).__init__(
            f"Order {order_id} is known with revision {known_revision}, which is {state}; revision "
            f"{revision} was not taken.",
            advice="Push the revision that is known."
            if revision < known_revision
            else "Reopen the known one if eAccounting refused it, withdraw its draft, or release it if that "
            "is gone; then push this one.",
        )


class EntryTaken(OrderError):
    """Hours or costs of this order are on another order; nothing was sent.

    Attributes:
        order_id: The order that was refused.
        taken: For each claim key that is taken, the id of the order that has it.
    """

    def __init__(self, order_id: str, taken: Mapping[str, str]) -> None:
        self.order_id = order_id
        self.taken: dict[str, str] = dict(taken)
        listed = ", ".join(f"{claim} by order {holder}" for claim, holder in sorted(self.taken.items()))
        super().__init__(
            f"Order {order_id} was not taken, because entries are on another order: {listed}.",
            advice="Build the order again: what is on another order is then left out.",
        )


class FixedPriceBilled(OrderError):
    """Of a fixed price on this order, others bill another part than when it was built; nothing was sent.

    Attributes:
        order_id: The order that was refused.
        work_type: Busy's id of the work type with the fixed price.
        when_built: What other orders billed of it when this one was built.
        now: What they bill now; less where one was withdrawn meanwhile.
    """

    def __init__(self, order_id: str, work_type: str, *, when_built: Decimal, now: Decimal) -> None:
        self.order_id = order_id
        self.work_type = work_type
        self.when_built = when_built
        self.now = now
        super().__init__(
            f"Order {order_id} was not taken: of the fixed price of work type {work_type}, other orders bill "
            f"{decimal_text(now)}, and billed {decimal_text(when_built)} when this one was built.",
            advice="Build the order again: it then bills what is open now.",
        )


class OtherCompany(OrderError):
    """The order was built for another eAccounting company than the connected one; nothing was sent.

    Attributes:
        order_id: The order.
        company_id: The company that it was built for.
        connected_company_id: The company that is connected now.
    """

    def __init__(self, order_id: str, *, company_id: str, connected_company_id: str) -> None:
        self.order_id = order_id
        self.company_id = company_id
        self.connected_company_id = connected_company_id
        super().__init__(
            f"Order {order_id} was built for company {company_id}, but {connected_company_id} is connected.",
            advice="Connect the company that the order was built for.",
        )


class OrderRejected(OrderError):
    """The order was definitely refused by eAccounting; no draft was made.

    Attributes:
        order_id: The order.
        status: The HTTP status.
        error_code: The API's error code; None if it gave none.
        error_id: The id under which the vendor's support finds the refusal; None if there was none.
        problem: What the API says is wrong.
        problems: The same in Busy's words, each with its cure; none where the code has no meaning of its
            own.
    """

    def __init__(
        self,
        order_id: str,
        *,
        status: int,
        error_code: int | None,
        error_id: str | None,
        problem: str,
        problems: Sequence[Problem] = (),
        cure: str = "",
    ) -> None:
        self.order_id = order_id
        self.status = status
        self.error_code = error_code
        self.error_id = error_id
        self.problem = problem
        self.problems: tuple[Problem, ...] = tuple(problems)
        cures = " ".join(dict.fromkeys(found.cure_en for found in self.problems))
        super().__init__(
            f"eAccounting refused order {order_id}: {problem}",
            advice=f"{cures or cure or 'Mend what it names.'} Then reopen the order and build a new one.",
        )


class OrderOutcomeUnknown(OrderError):
    """Whether eAccounting made the draft is not known; it is never simply sent again.

    Attributes:
        order_id: The order.
        marker: What its draft is recognised by, if it was made.
        again_at: From when on `recover()` comes to an end, also if it finds nothing; None: as soon as it is
            called, or not known.
    """

    _MESSAGE: ClassVar = "It is not known whether order {order_id} reached eAccounting."
    _ADVICE: ClassVar = (
        "Call recover(), which searches for it; or look for {marker} among the order drafts in eAccounting "
        "before anything is sent again."
    )
    _LATER: ClassVar = (
        "Call recover(), which searches for it. What it does not find may still appear until {moment} "
        "(settle_after). From then on recover() leaves the order to a person, who looks for {{marker}} among "
        "the order drafts in eAccounting and calls resolve()."
    )

    def __init__(self, order_id: str, *, marker: str, again_at: datetime | None = None) -> None:
        self.order_id = order_id
        self.marker = marker
        self.again_at = again_at
        advice = self._ADVICE if again_at is None else self._LATER.format(moment=moment_text(again_at))
        super().__init__(self._MESSAGE.format(order_id=order_id), advice=advice.format(marker=marker))


class OrderBeingSent(OrderOutcomeUnknown):
    """The order is being sent by another worker at this moment, or its sending was interrupted.

    From here the two look the same, and in both the order is not sent a second time. Where a worker is at
    it, the next push returns what became of it.
    """

    _MESSAGE: ClassVar = (
        "Order {order_id} is being sent at this moment, or was interrupted while it was being sent; "
        "this push sent nothing."
    )
    _ADVICE: ClassVar = (
        "Push it again in a moment. If this stays, call recover(), or look for {marker} among the order "
        "drafts in eAccounting before anything is sent again."
    )


class OrderNeedsAttention(OrderOutcomeUnknown):
    """What eAccounting has of the order is not clear enough to go on alone: a person looks and decides.

    Attributes:
        problem: What is not clear, one sentence.
    """

    def __init__(self, order_id: str, *, marker: str, problem: str) -> None:
        self.order_id = order_id
        self.marker = marker
        self.again_at: datetime | None = None
        self.problem = problem
        super(OrderOutcomeUnknown, self).__init__(
            f"Order {order_id} needs a person: {problem}",
            advice=f"Look for {marker} among the orders in eAccounting, then resolve the order: with the id "
            "of the one that is there, or by sending it again.",
        )


_WAYS_OUT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "reserved": "Push it, or reopen it to edit it.",
        "sending": "Wait a moment; after a crash call recover().",
        "transferred": "Withdraw its draft to edit it. If that was deleted in eAccounting, call read_back() "
        "first, then release the order.",
        "rejected": "Reopen it.",
        "open": "Build it anew, and push the higher revision.",
        "outcome_unknown": "Call recover() until it has found the order or given up, which takes "
        "settle_after (10 minutes); or resolve it with the id of its draft.",
        "needs_attention": "Resolve it: with the id of the one that is there, or to be sent again.",
        "withdrawing": "Withdraw it again, or call recover().",
        "withdrawn": "Build it anew, and push the higher revision.",
        "gone_upstream": "Release it; or resolve it with the id under which it is there all the same.",
        "released": "Build it anew, and push the higher revision.",
    }
)
"""What leads on from where an order stands, by its state."""


class IllegalTransition(OrderError):
    """The order's state does not know this event; nothing was changed.

    Attributes:
        order_id: The order.
        state: The state that it is in.
        event: The event that was refused.
    """

    def __init__(self, order_id: str, *, state: str, event: str) -> None:
        self.order_id = order_id
        self.state = state
        self.event = event
        super().__init__(
            f"Order {order_id} is {state}, where {event} cannot happen.",
            advice=_WAYS_OUT.get(state, "Read the order's state anew before acting on it."),
        )


class DocumentError(OrderError):
    """A stored order, ledger entry or piece of work cannot be read; its content is not repeated here.

    Attributes:
        document: What it should have been.
        reason: What is wrong with it.
    """

    def __init__(
        self, document: str, reason: str, *, advice: str = "Restore it from where it was stored."
    ) -> None:
        self.document = document
        self.reason = reason
        super().__init__(f"This is no {document} that can be read: {reason}.", advice=advice)


class DocumentTooNew(DocumentError):
    """The document was written by a newer version of this package.

    Attributes:
        found: The schema version of the document.
        known: The newest schema version that this package reads.
    """

    def __init__(self, document: str, *, found: int, known: int) -> None:
        self.found = found
        self.known = known
        super().__init__(
            document,
            f"it has schema version {found}, and this version reads up to {known}",
            advice="Update visma-busy-sync.",
        )
