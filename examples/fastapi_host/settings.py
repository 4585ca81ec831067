"""What this host is told when it starts."""

from __future__ import annotations

import os
import secrets

from attrs import field, frozen

from visma_busy_sync import ConfigurationError, Endpoints


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
            environment. Where the address is not https, as in a trial, a new one will do, with which all
            sessions end when the host does.

    Raises:
        ConfigurationError: If there is no secret for an https address.
    """

    address: str
    database_url: str = field(repr=False)
    client_id: str
    client_secret: str = field(repr=False)
    endpoints: Endpoints
    token_key: str = field(repr=False)
    session_secret: str = field(repr=False)

    @session_secret.default
    def _given_or_made(self) -> str:
        given = os.environ.get("BUSY_SESSION_SECRET")
        if not given and self.address.startswith("https:"):
            # Each process would have one of its own, and lose the sessions that another began.
            raise ConfigurationError(
                "BUSY_SESSION_SECRET is missing.", advice="Set it to one text for all processes of the site."
            )
        return given or secrets.token_urlsafe(32)

    @property
    def redirect_uri(self) -> str:
        """Where Visma sends people back to, whatever their workspace is."""
        return f"{self.address}/integrations/visma/callback"
