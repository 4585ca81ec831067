"""Tests of the sandbox server, from a user's view."""
