"""A text that must not be seen."""

from __future__ import annotations

import hmac
from typing import NoReturn, Self, final


@final
class Secret:
    """A token, password or client secret whose repr, str and format are masked.

    It refuses to be pickled or copied into JSON by accident; `reveal()` is the one way to the text, so a
    search for that name finds every place where a secret leaves its wrapper.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself. Never log it, never put it into an exception."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        return repr(self)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        # Else a lone surrogate would raise an error that carries the text.
        ours = self._text.encode("utf-8", "surrogatepass")
        return hmac.compare_digest(ours, other._text.encode("utf-8", "surrogatepass"))

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self  # it never changes, and hosts deep-copy their settings

    def __reduce__(self) -> NoReturn:
        message = "a Secret is not pickled: it would leave the process in clear text"
        raise TypeError(message)
