"""The host's own tests, as a Django project has them: `python -m django test django_host`."""
