"""Sealed texts are opened with their key and for their purpose only, and nothing shows a key or a secret."""

from __future__ import annotations

import base64
import copy
import itertools
import pickle
import sys
import threading
import traceback
from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.secret import Secret
from visma_busy_sync.state import EncryptionKeyMissing, FernetSealer, ProcessSealer, Sealer, Unsealable

TEXT = "planted-refresh-token"
SECRET = Secret(TEXT)
OLD, NEW, LOST = (base64.urlsafe_b64encode(bytes([seed]) * 32).decode() for seed in (1, 0xFB, 7))
ABOUT = "tokens/acme/login-1"


def process_sealer() -> ProcessSealer:
    numbers = itertools.count(1)
    return ProcessSealer(lambda: f"handle-{next(numbers)}")


SEALERS: dict[str, Callable[[], Sealer]] = {
    "with keys": lambda: FernetSealer([OLD]),
    "in the process": process_sealer,
}
any_sealer = pytest.mark.parametrize("make", SEALERS.values(), ids=SEALERS.keys())


def shown(error: BaseException) -> str:
    """What an error reporter may send: message, causes, and the values of all our frames."""
    whole = traceback.TracebackException.from_exception(error, capture_locals=True)
    # The test's own frame holds what it planted.
    frames = [frame for frame in whole.stack if frame.filename != __file__]
    assert frames
    return f"{error!r} {error} {error.__dict__} {error.__context__!r} {[frame.locals for frame in frames]}"


@any_sealer
def test_a_sealed_text_is_opened_again(make: Callable[[], Sealer]) -> None:
    """What was sealed is opened by the same sealer for the same thing, as often as asked."""
    sealer = make()
    sealed = sealer.seal(SECRET, about=ABOUT)
    assert sealer.open(sealed, about=ABOUT) == SECRET
    assert sealer.open(sealed, about=ABOUT) == SECRET


@any_sealer
def test_a_sealed_text_shows_nothing(make: Callable[[], Sealer]) -> None:
    """Neither the secret nor what it is about can be read from it, and no two are alike."""
    sealer = make()
    sealed = sealer.seal(SECRET, about=ABOUT)
    assert TEXT not in sealed
    assert "acme" not in sealed
    assert sealer.seal(SECRET, about=ABOUT) != sealed


@any_sealer
@pytest.mark.parametrize("about", ["tokens/other/login-1", "tokens/acme/login-", f"{ABOUT} ", ""])
def test_a_text_moved_elsewhere_is_refused(make: Callable[[], Sealer], about: str) -> None:
    """A sealed text copied into another tenant's document does not open there, and says no secret."""
    sealer = make()
    sealed = sealer.seal(SECRET, about=ABOUT)
    with pytest.raises(Unsealable) as caught:
        sealer.open(sealed, about=about)
    assert caught.value.about == about
    assert TEXT not in shown(caught.value)


@given(text=st.text(st.characters()), about=st.text(st.characters()), other=st.text(st.characters()))
def test_any_text_about_anything(text: str, about: str, other: str) -> None:
    """Odd letters, empty texts and lone surrogates come back; another purpose never opens them."""
    sealer = FernetSealer([OLD])
    sealed = sealer.seal(Secret(text), about=about)
    assert sealed.isascii()
    assert sealer.open(sealed, about=about).reveal() == text
    if other != about:
        with pytest.raises(Unsealable):
            sealer.open(sealed, about=other)


def test_where_a_purpose_ends_is_part_of_it() -> None:
    """A purpose that continues into the secret is another one."""
    sealer = FernetSealer([OLD])
    sealed = sealer.seal(Secret("bc"), about="a")
    with pytest.raises(Unsealable):
        sealer.open(sealed, about="ab")


def test_a_missing_key_is_told_by_its_fingerprint() -> None:
    """The same key has the same fingerprint in each process and error, and it is no part of the key."""
    sealed = FernetSealer([LOST]).seal(SECRET, about=ABOUT)
    with pytest.raises(EncryptionKeyMissing, match="end of the list") as caught:
        FernetSealer([NEW, OLD]).open(sealed, about=ABOUT)
    fingerprint = caught.value.fingerprint
    assert fingerprint in str(caught.value)
    assert fingerprint in repr(FernetSealer([LOST]))
    assert fingerprint not in LOST
    assert fingerprint not in repr(FernetSealer([NEW, OLD]))
    assert FernetSealer([NEW, OLD, LOST]).open(sealed, about=ABOUT) == SECRET


