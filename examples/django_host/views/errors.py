"""What people see instead of Django's own pages, which show too much."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from busy_pages import Frame, error_page
from django_host.views.common import answer, language_of


def _page(request: HttpRequest, status: int) -> HttpResponse:
    return answer(
        request, error_page(Frame(workspace="", name="", language=language_of(request)), status=status)
    )


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
