"""Use case of a new encryption key: which documents hold sealed texts, and what each is about."""

from __future__ import annotations

from typing import Any, Final

import attrs

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.integration._connecting import verifier_about
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._stored_tokens import sealed_about
from visma_busy_sync.state import (
    LOGIN,
    LOGIN_SCHEMA,
    TOKENS_PREFIX,
    TOKENS_SCHEMA,
    FernetSealer,
    PendingLogin,
    Resealed,
    SealedDocuments,
    Tokens,
    reseal,
)
from visma_busy_sync.state._rotation import Renew


def _tokens(document: Tokens, tenant: str, key: str, renew: Renew) -> Tokens:
    about = sealed_about(tenant, key.removeprefix(TOKENS_PREFIX))
    return attrs.evolve(document, sealed=renew(document.sealed, about))


def _login(document: PendingLogin, tenant: str, _: str, renew: Renew) -> PendingLogin:
    if document.verifier is None:
        return document
    return attrs.evolve(
        document, verifier=renew(document.verifier, verifier_about(tenant, document.state_hash))
    )


SEALED_DOCUMENTS: Final[tuple[SealedDocuments[Any], ...]] = (
    SealedDocuments(TOKENS_PREFIX, TOKENS_SCHEMA, _tokens),
    SealedDocuments(LOGIN, LOGIN_SCHEMA, _login),
)


async def reseal_stored(site: Site) -> Resealed:
    """Bring the tokens and PKCE verifiers of all tenants under the first encryption key."""
    if not isinstance(site.sealer, FernetSealer):
        raise ConfigurationError(
            "There are no encryption keys, so nothing can be brought under a new one.",
            advice="Pass encryption_keys, the new one first.",
        )
    return await reseal(site.state, site.sealer, documents=SEALED_DOCUMENTS)
