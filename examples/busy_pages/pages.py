"""One function for each page: from the package's values and the host's rows to a template and its context."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

from attrs import field, frozen

from busy_pages import labels
from busy_pages.actions import actions_of
from busy_pages.errors import said_of_name
from busy_pages.notes import Note
from busy_pages.plans import shown_plan
from busy_pages.rows import Booked, OrderRow, ProjectRow
from busy_pages.texts import TEXTS
from visma_busy_sync import ConnectionState, Readiness, Status, SyncRun
from visma_busy_sync.busy import LeftOut, Order, Period
from visma_busy_sync.integration import Language
from visma_busy_sync.orders import LedgerEntry, OrderNotReady, Problem, State
from visma_busy_sync.sync import Action, Plan

_WORKING = frozenset({ConnectionState.CONNECTED, ConnectionState.RECONNECT_NEEDED, ConnectionState.LOCKED})
_RUNS = 5
_CHANGING = (Action.CREATE, Action.ADOPT, Action.UPDATE, Action.RESTORE, Action.ARCHIVE)


@frozen(kw_only=True)
class Frame:
    """What every page has around it.

    Attributes:
        workspace: The id of the workspace, as it stands in addresses.
        name: Its name.
        language: The language of the person, from the cookie `language`; Norwegian without one.
        path: The path of this page, to come back to after the language was changed.
        notes: What is to be told once.
    """

    workspace: str
    name: str
    language: Language = "nb"
    path: str = "/"
    notes: tuple[Note, ...] = ()


@frozen
class Page:
    """A template, what it is rendered with, and the HTTP status.

    Rendering adds one name: `csrf_input`, the hidden field of the host's protection against forged forms,
    as markup.
    """

    template: str
    context: Mapping[str, Any] = field(repr=False)
    status: int = 200


def _page(
    frame: Frame, template: str, *, section: str, title: str, status: int = 200, **context: object
) -> Page:
    base = f"/{quote(frame.workspace)}" if frame.workspace else ""
    common: dict[str, object] = {
        "frame": frame,
        "lang": frame.language,
        "base": base,
        "section": section,
        "title": title,
    }
    return Page(template, {**common, **context}, status)


def integration_page(
    frame: Frame,
    *,
    status: Status,
    readiness: Readiness | None = None,
    runs: Sequence[SyncRun] = (),
    trouble: str | None = None,
) -> Page:
    """Settings → Integrations → Visma eAccounting.

    Args:
        frame: The frame.
        status: `tenant.status()`.
        readiness: `tenant.readiness()` where there is a connection that works, else None.
        runs: `tenant.runs()`.
        trouble: `said_of` the error for which readiness could not be read; None: there was none.
    """
    return _page(
        frame,
        "integration.html",
        section="settings",
        title="Visma eAccounting",
        status_now=status,
        is_connected=status.state is ConnectionState.CONNECTED,
        has_connection=status.state in _WORKING,
        is_first=status.last_read is None,
        readiness=readiness,
        runs=[(run, _done(run, frame.language)) for run in runs[:_RUNS]],
        trouble=_untold(trouble, frame),
        tone="good" if status.state is ConnectionState.CONNECTED else _tone(status.state),
        state_name=TEXTS[f"connection_{status.state}"].of(frame.language),
    )


def _untold(trouble: str | None, frame: Frame) -> str | None:
    """Return what is in the way, unless a note above says the same."""
    return None if trouble in {note.text for note in frame.notes} else trouble


def _tone(state: ConnectionState) -> str:
    return "bad" if state in _WORKING else "none"


def _done(run: SyncRun, language: Language) -> str:
    """Return what a run did, in counts of all kinds together, or why it failed."""
    if run.error:
        return TEXTS["run_failed"].of(language).format(why=said_of_name(run.error, language))
    done: Counter[str] = Counter()
    for each in run.kinds.values():
        done.update(each.applied)
    told = [f"{done[action]} {labels.done(action, language)}" for action in _CHANGING if done[action]]
    return ", ".join(told) or TEXTS["nothing_new"].of(language)


def plan_page(frame: Frame, *, plan: Plan, status: Status) -> Page:
    """The preview: of the next import, or of the other company that waits to be confirmed.

    Args:
        frame: The frame.
        plan: `tenant.plan()`; where `status.other_company` is there, `tenant.preview_company()`.
        status: `tenant.status()`.
    """
    other = status.other_company
    return _page(
        frame,
        "plan.html",
        section="settings",
        title=TEXTS["plan_title"].of(frame.language),
        plan=shown_plan(plan, frame.language),
        is_first=status.last_read is None,
        company=status.company_name if other is None else other.company_name,
        kept=status.company_name,
        other=other,
    )


def projects_page(frame: Frame, *, projects: Sequence[ProjectRow], archived: bool) -> Page:
    """All projects; those that are archived only where `archived`, which is the address's `?archived=1`."""
    shown = [project for project in projects if project.archived is archived]
    return _page(
        frame,
        "projects.html",
        section="projects",
        title=TEXTS["projects"].of(frame.language),
        projects=sorted(shown, key=lambda each: (each.number or "", each.name)),
        archived=archived,
        count_archived=sum(each.archived for each in projects),
        count_active=sum(not each.archived for each in projects),
    )


