"""The books made again from the entries alone, and compared: links, projections, wallets, what is owed.

Nothing is taken from what ingest wrote besides the entries as they came. For every start of a night, and for whoever
doubts.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from appliance.domain.journal import GENESIS, Entry, entry_hash
from appliance.domain.wallet import Holding, Rights, highest
from headoffice import liability
from headoffice.database import Transaction
from headoffice.ingest.projection import TABLES, Unreadable, project

PAGE = 2_000


class Finding(msgspec.Struct, frozen=True):
    """Something that is not as the entries say. Codes: `link`, `gap`, `cursor`, `rows`, `wallet`, `liability`."""

    till: str
    epoch: str
    code: str
    detail: str


class _Made:
    """What the entries of one journal come to."""

    def __init__(self, number: int, till: str, epoch: str) -> None:
        self.number, self.till, self.epoch = number, till, epoch
        self.rows: Counter[str] = Counter()
        self.rights: dict[str, Rights] = {}
        self.is_over = False
        self.findings: list[Finding] = []

    def found(self, code: str, detail: str) -> None:
        self.findings.append(Finding(self.till, self.epoch, code, detail))

    def read(self, entry: Entry, is_aside: bool) -> None:
        try:
            made = project(self.number, entry)
        except Unreadable:
            if not is_aside:
                self.found("rows", f"entry {entry.seq} does not read and is not set aside")
            return
        if is_aside:
            return
        self.rows.update(table for table, _ in made.rows)
        for image in made.images:
            self._image(image.wallet, image.holding)
        for wallet, holding in (made.fenced or {}).items():
            self._image(wallet, holding)
            self.is_over = True

    def _image(self, wallet: str, holding: Holding) -> None:
        if not self.is_over:
            self.rights[wallet] = highest(self.rights.get(wallet, Rights()), holding.rights)


async def audit(tx: Transaction) -> list[Finding]:
    """Everything that differs; empty when all is well. One transaction, as long as it takes."""
    findings: list[Finding] = []
    journals = await tx.rows("SELECT number, till, epoch, seq, hash, state FROM journal ORDER BY number")
    for number, till, epoch, seq, link, state in journals:
        made = _Made(number, till, epoch)
        await _read(tx, made, seq, bytes(link))
        await _compare_rows(tx, made)
        if state in ("open", "closed"):
            await _compare_wallets(tx, made)
        findings += made.findings
    if all(row[5] == "open" for row in journals):
        owed, held = await liability.at(tx, "9999"), await liability.now(tx)
        if owed.total_minor != held.total_minor:
            findings.append(Finding("", "", "liability", f"{owed.total_minor} by movements, {held.total_minor} held"))
    return findings


async def _read(tx: Transaction, made: _Made, upto: int, last: bytes) -> None:
    """Every link and every entry, in pages."""
    asides = await tx.rows("SELECT seq FROM quarantine WHERE journal = $1 AND state <> 'read'", made.number)
    aside = {row[0] for row in asides}
    seq, prev = 0, GENESIS
    while rows := await tx.rows(
        "SELECT seq, kind, at, actor, origin, body, hash FROM entry WHERE journal = $1 AND seq > $2 ORDER BY seq"
        " LIMIT $3",
        made.number, seq, PAGE,
    ):  # fmt: skip
        for row in rows:
            seq, prev = _next(made, row, seq, prev, row[0] in aside)
    if (seq, prev) != (upto, last) and upto:
        made.found("cursor", f"at {upto}, entries end with {seq}")


def _next(made: _Made, row: Any, seq: int, prev: bytes, is_aside: bool) -> tuple[int, bytes]:
    number, kind, at, actor, origin = row[:5]
    body, link = bytes(row[5]), bytes(row[6])
    if number != seq + 1 and seq:
        made.found("gap", f"{number} comes after {seq}")
    starts_elsewhere = not seq and number > 1  # an epoch that goes on in the chain of the one before
    expected = entry_hash(prev, number, made.epoch, kind, at, actor, origin, body)
    if expected != link and not starts_elsewhere and not (is_aside and "\ufffd" in kind + at + actor + origin):
        made.found("link", f"entry {number} is not what was hashed")
    made.read(Entry(number, made.epoch, kind, at, actor, origin, body, prev, link), is_aside)
    return number, link


async def _compare_rows(tx: Transaction, made: _Made) -> None:
    for table in TABLES:
        count = int(await tx.value(f"SELECT COUNT(*) FROM {table} WHERE journal = $1", made.number))
        if count != made.rows[table]:
            made.found("rows", f"{table}: {count} rows, the entries make {made.rows[table]}")


async def _compare_wallets(tx: Transaction, made: _Made) -> None:
    """What a till told of its rights is in the books; what it was granted may be more than it knows."""
    rows = await tx.rows(
        "SELECT wallet, granted_minor, topped_up_minor, spent_minor, returned_minor, claims_minor FROM holding"
        " WHERE till = $1 AND epoch = $2",
        made.till, made.epoch,
    )  # fmt: skip
    booked = {row[0]: tuple(row[1:]) for row in rows}
    for wallet, rights in made.rights.items():
        granted, *told = booked.get(wallet, (0, 0, 0, 0, 0))
        said = [rights.topped_up_minor, rights.spent_minor, rights.returned_minor, rights.claims_minor]
        if told != said or granted < rights.granted_minor:
            made.found("wallet", f"{wallet}: {[granted, *told]} in the books, {[rights.granted_minor, *said]} told")
