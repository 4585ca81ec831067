"""What this host is told when it starts."""

from __future__ import annotations

import os
import secrets

from attrs import field, frozen

from visma_busy_sync import Endpoints


def _made_or_given() -> str:
    return os.environ.get("BUSY_SESSION_SECRET") or secrets.token_urlsafe(32)


@frozen(kw_only=True)
class Settings:
    """Addresses, and secrets that no repr shows.

    Attributes:
        address: Where people reach this host, without a slash at the end.
        database_url: SQLAlchemy's address of the database.
        client_id: Of the application registered with Visma.
        client_secret: Its secret.
        endpoints: Visma's server, or a sandbox.
        token_key: What tokens are encrypted with, made by `Fernet.generate_key()`.
        session_secret: What browser sessions are signed with; by default `BUSY_SESSION_SECRET` of the
            environment, else a new one, with which all sessions end when the host does.
    """

    address: str
    database_url: str = field(repr=False)
    client_id: str
    client_secret: str = field(repr=False)
    endpoints: Endpoints
    token_key: str = field(repr=False)
    session_secret: str = field(repr=False, factory=_made_or_given)

    @property
    def redirect_uri(self) -> str:
        """Where Visma sends people back to, whatever their workspace is."""
        return f"{self.address}/integrations/visma/callback"
