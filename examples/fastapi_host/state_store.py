"""The library's own documents, in one table of Busy's database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import Executable

from fastapi_host.database import Database, code_of
from fastapi_host.models import Base, VismaDocument
from visma_busy_sync import ConfigurationError
from visma_busy_sync.ports import Found, Versioned, Write

_TABLE: Final = Base.metadata.tables[VismaDocument.__tablename__]
# A statement takes as many parameters as every database does.
_KEYS_AT_ONCE: Final = 1000

# Somebody else wrote meanwhile: a key that is there by now, and the victim of a deadlock.
_CONFLICTS: Final = frozenset({"23505", "40P01", "SQLITE_CONSTRAINT_PRIMARYKEY"})


class _OtherVersion(Exception):
    """A document has not the version that a write expects; undoes the transaction."""


class BusyStateStore:
    """An `AsyncStateStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        """Return those of the documents that exist, all as of one moment."""
        found: dict[str, Versioned] = {}
        async with self._database.reading() as session:
            for start in range(0, len(keys), _KEYS_AT_ONCE):
                chunk = keys[start : start + _KEYS_AT_ONCE]
                this = (_TABLE.c.tenant == tenant, _TABLE.c.key.in_(chunk))
                rows = await session.execute(select(_TABLE).where(*this))
                found.update((row.key, Versioned(row.version, row.body)) for row in rows)
        return found

    async def scan(self, prefix: str, tenant: str | None = None) -> Sequence[Found]:
        """Return the documents whose key begins with `prefix`; `LIKE` would take `%` and `_` in it."""
        begins = select(_TABLE).where(func.substr(_TABLE.c.key, 1, len(prefix)) == prefix)
        if tenant is not None:
            begins = begins.where(_TABLE.c.tenant == tenant)
        async with self._database.reading() as session:
            rows = await session.execute(begins)
            return [Found(row.tenant, row.key, Versioned(row.version, row.body)) for row in rows]

    async def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        """Make all writes, or none where one of them does not find the version it expects."""
        if len({write.key for write in writes}) < len(writes):
            raise ConfigurationError("One commit writes a key twice.")
        try:
            async with self._database.writing() as session:
                # By key, so that two commits of the same keys wait for each other in one order.
                await self._write(session, tenant, sorted(writes, key=lambda write: write.key))
        except _OtherVersion:
            return False
        except DBAPIError as error:
            if code_of(error) in _CONFLICTS:
                return False
            raise
        return True

    async def _write(self, session: AsyncSession, tenant: str, writes: Sequence[Write]) -> None:
        # A deletion of what must not exist is created first: that keeps others from creating it meanwhile.
        new = [write for write in writes if write.expected is None]
        changed = [write for write in writes if write.expected is not None and write.body is not None]
        deleted = [write for write in writes if write.body is None]
        this = (
            _TABLE.c.tenant == tenant,
            _TABLE.c.key == bindparam("this"),
            _TABLE.c.version == bindparam("expected"),
        )
        if new:  # one that is there raises; the others are counted
            rows = [
                {"tenant": tenant, "key": each.key, "version": 1, "body": each.body or ""} for each in new
            ]
            await session.execute(insert(_TABLE), rows)
        newer = update(_TABLE).where(*this).values(version=_TABLE.c.version + 1, body=bindparam("text"))
        await self._count(
            session,
            newer,
            [{"this": each.key, "expected": each.expected, "text": each.body} for each in changed],
        )
        await self._count(
            session,
            delete(_TABLE).where(*this),
            [{"this": each.key, "expected": each.expected or 1} for each in deleted],
        )

    async def _count(
        self, session: AsyncSession, statement: Executable, rows: Sequence[Mapping[str, object]]
    ) -> None:
        if not rows:
            return
        result = await session.execute(statement, rows)
        if not isinstance(result, CursorResult) or result.rowcount != len(rows):
            raise _OtherVersion
