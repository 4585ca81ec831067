"""The root of all errors: never raised itself, and whole after pickling."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import pytest

from visma_busy_sync._core.errors import ConfigurationError, VismaBusySyncError


class Detailed(VismaBusySyncError):
    """An error whose constructor needs more than a message."""

    def __init__(self, message: str, status: int, *, field: str) -> None:
        self.status = status
        self.field = field
        super().__init__(message, advice="Look at the field.")


def through_pickle(error: Detailed) -> Detailed:
    copied = pickle.loads(pickle.dumps(error))
    assert isinstance(copied, Detailed)
    return copied


def test_the_base_is_not_raised_itself() -> None:
    """Each error says what it is about; the base is for catching."""
    with pytest.raises(TypeError, match="not raised itself"):
        VismaBusySyncError("something")


def test_the_text_says_what_to_do_next() -> None:
    """The advice is part of the text and an attribute of its own."""
    error = ConfigurationError("No client id.", advice="Set one.")
    assert str(error) == "No client id. Set one."
    assert (error.message, error.advice) == ("No client id.", "Set one.")


def test_without_advice_the_text_is_the_message() -> None:
    """Nothing is appended where the message says it all."""
    assert str(ConfigurationError("No client id.")) == "No client id."


@pytest.mark.parametrize("copied", [through_pickle, copy.copy, copy.deepcopy])
def test_a_copy_is_whole(copied: Callable[[Detailed], Detailed]) -> None:
    """Pickled to another process or copied, an error keeps its class, text, advice and facts."""
    error = copied(Detailed("Refused.", 400, field="Number"))
    assert str(error) == "Refused. Look at the field."
    assert (error.message, error.advice) == ("Refused.", "Look at the field.")
    assert (error.status, error.field) == (400, "Number")


def test_notes_survive_pickling() -> None:
    """A note that was added on the way is kept."""
    error = Detailed("Refused.", 400, field="Number")
    error.add_note("while importing customers")
    assert through_pickle(error).__notes__ == ["while importing customers"]
