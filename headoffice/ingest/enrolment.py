"""The small HTTPS door where a till that belongs to nobody brings its claim; hides how claims are kept.

A claim is ten letters and digits, made at head office for one till: good once, for 15 minutes and five tries, kept as a
hash. The till names itself by nothing else; it makes its keys itself and gets a certificate for them.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import secrets
import ssl
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web

from appliance.clock import Clock
from appliance.protocol.envelope import PublicKey
from appliance.protocol.wire import OFFICE, Enrol, EnrolDenied, Enrolled
from headoffice import moment
from headoffice.database import Database, DatabaseTrouble, Transaction
from headoffice.ingest.certificates import Certificates
from headoffice.keys import BROKER, CONFIG_KEY, KeyFault, sealing_key
from headoffice.settings import Settings, address

log = logging.getLogger(__name__)

PATH: Final = "/enrol"
GOOD_FOR: Final = timedelta(minutes=15)
TRIES: Final = 5
ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without what looks alike."""
LENGTH: Final = 10
BODY_MAX: Final = 32_000


async def make_claim(tx: Transaction, till: str, by: str, clock: Clock) -> str:
    """A claim for a till; an older one of it is void. It is nowhere but in the answer."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    salt = secrets.token_bytes(16)
    await tx.run("DELETE FROM claim WHERE till = $1", till)
    await tx.insert("claim", [(till, salt, _hash(code, salt), moment.now(clock, GOOD_FOR), TRIES, by)])
    return code


def _hash(code: str, salt: bytes) -> bytes:
    spelled = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.scrypt(spelled.encode(), salt=salt, n=2**12, r=8, p=1, dklen=32)


class Door:
    """Takes claims in."""

    def __init__(self, settings: Settings, database: Database, certificates: Certificates, clock: Clock) -> None:
        self._settings, self._database = settings, database
        self._certificates, self._clock = certificates, clock

    async def enrol(self, ask: Enrol) -> Enrolled | EnrolDenied:
        """One transaction: a try that is wrong counts even when nothing comes of it. Raises DatabaseTrouble."""
        async with self._database.transaction() as tx:
            found = await self._claimed(tx, ask)
            if isinstance(found, EnrolDenied):
                return found
            return await self._welcome(tx, found, ask)

    async def _claimed(self, tx: Transaction, ask: Enrol) -> str | EnrolDenied:
        """The till that a claim is for."""
        now = moment.now(self._clock)
        claims = await tx.rows("SELECT till, salt, hash, ends_at, tries_left FROM claim ORDER BY till", lock=True)
        for till, salt, hashed, ends_at, tries_left in claims:
            if hmac.compare_digest(_hash(ask.claim, bytes(salt)), bytes(hashed)):
                if ends_at < now:
                    return EnrolDenied("claim.expired")
                return till if tries_left > 0 else EnrolDenied("claim.tries")
        await tx.run("UPDATE claim SET tries_left = tries_left - 1 WHERE tries_left > 0 AND ends_at >= $1", now)
        left = max((claim[4] - 1 for claim in claims if claim[3] >= now), default=0)
        return EnrolDenied("claim.wrong" if left > 0 or not claims else "claim.tries", max(0, left))

    async def _welcome(self, tx: Transaction, till: str, ask: Enrol) -> Enrolled | EnrolDenied:
        row = await tx.row(
            "SELECT t.partition_number, t.name, p.name, e.name, c.name, c.currency FROM till t"
            " JOIN point_of_sale p ON p.id = t.point_of_sale JOIN establishment e ON e.id = p.establishment"
            " CROSS JOIN chain c WHERE t.id = $1",
            till,
        )
        assert row is not None
        other = await tx.value("SELECT till FROM journal WHERE epoch = $1 AND till <> $2", ask.epoch, till)
        if other is not None or (ask.currency and ask.currency != row[5]):
            return EnrolDenied("epoch")
        try:
            PublicKey.from_hex(ask.key)
            certificate = await self._certificates.certify(tx, till, ask.request, self._clock.now())
        except (KeyFault, ValueError):
            return EnrolDenied("request")
        await tx.run("DELETE FROM claim WHERE till = $1", till)
        await tx.run("UPDATE till SET seal = $1, state = 'active' WHERE id = $2", ask.key, till)
        log.info("%s enrolled", till)
        return self._enrolled(till, certificate, row)

    def _enrolled(self, till: str, certificate: str, row: Sequence[object]) -> Enrolled:
        authority = self._certificates.authority
        partition, name, point, establishment, chain, _ = row
        assert isinstance(partition, int)
        return Enrolled(
            chain=self._settings.office.chain,
            till=till,
            certificate=certificate,
            authority=authority.path.read_text(),
            brokers=self._settings.enrolment.brokers or self._settings.office.brokers,
            office_keys=(sealing_key(authority.folder / f"{OFFICE}.seal").public.hex,),
            config_keys=(sealing_key(authority.folder / f"{CONFIG_KEY}.seal").public.hex,),
            partition=partition,
            names={"chain": str(chain), "establishment": str(establishment), "point": str(point), "till": str(name)},
        )

    async def answer(self, request: web.Request) -> web.Response:
        """POST of an `Enrol` as JSON. Whatever it is, the answer is one of the two."""
        if (request.content_length or BODY_MAX + 1) > BODY_MAX:
            return _said(EnrolDenied("request"), 413)
        try:
            ask = msgspec.json.decode(await request.read(), type=Enrol)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return _said(EnrolDenied("request"), 400)
        try:
            told = await self.enrol(ask)
        except DatabaseTrouble as trouble:
            log.error("database: %s", trouble)
            return _said(EnrolDenied("later"), 503)
        return _said(told, 200 if isinstance(told, Enrolled) else 403)


def _said(message: Enrolled | EnrolDenied, status: int) -> web.Response:
    return web.Response(body=msgspec.json.encode(message), status=status, content_type="application/json")


async def serve_enrolment(settings: Settings, database: Database, certificates: Certificates, clock: Clock) -> None:
    """Listen until cancelled; returns at once where this worker enrols nobody. Raises OSError."""
    if not settings.enrolment.listen:
        return
    host, port = address(settings.enrolment.listen)
    files = certificates.authority.files(BROKER)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(Path(files.certificate), Path(files.key))
    app = web.Application(client_max_size=BODY_MAX)
    app.router.add_post(PATH, Door(settings, database, certificates, clock).answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, ssl_context=context).start()
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
