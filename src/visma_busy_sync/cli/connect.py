"""Commands of the connection: connect, status, readiness, disconnect, and another company."""

from __future__ import annotations

import contextlib
import getpass
import http.client
import os
import secrets
import sys
import warnings
import webbrowser
from contextlib import ExitStack, closing
from typing import Annotated, Final
from urllib.parse import parse_qs, urlsplit

from cyclopts import Parameter

from visma_busy_sync import ConnectionState, LoginOutcome, LoginResult, Secret, Tenant
from visma_busy_sync.cli import shapes
from visma_busy_sync.cli.callback import Callbacks, listening
from visma_busy_sync.cli.context import Context, can_ask
from visma_busy_sync.cli.exits import LOGIN_EXITS, STATUS_EXITS, Exit, Stopped
from visma_busy_sync.cli.shown import typed
from visma_busy_sync.sync import plan_to_json

Hidden = Annotated[Context, Parameter(parse=False)]

_WAIT_SECONDS: Final = 3600.0
"""As long as a login lasts."""
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def connect(
    *,
    project_sync: Annotated[bool | None, Parameter(negative="--no-project-sync")] = None,
    browser: Annotated[bool | None, Parameter(negative="--no-browser")] = None,
    paste: bool = False,
    auto: bool = False,
    context: Hidden,
) -> int:
    """Log in at Visma and connect the workspace to a company. Nothing is imported yet.

    The address of the login page is told on standard error. Where the redirect address is one of this
    machine, the browser comes back to this command; else paste the address that it was sent to.

    Args:
        project_sync: Synchronise projects, or customers and products only. Asked for on a terminal.
        browser: Open the login page in a browser. By default on a terminal with a desktop.
        paste: Do not wait for the browser, but read the address that it was sent to, from a prompt that does
            not show it, or from standard input.
        auto: Log in without a browser or a person; the sandbox alone allows it.
    """
    if project_sync is None:
        project_sync = _asked_for_projects(context)
    with ExitStack() as ends:
        tenant, callbacks = _begin(context, ends, listen=not paste and not auto)
        session = secrets.token_urlsafe(32)
        url = tenant.connect(project_sync=project_sync, session=session)
        if callbacks is None and not paste and not auto:
            callbacks = listening(_told_in(url, "redirect_uri"))
            if callbacks is not None:
                ends.enter_context(callbacks)
        if callbacks is not None:
            callbacks.expect(_told_in(url, "state"))
        address = _pressed(url) if auto else _came_back(context, url, callbacks, browser=browser)
        with context.working("Completing the login"):
            result = tenant.complete_login(address.reveal(), session=session)
    return _told(context, tenant, result)


def _asked_for_projects(context: Context) -> bool:
    if not can_ask():
        raise Stopped(
            "Shall projects be synchronised? Nobody can be asked here.",
            advice="Say it with --project-sync or --no-project-sync.",
        )
    while True:
        answer = context.ask("Synchronise projects too, not customers and products only? [y/n] ").casefold()
        if answer in {"y", "yes", "j", "ja"}:
            return True
        if answer in {"n", "no", "nei"}:
            return False


def _begin(context: Context, ends: ExitStack, *, listen: bool) -> tuple[Tenant, Callbacks | None]:
    """Open the integration; without a host, on an address that is listened to, where that is possible."""
    if context.options.app is not None:
        return context.tenant(), None
    client = context.folder.made().client()
    callbacks = listening(client.redirect_uri) if listen else None
    if callbacks is not None:
        ends.enter_context(callbacks)
    elif client.redirect_uri.startswith("http://127.0.0.1:0/"):
        # Nobody will listen there: the address is pasted, or taken from the answer.
        context.box("http://127.0.0.1:9/callback")
        return context.tenant(), None
    context.box(callbacks.redirect_uri if callbacks is not None else None)
    return context.tenant(), callbacks


def _told_in(url: str, name: str) -> str:
    return parse_qs(urlsplit(url).query).get(name, [""])[0]


def _came_back(context: Context, url: str, callbacks: Callbacks | None, *, browser: bool | None) -> Secret:
    """Send the person to the login page, and return the address that the browser was sent back to."""
    context.out.say("Log in at Visma, in a browser:")
    context.out.say(f"\n  {url}\n")
    if (_has_desktop() and can_ask()) if browser is None else browser:
        webbrowser.open(url)
    if callbacks is None:
        return _pasted(context)
    context.out.flush()
    with context.working("Waiting for the browser to come back"):
        came = callbacks.wait(_WAIT_SECONDS)
    if came is None:
        raise Stopped("Nobody came back from the login within an hour.", code=Exit.RECONNECT)
    return came


