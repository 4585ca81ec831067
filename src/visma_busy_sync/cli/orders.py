"""Commands of orders: build, push, list, and what a person decides about one."""

from __future__ import annotations

import contextlib
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from visma_busy_sync import ConfigurationError, OrderTexts, ReadBack, Recovered, Tenant
from visma_busy_sync.busy import Order
from visma_busy_sync.cli import shapes
from visma_busy_sync.cli.connect import Hidden
from visma_busy_sync.cli.context import Context
from visma_busy_sync.cli.exits import WAITING_EXITS, Exit, Stopped, exit_of, worst
from visma_busy_sync.cli.periods import Days, today
from visma_busy_sync.cli.private import write_over
from visma_busy_sync.cli.projects import meant, of_folder
from visma_busy_sync.cli.shown import told
from visma_busy_sync.orders import LedgerEntry, State, order_from_json, order_to_json, render

_LONGEST_FILE: Final = 50_000_000

OrderId = Annotated[str, Parameter(help="The order's id.")]
Yes = Annotated[bool, Parameter(help="Do not ask.")]


def build(
    project: str | None = None,
    /,
    *,
    number: str | None = None,
    id: str | None = None,
    days: Days = Days(),  # noqa: B008 - it is a frozen value
    customer: str | None = None,
    order_date: date | None = None,
    order_id: str | None = None,
    buyers_reference: str | None = None,
    output: Annotated[Path | None, Parameter(name=("--output", "-o"))] = None,
    context: Hidden,
) -> int:
    """Build the order for a project's hours and costs. Nothing is stored or sent.

    Every problem is told at once, with its cure. Push what was written to a file with `order push`.

    Args:
        project: The project, by its number or by Busy's id of it.
        number: The project by its number alone.
        id: The project by Busy's id alone; no other one is looked at.
        customer: Busy's id of the customer, as `preflight --json` has it; needed only where the project has
            several.
        order_date: The date of the order; by default today in the workspace's time zone.
        order_id: An id of your own for it; by default a new one.
        buyers_reference: The buyer's own order number.
        output: Write the order as JSON to a file that only you can read.
    """
    if [project, number, id].count(None) != 2:
        raise Stopped("Name one project: by its number or Busy's id of it, or with --number or --id.")
    period = days.period(today())
    tenant = context.tenant()
    with context.working("Reading eAccounting and building the order"):
        made = tenant.build_order(
            id or meant(context, tenant, period, project or number or "", by_number=project is None),
            period,
            customer=customer,
            order_date=order_date,
            order_id=order_id,
            texts=OrderTexts(buyers_order_reference=buyers_reference) if buyers_reference else None,
        )
    if output is not None:
        _written(made, output)
    if context.out.as_json:
        context.out.raw(order_to_json(made))
    else:
        context.out.data(f"order {made.id}\n\n{render(made, context.out.language).rstrip()}")
    if output is not None:
        context.out.say(f"Next: {context.hint(f'order push {shlex.quote(str(output))}')}", style="dim")
    return Exit.DONE


def _written(order: Order, file: Path) -> None:
    place = file.resolve()  # not in place of a link, as with a redirection
    if place.exists() and not place.is_file():
        raise ConfigurationError(f"{file} is no file.", advice="Name one with --output, or a new one.")
    try:
        write_over(place, order_to_json(order))
    except OSError as error:
        raise ConfigurationError(
            f"{file} cannot be written: {error.strerror}.", advice="Name another file with --output."
        ) from None


def push(file: Annotated[Path, Parameter(allow_leading_hyphen=True)], /, *, context: Hidden) -> int:
    """Send an order to eAccounting as a draft. Pushing it again sends nothing, and tells the earlier result.

    Args:
        file: The file that `order build` wrote; - reads standard input.
    """
    order = _read_order(file)
    tenant = context.tenant()
    with context.working("Sending the order"):
        done = tenant.push(order)
    out = context.out
    if out.as_json:
        out.document("transfer", shapes.transfer(done))
        return Exit.DONE
    out.data(f"{done.state}: draft {done.eaccounting_id}" + (", sent before" if done.repeated else ""))
    for differs in done.differences:
        out.say(f"  differs in eAccounting: {differs.code}, ours {differs.ours}, theirs {differs.theirs}")
    for changed in done.changed_entries:
        out.say(f"  changed in Busy since: {changed.kind} {changed.id} ({', '.join(changed.changed)})")
    return Exit.DONE


def _read_order(file: Path) -> Order:
    is_stdin = str(file) == "-"
    with contextlib.suppress(OSError, UnicodeDecodeError):
        with contextlib.nullcontext(sys.stdin) if is_stdin else file.open(encoding="utf-8") as opened:
            text = opened.read(_LONGEST_FILE)
        return order_from_json(text)
    raise ConfigurationError(
        f"{'Standard input' if is_stdin else file} cannot be read.",
        advice="Give the file that `order build --output` wrote.",
    )


def list_orders(*, state: State | None = None, context: Hidden) -> int:
    """List the orders that were pushed, the first one first.

    Args:
        state: Only those that stand there.
    """
    found = [entry for entry in context.tenant().orders() if state is None or entry.state is state]
    if context.out.as_json:
        context.out.document("orders", {"orders": [shapes.entry(each) for each in found]})
        return Exit.DONE
    _listed(context, found)
    if not found:
        context.out.say("There are none.")
    return Exit.DONE


