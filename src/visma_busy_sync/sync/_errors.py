"""The sync engine's errors. They are below `VismaBusySyncError`, as is every error of this package.

```
VismaBusySyncError
├── LinkUnreadable      the link document of one record cannot be read
├── PlanUnreadable      the JSON of a plan cannot be read
└── RecordUnknown       a plan knows no record of that kind and id
```
"""

from __future__ import annotations

from typing import final

from visma_busy_sync._core.errors import VismaBusySyncError
from visma_busy_sync.sync._records import Kind


@final
class LinkUnreadable(VismaBusySyncError):
    """The link that the host keeps beside one record cannot be read; that record is left alone.

    The message never repeats the document, which holds the content of a record.

    Attributes:
        kind: What the record is.
        id: Busy's id of it.
    """

    def __init__(self, kind: Kind, id: str, reason: str, *, advice: str) -> None:
        self.kind = kind
        self.id = id
        super().__init__(f"The link of the {kind} {id} cannot be read: {reason}.", advice=advice)


@final
class PlanUnreadable(VismaBusySyncError):
    """The JSON text of a plan cannot be read. The message never repeats it: it holds content of records."""

    def __init__(self, reason: str, *, advice: str) -> None:
        super().__init__(f"The plan cannot be read: {reason}.", advice=advice)


@final
class RecordUnknown(VismaBusySyncError):
    """A plan knows no record of this kind and id, so it cannot say what becomes of it.

    Attributes:
        kind: What was asked for.
        id: The id that was given.
    """

    def __init__(self, kind: Kind, id: str) -> None:
        self.kind = kind
        self.id = id
        super().__init__(
            f"The plan knows no {kind} with the id {id!r}.",
            advice=(
                "Pass the id that the record has in Busy or in eAccounting. A plan that was read from JSON "
                "knows only the records that it mentions: make the plan anew to ask it for others."
            ),
        )
