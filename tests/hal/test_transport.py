"""Links: bytes both ways, a reason when opening fails, one end and never two."""

import asyncio
import os
import socket
import termios
from typing import Any

import pytest

from appliance.hal.address import parse_address
from appliance.hal.device import DeviceKind, FaultReason
from appliance.hal.scanner.hidpos import card, record
from appliance.hal.simulated.pty import PtyCable
from appliance.hal.simulated.scanner import HID_DESCRIPTOR, SimulatedHidScanner
from appliance.hal.transport import DeviceFault, LinkLost, _ReportTransport, open_transport

PRINTER, SCANNER = DeviceKind.PRINTER, DeviceKind.SCANNER


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        if data == b"quit":
            self.transport.close()
        else:
            self.transport.write(data)


async def serve_echo():
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


def test_tcp_both_ways_until_the_other_side_ends(run):
    async def main():
        server, port = await serve_echo()
        link = await open_transport(parse_address(f"tcp://127.0.0.1:{port}", PRINTER))
        await link.write(b"hello")
        assert await link.read() == b"hello"
        assert await link.read(0.01) == b""
        await link.write(b"quit")
        with pytest.raises(LinkLost) as lost:
            await link.read()
        assert lost.value.reason is FaultReason.UNREACHABLE
        assert link.lost
        with pytest.raises(LinkLost):
            await link.write(b"more")
        link.abort()
        await link.closed()
        server.close()

    run(main())


def test_bytes_that_came_before_the_end_are_read_first(run):
    async def main():
        server, port = await serve_echo()
        link = await open_transport(parse_address(f"tcp://127.0.0.1:{port}", PRINTER))
        await link.write(b"last words")
        assert await link.read() == b"last words"
        link._take(b"in flight")
        link.abort()
        assert await link.read() == b"in flight"
        with pytest.raises(LinkLost):
            await link.read()
        await link.closed()
        server.close()

    run(main())


@pytest.mark.parametrize(
    ("url", "kind", "reason"),
    [
        ("tcp://127.0.0.1:1", PRINTER, FaultReason.UNREACHABLE),
        ("serial:///nowhere/tty", SCANNER, FaultReason.UNPLUGGED),
        ("usblp:///nowhere/lp0", PRINTER, FaultReason.UNPLUGGED),
        ("evdev:///nowhere/event0", SCANNER, FaultReason.UNPLUGGED),
        ("evdev:///dev/null", SCANNER, FaultReason.MISCONFIGURED),
        ("hidraw:///nowhere/hidraw0", SCANNER, FaultReason.UNPLUGGED),
        ("hidraw:///dev/null", SCANNER, FaultReason.MISCONFIGURED),
        ("hidstream:///nowhere/hid", SCANNER, FaultReason.UNPLUGGED),
        ("evstream:///nowhere/stream", SCANNER, FaultReason.UNPLUGGED),
        ("serial:///etc/passwd", SCANNER, FaultReason.MISCONFIGURED),
        ("serial:///dev/null", SCANNER, FaultReason.MISCONFIGURED),
        ("serial:///etc", SCANNER, FaultReason.MISCONFIGURED),
        ("usblp:///etc/passwd", PRINTER, FaultReason.MISCONFIGURED),
        ("usblp:///dev/null", PRINTER, FaultReason.MISCONFIGURED),
        ("hidraw:///etc/passwd", SCANNER, FaultReason.MISCONFIGURED),
        ("evdev:///etc/passwd", SCANNER, FaultReason.MISCONFIGURED),
        ("evstream:///etc/passwd", SCANNER, FaultReason.MISCONFIGURED),
        ("hidstream:///etc", SCANNER, FaultReason.MISCONFIGURED),
    ],
)
def test_opening_fails_with_a_reason(run, url, kind, reason):
    async def main():
        with pytest.raises(DeviceFault) as fault:
            await open_transport(parse_address(url, kind))
        assert fault.value.reason is reason

    run(main())


def test_a_serial_line_has_one_owner_and_is_free_after_the_end(run, tmp_path):
    async def main():
        heard: list[bytes] = []
        cable = PtyCable(tmp_path / "line", heard.append)
        cable.plug()
        address = parse_address(f"serial://{cable.path}", SCANNER)
        link = await open_transport(address)
        with pytest.raises(DeviceFault) as fault:
            await open_transport(address)
        assert fault.value.reason is FaultReason.BUSY
        cable.send(b"7610\r")
        assert await link.read() == b"7610\r"
        await link.write(b"\x05")
        link.abort()
        await link.closed()
        again = await open_transport(address)
        cable.unplug()
        with pytest.raises(LinkLost) as lost:
            await again.read()
        assert lost.value.reason is FaultReason.UNPLUGGED
        again.abort()
        await again.closed()

    run(main())


