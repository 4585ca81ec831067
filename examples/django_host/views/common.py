"""What all views need: the workspace, the language, messages that are told once, and the way to a page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_list_or_404, get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from busy_pages import FormRefused, Frame, Note, Page, read_language, safe_next, security_headers
from django_host.models import Workspace
from django_host.visma import endpoints, visma
from visma_busy_sync import Tenant, VismaBusySyncError
from visma_busy_sync.integration import Language

View = Callable[..., HttpResponse]


def language_of(request: HttpRequest) -> Language:
    """Return the language of the person."""
    return read_language(request.COOKIES)


def workspace_or_404(id: str) -> Any:
    """Return the workspace of an address."""
    return get_object_or_404(Workspace, pk=id)


def tenant_of(workspace: Any) -> Tenant:
    """Return the workspace as the library knows it."""
    return visma().tenant(workspace.pk)


def frame(request: HttpRequest, workspace: Any) -> Frame:
    """Return what is around a page, with the messages that wait; they are told once."""
    return Frame(
        workspace=workspace.pk,
        name=workspace.name,
        language=language_of(request),
        path=request.get_full_path(),
        notes=tuple(map(Note.from_plain, request.session.pop("notes", ()))),
    )


def note(request: HttpRequest, told: Note) -> None:
    """Keep a message for the next page."""
    request.session["notes"] = [*request.session.get("notes", ()), told.to_plain()]


def note_text(request: HttpRequest, key: str, *, tone: str = "good", **facts: object) -> None:
    """Keep one of the pages' own texts for the next page."""
    note(request, Note.of_text(key, language_of(request), tone=tone, **facts))


def answer(request: HttpRequest, page: Page) -> HttpResponse:
    """Render a page."""
    return render(request, page.template, dict(page.context), status=page.status)


def or_note(address: str) -> Callable[[View], View]:
    """Tell a person of what the library or a form refused, on the page that `address` names.

    Args:
        address: An address with the names of the view's arguments in braces.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, **arguments: Any) -> HttpResponse:
            try:
                return view(request, **arguments)
            except VismaBusySyncError as error:
                note(request, Note.of_error(error, language_of(request)))
            except FormRefused as refused:
                note(request, Note("bad", str(refused)))
            return redirect(address.format_map(arguments))

        return guarded

    return decorate


def home(request: HttpRequest) -> HttpResponse:
    """Go to the first workspace."""
    del request
    workspace = get_list_or_404(Workspace.objects.order_by("name"))[0]
    return redirect(f"/{workspace.pk}/integrations/visma")


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remember the language for a year."""
    gone_on = redirect(safe_next(request.POST.get("next")))
    gone_on.set_cookie(
        "language", read_language(request.POST), max_age=31_536_000, samesite="Lax", httponly=True
    )
    return gone_on


def headers(get_response: View) -> View:
    """Add the headers that keep a page to itself, where it has none of its own (middleware)."""
    policy = security_headers(endpoints().authorize_url)

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in policy.items():
            response.headers.setdefault(name, value)
        return response

    return respond
