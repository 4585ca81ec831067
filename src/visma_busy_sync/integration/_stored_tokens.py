"""The tokens of a tenant's login in the state store, sealed, shared by all threads, tasks and processes.

One document per login holds the tokens and the right to renew them. Every change is a compare-and-set on it,
decided by the generation: whoever stalls and comes late never overwrites what is newer, and whoever comes
late with something good is never refused for a mark that others made meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable
from datetime import timedelta
from typing import Final, final

import attrs
from attrs import field, frozen

from visma_busy_sync._core.secret import Secret
from visma_busy_sync._core.world import Clock, Runtime
from visma_busy_sync.eaccounting import TokenSet
from visma_busy_sync.eaccounting._tokens import STORED_LOGIN, Generation
from visma_busy_sync.eaccounting.errors import ReconnectNeeded
from visma_busy_sync.integration._clocks import CLOCKS_DIFFER
from visma_busy_sync.ports import AsyncStateStore
from visma_busy_sync.state import (
    CONNECTION,
    CONNECTION_SCHEMA,
    TOKENS_SCHEMA,
    DocumentUnreadable,
    Kept,
    Sealer,
    Tokens,
    Unsealable,
    read,
    tokens_key,
    until_written,
)
from visma_busy_sync.state._documents import DAMAGED

MARGIN_SECONDS: Final = 15.0
"""How much longer the right to renew lasts than the token call may: for the store, before and after it."""

_SHORTEST_LOOK_SECONDS: Final = 0.05
_LONGEST_LOOK_SECONDS: Final = 0.5

# What came back from Visma may be the only copy there is: a store that stumbles is asked again.
_SAVE_PAUSES_SECONDS: Final = (0.1, 1.0, 4.0)


def seal_tokens(sealer: Sealer, tokens: TokenSet, *, tenant: str, login_id: str, generation: str) -> Tokens:
    """Return the document of tokens that came with a login or with a refresh."""
    refresh = tokens.refresh_token
    texts = {
        "access": tokens.access_token.reveal(),
        "refresh": None if refresh is None else refresh.reveal(),
    }
    secret = Secret(json.dumps(texts))
    del texts  # a traceback may be shown with the values of its frames
    return Tokens(
        generation=generation,
        sealed=sealer.seal(secret, about=sealed_about(tenant, login_id)),
        expires_at=tokens.expires_at,
        refresh_at=tokens.refresh_at,
    )


def open_tokens(sealer: Sealer, document: Tokens, *, tenant: str, login_id: str) -> TokenSet:
    """Return the tokens of a document.

    Raises:
        EncryptionKeyMissing: If the key they were sealed with is not given; the document stays as it is.
        Unsealable: If they cannot be opened any more.
    """
    texts = _texts(sealer.open(document.sealed, about=sealed_about(tenant, login_id)))
    return TokenSet(
        access_token=texts["access"],
        refresh_token=texts["refresh"],
        expires_at=document.expires_at,
        refresh_at=document.refresh_at,
    )


def sealed_about(tenant: str, login_id: str) -> str:
    """Return what sealed tokens are bound to, so that one tenant's are of no use in another's document."""
    return f"tokens/{tenant}/{login_id}"


def _texts(secret: Secret) -> dict[str, Secret]:
    shown: dict[str, str | None] = json.loads(secret.reveal())
    texts = {name: Secret(text or "") for name, text in shown.items()}
    del shown
    return texts


@final
@frozen(kw_only=True)
class StoredTokens:
    """The client's token store over the state store, for one login of one tenant.

    Attributes:
        state: Where the document is.
        sealer: What seals it.
        runtime: How to wait, and where random ids come from.
        clock: The time.
        tenant: Whose login it is.
        login_id: The login.
        lasts: How long the right to renew lasts: longer than the token call may take.
    """

    state: AsyncStateStore
    sealer: Sealer
    runtime: Runtime
    clock: Clock
    tenant: str
    login_id: str
    lasts: timedelta
    _holder: str = field(
        init=False, default=attrs.Factory(lambda self: self.runtime.token(), takes_self=True)
    )

    async def load(self) -> Generation | None:
        """Return the tokens as they are now.

        Raises:
            ReconnectNeeded: If they cannot be opened any more.
            EncryptionKeyMissing: If the key they were sealed with is not given.
            DocumentUnreadable: If a newer version of this package wrote them.
        """
        try:
            kept = await self._read()
        except DocumentUnreadable as error:
            if error.reason != DAMAGED:
                raise
            raise unreadable(error.reason) from None
        if kept is None:
            return None
        try:
            tokens = open_tokens(self.sealer, kept.value, tenant=self.tenant, login_id=self.login_id)
        except Unsealable as error:
            reason = error.reason
        else:
            return Generation(id=kept.value.generation, tokens=tokens, refused=kept.value.refused)
        raise unreadable(reason)

    async def reserve(self, id: str) -> bool:
        """Wait for the right to renew a generation; False if it is not the present one any more.

        A right counts as given up when nothing happened to it for as long as it lasts, while this one looked
        on; or when its time is over by more than clocks may differ. The wall clock alone would let a machine
        whose clock is ahead take the right from a holder that is alive.
        """
        seen: tuple[int, float] | None = None
        look = _SHORTEST_LOOK_SECONDS
        while True:
            kept = await self._read()
            if kept is None or kept.value.generation != id or kept.value.refused:
                return False
            if seen is None or seen[0] != kept.version:
                seen = (kept.version, self.clock.monotonic())
            lasts = max(self.lasts.total_seconds(), kept.value.renewing_seconds or 0)
            if self._is_free(kept.value) or self.clock.monotonic() - seen[1] >= lasts:
                mine = attrs.evolve(
                    kept.value,
                    renewing=self._holder,
                    renewing_until=self.clock.now() + self.lasts,
                    renewing_seconds=math.ceil(self.lasts.total_seconds()),
                )
                if await self._write(kept, mine):
                    return True
                continue
            await self.runtime.sleep(look * (0.5 + self.runtime.random() / 2))
            look = min(2 * look, _LONGEST_LOOK_SECONDS)

    def _is_free(self, tokens: Tokens) -> bool:
        until = tokens.renewing_until
        return tokens.renewing is None or until is None or until + CLOCKS_DIFFER <= self.clock.now()

    async def replace(self, id: str, new: TokenSet) -> bool:
        """Keep `new` in the place of a generation; False if another one is kept by now, or none."""
        document = seal_tokens(
            self.sealer,
            new,
            tenant=self.tenant,
            login_id=self.login_id,
            generation=self.runtime.token(),
        )
        for pause in _SAVE_PAUSES_SECONDS:
            try:
                return await self._change(id, lambda _: document)
            except Exception:  # noqa: BLE001 - whatever a host's store raises; the last try lets it through
                await self.runtime.sleep(pause)
        return await self._change(id, lambda _: document)

    async def refuse(self, id: str) -> bool:
        """Note that the server refused a generation; False if another one is kept by now, or none."""
        return await self._change(
            id,
            lambda now: attrs.evolve(_unheld(now), refused=True),
        )

    async def is_over(self) -> bool:
        """Whether the tenant has no login any more.

        Where a newer one took the place of this one, its tokens are left alone: revoking them could end both.
        """
        kept = await read(self.state, self.tenant, CONNECTION, CONNECTION_SCHEMA)
        return await self._read() is None and not (kept and kept.value.has_login)

    async def give_back(self, id: str) -> None:
        """Give the right to renew back; if that fails, it ends by itself."""

        def give_back(now: Tokens) -> Tokens:
            mine = now.renewing == self._holder
            return _unheld(now) if mine else now

        with contextlib.suppress(Exception):  # what made it give the right back is told, not this
            await self._change(id, give_back)

    async def _change(self, id: str, change: Callable[[Tokens], Tokens]) -> bool:
        """Change the document while it holds a generation, again and again until nobody came in between."""

        async def attempt() -> bool | None:
            kept = await self._read()
            if kept is None or kept.value.generation != id:
                return False
            after = change(kept.value)
            return True if after == kept.value or await self._write(kept, after) else None

        return await until_written(tokens_key(self.login_id), attempt)

    async def _read(self) -> Kept[Tokens] | None:
        return await read(self.state, self.tenant, tokens_key(self.login_id), TOKENS_SCHEMA)

    async def _write(self, kept: Kept[Tokens], tokens: Tokens) -> bool:
        write = TOKENS_SCHEMA.write(tokens_key(self.login_id), kept, tokens)
        return await self.state.commit(self.tenant, [write])


def _unheld(tokens: Tokens) -> Tokens:
    return attrs.evolve(tokens, renewing=None, renewing_until=None, renewing_seconds=None)


def unreadable(reason: str) -> ReconnectNeeded:
    """Return the error for a login whose tokens cannot be opened any more."""
    return ReconnectNeeded(
        f"the stored login cannot be opened: {reason}",
        operation=STORED_LOGIN,
        advice="Press connect and log in again. Nothing in Busy is lost.",
    )
