"""State store, catalogue and work log in SQL, on SQLite and PostgreSQL, with the extra `sql` and a driver.

```python
from visma_busy_sync.stores.sql import SqlCatalogue, SqlStateStore, SqlWorkLog

state = SqlStateStore(engine)  # the host's own; or SqlStateStore.open("sqlite:///busy.db")
state.create_table()
catalogue = SqlCatalogue(engine)  # where the host has no projects, customers and products of its own
catalogue.create_table()
work = SqlWorkLog(catalogue)  # and no hours of its own either
work.create_table()
```

For a host that keeps migrations of its own, `ddl` writes the statements, and so does this command:

```
python -m visma_busy_sync.stores.sql postgresql [--store state|catalogue|work] [--schema S] [--table T]
```

A store uses a connection of its own for each call, and commits it. So a rollback of the host's transaction
around a call does not take back what was stored. Where SQLite's only write lock is held by that very
transaction, the call ends with `StoreUnavailable` after the busy timeout of the host's engine.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

try:
    from visma_busy_sync.stores._sql_catalogue import AsyncSqlCatalogue, SqlCatalogue
    from visma_busy_sync.stores._sql_state import AsyncSqlStateStore, SqlStateStore
    from visma_busy_sync.stores._sql_table import STORES, ddl
    from visma_busy_sync.stores._sql_worklog import AsyncSqlWorkLog, SqlWorkLog
except ImportError as _missing:
    _NOT_INSTALLED = 'The SQL stores need their extra: pip install "visma-busy-sync[sql]"'
    if __name__ == "__main__":
        sys.exit(_NOT_INSTALLED)  # whoever calls it as a command wants no traceback
    raise ImportError(_NOT_INSTALLED, name=_missing.name) from _missing

__all__ = [
    "AsyncSqlCatalogue",
    "AsyncSqlStateStore",
    "AsyncSqlWorkLog",
    "SqlCatalogue",
    "SqlStateStore",
    "SqlWorkLog",
    "ddl",
]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the statements that create the table of a store."""
    parser = argparse.ArgumentParser(
        prog="python -m visma_busy_sync.stores.sql",
        description="Print the SQL that creates the table of a store.",
        allow_abbrev=False,
    )
    parser.add_argument("dialect", choices=("postgresql", "sqlite"))
    parser.add_argument("--store", choices=STORES, default="state", help="which (default: %(default)s)")
    parser.add_argument("--schema", help="where the table is (default: the database's default)")
    parser.add_argument("--table", help="its name (default: that which the store has)")
    options = parser.parse_args(arguments)
    sys.stdout.write(ddl(options.dialect, store=options.store, schema=options.schema, table=options.table))
    return 0


if __name__ == "__main__":
    sys.exit(main())
