"""Run the sandbox under uvicorn on a bound socket."""

import socket
from collections.abc import Callable

import uvicorn

from visma_busy_sync.sandbox.app import application
from visma_busy_sync.sandbox.state import State
from visma_busy_sync.sandbox.wire import GRACE_SECONDS, SandboxProtocol, SandboxServer

KEEP_ALIVE_SECONDS = 60


def serve(state: State, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; ``ready`` is called once the server listens."""
    config = uvicorn.Config(
        application(state),
        http=SandboxProtocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    SandboxServer(config, state.faults, ready).run(sockets=[listener])
