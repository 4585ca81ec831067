"""What goes through the `StateStore`: versioned bodies and writes."""

from __future__ import annotations

from attrs import field, frozen


@frozen
class Versioned:
    """A document as it is stored.

    Attributes:
        version: 1 when created, one more with each write.
        body: The text.
    """

    version: int
    body: str = field(repr=False)


@frozen
class Found:
    """A document that a scan found.

    Attributes:
        tenant: Whose it is.
        key: Its key.
        document: What is stored.
    """

    tenant: str
    key: str
    document: Versioned


@frozen
class Write:
    """One write of a commit.

    Attributes:
        key: The document's key.
        expected: The version it must have now; None: it must not exist.
        body: The new text; None deletes it.
    """

    key: str
    expected: int | None
    body: str | None = field(repr=False)
