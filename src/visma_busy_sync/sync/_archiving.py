"""When a record is archived and restored.

Two rules hold everywhere: what a person archived in Busy is never undone, and what a person brought back
stays until eAccounting finishes the record anew (D9). So the engine acts on transitions in eAccounting
only, and restores only what it archived itself, which the reason in the link says.
"""

from __future__ import annotations

from visma_busy_sync.sync._links import ArchiveReason


def next_state(
    *, finished: bool, moved: bool, archived: bool, reason: ArchiveReason | None
) -> tuple[bool, ArchiveReason | None]:
    """Return whether Busy's record is to be archived, and the reason to note.

    Args:
        finished: Whether eAccounting has the record as finished or not active.
        moved: Whether that is new: it differs from what was last seen, or is seen for the first time.
        archived: Whether Busy's record is archived now.
        reason: The reason noted so far.
    """
    if not archived:
        return (True, ArchiveReason.FINISHED) if finished and moved else (False, None)
    if reason is ArchiveReason.MISSING_AT_CONNECTION and not finished:
        return False, None  # it is there after all
    if reason is ArchiveReason.MISSING:
        # What comes back is as it was before it went, unless it was finished meanwhile.
        return (True, ArchiveReason.FINISHED) if finished and moved else (False, None)
    if not moved or reason is None:
        return True, reason
    return (True, ArchiveReason.FINISHED) if finished else (False, None)