def _listed(context: Context, entries: Sequence[LedgerEntry]) -> None:
    """Tell of each order in a line, in columns."""
    projects = {each.id: str(each) for each in of_folder(context)}
    rows = [_cells(entry, projects) for entry in entries]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        context.out.data("  ".join(cells).rstrip())


def _cells(entry: LedgerEntry, projects: Mapping[str, str]) -> tuple[str, ...]:
    order = entry.order
    stage = f" ({entry.progress.stage})" if entry.progress is not None else ""
    number = f"number {entry.number}" if entry.number is not None else ""
    return (
        entry.order_id,
        f"{entry.state}{stage}",
        str(order.order_date),
        f"{order.total} {order.currency}",
        f"project {projects.get(order.project, order.project)}",
        number,
    )


def show(order_id: OrderId, /, *, context: Hidden) -> int:
    """Show an order that was pushed: where it stands, its lines, and what happened to it."""
    tenant = context.tenant()
    entry = tenant.ledger_entry(order_id)
    if entry is None:
        raise Stopped(
            f"Order {order_id} was not pushed in this workspace.",
            advice=f"See which were: {context.hint('order list')}",
            code=Exit.FAILED,
        )
    if context.out.as_json:
        context.out.document("order_entry", shapes.whole_entry(entry))
        return Exit.DONE
    _listed(context, [entry])
    if entry.eaccounting_id is not None:
        context.out.data(f"draft {entry.eaccounting_id}, marker {entry.marker}")
    if entry.problem is not None:
        context.out.data(f"problem: {entry.problem}")
    context.out.data(f"\n{render(entry.order, context.out.language)}")
    for step in entry.history:
        context.out.data(f"{step.at:%Y-%m-%d %H:%M:%S} UTC  {step.event} → {step.state}")
    return Exit.DONE


def recover(*, context: Hidden) -> int:
    """Find out what became of orders of which that is not known, such as after a crash. Nothing is sent."""
    tenant = context.tenant()
    with context.working("Looking for orders in eAccounting"):
        found = tenant.recover()
    return _looked(context, found)


def read_back(order_id: str | None = None, /, *, context: Hidden) -> int:
    """Read transferred orders again: how far they have come, and whether they are gone.

    Args:
        order_id: The order; by default all.
    """
    tenant = context.tenant()
    with context.working("Reading orders in eAccounting"):
        found = tenant.read_back(order_id)
    return _looked(context, found)


def _looked(context: Context, found: Sequence[Recovered | ReadBack]) -> int:
    if context.out.as_json:
        context.out.document("looked_at", shapes.looked_at(found))
    else:
        _listed(context, [each.entry for each in found if each.entry is not None])
    codes: list[Exit] = []
    for each in found:
        if each.error is not None:
            _, message, advice = told(each.error, context.out.language)
            context.out.say(f"{each.order_id}: {message} {advice}".rstrip(), style="red")
            codes.append(exit_of(each.error))
        elif each.entry is not None:
            codes.append(WAITING_EXITS.get(each.entry.state, Exit.DONE))
    if not found:
        context.out.say("There was nothing to look for.")
    return worst(codes)


def resolve(
    order_id: OrderId,
    /,
    *,
    found: str | None = None,
    send_again: bool = False,
    anyway: bool = False,
    yes: Yes = False,
    context: Hidden,
) -> int:
    """Write down what a person found out about an order of which it is not clear what became of it.

    Args:
        found: eAccounting's id of its draft.
        send_again: It surely is not there: it is sent again. Where it is there after all, the customer is
            billed twice.
        anyway: Take the draft that is named although its marker, customer or rows are others.
    """
    if (found is None) == (not send_again):
        raise Stopped("Say either --found ID or --send-again.")
    if anyway and found is None:
        raise Stopped("--anyway is about the draft that is named with --found.")
    if send_again:
        context.confirm(f"Is order {order_id} surely not in eAccounting?", yes=yes)
    if anyway:
        context.confirm(f"Take {found} for order {order_id} although it looks like another one?", yes=yes)
    return _decided(
        context,
        lambda tenant: tenant.resolve(order_id, found=found, send_again=send_again, anyway=anyway),
    )


def withdraw(order_id: OrderId, /, *, yes: Yes = False, context: Hidden) -> int:
    """Delete the draft of an order in eAccounting, and free its hours. One that was edited there stays."""
    context.confirm(f"Delete the draft of order {order_id} in eAccounting?", yes=yes)
    return _decided(context, lambda tenant: tenant.withdraw(order_id))


def release(order_id: OrderId, /, *, yes: Yes = False, context: Hidden) -> int:
    """Free the hours of an order that was deleted in eAccounting, after looking for it again."""
    context.confirm(f"Free the hours of order {order_id}, to be billed anew?", yes=yes)
    return _decided(context, lambda tenant: tenant.release(order_id))


def reopen(order_id: OrderId, /, *, yes: Yes = False, context: Hidden) -> int:
    """Free the hours of an order that eAccounting refused, or that was not sent, to build it anew."""
    context.confirm(f"Free the hours of order {order_id}, to be built anew?", yes=yes)
    return _decided(context, lambda tenant: tenant.reopen(order_id))


def _decided(context: Context, decide: Callable[[Tenant], LedgerEntry]) -> int:
    tenant = context.tenant()
    with context.working("Looking in eAccounting"):
        entry = decide(tenant)
    if context.out.as_json:
        context.out.document("order_entry", shapes.whole_entry(entry))
    else:
        _listed(context, [entry])
    return Exit.DONE
