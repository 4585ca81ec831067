"""The Django application."""

from django.apps import AppConfig


class BusyConfig(AppConfig):
    """Busy, whose tables begin with `busy_`."""

    name = "django_host"
    label = "busy"
    default_auto_field = "django.db.models.BigAutoField"
