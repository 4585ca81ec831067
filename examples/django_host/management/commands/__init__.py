"""Commands for `python -m django`."""
