"""The headers that keep a page to itself."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit


def security_headers(authorize_url: str) -> Mapping[str, str]:
    """Return the headers of every page.

    Args:
        authorize_url: Visma's login page, to which the form "connect" leads.
    """
    visma = urlsplit(authorize_url)
    policy = (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action 'self' {visma.scheme}://{visma.netloc}"
    )
    return {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