def test_a_fifo_serves_as_event_stream(run, tmp_path):
    async def main():
        path = tmp_path / "keys"
        os.mkfifo(path)
        link = await open_transport(parse_address(f"evstream://{path}", SCANNER))
        writer = os.open(path, os.O_WRONLY)
        os.write(writer, b"x" * 48)
        assert await link.read() == b"x" * 48
        os.close(writer)
        with pytest.raises(LinkLost):
            await link.read()

    run(main())


def test_a_full_device_holds_the_writer_until_it_reads_again(run, tmp_path):
    """Way: a FIFO opened for both sides stands for a USB printer node whose 8 kB are full."""

    async def main():
        path = tmp_path / "lp0"
        os.mkfifo(path)
        link: Any = await open_transport(parse_address(f"usblp://{path}", PRINTER))
        asyncio.get_running_loop().remove_reader(link._fd)  # only the far end reads here
        payload = b"z" * 200_000
        async with asyncio.TaskGroup() as group:
            writing = group.create_task(link.write(payload), name="writing")
            far = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            got = 0
            while got < len(payload):
                await asyncio.sleep(0)
                try:
                    got += len(os.read(far, 65_536))
                except BlockingIOError:
                    continue
            await writing
        os.close(far)
        link.abort()

    run(main())


def test_each_report_stays_one_report(run):
    """Way: a socket that keeps the borders of packets stands for a hidraw node."""

    async def main():
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
        link = _ReportTransport(near.detach(), record(b"card"))
        far.send(b"\x02" * 64)
        far.send(b"\x02" * 3)
        received = b""
        while len(received) < 6 + 66 + 5:
            received += await link.read()
        assert received == record(b"card") + record(b"\x02" * 64) + record(b"\x02" * 3)
        far.close()
        with pytest.raises(LinkLost):
            await link.read()
        link.abort()

    run(main())


def test_a_hid_stream_is_a_socket(run, tmp_path):
    async def main():
        scanner = SimulatedHidScanner(tmp_path / "hid")
        await scanner.plug()
        link = await open_transport(parse_address(scanner.url, SCANNER))
        assert link.address.scheme == "hidstream"
        assert await link.read() == card(0x0DB5, 0x0136, HID_DESCRIPTOR)
        scanner.unplug()
        with pytest.raises(LinkLost):
            await link.read()
        link.abort()
        await link.closed()

    run(main())


def test_a_line_that_goes_while_it_is_set_up_is_unplugged_and_no_bug(run, tmp_path, monkeypatch):
    """The kernel's answer to pyserial's tcsetattr is then EIO, as a termios.error, which is no OSError."""

    def tcsetattr(*arguments):
        raise termios.error(5, "Input/output error")

    async def main():
        cable = PtyCable(tmp_path / "line")
        cable.plug()
        monkeypatch.setattr(termios, "tcsetattr", tcsetattr)
        with pytest.raises(DeviceFault) as fault:
            await open_transport(parse_address(f"serial://{cable.path}", SCANNER))
        assert fault.value.reason is FaultReason.UNPLUGGED
        cable.unplug()

    run(main())


def test_a_hid_scanner_has_one_owner(run, tmp_path, monkeypatch):
    """Way: a FIFO stands for the node, and sysfs shows it."""

    async def main():
        path = tmp_path / "hidraw0"
        os.mkfifo(path)
        monkeypatch.setattr("appliance.hal.transport._card_in_sysfs", lambda name: card(1, 2, HID_DESCRIPTOR))
        far = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        address = parse_address(f"hidraw://{path}", SCANNER)
        link = await open_transport(address)
        with pytest.raises(DeviceFault) as fault:
            await open_transport(address)
        assert fault.value.reason is FaultReason.BUSY
        os.write(far, b"\x02" * 64)
        received = await link.read()
        while len(received) < len(card(1, 2, HID_DESCRIPTOR)) + 66:
            received += await link.read()
        assert received == card(1, 2, HID_DESCRIPTOR) + record(b"\x02" * 64)
        link.abort()
        (await open_transport(address)).abort()
        os.close(far)

    run(main())
