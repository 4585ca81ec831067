"""What people see instead of Django's own pages, which show too much."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse

from busy_pages import Frame, error_page
from django_host.views.common import View, answer, language_of


def _page(request: HttpRequest, status: int) -> HttpResponse:
    return answer(
        request, error_page(Frame(workspace="", name="", language=language_of(request)), status=status)
    )


def pages(get_response: View) -> View:
    """Answer with a page where Django has an empty one: at an address that takes forms alone (middleware)."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            return response
        page = _page(request, response.status_code)
        page.headers["Allow"] = response.headers["Allow"]
        return page

    return respond


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Tell that there is no such page."""
    del exception
    return _page(request, 404)


def forbidden(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Tell that a form was not this site's, or is too old."""
    del reason
    return _page(request, 403)


def fault(request: HttpRequest) -> HttpResponse:
    """Tell of a fault, which Django has logged."""
    return _page(request, 500)
