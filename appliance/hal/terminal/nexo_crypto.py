"""Protected messages between till and terminal (Terminal API, local communications, "protect local communications").

The message stands encrypted in `NexoBlob`; its header stays readable outside and is compared with the one inside.
Keys come from a passphrase: PBKDF2-HMAC-SHA1, 4,000 rounds, 80 bytes = HMAC key 32, cipher key 32, IV 16. The cipher
is AES-256-CBC with PKCS7; the IV used is the derived one xor the nonce. HMAC-SHA256 stands over the plain JSON.

    Unprotected    the blob is not from who knows the passphrase, or was changed
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from functools import lru_cache
from typing import Any

from msgspec import Struct

_SALT = b"AdyenNexoV1Salt"
_ROUNDS = 4_000
_CRYPTO_VERSION = 1
_BLOCK = 16


class Unprotected(Exception):
    """A protected message that cannot be believed; the text says why, never what stands in it."""


class Passphrase(Struct, frozen=True, forbid_unknown_fields=True):
    """The shared secret and its name, as set in the provider's portal."""

    identifier: str
    version: int
    passphrase: str

    def __repr__(self) -> str:
        return f"Passphrase({self.identifier!r}, {self.version}, ...)"


class _Keys(Struct, frozen=True):
    hmac: bytes
    cipher: bytes
    iv: bytes


class Trailer(Struct, frozen=True, rename="pascal"):
    """`SecurityTrailer` of a message."""

    adyen_crypto_version: int
    key_identifier: str
    key_version: int
    nonce: str
    hmac: str


@lru_cache(maxsize=8)
def _keys_of(passphrase: str) -> _Keys:
    derived = hashlib.pbkdf2_hmac("sha1", passphrase.encode(), _SALT, _ROUNDS, 80)
    return _Keys(derived[:32], derived[32:64], derived[64:])


def seal(message: bytes, secret: Passphrase, nonce: bytes | None = None) -> tuple[str, Trailer]:
    """The blob and its trailer. `nonce`: sixteen random bytes, given only by tests."""
    from cryptography.hazmat.primitives import padding  # late: only protected terminals need it

    keys = _keys_of(secret.passphrase)
    nonce = nonce or secrets.token_bytes(_BLOCK)
    padder = padding.PKCS7(_BLOCK * 8).padder()
    padded = padder.update(message) + padder.finalize()
    blob = _cipher(keys, nonce).encryptor().update(padded)
    mac = hmac.digest(keys.hmac, message, "sha256")
    trailer = Trailer(_CRYPTO_VERSION, secret.identifier, secret.version, _text(nonce), _text(mac))
    return _text(blob), trailer


def unseal(blob: str, trailer: Trailer, secret: Passphrase) -> bytes:
    """The plain message; raises Unprotected. Every failure takes the same road: nothing tells padding from HMAC."""
    if trailer.adyen_crypto_version != _CRYPTO_VERSION:
        raise Unprotected("unknown crypto version")
    if (trailer.key_identifier, trailer.key_version) != (secret.identifier, secret.version):
        raise Unprotected("another key than ours")
    keys = _keys_of(secret.passphrase)
    sealed, nonce, mac = _bytes(blob), _bytes(trailer.nonce), _bytes(trailer.hmac)
    if len(nonce) != _BLOCK or not sealed or len(sealed) % _BLOCK:
        raise Unprotected("wrong lengths")
    padded: bytes = _cipher(keys, nonce).decryptor().update(sealed)
    pad = padded[-1]
    message = padded[:-pad] if 1 <= pad <= _BLOCK and padded.endswith(bytes((pad,)) * pad) else padded
    if not hmac.compare_digest(hmac.digest(keys.hmac, message, "sha256"), mac):
        raise Unprotected("wrong HMAC")
    return message


def _cipher(keys: _Keys, nonce: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # late: only protected terminals

    iv = bytes(derived ^ random for derived, random in zip(keys.iv, nonce, strict=True))
    return Cipher(algorithms.AES(keys.cipher), modes.CBC(iv))


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Unprotected("not base64") from None
