"""Which port a host listens on."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def told_if_in_use(port: int) -> Iterator[None]:
    """End the program with what to do, where another program listens on the port already."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        sys.exit(f"Port {port} is in use; choose another with --port.")
