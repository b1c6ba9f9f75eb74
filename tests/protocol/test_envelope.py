"""Sealing and opening: what was sealed opens again, and everything else is one of four errors, never another one.

Way: messages go there and back; then payloads are cut, flipped, stretched, forged and made up, 2,000 of them here and
100,000 with --full.
"""

import random
import zlib

import msgspec
import pytest

from appliance.protocol import wire
from appliance.protocol.envelope import (
    MAX_PAYLOAD,
    Address,
    BadSeal,
    EnvelopeError,
    Malformed,
    Misdirected,
    PublicKey,
    SealingKey,
    TooBig,
    Unknown,
    opened,
    sealed,
    sealed_raw,
)
from tests.protocol.test_wire import BATCH, GOLDEN, SAMPLES

KEY = SealingKey.from_bytes(bytes(range(32)))
OTHER = SealingKey.from_bytes(bytes(range(1, 33)))
TO_OFFICE = Address("fournil", "caisse-1", wire.OFFICE)


def signed(content):
    return KEY.sign(content) + content


def enveloped(**changes):
    fields = {"v": 1, "kid": KEY.id, "chain": "fournil", "sender": "caisse-1", "to": "ho", "kind": "TimeAsk",
              "body": {"id": "q", "at": ""}}  # fmt: skip
    return msgspec.json.encode(fields | changes)


@pytest.mark.parametrize("kind", SAMPLES)
def test_every_kind_goes_there_and_back(kind):
    payload = sealed(KEY, TO_OFFICE, SAMPLES[kind])
    got = opened([OTHER.public, KEY.public], payload, TO_OFFICE)
    assert got.message == SAMPLES[kind]
    assert (got.kid, got.sender, got.to) == (KEY.id, "caisse-1", "ho")


@pytest.mark.parametrize("name", ["small.1.sealed", "compressed.1.sealed"])
def test_what_was_sealed_years_ago_still_opens(name):
    kind = {"small.1.sealed": "Ack", "compressed.1.sealed": "TillState"}[name]
    got = opened([KEY.public], (GOLDEN / name).read_bytes(), TO_OFFICE)
    assert got.message == SAMPLES[kind]


def test_a_batch_is_compressed_and_opens_to_the_stored_bytes():
    payload = sealed(KEY, TO_OFFICE, SAMPLES["Batch"])
    assert payload[64:65] != b"{"
    got = opened([KEY.public], payload).message
    assert isinstance(got, wire.Batch)
    assert wire.unpack(got) == wire.unpack(BATCH)


def test_keys_survive_as_bytes_and_as_text():
    again = SealingKey.from_bytes(KEY.to_bytes())
    assert again.id == KEY.id == PublicKey.from_hex(KEY.public.hex).id
    for wrong in ("", "00", "zz" * 32):
        with pytest.raises(ValueError, match=r".+"):
            PublicKey.from_hex(wrong)


def test_only_a_known_key_opens():
    payload = sealed(KEY, TO_OFFICE, SAMPLES["Ack"])
    for keys in ([], [OTHER.public]):
        with pytest.raises(BadSeal):
            opened(keys, payload)


def test_a_key_cannot_be_named_that_did_not_seal():
    with pytest.raises(BadSeal, match="says key"):
        opened([KEY.public], signed(enveloped(kid=OTHER.id)))


@pytest.mark.parametrize("address", [
    Address("autre", "caisse-1", "ho"), Address("fournil", "caisse-2", "ho"), Address("fournil", "caisse-1", "ho-2"),
])  # fmt: skip
def test_what_is_for_somebody_else_is_refused(address):
    with pytest.raises(Misdirected):
        opened([KEY.public], sealed(KEY, TO_OFFICE, SAMPLES["Ack"]), address)


def test_what_is_for_everybody_is_for_each():
    payload = sealed(KEY, Address("fournil", "ho", wire.EVERYBODY), SAMPLES["OfficeState"])
    assert opened([KEY.public], payload, Address("fournil", "ho", "caisse-9")).message == SAMPLES["OfficeState"]


@pytest.mark.parametrize(("kind", "v"), [("Hologram", 1), ("Ack", 2)])
def test_kinds_and_versions_of_later_code_are_kept_as_they_came(kind, v):
    body = b'{"epoch":"e1","seq":"no number any more"}'
    got = opened([KEY.public], sealed_raw(KEY, TO_OFFICE, kind, v, body), TO_OFFICE)
    assert got.message == Unknown(kind, v, body)
    assert got.body == body


def test_inflation_is_bounded():
    bomb = zlib.compress(b'{"a":"' + bytes(50_000_000) + b'"}', 9)
    assert len(bomb) < MAX_PAYLOAD
    with pytest.raises(TooBig):
        opened([KEY.public], signed(bomb))


