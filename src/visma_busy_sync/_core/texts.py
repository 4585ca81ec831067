"""A sentence for people, in the two languages of Busy's users."""

from __future__ import annotations

from typing import Literal, TypeAlias, final

from attrs import frozen

Language: TypeAlias = Literal["nb", "en"]
"""Norwegian (bokmål) or English."""


@final
@frozen
class Texts:
    """The same sentence in Norwegian and in English; `str(texts)` is the English one.

    Attributes:
        nb: In Norwegian (bokmål).
        en: In English.
    """

    nb: str
    en: str

    def of(self, language: Language) -> str:
        """Return the sentence in a language."""
        return self.nb if language == "nb" else self.en

    def __str__(self) -> str:
        return self.en
