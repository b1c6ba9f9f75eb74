"""Addresses that lead to something else than was meant: the role is *Mal réglé*, and one log line names the part."""

import pytest

from appliance.cli_devices import sentence_of
from appliance.domain.errors import Refusal
from appliance.hal.address import DevicesConfig, parse_address
from appliance.hal.device import DeviceKind, DeviceState, FaultReason
from appliance.hal.registry import Registry
from appliance.hal.simulated.terminal_nexo import make_certificates
from appliance.service.technician import assign
from tests.hal.conftest import bench_with
from tests.support.udev import table_with


@pytest.mark.parametrize(
    ("role", "url", "part"),
    [
        ("terminal.main", "nexo://127.0.0.1:1?poiid=X-1&root=nope.pem", "root"),
        ("scanner.front", "hidraw:///etc/passwd", "/etc/passwd"),
        ("scanner.front", "evdev:///etc/passwd", "/etc/passwd"),
        ("scanner.front", "hidraw:///dev/null", "/dev/null"),
        ("scanner.front", "serial:///dev/null", "/dev/null"),
        ("printer.receipt", "usblp:///etc/passwd", "/etc/passwd"),
        ("printer.receipt", "tcp://127.0.0.1:1?profile=nothing", "epson-80, "),
        ("display.customer", "tcp://127.0.0.1:1?profile=nothing", "epson, "),
    ],
)
def test_the_log_names_the_part(run, caplog, role, url, part):
    async def main():
        async with bench_with({role: url}) as bench:
            health = await bench.state(role, DeviceState.FAULT)
            assert health.fault is FaultReason.MISCONFIGURED
            health = await bench.state(role, DeviceState.FAULT)
        lines = [line for line in caplog.messages if "configuration refused" in line]
        assert len(lines) == 1
        assert role in lines[0] and part in lines[0]
        assert "crashed" not in caplog.text

    run(main())


def test_a_file_that_an_address_names_is_looked_for_again(run, tmp_path):
    """The certificate was forgotten: it is copied there, and *Réessayer* is touched."""

    async def main():
        root, key = tmp_path / "root.pem", tmp_path / "terminal.key"
        url = f"nexo://127.0.0.1:1?poiid=X-1&root={root}&key={key}"
        async with bench_with({"terminal.main": url}) as bench:
            assert (await bench.state("terminal.main", DeviceState.FAULT)).fault is FaultReason.KEY_FILE
            key.write_text('identifier = "demo"\nversion = 1\npassphrase = "a passphrase"\n')
            bench.devices.retry("terminal.main")
            await bench.until(lambda: bench.devices.health()[0].fault is FaultReason.ROOT_FILE or None)
            make_certificates(tmp_path, "X-1.test.terminal.adyen.com")
            (tmp_path / "terminal-root.pem").rename(root)
            bench.devices.retry("terminal.main")
            assert (await bench.state("terminal.main", DeviceState.ABSENT)).fault is FaultReason.UNREACHABLE

    run(main())


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("127.0.0.1:9700", "tcp:// is missing"),
        ("localhost:9700?profile=epson-80", "tcp:// is missing"),
        ("/dev/ttyUSB0", "serial:///dev/ttyUSB0"),
        ("http://127.0.0.1", "auto, serial, tcp, udev, usblp"),
    ],
)
def test_what_is_missing_is_said(url, says):
    with pytest.raises(ValueError, match=says):
        parse_address(url, DeviceKind.PRINTER)


def test_a_logo_that_is_not_there_is_said_at_the_start(caplog, tmp_path):
    from appliance.clock import SystemClock

    Registry(DevicesConfig({}, logo=str(tmp_path / "logo.png")), SystemClock(), lambda event: None)
    assert caplog.messages == [f"logo: there is no file {tmp_path}/logo.png; papers go without"]


@pytest.mark.parametrize(
    ("role", "url", "says"),
    [
        ("printer.receipt", "x" * 501, "trop longue"),
        ("printer.receipt", "tcp://[", "elle ne se lit pas"),
        ("printer.receipt", "127.0.0.1:9700", "le début manque : tcp://127.0.0.1:9700"),
        ("printer.receipt", "http://h", "« http » ne convient pas ici, seulement auto, serial, tcp, udev, usblp"),
        ("printer.receipt", "tcp://h:1?color=1", "option inconnue « color »"),
        ("printer.receipt", f"tcp://{'a' * 80}:1", "aucun hôte"),
        ("printer.receipt", "tcp://h", "un hôte et un port"),
        ("printer.receipt", "tcp://h:1?ID_SERIAL=3", "udev"),
        ("printer.receipt", "tcp://h:1?profile=x", "profile est l’un de epson-80, "),
        ("printer.receipt", "serial://dev", "chemin complet"),
        ("printer.receipt", "serial:///dev/x?baud=1", "baud est l’un de 1200, 2400"),
        ("printer.receipt", "udev:serial", "rien n’est écrit"),
        ("printer.receipt", "udev:hidraw", "udev est l’un de"),
        ("toaster.a", "tcp://h:1", "un rôle commence par "),
        ("printer.receipt ", "tcp://h:1", "un rôle est un genre"),
        ("scanner.a", "udev:evdev", "tout clavier serait pris"),
        ("scanner.a", "evdev:///dev/x?layout=xx", "layout est l’un de "),
        ("scanner.a", "serial:///dev/x?end=never", "end est l’un de suffix, silence"),
        ("scanner.a", "serial:///dev/x?suffix=%2501%2502%2503%2504%2505", "suffix a de 1 à 4"),
        ("drawer.main", "via:printer.none", "aucune imprimante n’a le rôle printer.none"),
        ("drawer.main", "via:printer.none?pin=3", "pin est l’un de 2, 5"),
        ("drawer.main", "via:printer.none?open=maybe", "open est l’un de high, low, none"),
        ("drawer.main", "serial:///dev/x?trigger=hammer", "trigger est l’un de "),
        ("scale.counter", "serial:///dev/x?parity=odd", "parity est l’un de even, none"),
        ("display.customer", "serial:///dev/x?profile=x", "profile est l’un de epson, "),
        ("terminal.main", "nexo://h/path?poiid=X-1&root=/r", "pas de chemin"),
        ("terminal.main", "nexo://h?poiid=X-1&root=r", "certificat racine"),
        ("terminal.main", "nexo://h?root=/r", "poiid a de 1 à 64"),
        ("terminal.main", "nexo://h?poiid=X-1&tls=maybe", "tls est l’un de on, off"),
        ("terminal.main", "nexo://h?poiid=X-1&root=/r&key=/nope", "le fichier de clé ne s’ouvre pas"),
        ("terminal.main", "nexo://h?poiid=X-1&root=/r&key=/etc/hostname", "identifier, version et passphrase"),
        ("terminal.main", "caisse-ap://h?register=1", "register a deux chiffres"),
        ("terminal.main", "caisse-ap://h?poiid=1", "option inconnue « poiid »"),
    ],
)
def test_a_technician_is_told_the_part_in_french(run, role, url, says):
    """Said by the code, never by the English text of the log."""

    async def main():
        async with table_with({}) as table:
            with pytest.raises(Refusal) as refused:
                await assign(table.devices, role, url)
            sentence = sentence_of(refused.value)
            assert sentence.startswith("Adresse refusée : ")
            assert says in sentence
            assert "{" not in sentence

    run(main())
