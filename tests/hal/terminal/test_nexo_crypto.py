"""Protected messages: what goes in comes out, and nothing that was touched does."""

import base64
import hashlib
import hmac

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.hal.terminal.nexo_crypto import Passphrase, Trailer, Unprotected, seal, unseal

SECRET = Passphrase("till-key", 3, "correct horse battery staple")
MESSAGE = b'{"SaleToPOIRequest":{"MessageHeader":{}}}'


def flipped(text: str, place: int) -> str:
    raw = bytearray(base64.b64decode(text))
    raw[place] ^= 0x40
    return base64.b64encode(raw).decode()


@given(st.binary(max_size=400))
def test_round_trip(message):
    blob, trailer = seal(message, SECRET)
    assert unseal(blob, trailer, SECRET) == message
    assert message not in base64.b64decode(blob) or len(message) < 8


def test_the_scheme_is_the_documented_one():
    """Built a second time from the description, with nothing of ours but the nonce."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    blob, trailer = seal(MESSAGE, SECRET)
    derived = hashlib.pbkdf2_hmac("sha1", SECRET.passphrase.encode(), b"AdyenNexoV1Salt", 4_000, 80)
    nonce = base64.b64decode(trailer.nonce)
    iv = bytes(left ^ right for left, right in zip(derived[64:80], nonce, strict=True))
    plain = Cipher(algorithms.AES256(derived[32:64]), modes.CBC(iv)).decryptor().update(base64.b64decode(blob))
    assert plain[: -plain[-1]] == MESSAGE
    assert base64.b64decode(trailer.hmac) == hmac.new(derived[:32], MESSAGE, hashlib.sha256).digest()
    assert msgspec.to_builtins(trailer).keys() == {"AdyenCryptoVersion", "KeyIdentifier", "KeyVersion", "Nonce", "Hmac"}


def test_every_flipped_byte_is_noticed():
    blob, trailer = seal(MESSAGE, SECRET)
    for place in range(len(base64.b64decode(blob))):
        with pytest.raises(Unprotected):
            unseal(flipped(blob, place), trailer, SECRET)
    for place in range(16):
        with pytest.raises(Unprotected):
            unseal(blob, msgspec.structs.replace(trailer, nonce=flipped(trailer.nonce, place)), SECRET)
    for place in range(32):
        with pytest.raises(Unprotected, match="wrong HMAC"):
            unseal(blob, msgspec.structs.replace(trailer, hmac=flipped(trailer.hmac, place)), SECRET)


@pytest.mark.parametrize(
    "other",
    [Passphrase("till-key", 3, "wrong"), Passphrase("till-key", 4, SECRET.passphrase), Passphrase("k", 3, "wrong")],
)
def test_another_key_opens_nothing(other):
    blob, trailer = seal(MESSAGE, SECRET)
    with pytest.raises(Unprotected):
        unseal(blob, trailer, other)


@given(st.text(max_size=200), st.text(max_size=40), st.text(max_size=60), st.integers(0, 3))
def test_hostile_trailers_are_refused(blob, nonce, mac, version):
    with pytest.raises(Unprotected):
        unseal(blob, Trailer(version, "till-key", 3, nonce, mac), SECRET)


def test_the_passphrase_is_not_shown():
    assert SECRET.passphrase not in repr(SECRET)
    assert SECRET.passphrase not in str(SECRET)
