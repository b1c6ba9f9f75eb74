"""Addresses that lead to something else than was meant: the role is *Mal réglé*, and one log line names the part."""

import pytest

from appliance.hal.address import DevicesConfig, parse_address
from appliance.hal.device import DeviceKind, DeviceState, FaultReason
from appliance.hal.registry import Registry
from tests.hal.conftest import bench_with


@pytest.mark.parametrize(
    ("role", "url", "part"),
    [
        ("terminal.main", "nexo://127.0.0.1:1?poiid=X-1&root=/nope.pem", "root"),
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
