"""A store that is right within one process only: its lock is a thread's, and it compares before it writes."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Mapping, Sequence

from visma_busy_sync.ports import Found, Versioned, Write
from visma_busy_sync.testing.conformance import ChildStore, StateHarness

_LOCK = threading.Lock()


class OneProcessStore:
    """Each statement is a transaction of its own."""

    def __init__(self, path: str) -> None:
        self._sql = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
        self._sql.execute("pragma synchronous = off")
        self._sql.execute(
            "create table if not exists document "
            "(tenant text, key text, version integer, body text, primary key (tenant, key))"
        )

    def close(self) -> None:
        self._sql.close()

    def find(self, tenant: str, key: str) -> Versioned | None:
        row = self._sql.execute(
            "select version, body from document where tenant = ? and key = ?", (tenant, key)
        ).fetchone()
        return None if row is None else Versioned(*row)

    def put(self, tenant: str, key: str, document: Versioned) -> None:
        self._sql.execute(
            "insert or replace into document values (?, ?, ?, ?)",
            (tenant, key, document.version, document.body),
        )

    def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        with _LOCK:
            return {key: found for key in keys if (found := self.find(tenant, key))}

    def scan(self, prefix: str, tenant: str | None = None) -> Sequence[Found]:
        with _LOCK:
            rows = self._sql.execute("select tenant, key, version, body from document").fetchall()
        found = [Found(owner, key, Versioned(version, body)) for owner, key, version, body in rows]
        return [each for each in found if each.key.startswith(prefix) and tenant in {None, each.tenant}]

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        with _LOCK:
            for write in writes:
                found = self.find(tenant, write.key)
                if write.expected != (found.version if found else None):
                    return False
            time.sleep(0.002)
            for write in writes:
                if write.body is None:
                    self._sql.execute(
                        "delete from document where tenant = ? and key = ?", (tenant, write.key)
                    )
                else:
                    self.put(tenant, write.key, Versioned((write.expected or 0) + 1, write.body))
        return True


def open_store(path: str) -> OneProcessStore:
    return OneProcessStore(path)


def fail(path: str) -> OneProcessStore:
    raise OSError(f"cannot open {path}")


class Bench(StateHarness):
    """It can show races of processes."""

    def __init__(self, path: str, opener: str = "open_store") -> None:
        self._path = path
        self._opener = opener
        self._stores: list[OneProcessStore] = []

    def __exit__(self, *_: object) -> None:
        while self._stores:
            self._stores.pop().close()

    def state(self) -> OneProcessStore:
        self._stores.append(OneProcessStore(self._path))
        return self._stores[-1]

    def read_raw(self, tenant: str, key: str) -> Versioned | None:
        return self._stores[0].find(tenant, key)

    def write_raw(self, tenant: str, key: str, document: Versioned) -> None:
        self._stores[0].put(tenant, key, document)

    def child(self) -> ChildStore:
        return ChildStore(f"one_process:{self._opener}", self._path)