def test_what_does_not_fit_is_not_sealed():
    rng = random.Random(1)
    with pytest.raises(TooBig):
        sealed(KEY, TO_OFFICE, wire.ConfigOffer(1, rng.randbytes(300_000)))
    with pytest.raises(TooBig):
        opened([KEY.public], bytes(MAX_PAYLOAD + 1))


MALFORMED = {
    "empty": b"",
    "short": bytes(64),
    "no JSON": signed(b"{"),
    "no zlib": signed(b"x\x9cnothing"),
    "half a stream": signed(zlib.compress(enveloped())[:-3]),
    "something behind": signed(zlib.compress(enveloped()) + b"x"),
    "a list": signed(zlib.compress(b"[]")),
    "no UTF-8": signed(enveloped().replace(b"TimeAsk", b"\xff\xfe")),
    "no UTF-8 in the message": signed(enveloped().replace(b'"q"', b'"\xff"')),
    "half a pair": signed(enveloped().replace(b'"q"', b'"\\ud800"')),
    "deep": signed(enveloped(body=None).replace(b"null", b"[" * 300_000)),
    "deep and closed": signed(enveloped(body=None).replace(b"null", b"[" * 90_000 + b"]" * 90_000)),
    "deep and compressed": signed(zlib.compress(b'{"v":' + b'{"a":' * 600_000)),
    "huge number": signed(enveloped(v=None).replace(b"null", b"9" * 5_000)),
    "a fraction": signed(enveloped(v=1.5)),
    "version 0": signed(enveloped(v=0)),
    "a chain that is none": signed(enveloped(chain="a/#")),
    "body of another shape": signed(enveloped(body=[1])),
    "body without its fields": signed(enveloped(body={"id": "q"})),
    "number out of bounds": signed(enveloped(kind="Gap", body={"epoch": "e", "seq": -1, "now": ""})),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_everything_malformed_is_said_so(name):
    payload = MALFORMED[name]
    with pytest.raises((Malformed, TooBig) if len(payload) > MAX_PAYLOAD or name.startswith("deep") else Malformed):
        opened([KEY.public], payload, TO_OFFICE)


SPLINTERS = [b'"', b"{", b"[", b"null", b"-1", b"1e999", b"\\u0000", b"\xc3", b"\x00"]


def mutated(rng, content):
    """Some bytes flipped, cut out, doubled or put in."""
    spoilt = bytearray(content)
    for _ in range(rng.randint(1, 6)):
        place = rng.randrange(len(spoilt) + 1)
        match rng.randrange(5):
            case 0 if place < len(spoilt):
                spoilt[place] ^= 1 << rng.randrange(8)
            case 1:
                del spoilt[place : place + rng.randint(1, 40)]
            case 2:
                spoilt[place:place] = spoilt[place : place + rng.randint(1, 200)]
            case 3:
                spoilt[place:place] = rng.choice(
                    [b'"', b"{", b"[", b"null", b"-1", b"1e999", b"\\u0000", b"\xc3", b"\x00"]
                )
            case _:
                spoilt[place : place + 4] = rng.randbytes(4)
    return bytes(spoilt)


def fuzzed(rng, bodies):
    """A payload that is wrong somewhere: in its bytes, its compression, its envelope or its message."""
    kind, body = rng.choice(bodies)
    plain = msgspec.json.encode({"v": rng.choice((1, 1, 1, 2)), "kid": KEY.id, "chain": "fournil", "sender": "caisse-1",
                                 "to": "ho", "kind": kind, "body": msgspec.Raw(body)})  # fmt: skip
    match rng.randrange(6):
        case 0:
            return rng.randbytes(rng.randint(0, 2_000))
        case 1:
            return mutated(rng, signed(zlib.compress(plain)))
        case 2:
            return signed(mutated(rng, zlib.compress(plain)))
        case 3:
            return signed(zlib.compress(mutated(rng, plain)))
        case 4:
            return signed(mutated(rng, plain))
        case _:
            return signed(enveloped(kind=kind, body=None).replace(b"null", mutated(rng, body)))


def test_no_payload_is_anything_but_a_message_or_a_typed_error(request):
    rng = random.Random(20_260_302)
    bodies = [(kind, msgspec.json.encode(sample)) for kind, sample in SAMPLES.items()]
    outcomes: dict[str, int] = {}
    for _ in range(100_000 if request.config.getoption("--full") else 2_000):
        try:
            got = opened([KEY.public], fuzzed(rng, bodies), TO_OFFICE)
            if isinstance(got.message, wire.Batch):
                wire.unpack(got.message)
            outcome = type(got.message).__name__
        except (EnvelopeError, wire.BrokenBatch) as error:
            outcome = type(error).__name__
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    assert {"BadSeal", "Malformed", "Unknown"} <= outcomes.keys()
    assert outcomes.keys() & SAMPLES.keys()