def test_no_change_of_a_text_goes_unseen() -> None:
    """Each letter counts: a changed text is damaged or names another key, and is never opened."""
    sealer = FernetSealer([NEW, OLD])
    sealed = sealer.seal(SECRET, about=ABOUT)
    for place, letter in enumerate(sealed):
        # The last letter's low bits mean nothing, so the high ones are changed.
        changed = f"{sealed[:place]}{'z' if letter in 'ABCDEFGHIJKLMNOP' else 'A'}{sealed[place + 1 :]}"
        with pytest.raises((Unsealable, EncryptionKeyMissing)):
            sealer.open(changed, about=ABOUT)
        with pytest.raises((Unsealable, EncryptionKeyMissing)):
            sealer.open(sealed[:place], about=ABOUT)


@pytest.mark.parametrize("sealed", ["", "p1.handle-1", TEXT, "k1.22e40c9ab1718b1c.", "k1.é.gA", "\0"])
def test_a_text_of_another_form_is_damaged(sealed: str) -> None:
    """What no key ever sealed is not blamed on a key."""
    with pytest.raises(Unsealable):
        FernetSealer([OLD]).open(sealed, about=ABOUT)


def test_a_key_cannot_be_renamed() -> None:
    """A text under one key that claims to be under another given one is damaged."""
    sealer = FernetSealer([NEW, OLD])
    sealed = sealer.seal(SECRET, about=ABOUT)
    name = FernetSealer([OLD]).seal(SECRET, about=ABOUT).split(".")[1]
    _, _, token = sealed.split(".")
    with pytest.raises(Unsealable) as caught:
        sealer.open(f"k1.{name}.{token}", about=ABOUT)
    assert all(planted not in shown(caught.value) for planted in (TEXT, OLD, NEW))


def test_the_first_key_seals_and_all_open() -> None:
    """A new key in front takes over; what the old one sealed still opens."""
    before = FernetSealer([OLD]).seal(SECRET, about=ABOUT)
    both = FernetSealer([NEW, OLD])
    after = both.seal(SECRET, about=ABOUT)
    assert both.open(before, about=ABOUT) == SECRET
    assert FernetSealer([NEW]).open(after, about=ABOUT) == SECRET
    with pytest.raises(EncryptionKeyMissing):
        FernetSealer([OLD]).open(after, about=ABOUT)


def test_resealing_brings_a_text_under_the_first_key() -> None:
    """Once resealed the old key is not needed; resealing again has nothing to do."""
    both = FernetSealer([NEW, OLD])
    resealed = both.resealed(FernetSealer([OLD]).seal(SECRET, about=ABOUT), about=ABOUT)
    assert resealed is not None
    assert FernetSealer([NEW]).open(resealed, about=ABOUT) == SECRET
    assert both.resealed(resealed, about=ABOUT) is None


@pytest.mark.parametrize(
    "key",
    [OLD, OLD.encode(), Secret(OLD), f"{OLD}\n", pytest.param(Fernet.generate_key(), id="a new one")],
)
def test_keys_come_as_texts_bytes_or_secrets(key: str | bytes | Secret) -> None:
    """A key is taken as it comes from a setting, a file or a vault."""
    sealer = FernetSealer([key])
    assert sealer.open(sealer.seal(SECRET, about=ABOUT), about=ABOUT) == SECRET


PLANTED = "planted-key"
BAD_KEYS: dict[str, object] = {
    "none": [],
    "one text": OLD,
    "one secret": Secret(OLD),
    "too short": [OLD, PLANTED],
    "secret": [Secret(PLANTED)],
    "16 bytes": [base64.urlsafe_b64encode(b"planted-key-1234").decode()],
    "33 bytes": [base64.urlsafe_b64encode(b"planted-key-" * 3).decode()],
    "the other base64": [NEW.replace("-", "+").replace("_", "/")],
    "spaces within": [f"{OLD[:20]} {OLD[20:]}"],
    "twice": [NEW, OLD, NEW],
    "twice in two types": [NEW, NEW.encode()],
    "not a key": [None],
    "letters that are none": [f"\ud800{PLANTED}"],
}


