"""A small Busy in Django: its own tables, the three ports over them, and Busy's pages.

It is synchronous, and every request is one transaction (`ATOMIC_REQUESTS`), as in many Django projects; the
views that call the library say that they are not. `python examples/django_host/run.py` starts it.
"""
