"""Keys and certificates of a chain: one authority, the broker, head office's workers, the tills; hides X.509.

Certificates (ECDSA P-256) let a machine speak to the broker: their common name is the id that its access rules are
about. Sealing keys (Ed25519, `protocol/envelope.py`) say who wrote a message, whatever the broker did with it. A till
makes both of its keys itself and sends a request; only the development form here makes them for it.

    authority.pem  authority.key     the authority; its key signs requests and the list of what was revoked
    revoked.pem                      that list
    <id>.pem  <id>.key               a certificate and its key
    <id>.seal                        a sealing key, 32 bytes as hexadecimal digits
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from appliance.clock import SystemClock
from appliance.protocol.envelope import SealingKey
from appliance.protocol.wire import EVERYBODY, OFFICE, Id
from appliance.sync.session import Tls

BROKER: Final = "broker"
CONFIG_KEY: Final = "config"
"""Name of the sealing key of configurations: apart from head office's, which answers by itself all day."""
AUTHORITY_DAYS: Final = 20 * 365
DEVICE_DAYS: Final = 90
"""A till asks for the next certificate when two thirds of that have gone."""
LIST_DAYS: Final = 10 * 365
"""A broker takes nobody at all once its list has ended: much longer than anybody forgets to write a new one."""
BACK: Final = timedelta(days=1)
"""Certificates begin a day ago: the clock of a till that asks may be behind."""

Role = Literal["broker", "office", "till"]
PrivateKey = ec.EllipticCurvePrivateKey


class KeyFault(ValueError):
    """A request that is not to be signed, or a file that is no key."""


def check_name(name: str, role: Role) -> str:
    """The name, when a machine of that role may have it. Raises KeyFault."""
    try:
        msgspec.convert(name, Id)
    except msgspec.ValidationError as error:
        raise KeyFault(f"{name!r}: small letters, digits and hyphens only, 48 at most") from error
    office = name == OFFICE or name.startswith(f"{OFFICE}-")
    if office != (role == "office") or (role != "broker" and name in (BROKER, EVERYBODY, "authority", "revoked")):
        raise KeyFault(f"{name!r} cannot be the name of a {role}")
    return name


def request(name: str, key: PrivateKey) -> str:
    """A certificate signing request, PEM: proof that whoever asks has the key."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(_named(name))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def new_key() -> PrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


class Authority:
    """Who signs certificates, in its folder."""

    def __init__(self, folder: Path) -> None:
        """Read it. Raises OSError, and KeyFault when a file is not what it should be."""
        self.folder = folder
        self.path = folder / "authority.pem"
        self.revoked_path = folder / "revoked.pem"
        try:
            self._certificate = x509.load_pem_x509_certificate(self.path.read_bytes())
            key = serialization.load_pem_private_key((folder / "authority.key").read_bytes(), None)
        except ValueError as error:
            raise KeyFault(f"{self.path}: {error}") from error
        if not isinstance(key, PrivateKey):
            raise KeyFault(f"{folder / 'authority.key'}: not a key of an elliptic curve")
        self._key = key

    @classmethod
    def create(cls, folder: Path, chain: str, now: datetime) -> Authority:
        """A new one, with an empty list of what was revoked. Raises FileExistsError where there is one."""
        folder.mkdir(parents=True, exist_ok=True)
        key, name = new_key(), _named(f"{chain} authority")
        builder = _certificate(name, name, key.public_key(), now, AUTHORITY_DAYS)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        write_secret(folder / "authority.key", _key_bytes(key), new=True)
        (folder / "authority.pem").write_bytes(_pem(builder.sign(key, hashes.SHA256())))
        authority = cls(folder)
        authority._write_list([], now)
        return authority

    def certify(
        self, request_pem: str, name: str, role: Role, now: datetime, *,
        hosts: Sequence[str] = (), days: int = DEVICE_DAYS,
    ) -> str:  # fmt: skip
        """The certificate for a request, PEM. Nothing is taken from the request but its key. Raises KeyFault."""
        check_name(name, role)
        try:
            asked = x509.load_pem_x509_csr(request_pem.encode())
            public = asked.public_key()
            valid = asked.is_signature_valid
        except (ValueError, x509.InvalidVersion) as error:
            raise KeyFault(f"no request: {error}") from error
        if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1) or not valid:
            raise KeyFault("the request has no valid P-256 key")
        return _pem(self._sign(public, name, role, now, hosts, days)).decode()

    def issue(self, name: str, role: Role, now: datetime, *, hosts: Sequence[str] = (), days: int = DEVICE_DAYS) -> Tls:
        """Key and certificate in the authority's own folder, made when they are not there: for head office's own
        machines, and for development."""
        tls = self.files(name)
        if not tls.certificate.exists():
            key = new_key()
            certificate = self.certify(request(name, key), name, role, now, hosts=hosts, days=days)
            write_secret(tls.key, _key_bytes(key))
            tls.certificate.write_text(certificate)
        return tls

    def files(self, name: str) -> Tls:
        return Tls(self.path, self.folder / f"{name}.pem", self.folder / f"{name}.key")

    def revoke(self, certificate_pem: str, now: datetime) -> None:
        """Put a certificate on the list: the broker refuses it from its next reload on. Twice is once."""
        serial = x509.load_pem_x509_certificate(certificate_pem.encode()).serial_number
        listed = x509.load_pem_x509_crl(self.revoked_path.read_bytes())
        if listed.get_revoked_certificate_by_serial_number(serial) is None:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build()
            self._write_list([*listed, entry], now)

    def _write_list(self, entries: Iterable[x509.RevokedCertificate], now: datetime) -> None:
        builder = x509.CertificateRevocationListBuilder().issuer_name(self._certificate.subject)
        builder = builder.last_update(now - BACK).next_update(now + timedelta(days=LIST_DAYS))
        for entry in entries:
            builder = builder.add_revoked_certificate(entry)
        listed = builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        fresh = self.revoked_path.with_suffix(".new")
        fresh.write_bytes(listed)
        fresh.replace(self.revoked_path)

    def _sign(
        self, public: ec.EllipticCurvePublicKey, name: str, role: Role, now: datetime, hosts: Sequence[str], days: int
    ) -> x509.Certificate:
        builder = _certificate(_named(name), self._certificate.subject, public, now, days)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(digital_signature=True), critical=True)
        use = ExtendedKeyUsageOID.SERVER_AUTH if role == "broker" else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)  # a till is never the broker
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = builder.add_extension(issuer, critical=False)
        if hosts:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False
            )
        return builder.sign(self._key, hashes.SHA256())


def renewal_due(certificate_pem: str, now: datetime) -> bool:
    """Whether two thirds of a certificate's life have gone."""
    certificate = x509.load_pem_x509_certificate(certificate_pem.encode())
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return now >= begins + (ends - begins) * 2 / 3


