"""Keys of a chain: who may be called what, what a request can and cannot ask for, files that only their owner reads."""

import ssl
import stat
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from headoffice import keys

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return keys.Authority.create(tmp_path_factory.mktemp("authority"), "fournil", NOW)


def common_name(pem):
    (name,) = x509.load_pem_x509_certificate(pem.encode()).subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return name.value


def test_a_request_gets_the_name_that_head_office_gives_and_nothing_else(authority):
    pem = authority.certify(keys.request("ho", keys.new_key()), "caisse-1", "till", NOW)
    certificate = x509.load_pem_x509_certificate(pem.encode())
    assert common_name(pem) == "caisse-1"
    uses = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(uses) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


@pytest.mark.parametrize(("name", "role"), [
    ("ho", "till"), ("ho-2", "till"), ("all", "till"), ("broker", "till"), ("caisse-1", "office"), ("Caisse", "till"),
    ("a/b", "till"), ("+", "till"), ("#", "till"), ("%u", "till"), ("", "till"), ("a\n", "till"), ("authority", "till"),
])  # fmt: skip
def test_names_that_mean_something_else_are_refused(authority, name, role):
    with pytest.raises(keys.KeyFault):
        authority.certify(keys.request("x", keys.new_key()), name, role, NOW)


def test_requests_that_are_none_are_refused(authority):
    small = keys.request("x", ec.generate_private_key(ec.SECP192R1()))
    spoilt = keys.request("x", keys.new_key()).replace("A", "B", 3)
    for request in ("", "nothing", small, spoilt):
        with pytest.raises(keys.KeyFault):
            authority.certify(request, "caisse-1", "till", NOW)


def test_renewal_is_due_after_two_thirds(authority):
    pem = authority.certify(keys.request("x", keys.new_key()), "caisse-1", "till", NOW, days=90)
    assert not keys.renewal_due(pem, NOW + timedelta(days=59))
    assert keys.renewal_due(pem, NOW + timedelta(days=61))


def test_secrets_are_read_by_their_owner_only(tmp_path):
    made = keys.development(tmp_path, "fournil", ("caisse-1",), NOW)
    secrets = [*tmp_path.glob("*.key"), *tmp_path.glob("*.seal")]
    assert len(secrets) == 7
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets} == {0o600}
    assert isinstance(made.tills["caisse-1"].context(), ssl.SSLContext)


def test_keys_that_are_there_stay(tmp_path):
    first = keys.development(tmp_path, "fournil", ("caisse-1",), NOW)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    again = keys.development(tmp_path, "fournil", ("caisse-1", "caisse-2"), NOW)
    assert again.till_keys["caisse-1"].id == first.till_keys["caisse-1"].id
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
    with pytest.raises(FileExistsError):
        keys.Authority.create(tmp_path, "fournil", NOW)


def test_files_that_are_no_keys_are_said_so(tmp_path):
    (tmp_path / "x.seal").write_text("nothing")
    with pytest.raises(keys.KeyFault, match=r"x\.seal"):
        keys.sealing_key(tmp_path / "x.seal")
    (tmp_path / "authority.pem").write_text("nothing")
    (tmp_path / "authority.key").write_text("nothing")
    with pytest.raises(keys.KeyFault, match=r"authority\.pem"):
        keys.Authority(tmp_path)


def test_the_command_makes_what_is_missing(tmp_path, capsys):
    assert keys.main([str(tmp_path), "fournil", "caisse-1"]) == 0
    said = capsys.readouterr().out
    assert (tmp_path / "caisse-1.pem").exists()
    assert all(name in said for name in ("ho", "config", "caisse-1"))
