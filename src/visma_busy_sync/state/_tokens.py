"""The tokens of a login as a document: sealed, with their generation and with who renews them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from attrs import field, frozen

from visma_busy_sync.state._documents import Schema


@frozen(kw_only=True)
class Tokens:
    """The tokens of one login.

    Who renews them stands in the same document, so that the right to renew and what comes of it are one
    write: no crash can fall between them.

    Attributes:
        generation: A random id, new with each refresh. It alone decides whether what a refresh brought may
            replace what is stored.
        sealed: Access token and refresh token.
        expires_at: When the access token ends.
        refresh_at: From when on a new one is asked for.
        refused: Whether the server refused the refresh token.
        renewing: Who renews them at this moment, a random id; None: nobody.
        renewing_until: When that right ends by itself.
        renewing_seconds: How long it lasts in all; holders may be set up differently.
    """

    generation: str
    sealed: str = field(repr=False)
    expires_at: datetime
    refresh_at: datetime
    refused: bool = False
    renewing: str | None = None
    renewing_until: datetime | None = None
    renewing_seconds: int | None = None


TOKENS_PREFIX: Final = "tokens/"

TOKENS_SCHEMA: Final = Schema(Tokens)


def tokens_key(login_id: str) -> str:
    """Return the key of a login's tokens.

    A login's id is never used again, so the document may be deleted: no other one can take its place.
    """
    return f"{TOKENS_PREFIX}{login_id}"
