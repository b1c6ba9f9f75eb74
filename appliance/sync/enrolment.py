"""A till becomes one of a chain's: its keys, its request, and what it is told; hides the files.

The private keys are made here and never leave: `certificate.key` (P-256) speaks to the broker, `seal` (Ed25519) signs
what the till says. `membership.json` is what head office answered. All three lie in one folder, for their owner alone.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from appliance.protocol import wire
from appliance.protocol.envelope import SealingKey
from appliance.sync.connection import Line, Tls

SEAL: Final = "seal"
KEY: Final = "certificate.key"
CERTIFICATE: Final = "certificate.pem"
AUTHORITY: Final = "authority.pem"
MEMBERSHIP: Final = "membership.json"
ASK_S: Final = 20.0
HEARTBEAT_S: Final = 1.5
ANSWER_S: Final = 2.5
"""A cut cable is on the screen within five seconds."""


class Membership(msgspec.Struct, frozen=True, omit_defaults=True):
    """To whom this till belongs."""

    chain: wire.Id
    till: wire.Id
    brokers: tuple[str, ...]
    """`host:port`."""
    office_keys: tuple[str, ...]
    config_keys: tuple[str, ...] = ()
    partition: int = 0
    plain: bool = False
    """Without certificates, to a broker on the same machine: development only."""
    names: dict[str, str] = {}


class NotEnrolled(Exception):
    """Head office did not take this till in. `code`: `claim.wrong`, `claim.expired`, `claim.tries`, `request`, `epoch`,
    `later`, or `unreachable`."""

    def __init__(self, code: str, tries_left: int = 0) -> None:
        super().__init__(code)
        self.code, self.tries_left = code, tries_left


class Keys:
    """The folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def seal(self) -> SealingKey:
        """The till's own sealing key, made when there is none. Raises ValueError for a file that is no key."""
        path = self._folder / SEAL
        if not path.exists():
            write_secret(path, SealingKey.generate().to_bytes().hex().encode())
        return SealingKey.from_bytes(bytes.fromhex(path.read_text().strip()))

    def request(self, name: str) -> str:
        """A request for a certificate, PEM; its key is made when there is none."""
        path = self._folder / KEY
        if not path.exists():
            made = ec.generate_private_key(ec.SECP256R1())
            pkcs8, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            write_secret(path, made.private_bytes(serialization.Encoding.PEM, pkcs8, plain))
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{path}: not a key of an elliptic curve")
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        signed = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM).decode()

    def keep(self, told: wire.Enrolled) -> Membership:
        """Head office said yes: kept as a whole, the membership last."""
        membership = Membership(
            told.chain, told.till, told.brokers, told.office_keys, told.config_keys, told.partition, names=told.names
        )
        self.renew(told.certificate)
        write_secret(self._folder / AUTHORITY, told.authority.encode())
        write_secret(self._folder / MEMBERSHIP, msgspec.json.encode(membership))
        return membership

    def renew(self, certificate: str) -> None:
        write_secret(self._folder / CERTIFICATE, certificate.encode())

    def membership(self) -> Membership | None:
        """None while it belongs to nobody. Raises ValueError for a file that does not read."""
        path = self._folder / MEMBERSHIP
        if not path.exists():
            return None
        try:
            return msgspec.json.decode(path.read_bytes(), type=Membership)
        except msgspec.DecodeError as error:
            raise ValueError(f"{path}: {error}") from error

    def tls(self) -> Tls:
        return Tls(self._folder / AUTHORITY, self._folder / CERTIFICATE, self._folder / KEY)

    def certificate_ends(self) -> datetime | None:
        """When the certificate ends; None where there is none."""
        certificate = self._certificate()
        return None if certificate is None else certificate.not_valid_after_utc

    def renewal_due(self, now: datetime) -> bool:
        """Whether two thirds of its life have gone."""
        certificate = self._certificate()
        if certificate is None:
            return False
        begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        return now.astimezone(UTC) >= begins + (ends - begins) * 2 / 3

    def _certificate(self) -> x509.Certificate | None:
        path = self._folder / CERTIFICATE
        if not path.exists():
            return None
        return x509.load_pem_x509_certificate(path.read_bytes())


class Asking(msgspec.Struct, frozen=True):
    """Whom a till asks to be taken in, and what it says of itself."""

    address: str
    """`https://host:port/enrol`."""
    authority: Path
    """Certificate of who signs head office's, which a person brought here: nobody else is believed."""
    claim: str
    epoch: str
    journal: int
    currency: str
    software: str


async def ask_in(asking: Asking, keys: Keys) -> Membership:
    """Bring the claim; on return this till belongs to the chain from its next start on. Raises NotEnrolled, OSError."""
    import ssl

    import aiohttp

    question = wire.Enrol(
        asking.claim, keys.request("till"), keys.seal().public.hex, asking.epoch, asking.journal, asking.software,
        asking.currency,
    )  # fmt: skip
    context = ssl.create_default_context(cafile=str(asking.authority))
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ASK_S)) as session,
            session.post(asking.address, data=msgspec.json.encode(question), ssl=context) as answer,
        ):
            status, body = answer.status, await answer.read()
    except (aiohttp.ClientError, TimeoutError) as error:
        raise NotEnrolled("unreachable") from error
    try:
        if status == 200:
            return keys.keep(msgspec.json.decode(body, type=wire.Enrolled))
        denied = msgspec.json.decode(body, type=wire.EnrolDenied)
    except msgspec.DecodeError as error:
        raise NotEnrolled("unreachable") from error
    raise NotEnrolled(denied.code, denied.tries_left)


def line(membership: Membership, tls: Tls | None) -> Line:
    """How to reach the broker."""
    brokers = tuple((host, int(port)) for host, _, port in (each.rpartition(":") for each in membership.brokers))
    return Line(brokers=brokers, name=membership.till, tls=tls, heartbeat_s=HEARTBEAT_S, answer_s=ANSWER_S)


def write_secret(path: Path, content: bytes) -> None:
    """A file that only its owner reads, from its first byte on, and whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
