"""What is done every minute without being asked: imports, orders that wait, how far sent ones have come."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy import select

from fastapi_host.models import Workspace
from fastapi_host.ordering import free_what_is_over
from fastapi_host.web import Host

_EVERY_SECONDS: Final = 60
_END_SECONDS: Final = 10

_log = logging.getLogger(__name__)


@asynccontextmanager
async def every_minute(host: Host) -> AsyncIterator[None]:
    """Do what is due until the end. What is being done then has some seconds to come to its own end."""
    ending = asyncio.Event()
    task = asyncio.create_task(_again_and_again(host, ending))
    try:
        yield
    finally:
        ending.set()
        # What takes longer is cancelled: each step is stored before the next one, so the next start goes on.
        _, still = await asyncio.wait([task], timeout=_END_SECONDS)
        for each in still:
            each.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _again_and_again(host: Host, ending: asyncio.Event) -> None:
    while not ending.is_set():
        await do_what_is_due(host)
        try:
            async with asyncio.timeout(_EVERY_SECONDS):
                await ending.wait()
        except TimeoutError:
            pass


async def do_what_is_due(host: Host) -> None:
    """Do it once. What fails is tried again the next time, and keeps nothing else from being done."""
    try:
        for synced in await host.visma.sync_due():
            _note("importing", synced.tenant, synced.error)
        for sent in await host.visma.push_due():
            _note("sending orders", sent.tenant, sent.error)
        for read in await host.visma.read_back_due():
            _note("reading orders back", read.tenant, read.error)
        async with host.database.reading() as session:
            ids: Sequence[str] = (await session.scalars(select(Workspace.id))).all()
        for id in ids:
            await free_what_is_over(host.database, host.visma.tenant(id))
    except Exception as error:  # noqa: BLE001 - such as a database that is away; the next minute comes
        _log.error("what was due could not be done: %s", type(error).__name__)


def _note(what: str, tenant: str, error: Exception | None) -> None:
    # The name alone: the text of an error of the host's own may quote what was to be stored.
    if error is not None:
        _log.warning("%s of %s ended: %s", what, tenant, type(error).__name__)
