"""The sandbox as a Starlette application."""

from starlette.applications import Starlette
from starlette.middleware import Middleware

from visma_busy_sync.sandbox.exchange import Exchange
from visma_busy_sync.sandbox.refusals import Refusals
from visma_busy_sync.sandbox.routes import routes
from visma_busy_sync.sandbox.state import State


def application(state: State) -> Starlette:
    """Build the application over the server's state."""
    app = Starlette(
        routes=routes(state),
        middleware=[Middleware(Exchange, state=state)],
        exception_handlers=Refusals(state).handlers(),
    )
    # The real service redirects nothing; a slash at the end is taken off before routing.
    app.router.redirect_slashes = False
    return app