@pytest.mark.parametrize("keys", BAD_KEYS.values(), ids=BAD_KEYS.keys())
def test_bad_keys_are_refused_without_being_shown(keys: object) -> None:
    """The error says what is wrong and how to make a key; no key is in it or in its traceback."""
    with pytest.raises(ConfigurationError) as caught:
        FernetSealer(keys)  # type: ignore[arg-type]
    assert "Fernet.generate_key()" in caught.value.advice
    text = shown(caught.value)
    assert PLANTED not in text
    for key in keys if isinstance(keys, list) else [keys]:
        revealed = key.reveal() if isinstance(key, Secret) else key
        assert str(revealed) not in text or revealed is None


def test_which_key_is_bad_is_said() -> None:
    """With several keys, its place in the list is told."""
    with pytest.raises(ConfigurationError, match="key 2 of 3 is not 32 bytes"):
        FernetSealer([OLD, "x", NEW])
    with pytest.raises(ConfigurationError, match="key 3 of 3 is given twice"):
        FernetSealer([OLD, NEW, OLD])


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package cryptography the error says what to install, and shows no key."""
    monkeypatch.setitem(sys.modules, "cryptography.fernet", None)
    with pytest.raises(ConfigurationError, match=r'pip install "visma-busy-sync\[crypto\]"') as caught:
        FernetSealer([OLD])
    assert OLD not in shown(caught.value)


@any_sealer
@pytest.mark.parametrize("leave", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_sealer_does_not_leave_the_process(
    make: Callable[[], Sealer], leave: Callable[[object], object]
) -> None:
    """It is neither pickled nor copied, and its repr shows neither key nor secret."""
    sealer = make()
    sealer.seal(SECRET, about=ABOUT)
    assert TEXT not in repr(sealer)
    assert OLD not in repr(sealer)
    with pytest.raises(TypeError, match="not pickled") as caught:
        leave(sealer)
    assert OLD not in shown(caught.value)
    assert TEXT not in shown(caught.value)


@pytest.mark.parametrize(
    "error", [EncryptionKeyMissing("22e40c9ab1718b1c"), Unsealable(ABOUT, "it is damaged")]
)
def test_errors_survive_pickling(error: EncryptionKeyMissing | Unsealable) -> None:
    """A job queue may hand them to another process."""
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.__dict__) == (str(error), error.__dict__)


def test_another_process_cannot_open_a_handle() -> None:
    """After a restart a handle is of no use, and says so rather than that a key is missing."""
    sealed = process_sealer().seal(SECRET, about=ABOUT)
    with pytest.raises(Unsealable):
        process_sealer().open(sealed, about=ABOUT)


def test_old_handles_are_forgotten_for_each_thing_apart() -> None:
    """Of one login the last 16 are kept, however many others there are."""
    sealer = process_sealer()
    other = sealer.seal(SECRET, about="tokens/other/login")
    handles = [sealer.seal(Secret(str(number)), about=ABOUT) for number in range(20)]
    kept = [sealer.open(handle, about=ABOUT).reveal() for handle in handles[4:]]
    assert kept == [str(number) for number in range(4, 20)]
    for handle in handles[:4]:
        with pytest.raises(Unsealable):
            sealer.open(handle, about=ABOUT)
    assert sealer.open(other, about="tokens/other/login") == SECRET


@any_sealer
def test_threads_do_not_disturb_each_other(make: Callable[[], Sealer]) -> None:
    """Each thread opens what it just sealed, whatever the others seal meanwhile."""
    sealer = make()
    wrong: list[str] = []

    def work(name: str) -> None:
        for number in range(50):
            text = f"{name}-{number}"
            if sealer.open(sealer.seal(Secret(text), about=name), about=name).reveal() != text:
                wrong.append(text)

    threads = [threading.Thread(target=work, args=(f"thread-{number % 3}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []
