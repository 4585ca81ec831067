"""One person's request: the session, the notes that it keeps, protection against forged forms, the answer."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeAlias, cast

from attrs import frozen
from fastapi import Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment
from markupsafe import Markup

from busy_pages import Frame, Note, Page, read_language, security_headers
from fastapi_host.books import Books
from fastapi_host.database import Database
from fastapi_host.models import Workspace
from fastapi_host.settings import Settings
from visma_busy_sync import AsyncBusySync, AsyncTenant
from visma_busy_sync.integration import Language

CSRF_FIELD: Final = "csrf_token"
# The session is a cookie; browsers drop one of more than 4,096 bytes. A letter that is not English takes six.
_LONGEST_NOTE: Final = 1_100
_MOST_NOTES: Final = 2

Form: TypeAlias = Mapping[str, str]


@frozen
class Host:
    """What lives as long as the application."""

    settings: Settings
    database: Database
    visma: AsyncBusySync
    templates: Environment


class Here:
    """A request."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.host: Host = request.state.host
        self.language: Language = read_language(request.cookies)

    @property
    def session(self) -> dict[str, Any]:
        """What this browser alone has; signed, so that nobody else can make one."""
        return self.request.session

    @property
    def session_id(self) -> str:
        """An unguessable text of this browser."""
        return _kept(self.session, "id")

    def tell(self, note: Note) -> None:
        """Keep a note for the next page."""
        notes = [*self.session.get("notes", ()), note.to_plain()][-_MOST_NOTES:]
        shorter = [{**each, "text": _shortened(each["text"])} for each in notes]
        self.session["notes"] = shorter

    def say(self, key: str, tone: str = "good", **facts: object) -> None:
        """Keep one of the pages' own texts for the next page."""
        self.tell(Note.of_text(key, self.language, tone=tone, **facts))

    def frame(self) -> Frame:
        """Return what the page has around it. Notes are told once."""
        notes = tuple(Note.from_plain(each) for each in self.session.pop("notes", ()))
        address = self.request.url
        path = f"{address.path}?{address.query}" if address.query else address.path
        return Frame(workspace="", name="", language=self.language, path=path, notes=notes)

    def show(self, page: Page) -> HTMLResponse:
        """Return the answer with a page."""
        token = _kept(self.session, "csrf")
        hidden = Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, token)
        template = self.host.templates.get_template(page.template)
        return HTMLResponse(template.render(page.context, csrf_input=hidden), page.status, self.headers)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every page."""
        return dict(security_headers(self.host.settings.endpoints.authorize_url))


class InWorkspace(Here):
    """A request within a workspace."""

    def __init__(self, request: Request, workspace: Workspace) -> None:
        super().__init__(request)
        self.workspace = workspace

    @property
    def books(self) -> Books:
        """What Busy itself has of it."""
        return Books(self.host.database, self.workspace.id)

    @property
    def tenant(self) -> AsyncTenant:
        """The workspace as the library knows it."""
        return self.host.visma.tenant(self.workspace.id)

    def frame(self) -> Frame:
        """Return what the page has around it, with the workspace's menu."""
        around = super().frame()
        return Frame(
            workspace=self.workspace.id,
            name=self.workspace.name,
            language=around.language,
            path=around.path,
            notes=around.notes,
        )

    def go(self, path: str) -> RedirectResponse:
        """Return the answer that leads on to another page of the workspace."""
        return go(f"/{self.workspace.id}/{path}")


def go(address: str) -> RedirectResponse:
    """Return the answer to a form: the next page is got, and loading it again sends nothing again."""
    return RedirectResponse(address, 303)


def _kept(session: dict[str, Any], name: str) -> str:
    return cast("str", session.setdefault(name, secrets.token_urlsafe(24)))


def _shortened(text: str) -> str:
    """Return a text that takes no more bytes of the cookie than a note may."""
    taken = 0
    for place, letter in enumerate(text):
        taken += len(json.dumps(letter)) - 2
        if taken > _LONGEST_NOTE:
            return f"{text[:place]}…"
    return text


async def form_of(request: Request) -> Form:
    """Return what a form sent; a form of another site lacks the session's token.

    Raises:
        HTTPException: 403, if the token is missing or another one.
    """
    sent = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    token = request.session.get("csrf")
    if not token or not secrets.compare_digest(sent.get(CSRF_FIELD, "").encode(), token.encode()):
        raise HTTPException(403)
    return sent


async def no_forgery(request: Request) -> None:
    """Look at every form, also where its values are not asked for."""
    if request.method != "GET":
        await form_of(request)


async def in_workspace(request: Request, workspace: str) -> InWorkspace:
    """Find the workspace of an address.

    Raises:
        HTTPException: 404, if there is none. A real host asks here who may see it.
    """
    host: Host = request.state.host
    async with host.database.reading() as session:
        found = await session.get(Workspace, workspace)
    if found is None:
        raise HTTPException(404)
    return InWorkspace(request, found)


Visit = Annotated[InWorkspace, Depends(in_workspace)]
Sent = Annotated[Form, Depends(form_of)]
