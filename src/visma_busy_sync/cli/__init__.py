"""The command line: `visma-busy-sync`, or `python -m visma_busy_sync.cli`; with the extra `cli`.

It calls what a host calls, by public names only, and nothing imports it. Data goes to standard output, all
else to standard error; the exit codes are in `exits`.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

__all__ = ["main"]

NOT_INSTALLED = 'The command line needs its extra: pip install "visma-busy-sync[cli]"'


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        arguments: What was typed after the name of the program; by default `sys.argv[1:]`.
    """
    try:
        for library in ("cyclopts", "rich"):
            importlib.import_module(library)
    except ImportError:
        sys.stderr.write(f"{NOT_INSTALLED}\n")
        return 1
    from visma_busy_sync.cli.app import run  # noqa: PLC0415 - needs the extra

    return run(sys.argv[1:] if arguments is None else arguments)
