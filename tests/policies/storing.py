"""Write what this version stores on a whole journey: `python -m tests.policies.storing VERSION`.

Once for each release whose documents have a new schema. The files are never changed afterwards:
they stand for the databases of hosts.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from visma_busy_sync.ports import Write
from visma_busy_sync.sandbox.process import SandboxProcess
from visma_busy_sync.stores import MemoryStateStore
from visma_busy_sync.sync import Decide, Decision, Kind

from .small_host import busy_sync, connect, in_memory, order

FOLDER: Final = Path(__file__).with_name("stored")
# Of no use anywhere: what is sealed with it are tokens of a sandbox that is gone.
KEY: Final = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


def documents(state: MemoryStateStore) -> list[tuple[str, str, str]]:
    """Tenant, key and body of each document."""
    return [(found.tenant, found.key, found.document.body) for found in state.scan("")]


def restored(path: Path) -> MemoryStateStore:
    """Return a store with the documents of a file."""
    state = MemoryStateStore()
    for tenant, key, body in json.loads(path.read_text(encoding="utf-8")):
        assert state.commit(tenant, [Write(key, None, body)])
    return state


def main(version: str) -> None:
    with SandboxProcess() as sandbox:
        stores = in_memory()
        with busy_sync(sandbox.info, stores, key=KEY) as visma:
            acme = visma.tenant("acme")
            connect(acme)
            acme.sync()
            kept = stores.catalogue.load("acme", Kind.PROJECT)[-1]
            acme.decide(Decision(what=Decide.KEEP, kind=Kind.PROJECT, busy_id=kept.id))
            acme.push(order(acme, stores))
            acme.read_back()
            acme.connect(project_sync=True, session="another session")
    assert isinstance(stores.state, MemoryStateStore)
    text = json.dumps(documents(stores.state), indent=1)
    (FOLDER / f"{version}.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
