"""One line of configuration: what can be meant is read, everything else refused with a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from appliance.hal.address import BadAddress, kind_of, parse_address, write_address
from appliance.hal.device import DeviceKind

PRINTER, SCANNER, DRAWER = DeviceKind.PRINTER, DeviceKind.SCANNER, DeviceKind.DRAWER


def test_reads_each_kind_of_address():
    tcp = parse_address("tcp://127.0.0.1:9100?profile=epson-80", PRINTER)
    assert (tcp.host, tcp.port, tcp.options) == ("127.0.0.1", 9100, {"profile": "epson-80"})
    assert parse_address("serial:///dev/ttyUSB0?baud=115200", PRINTER).path == "/dev/ttyUSB0"
    assert parse_address("usblp:///dev/usb/lp0", PRINTER).scheme == "usblp"
    assert parse_address("evstream:///run/wedge?layout=fr", SCANNER).options == {"layout": "fr"}
    udev = parse_address("udev:evdev?ID_SERIAL=Honeywell_1&layout=de", SCANNER)
    assert (udev.path, udev.match, udev.options) == ("evdev", {"ID_SERIAL": "Honeywell_1"}, {"layout": "de"})
    assert parse_address("auto:", PRINTER).path == "usblp"
    assert parse_address("via:printer.receipt?pin=5", DRAWER).path == "printer.receipt"


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("", PRINTER),
        ("tcp://host", PRINTER),
        ("tcp://host:99999", PRINTER),
        ("tcp://a..b:9100", PRINTER),
        (f"tcp://{'a' * 64}:9100", PRINTER),
        (f"caisse-ap://{'a' * 64}:8888", DeviceKind.TERMINAL),
        ("nexo://..:9?poiid=x&tls=off", DeviceKind.TERMINAL),
        ("tcp://host:9100", SCANNER),
        ("serial://relative", SCANNER),
        ("serial:///dev/ttyS0?bauds=9600", SCANNER),
        ("serial:///dev/ttyS0?baud=fast", SCANNER),
        ("serial:///dev/ttyS0?ID_SERIAL=x", SCANNER),
        ("udev:evdev", SCANNER),
        ("udev:usblp", SCANNER),
        ("file:///etc/passwd", PRINTER),
        ("tcp://h:1?" + "x" * 600, PRINTER),
    ],
)
def test_refuses_what_cannot_be_meant(url, kind):
    with pytest.raises(BadAddress):
        parse_address(url, kind)


def test_a_role_begins_with_its_kind():
    assert kind_of("scanner.front") is SCANNER
    with pytest.raises(BadAddress):
        kind_of("toaster.front")


@given(st.text(max_size=80), st.sampled_from(DeviceKind))
def test_garbage_is_refused_and_nothing_else(url, kind):
    try:
        parse_address(url, kind)
    except BadAddress:
        pass


WORDS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x2FF), max_size=12)


@given(st.sampled_from(["udev:serial", "udev:evdev", "evstream:///run/wedge", "serial:///dev/tty é"]), WORDS, WORDS)
def test_an_address_can_be_written_and_read_again(place, prefix, serial):
    match = {"ID_SERIAL": serial, "ID_PATH": "pci-0000:00:14.0-usb-0:2:1.0"} if place.startswith("udev") else {}
    address = parse_address(place, SCANNER) if not match else parse_address(place + "?ID_PATH=x", SCANNER)
    address = structs.replace(address, options={"prefix": prefix, "layout": "fr"}, match=match)
    assert parse_address(write_address(address), SCANNER) == address


@pytest.mark.parametrize(
    "url",
    ["tcp://10.0.0.7:9100?profile=epson-80", "usblp:///dev/usb/lp0", "udev:usblp", "serial:///dev/ttyS0?baud=115200"],
)
def test_a_plain_line_stays_as_it_was(url):
    assert write_address(parse_address(url, PRINTER)) == url