def sealing_key(path: Path) -> SealingKey:
    """The sealing key in a file; made when there is none. Raises KeyFault."""
    if not path.exists():
        write_secret(path, SealingKey.generate().to_bytes().hex().encode() + b"\n")
    try:
        return SealingKey.from_bytes(bytes.fromhex(path.read_text().strip()))
    except ValueError as error:
        raise KeyFault(f"{path}: {error}") from error


def write_secret(path: Path, content: bytes, *, new: bool = False) -> None:
    """A file that only its owner reads, from its first byte on. Raises FileExistsError when it must be new."""
    if new and path.exists():
        raise FileExistsError(path)
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


class Development(msgspec.Struct, frozen=True):
    """All the keys of a chain on one machine, for `make run` and the tests."""

    authority: Authority
    broker: Tls
    office: Tls
    office_key: SealingKey
    config_key: SealingKey
    tills: dict[str, Tls]
    till_keys: dict[str, SealingKey]


def development(
    folder: Path, chain: str, tills: Iterable[str], now: datetime, hosts: Sequence[str] = ("localhost", "127.0.0.1")
) -> Development:
    """The keys in a folder; what is missing is made. Ten years long: nobody renews a demo."""
    msgspec.convert(chain, Id)
    days = LIST_DAYS
    there = (folder / "authority.pem").exists()
    authority = Authority(folder) if there else Authority.create(folder, chain, now)
    names = tuple(tills)
    return Development(
        authority=authority,
        broker=authority.issue(BROKER, "broker", now, hosts=hosts, days=days),
        office=authority.issue(OFFICE, "office", now, days=days),
        office_key=sealing_key(folder / f"{OFFICE}.seal"),
        config_key=sealing_key(folder / f"{CONFIG_KEY}.seal"),
        tills={name: authority.issue(name, "till", now, days=days) for name in names},
        till_keys={name: sealing_key(folder / f"{name}.seal") for name in names},
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public)
    builder = builder.serial_number(x509.random_serial_number())
    now = now.astimezone(UTC)
    return builder.not_valid_before(now - BACK).not_valid_after(now + timedelta(days=days))


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=key_cert_sign, crl_sign=crl_sign, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_bytes(key: PrivateKey) -> bytes:
    pkcs8, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, pkcs8, plain)


def main(arguments: list[str] | None = None) -> int:
    """`python -m headoffice.keys FOLDER CHAIN TILL...`: makes what is missing, says what is there."""
    parser = argparse.ArgumentParser(prog="python -m headoffice.keys", description="keys of a chain, for development")
    parser.add_argument("folder", type=Path)
    parser.add_argument("chain")
    parser.add_argument("till", nargs="*")
    parser.add_argument("--host", action="append", help="name or address of the broker (localhost)")
    asked = parser.parse_args(arguments)
    hosts = tuple(asked.host or ("localhost", "127.0.0.1"))
    made = development(asked.folder, asked.chain, asked.till, SystemClock().now(), hosts)
    for name, key in {OFFICE: made.office_key, CONFIG_KEY: made.config_key, **made.till_keys}.items():
        sys.stdout.write(f"{name:12} seals with {key.public.hex}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
