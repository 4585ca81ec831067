"""What the package exports."""

from __future__ import annotations

from visma_busy_sync import sync


def test_all_is_sorted_and_complete() -> None:
    """`__all__` names what is there, in order."""
    names = list(sync.__all__)
    assert len(names) == len(set(names))
    assert all(hasattr(sync, name) for name in names)
    assert names == sorted(names, key=lambda name: (not name.isupper(), name[0].islower(), name))
