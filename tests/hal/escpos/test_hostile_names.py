"""200,000 receipts with hostile names, and not one injected command (5,000 of them without --full).

Way: names are made of everything that ever broke a receipt: escape sequences, real-time commands, controls, direction
marks, piled-up accents, ten thousand characters. `support.paper_bytes` then reads the bytes on its own knowledge, and
the commands in a receipt must be exactly those of the same receipt with plain names.
"""

import os
import random
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from appliance.hal.device import Align, Barcode, BarcodeKind, Columns, Cut, Logo, Paper, Qr, Row, Rule, Text
from appliance.hal.escpos.encoder import Encoder
from appliance.hal.escpos.profile import PROFILES
from tests.support.paper_bytes import Injected, read_epson, read_star

COUNT, COUNT_FULL = 5_000, 200_000
AT_ONCE = 1_000
"""Receipts of one seed; with --full each processor takes the next batch."""
NAMES = ("epson-80", "pc858-58", "star-80", "starline-80", "clone-80")
ATTACKS = (
    "\x1bp\x00\x19\xfa", "\x1d(L\x06\x000E", "\x10\x14\x01\x00\x01", "\x10\x05\x02", "\x10\x04\x01", "\x1b@",
    "\x1dV\x00", "\n\n\n", "\x1b\x1dt\x00", "\x07", "\x1c", "\x1a", "\x17", "\x1bd\x03", "\x1b=\x00", "\x1dIB",
    "\x1b%\x01", "\x18", "\x0c", "\u202e", "\u2066", "\u2069", "\u200b", "\ufeff", "\u0085", "\u009b", "\x9b\x1b",
    "\x7f", "\x00", "\u2028", "\u2029", "\ud7ff", "{B{{", "%0%5", "{C\x1b", "😀", "漢字", "Καφές", "خبز",
    "a" + "\u0301" * 40, "’“”…", "€œŒ", "\u1bff", "\u101b", "\u1d1b", "\u141b",
)  # fmt: skip
"""The last ones have ESC, GS or DLE as a byte of their code point."""
SHAPES = {"cut": ("GS V", "ESC d"), "bars": ("GS k", "ESC b"), "qr": ("GS ( k", "ESC GS y")}


def hostile_name(chance: random.Random) -> str:
    parts = [chance.choice((*ATTACKS, "Croissant ", "Œuf à l’échalote ")) for _ in range(chance.randrange(1, 7))]
    parts += ["".join(chr(chance.randrange(0x20)) for _ in range(chance.randrange(3)))]
    name = "".join(parts)
    return name * (10_000 // len(name)) if chance.random() < 0.002 else name


def receipt_of(names: list[str]) -> Paper:
    return Paper((
        Logo(), Text(names[0], bold=True, tall=True, align=Align.CENTER), Rule(names[1]),
        Columns(names[1], "6.40 A"), Columns(names[2], names[0]), Text("   " + names[3]),
        Row((names[3], "2.6 %", names[2])), Barcode("TBtill-1-000001", BarcodeKind.CODE128),
        Qr("x" + names[1][:200]), Cut(),
    ))  # fmt: skip


def count_of(commands: list[str]) -> dict[str, int]:
    return {what: sum(commands.count(name) for name in names) for what, names in SHAPES.items()}


def test_no_name_injects_a_command(request):
    full = request.config.getoption("--full")
    batches = range((COUNT_FULL if full else COUNT) // AT_ONCE)
    if not full:
        assert sum(map(read_batch, batches)) == COUNT
        return
    with ProcessPoolExecutor(os.cpu_count(), get_context("fork")) as pool:
        assert sum(pool.map(read_batch, batches)) == COUNT_FULL


def read_batch(seed: int) -> int:
    """How many receipts were read; in a process of its own with --full. Raises AssertionError with the names."""
    chance = random.Random(20261121 + seed)
    profiles = [PROFILES[name] for name in NAMES]
    encoders = [Encoder(profile) for profile in profiles]
    plain = [
        count_of(_read(encoder, profile, ["a", "b", "c", "d"]))
        for encoder, profile in zip(encoders, profiles, strict=True)
    ]
    for turn in range(AT_ONCE):
        at = turn % len(profiles)
        names = [hostile_name(chance) for _ in range(4)]
        assert count_of(_read(encoders[at], profiles[at], names)) == plain[at], names
    return AT_ONCE


def _read(encoder: Encoder, profile, names: list[str]) -> list[str]:
    body = encoder.encode(receipt_of(names))
    try:
        return (read_epson if profile.dialect == "escpos" else read_star)(body).commands
    except Injected as injected:
        raise AssertionError(f"{profile.name}: {names!r}") from injected


@pytest.mark.parametrize(
    "attack", [b"\x1bp\x00\x19\xfa", b"\x10\x14\x01\x00\x01", b"\x1b@", b"\x1b=\x00", b"\x07", b"\x1dV\x00"]
)
def test_the_reader_finds_what_is_planted(attack):
    """The proof of the proof: each attack in the middle of an honest receipt is found."""
    body = Encoder(PROFILES["epson-80"]).encode(receipt_of(["a", "b", "c", "d"]))
    middle = body.index(b"6.40")
    with pytest.raises(Injected):
        read_epson(body[:middle] + attack + body[middle:])
