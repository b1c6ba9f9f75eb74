"""Sealing and opening what goes between tills and head office; hides signature, compression and every way to be wrong.

    payload = Ed25519 signature (64 bytes) ‖ JSON, or the same JSON compressed with zlib

The signature covers all that follows it, so nothing is inflated or parsed that nobody vouched for. The JSON is an
`Envelope`: who sends it to whom in which chain, and the message. All that is inside the signed bytes, so a broker can
neither make a message nor hand one to another till.

    EnvelopeError
    ├── TooBig          longer than the limit, before or after inflation
    ├── BadSeal         no key that was given has signed this
    ├── Malformed       not compressed right, not JSON, not an envelope, not the fields of its kind
    └── Misdirected     for somebody else: another chain, recipient or sender
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from typing import Annotated, Any, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Meta

from appliance.protocol.wire import EVERYBODY, KINDS, AnyMessage, Id, Message

SEAL_BYTES: Final = 64
MAX_PAYLOAD: Final = 240_000
"""Bytes on the wire; the broker takes no packet above 262,144."""
MAX_JSON: Final = 4_000_000
"""Bytes after inflation."""
SMALL: Final = 300
"""Bytes below which compressing is not worth it."""


class EnvelopeError(Exception):
    """A payload that must not be acted upon."""


class TooBig(EnvelopeError):
    pass


class BadSeal(EnvelopeError):
    pass


class Malformed(EnvelopeError):
    pass


class Misdirected(EnvelopeError):
    pass


class Envelope(msgspec.Struct, frozen=True):
    v: Annotated[int, Meta(ge=1, le=1_000_000)]
    kid: Annotated[str, Meta(max_length=64)]
    """Id of the key that sealed it."""
    chain: Id
    sender: Id
    to: Id
    kind: Annotated[str, Meta(max_length=64)]
    body: msgspec.Raw


class Unknown(msgspec.Struct, frozen=True):
    """A kind, or a version of one, that came after this code: to be kept as it is, never to stop anything."""

    kind: str
    v: int
    body: bytes


class Opened(msgspec.Struct, frozen=True):
    kid: str
    sender: str
    to: str
    message: AnyMessage | Unknown
    body: bytes
    """The message as it came, without its envelope."""


class SealingKey:
    """A private Ed25519 key with its id."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = PublicKey(private.public_key())

    @classmethod
    def generate(cls) -> SealingKey:
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_bytes(cls, raw: bytes) -> SealingKey:
        """From the 32 bytes that `to_bytes` gave. Raises ValueError."""
        return cls(Ed25519PrivateKey.from_private_bytes(raw))

    def to_bytes(self) -> bytes:
        """The secret: for a file that nobody else can read."""
        return self._private.private_bytes_raw()

    @property
    def id(self) -> str:
        return self.public.id

    def sign(self, content: bytes) -> bytes:
        return self._private.sign(content)


class PublicKey:
    """What is pinned of somebody else's key."""

    def __init__(self, public: Ed25519PublicKey) -> None:
        self._public = public
        self.raw = public.public_bytes_raw()
        self.id = sha256(self.raw).hexdigest()[:16]

    @classmethod
    def from_hex(cls, text: str) -> PublicKey:
        """From `hex`. Raises ValueError."""
        return cls(Ed25519PublicKey.from_public_bytes(bytes.fromhex(text)))

    @property
    def hex(self) -> str:
        return self.raw.hex()

    def verifies(self, seal: bytes, content: bytes) -> bool:
        try:
            self._public.verify(seal, content)
        except InvalidSignature:
            return False
        return True


class Address(msgspec.Struct, frozen=True):
    """From whom to whom."""

    chain: str
    sender: str
    to: str


_encoder = msgspec.json.Encoder()
_envelope = msgspec.json.Decoder(Envelope)


@cache
def _decoder(kind: str) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(KINDS[kind])


def sealed(key: SealingKey, address: Address, message: Message) -> bytes:
    """The payload of a message. Raises TooBig."""
    return sealed_raw(key, address, type(message).__name__, type(message).v, _encoder.encode(message))


def sealed_raw(key: SealingKey, address: Address, kind: str, v: int, body: bytes) -> bytes:
    """The same of a message that is JSON already. Raises TooBig."""
    envelope = Envelope(v, key.id, address.chain, address.sender, address.to, kind, msgspec.Raw(body))
    content = _encoder.encode(envelope)
    if len(content) > MAX_JSON:
        raise TooBig(f"{kind} of {len(content)} bytes")
    if len(content) > SMALL:
        content = zlib.compress(content)
    if SEAL_BYTES + len(content) > MAX_PAYLOAD:
        raise TooBig(f"{kind} of {len(content)} bytes compressed")
    return key.sign(content) + content


def opened(keys: Iterable[PublicKey], payload: bytes, address: Address | None = None, limit: int = MAX_JSON) -> Opened:
    """The message of a payload that one of the keys has sealed. Raises an EnvelopeError and nothing else.

    `address` is what the envelope must say: pass the sender that the topic names, and oneself as recipient. A recipient
    other than the one given passes only when it is `EVERYBODY`.
    """
    if len(payload) > MAX_PAYLOAD:
        raise TooBig(f"{len(payload)} bytes")
    if len(payload) <= SEAL_BYTES:
        raise Malformed("shorter than a seal")
    seal, content = bytes(payload[:SEAL_BYTES]), bytes(payload[SEAL_BYTES:])
    signer = next((key for key in keys if key.verifies(seal, content)), None)
    if signer is None:
        raise BadSeal("sealed by no key that is known here")
    envelope = _read(_envelope, _inflated(content, limit))
    if envelope.kid != signer.id:
        raise BadSeal(f"says key {envelope.kid}, was sealed by {signer.id}")
    if address is not None:
        _check_address(envelope, address)
    body = bytes(envelope.body)
    return Opened(envelope.kid, envelope.sender, envelope.to, _message(envelope, body), body)


def _message(envelope: Envelope, body: bytes) -> AnyMessage | Unknown:
    known = KINDS.get(envelope.kind)
    if known is None or envelope.v > known.v:
        return Unknown(envelope.kind, envelope.v, body)
    message: AnyMessage = _read(_decoder(envelope.kind), body)
    return message


def _inflated(content: bytes, limit: int) -> bytes:
    if content[:1] == b"{":
        if len(content) > limit:
            raise TooBig(f"{len(content)} bytes")
        return content
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(content, limit + 1)
    except zlib.error as error:
        raise Malformed(str(error)) from error
    if len(plain) > limit:
        raise TooBig(f"more than {limit} bytes after inflation")
    if not inflater.eof or inflater.unused_data:
        raise Malformed("cut short, or followed by something")
    return plain


def _read(decoder: msgspec.json.Decoder[Any], content: bytes) -> Any:
    try:
        return decoder.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(str(error)) from error


def _check_address(envelope: Envelope, address: Address) -> None:
    if envelope.chain != address.chain:
        raise Misdirected(f"of chain {envelope.chain}")
    if envelope.sender != address.sender:
        raise Misdirected(f"from {envelope.sender}")
    if envelope.to not in (address.to, EVERYBODY):
        raise Misdirected(f"to {envelope.to}")
