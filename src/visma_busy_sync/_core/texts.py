"""A sentence for people, in the two languages of Busy's users."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias, final

from attrs import frozen

from visma_busy_sync._core.errors import ConfigurationError

Language: TypeAlias = Literal["nb", "en"]
"""Norwegian (bokmål) or English."""

LANGUAGES: Final = frozenset({"nb", "en"})


def require_language(language: str) -> None:
    """Require a language that there are texts in.

    Raises:
        ConfigurationError: If it is neither `nb` nor `en`.
    """
    if language not in LANGUAGES:
        raise ConfigurationError(
            f"There is no text in {language!r}.", advice="The languages are 'nb' (Norwegian) and 'en'."
        )


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
        """Return the sentence in a language.

        Raises:
            ConfigurationError: If it is neither `nb` nor `en`.
        """
        require_language(language)
        return self.nb if language == "nb" else self.en

    def __str__(self) -> str:
        return self.en


def moment_text(moment: datetime) -> str:
    """Return a moment as an error tells it, e.g. `2026-03-31 09:10:00 UTC`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


Counted: TypeAlias = tuple[Texts, Texts]
"""What one and what several of a thing are called."""


def of_number(number: int, words: Counted, language: Language) -> str:
    """Return what so many of a thing are called, e.g. `projects`."""
    one, several = words
    return (one if number == 1 else several).of(language)


def counted(number: int, words: Counted, language: Language) -> str:
    """Return a number of things, e.g. `2 projects`."""
    return f"{number} {of_number(number, words, language)}"
