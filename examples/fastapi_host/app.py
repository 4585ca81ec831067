"""The application: what lives as long as it does, and how its parts come together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import FileSystemLoader
from sqlalchemy import select
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from busy_pages import STATIC, TEMPLATES, environment, error_page, read_language, safe_next
from fastapi_host.books import NotHere
from fastapi_host.catalogue import BusyCatalogue
from fastapi_host.database import Database
from fastapi_host.due import every_minute
from fastapi_host.models import Workspace
from fastapi_host.settings import Settings
from fastapi_host.state_store import BusyStateStore
from fastapi_host.views import integration, orders, projects
from fastapi_host.web import Here, Host, Sent, go, no_forgery
from fastapi_host.work_log import BusyWorkLog
from visma_busy_sync import AsyncBusySync, Choices
from visma_busy_sync.eaccounting import Clock


def create_app(settings: Settings) -> FastAPI:
    """Return the application."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[Mapping[str, Host]]:
        async with AsyncExitStack() as stack:
            database = await stack.enter_async_context(Database(settings.database_url))
            visma = await stack.enter_async_context(visma_of(settings, database))
            templates = environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
            host = Host(settings, database, visma, templates)
            await stack.enter_async_context(every_minute(host))
            yield {"host": host}

    app = FastAPI(
        lifespan=lifespan,
        openapi_url=None,  # pages for people, no API
        dependencies=[Depends(no_forgery)],
        middleware=[
            # Else a redirect would lead to whatever host the request names.
            Middleware(TrustedHostMiddleware, allowed_hosts=[urlsplit(settings.address).hostname or ""]),
            Middleware(
                SessionMiddleware,
                secret_key=settings.session_secret,
                same_site="lax",  # Visma's redirect back brings it along, forms of other sites do not
                https_only=settings.address.startswith("https:"),
            ),
        ],
    )
    app.mount("/static", StaticFiles(directory=STATIC))
    app.add_api_route("/", start)
    app.add_api_route("/language", change_language, methods=["POST"])
    for views in (integration, projects, orders):
        app.include_router(views.router)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(NotHere, missing)
    app.add_exception_handler(Exception, failed)
    return app


def visma_of(settings: Settings, database: Database, clock: Clock | None = None) -> AsyncBusySync:
    """Return the integration over these tables; tests set the clock forward."""
    return AsyncBusySync(
        catalogue=BusyCatalogue(database),
        work=BusyWorkLog(database),
        state=BusyStateStore(database),
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        redirect_uri=settings.redirect_uri,
        endpoints=settings.endpoints,
        encryption_keys=[settings.token_key],
        # A person sees first what the first import archives.
        choices=Choices(first_sync_waits=True),
        clock=clock,
    )


async def start(request: Request) -> RedirectResponse:
    """Lead to the integration page of the first workspace; a real host knows whose it is."""
    host: Host = request.state.host
    async with host.database.reading() as session:
        workspace = await session.scalar(select(Workspace.id).order_by(Workspace.id).limit(1))
    if workspace is None:
        raise HTTPException(404)
    return go(f"/{workspace}/integrations/visma")


async def change_language(form: Sent) -> RedirectResponse:
    """Keep the language that was chosen, and go back to the page."""
    answer = go(safe_next(form.get("next")))
    answer.set_cookie("language", read_language(form), max_age=31_536_000, samesite="lax", httponly=True)
    return answer


async def refused(request: Request, error: Exception) -> HTMLResponse:
    """Show that a page is not there, or that a form is not this site's."""
    return _error(request, error.status_code if isinstance(error, HTTPException) else 500)


async def missing(request: Request, _: Exception) -> HTMLResponse:
    """Show that something is not there."""
    return _error(request, 404)


async def failed(request: Request, _: Exception) -> HTMLResponse:
    """Show that something went wrong, and nothing else: the log has the rest."""
    return _error(request, 500)


def _error(request: Request, status: int) -> HTMLResponse:
    here = Here(request)
    return here.show(error_page(here.frame(), status=status))
