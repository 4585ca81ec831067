"""Seal a secret before it is stored, and open it again.

Tokens are sealed above the state store, so that the store, its backups and its administrators never see
them. What is sealed is bound to what it is about: a text that was moved to another document is refused.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NoReturn, Protocol, final

from visma_busy_sync._core.errors import ConfigurationError, VismaBusySyncError
from visma_busy_sync._core.forks import HomeLock
from visma_busy_sync._core.secret import Secret

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

_HOW_TO_MAKE_ONE: Final = (
    "Make a key with: "
    'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
)
_HOW_TO_INSTALL: Final = 'Install it with: pip install "visma-busy-sync[crypto]"'

_KEY: Final = re.compile(rb"[A-Za-z0-9_-]{43}=")
_SEALED: Final = re.compile(r"k1\.([0-9a-f]{16})\.([A-Za-z0-9_=-]+)")
_LENGTH_BYTES: Final = 4
_HANDLES_KEPT: Final = 16


class EncryptionKeyMissing(ConfigurationError):
    """The key that sealed a text is not among the given ones; the text is kept, and nothing is lost.

    Attributes:
        fingerprint: Which key it was. It tells nothing about the key, but the same key has the same one.
    """

    def __init__(self, fingerprint: str) -> None:
        self.fingerprint = fingerprint
        super().__init__(
            f"What is stored was sealed with the encryption key {fingerprint}, which is not among the given "
            "ones; it is kept as it is.",
            advice="Add the old key back at the end of the list of encryption keys. If it is lost for good, "
            "let the user connect again; nothing in Busy is lost.",
        )


class Unsealable(VismaBusySyncError):
    """A sealed text cannot be opened any more, with no key: ask the user to connect again.

    Attributes:
        about: What it was to belong to.
        reason: Why it cannot be opened.
    """

    def __init__(self, about: str, reason: str) -> None:
        self.about = about
        self.reason = reason
        super().__init__(
            f"What is stored at {about!r} cannot be opened any more: {reason}.",
            advice="Connect again, or restore it from a backup.",
        )


class Sealer(Protocol):
    """Makes a secret unreadable for all who lack its key, and opens it again. Safe to use from any thread."""

    def seal(self, secret: Secret, *, about: str) -> str:
        """Return the secret as a text that may be stored.

        Args:
            secret: What must not be seen.
            about: What it belongs to, such as `tokens/acme/<login id>`; only with the same it is opened.
        """
        ...

    def open(self, sealed: str, *, about: str) -> Secret:
        """Return the secret of a sealed text.

        Raises:
            EncryptionKeyMissing: If the key that sealed it is not given; keep the text as it is.
            Unsealable: If it is damaged, or was sealed for something else.
        """
        ...


@final
class FernetSealer:
    """Seals with Fernet keys: the first one seals, all of them open.

    A sealed text names its key by a fingerprint, so that a missing key is told from a damaged text. To
    change the key, put the new one first, keep the old one behind it, reseal what is stored, and drop the
    old one once nothing is under it any more.
    """

    __slots__ = ("_first", "_keys")

    def __init__(self, keys: Sequence[Secret | str | bytes]) -> None:
        """Take the keys.

        Args:
            keys: At least one, the newest first; each is 32 random bytes as URL-safe base64, 44 characters.

        Raises:
            ConfigurationError: If a key is none, is given twice, or the extra `crypto` is not installed.
        """
        self._keys: dict[str, Fernet] = {}
        problem, found = _read_keys(keys)
        del keys  # a traceback may be shown with the values of its frames
        if problem:
            raise ConfigurationError(problem, advice=_HOW_TO_MAKE_ONE)
        fernet = _fernet()
        if fernet is None:
            raise ConfigurationError(
                "Encryption keys are given, but the package cryptography is not installed.",
                advice=_HOW_TO_INSTALL,
            )
        self._keys.update({name: fernet(key.reveal()) for name, key in found.items()})
        self._first = next(iter(found))

    def seal(self, secret: Secret, *, about: str) -> str:
        """Return the secret as a text that may be stored, sealed with the first key."""
        bound = about.encode("utf-8", "surrogatepass")
        token = self._keys[self._first].encrypt(
            len(bound).to_bytes(_LENGTH_BYTES) + bound + secret.reveal().encode("utf-8", "surrogatepass")
        )
        return f"k1.{self._first}.{token.decode('ascii')}"

    def open(self, sealed: str, *, about: str) -> Secret:
        """Return the secret of a sealed text.

        Raises:
            EncryptionKeyMissing: If the key that sealed it is not given; keep the text as it is.
            Unsealable: If it is damaged, or was sealed for something else.
        """
        match = _SEALED.fullmatch(sealed)
        if match is None:
            raise Unsealable(about, "it is damaged, or was not sealed with an encryption key")
        fingerprint, token = match.groups()
        key = self._keys.get(fingerprint)
        if key is None:
            raise EncryptionKeyMissing(fingerprint)
        plain = _decrypted(key, token)
        if plain is None:
            raise Unsealable(about, "it is damaged")
        bound = about.encode("utf-8", "surrogatepass")
        begin = _LENGTH_BYTES + int.from_bytes(plain[:_LENGTH_BYTES])
        if not hmac.compare_digest(plain[_LENGTH_BYTES:begin], bound):
            del plain  # as above
            raise Unsealable(about, "it was sealed for something else")
        return Secret(plain[begin:].decode("utf-8", "surrogatepass"))

    def resealed(self, sealed: str, *, about: str) -> str | None:
        """Return a sealed text anew under the first key; None if it is under that one already.

        Raises:
            EncryptionKeyMissing: If the key that sealed it is not given; keep the text as it is.
            Unsealable: If it is damaged, or was sealed for something else.
        """
        secret = self.open(sealed, about=about)
        return None if sealed.startswith(f"k1.{self._first}.") else self.seal(secret, about=about)

    def __repr__(self) -> str:
        return f"FernetSealer({', '.join(self._keys)})"

    def __reduce__(self) -> NoReturn:
        message = "a FernetSealer is not pickled: its keys would leave the process"
        raise TypeError(message)


@final
class ProcessSealer:
    """Keeps the secrets in this process, for stores that last no longer than it: the sealed text is a handle.

    Of each thing that secrets are about, the last 16 are kept; older handles cannot be opened any more.
    """

    __slots__ = ("_guard", "_held", "_token")

    def __init__(self, token: Callable[[], str]) -> None:
        """Take what draws handles.

        Args:
            token: Returns a new unguessable text each time.
        """
        self._token = token
        self._guard = HomeLock("The store in memory")
        self._held: dict[str, dict[str, Secret]] = {}

    def seal(self, secret: Secret, *, about: str) -> str:
        """Return a handle of the secret.

        Raises:
            ConfigurationError: If this process was forked from the one that holds the others.
        """
        handle = f"p1.{self._token()}"
        with self._guard:
            held = self._held.setdefault(about, {})
            held[handle] = secret
            if len(held) > _HANDLES_KEPT:
                del held[next(iter(held))]
        return handle

    def open(self, sealed: str, *, about: str) -> Secret:
        """Return the secret of a handle.

        Raises:
            ConfigurationError: If this process was forked from the one that holds it.
            Unsealable: If this process does not hold it for that.
        """
        with self._guard:
            secret = self._held.get(about, {}).get(sealed)
        if secret is None:
            raise Unsealable(about, "the process that held it has ended, or it was replaced long ago")
        return secret

    def __repr__(self) -> str:
        return "ProcessSealer()"

    def __reduce__(self) -> NoReturn:
        message = "a ProcessSealer is not pickled: what it holds would leave the process"
        raise TypeError(message)


def _read_keys(keys: Sequence[Secret | str | bytes]) -> tuple[str, dict[str, Secret]]:
    # Returns the problem instead of raising it, for a traceback would show the keys in this frame.
    if isinstance(keys, str | bytes | Secret):
        return "The encryption keys are not a list; pass encryption_keys=[key].", {}
    keys = tuple(keys)
    found: dict[str, Secret] = {}
    for place, key in enumerate(keys, start=1):
        raw = _raw(key)
        if raw is None:
            return f"The encryption key {place} of {len(keys)} is not 32 bytes as URL-safe base64.", {}
        fingerprint = hashlib.sha256(b"visma-busy-sync/key/1\0" + raw).hexdigest()[:16]
        if fingerprint in found:
            return f"The encryption key {place} of {len(keys)} is given twice.", {}
        found[fingerprint] = Secret(base64.urlsafe_b64encode(raw).decode("ascii"))
    return ("" if found else "The list of encryption keys is empty."), found


def _raw(key: object) -> bytes | None:
    text = key.reveal() if isinstance(key, Secret) else key
    if isinstance(text, str):
        text = text.encode("utf-8", "surrogatepass")
    if not isinstance(text, bytes) or not _KEY.fullmatch(text.strip()):  # read from a file, it ends its line
        return None
    return base64.urlsafe_b64decode(text.strip())


def _fernet() -> type[Fernet] | None:
    try:
        from cryptography.fernet import Fernet  # noqa: PLC0415 - an extra
    except ImportError:
        return None
    return Fernet


def _decrypted(key: Fernet, token: str) -> bytes | None:
    from cryptography.fernet import InvalidToken  # noqa: PLC0415 - an extra

    try:
        return key.decrypt(token)
    except InvalidToken:
        return None