def _has_desktop() -> bool:
    # Without one, a browser would take the terminal.
    return sys.platform in {"win32", "darwin"} or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def _pasted(context: Context) -> Secret:
    """Read the address that the browser was sent to; it is never shown, and in no history of a shell."""
    context.out.say(
        "After the login the browser is sent to an address that may show no page. Copy that address from the "
        "browser, whole."
    )
    if can_ask():
        context.out.flush()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", getpass.GetPassWarning)
            given = getpass.getpass("Paste it here (it is not shown): ")
    else:
        given = sys.stdin.readline()
    given = given.strip()
    if not given:
        raise Stopped("No address was given.", code=Exit.FAILED)
    if not _is_address(given):
        raise Stopped("That is no address.", advice="Copy all of it, from http to the end.", code=Exit.FAILED)
    return Secret(given)


def _is_address(text: str) -> bool:
    with contextlib.suppress(ValueError):  # such as an open bracket in it
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.netloc and parts.query)
    return False


def _pressed(url: str) -> Secret:
    """Press the button of the sandbox's login page, and return where the browser would be sent."""
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in _LOOPBACK:
        raise Stopped(
            "--auto logs in to a sandbox on this machine only.",
            advice="Leave it out, and log in with a browser.",
        )
    # Not with the client's own HTTP library, which logs the headers of answers; one of these has the code.
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=20)
    with closing(connection):
        try:
            connection.request("GET", f"{parts.path}?{parts.query}&sandbox_auto=approve")
            location = connection.getresponse().getheader("location")
        except OSError:
            location = None
    if not location:
        raise Stopped(
            "The sandbox did not log in.", advice="Does it still run? Start it anew.", code=Exit.FAILED
        )
    return Secret(location)


def _told(context: Context, tenant: Tenant, result: LoginResult) -> int:
    out = context.out
    if out.as_json:
        out.document("login", shapes.login(result))
    else:
        out.data(typed(result.text(out.language)))
    if result.connected:
        out.say(f"Next: {context.hint('plan')}", style="dim")
    if result.outcome is LoginOutcome.CONFIRM_COMPANY:
        if not out.as_json and can_ask() and result.other_company is not None:
            out.lines(tenant.preview_company().lines(out.language))
            context.confirm("Connect to this company instead?", yes=False)
            status = tenant.confirm_company(result.other_company.login_id)
            out.data(typed(status.text(out.language)))
            return Exit.DONE
        out.say(f"See what would be archived: {context.hint('company preview')}", style="dim")
    return LOGIN_EXITS[result.outcome]


def status(*, context: Hidden) -> int:
    """Tell where the connection stands, and when was last fetched. Visma is not asked."""
    found = context.tenant().status()
    if context.out.as_json:
        context.out.document("status", shapes.status(found))
    else:
        context.out.data(typed(found.text(context.out.language)))
    if found.state is ConnectionState.LOCKED and context.options.app is None:
        context.out.say(context.cure_of_a_missing_key())
    return STATUS_EXITS[found.state]


def readiness(*, context: Hidden) -> int:
    """Tell what eAccounting still needs before import and orders work, each with what to press."""
    tenant = context.tenant()
    with context.working("Reading the company's settings"):
        found = tenant.readiness()
    if context.out.as_json:
        context.out.document("readiness", shapes.readiness(found))
    else:
        context.out.data(typed(found.text(context.out.language)))
    return Exit.DONE if found.ready else Exit.BLOCKED


def disconnect(*, yes: bool = False, context: Hidden) -> int:
    """End the connection and revoke its tokens. All of Busy's data stays, links included.

    Args:
        yes: Do not ask.
    """
    tenant = context.tenant()
    context.confirm("End the connection to eAccounting?", yes=yes)
    with context.working("Revoking the tokens"):
        tenant.disconnect()
    return status_told(context, tenant)


def preview(*, context: Hidden) -> int:
    """Show what the first sync would do with the other company that somebody logged in to."""
    tenant = context.tenant()
    with context.working("Reading the other company"):
        plan = tenant.preview_company()
    if context.out.as_json:
        context.out.raw(plan_to_json(plan))
    else:
        context.out.lines(plan.lines(context.out.language))
    return Exit.DONE


def confirm(*, yes: bool = False, context: Hidden) -> int:
    """Connect to the other company that waits. Nothing is imported yet; former links are kept.

    Args:
        yes: Do not ask.
    """
    tenant = context.tenant()
    login_id = _waiting(tenant)
    context.confirm("Connect to the other company?", yes=yes)
    tenant.confirm_company(login_id)
    return status_told(context, tenant)


def discard(*, context: Hidden) -> int:
    """Leave the connection as it was before somebody logged in to another company."""
    tenant = context.tenant()
    tenant.discard_company(_waiting(tenant))
    return status_told(context, tenant)


def _waiting(tenant: Tenant) -> str:
    other = tenant.status().other_company
    return other.login_id if other is not None else "none"


def status_told(context: Context, tenant: Tenant) -> int:
    """Tell how the connection stands after what was done."""
    found = tenant.status()
    if context.out.as_json:
        context.out.document("status", shapes.status(found))
    else:
        context.out.data(typed(found.text(context.out.language)))
    return Exit.DONE