def project_page(frame: Frame, *, project: ProjectRow, booked: Booked, today: date) -> Page:
    """One project: its name, what was booked on it, and the forms to book more."""
    return _page(
        frame,
        "project.html",
        section="projects",
        title=project.name,
        project=project,
        booked=booked,
        minutes=sum(each.minutes for each in booked.hours),
        today=today,
        period=Period(today.replace(day=1), today),
    )


def order_draft_page(
    frame: Frame,
    *,
    project: ProjectRow,
    period: Period,
    order: Order | None = None,
    not_ready: OrderNotReady | None = None,
    trouble: str | None = None,
    names: Mapping[str, str] | None = None,
) -> Page:
    """The order that a project's work in a period would make, or what keeps it from being one.

    Args:
        frame: The frame.
        project: The project.
        period: The period.
        order: What `tenant.build_order` returned.
        not_ready: The error that it raised instead.
        trouble: `said_of` any other error of the package.
        names: The names of what problems are about, by `str(problem.entity)`.
    """
    problems: Sequence[Problem] = () if not_ready is None else not_ready.problems
    left_out = order.left_out if order else () if not_ready is None else not_ready.left_out
    return _page(
        frame,
        "order_draft.html",
        section="orders",
        title=TEXTS["order_draft"].of(frame.language),
        project=project,
        period=period,
        order=order,
        problems=[(each, (names or {}).get(str(each.entity))) for each in problems],
        left_out=_left_out(left_out, frame.language),
        trouble=_untold(trouble, frame),
    )


def _left_out(left_out: Sequence[LeftOut], language: Language) -> list[str]:
    counted = Counter(each.reason for each in left_out)
    return [f"{count} {labels.LEFT_OUT[reason].of(language)}" for reason, count in counted.most_common()]


def orders_page(frame: Frame, *, orders: Sequence[OrderRow], entries: Sequence[LedgerEntry]) -> Page:
    """All orders that were finalised, the latest one first.

    Args:
        frame: The frame.
        orders: The host's orders.
        entries: `tenant.orders()`.
    """
    known = {entry.order_id: entry for entry in entries}
    return _page(
        frame,
        "orders.html",
        section="orders",
        title=TEXTS["orders"].of(frame.language),
        orders=[(row, known.get(row.order.id), _state_tone(known.get(row.order.id))) for row in orders],
    )


def order_page(frame: Frame, *, row: OrderRow, entry: LedgerEntry | None) -> Page:
    """One order: its lines, where it stands, what happened to it, and what a person can do.

    Args:
        frame: The frame.
        row: The host's order.
        entry: `tenant.ledger_entry(id)`.
    """
    meaning = labels.MEANINGS[State.FINALISED if entry is None else entry.state]
    return _page(
        frame,
        "order.html",
        section="orders",
        title=TEXTS["order_for"].of(frame.language).format(project=row.project),
        row=row,
        order=row.order,
        entry=entry,
        can=actions_of(entry),
        tone=_state_tone(entry),
        meaning=meaning.of(frame.language),
        differences=_differences(entry, frame.language),
    )


def _state_tone(entry: LedgerEntry | None) -> str:
    return labels.TONES.get(State.FINALISED if entry is None else entry.state, "none")


def _differences(entry: LedgerEntry | None, language: Language) -> list[str]:
    if entry is None or entry.progress is None:
        return []
    return list(
        dict.fromkeys(labels.DIFFERENCES[each.code].of(language) for each in entry.progress.differences)
    )


def error_page(frame: Frame, *, status: int) -> Page:
    """A page that is not there or takes forms alone, a form that is not this site's, or a fault.

    It tells nothing else.
    """
    key = {403: "forbidden", 404: "not_found", 405: "not_found"}.get(status, "fault")
    return _page(
        frame,
        "error.html",
        section="",
        title=TEXTS[f"{key}_title"].of(frame.language),
        status=status,
        text=TEXTS[f"{key}_text"].of(frame.language),
    )
