"""Django's settings. Whatever is secret or differs between machines comes from the environment.

| Variable | What it is |
|---|---|
| `BUSY_DATABASE` | SQLite's file, or `postgresql://user:password@host:port/name`, `?host=` for a socket |
| `BUSY_SECRET_KEY` | what sessions and forms are signed with; needed where the address is https |
| `BUSY_ENCRYPTION_KEY` | what tokens are encrypted with, of `Fernet.generate_key()`; several with commas |
| `BUSY_ADDRESS` | the address of this host, to which Visma sends people back |
| `VISMA_CLIENT_ID`, `VISMA_CLIENT_SECRET` | of the application that is registered with Visma |
| `VISMA_API_URL`, `VISMA_AUTHORIZE_URL`, … | the addresses of a sandbox, by the names of `Endpoints` |
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from jinja2 import StrictUndefined

from busy_pages import TEMPLATES as PAGES


def _database(address: str) -> dict[str, object]:
    if not address.startswith("postgresql://"):
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": address,
            "OPTIONS": {
                # A transaction that begins with reading could not write after another one has.
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                # What was committed outlives a power cut; readers do not wait for the one that writes.
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
        }
    parts = urlsplit(address)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.removeprefix("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or parse_qs(parts.query).get("host", [""])[0],
        "PORT": str(parts.port or ""),
    }


DEBUG = False  # Django's own error pages show settings and the values of variables
ADDRESS = os.environ.get("BUSY_ADDRESS", "http://127.0.0.1:8000")
SECRET_KEY = os.environ.get("BUSY_SECRET_KEY") or secrets.token_urlsafe(48)
if ADDRESS.startswith("https:") and not os.environ.get("BUSY_SECRET_KEY"):
    # Each process would have one of its own, and lose the sessions, and so the logins, that another began.
    raise ImproperlyConfigured(
        "BUSY_SECRET_KEY is missing. Set it to one text for all processes of the site."
    )
ALLOWED_HOSTS = [urlsplit(ADDRESS).hostname or "127.0.0.1"]

DATABASES = {
    "default": {
        **_database(os.environ.get("BUSY_DATABASE") or str(Path(__file__).parent / "busy.sqlite")),
        "ATOMIC_REQUESTS": True,
    }
}
INSTALLED_APPS = ["django.contrib.sessions", "django_host.apps.BusyConfig"]
MIDDLEWARE = [
    "django_host.views.common.headers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django_host.views.errors.pages",
]
ROOT_URLCONF = "django_host.urls"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [PAGES],
        "OPTIONS": {"environment": "busy_pages.environment", "undefined": StrictUndefined},
    }
]
USE_TZ = True
TIME_ZONE = "UTC"

SESSION_COOKIE_SAMESITE = "Lax"  # the way back from Visma's login page needs it
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ADDRESS.startswith("https:")
CSRF_FAILURE_VIEW = "django_host.views.errors.forbidden"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}

VISMA = {name: os.environ.get(f"VISMA_{name.upper()}", "") for name in ("client_id", "client_secret")}
VISMA_ENDPOINTS = {
    name: os.environ[f"VISMA_{name.upper()}"]
    for name in ("api_url", "authorize_url", "token_url", "revocation_url")
    if f"VISMA_{name.upper()}" in os.environ
}
ENCRYPTION_KEYS = [key for key in os.environ.get("BUSY_ENCRYPTION_KEY", "").split(",") if key]
