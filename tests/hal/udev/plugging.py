"""Hot plug against the real libudev and pyudev, on devices that umockdev makes up. Run by test_udev.py."""

import asyncio
import ctypes
import os
import socket
import struct

import pyudev

from appliance.hal.address import parse_address
from appliance.hal.device import DeviceKind, DeviceState, Scan, ScanDamaged
from appliance.hal.hotplug import Ports

READY, ABSENT = DeviceState.READY, DeviceState.ABSENT
MILK, BREAD = "7610000000011", "7610000000028"


def by_serial(serial: str) -> str:
    return f"udev:serial?ID_SERIAL_SHORT={serial}&timeout_ms=5000"


def by_path(port: int) -> str:
    return f"udev:serial?ID_PATH=pci-0000:00:14.0-usb-0:{port}:1.0"


def test_cold_a_scanner_that_was_there_before(run, bench, bus):
    async def main():
        scanner = bus.plug("COLD", port=1)
        async with bench({"scanner.front": by_serial("COLD")}) as table:
            assert (await table.state("scanner.front", READY)).port == f"serial:{scanner.node}"
            scanner.read(b"]E0" + MILK.encode() + b"\r\n")
            read = await table.until(lambda: next(iter(table.of(Scan)), None))
            assert (read.text, read.symbology, read.source) == (MILK, "E0", "scanner.front")

    run(main())


def test_hot_plugged_in_pulled_out_and_back_under_another_name(run, bench, bus):
    async def main():
        async with bench({"scanner.front": by_serial("HOT")}) as table:
            await table.state("scanner.front", ABSENT)
            first = bus.plug("HOT", port=1)
            await table.state("scanner.front", READY)
            first.read(MILK[:6].encode())
            first.unplug()
            await table.state("scanner.front", ABSENT)
            again = bus.plug("HOT", port=2)
            assert (await table.state("scanner.front", READY)).port == f"serial:{again.node}"
            assert again.node != first.node
            again.read(BREAD.encode() + b"\r")
            read = await table.until(lambda: next(iter(table.of(Scan)), None))
            assert read.text == BREAD
            assert not [damaged for damaged in table.of(ScanDamaged) if damaged.reason != "unplugged"]

    run(main())


def test_one_serial_number_on_two_ports(run, bench, bus):
    async def main():
        right = bus.plug("TWIN", port=4)
        async with bench({"scanner.left": by_path(3), "scanner.right": by_path(4)}) as table:
            await table.state("scanner.right", READY)
            await table.state("scanner.left", ABSENT)
            left = bus.plug("TWIN", port=3)
            await table.state("scanner.left", READY)
            for scanner, code, role in ((right, BREAD, "scanner.right"), (left, MILK, "scanner.left")):
                scanner.read(code.encode() + b"\r")
                wanted = (code, role)
                await table.until(
                    lambda wanted=wanted: [read for read in table.of(Scan) if (read.text, read.source) == wanted]
                )
            right.unplug()
            await table.state("scanner.right", ABSENT)
            assert next(health for health in table.devices.health() if health.role == "scanner.left").state is READY

    run(main())


class Bystander:
    """pyudev itself, with somebody who plugs a device in just before or just after the list is read."""

    Monitor = pyudev.Monitor

    def __init__(self, before=lambda: None, after=lambda: None):
        self._moments = [before, after]

    def Context(self):
        bystander = self

        class Context(pyudev.Context):  # type: ignore[misc]
            def list_devices(self, **wanted):
                before, after = bystander._moments
                bystander._moments = [lambda: None, lambda: None]
                before()
                listed = list(super().list_devices(**wanted))
                after()
                return listed

        return Context()


async def claim_within(ports: Ports, address: str) -> str:
    class Holder:
        def unplugged(self): ...

    return (await ports.claim(Holder(), parse_address(address, DeviceKind.SCANNER))).path


def follow(run, ports, test):
    async def main():
        async with asyncio.TaskGroup() as group:
            following = group.create_task(ports.run(), name="hotplug")
            await test()
            following.cancel()

    run(main())


def test_race_plugged_in_between_binding_and_listing_is_seen_once(run, bus):
    ports, node = Ports(lambda: Bystander(before=lambda: bus.plug("RACE", port=5))), bus.next_node

    async def test():
        assert await claim_within(ports, by_serial("RACE")) == node
        last = bus.plug("LAST", port=6)  # when this one is heard of, so is all that came before
        await claim_within(ports, by_serial("LAST"))
        assert sorted(port.node for port in ports.plugged()) == sorted([node, last.node])
        assert not ports.offers(parse_address(by_serial("RACE"), DeviceKind.SCANNER))

    follow(run, ports, test)


def test_race_plugged_in_just_after_the_list_was_read_is_not_missed(run, bus):
    """Fails when the list is read before the monitor is bound."""
    ports, node = Ports(lambda: Bystander(after=lambda: bus.plug("RACE", port=5))), bus.next_node

    async def test():
        assert await claim_within(ports, by_serial("RACE")) == node

    follow(run, ports, test)


def break_socket(monitor) -> None:
    """Leave the monitor's socket with a pending error, as an overflow does: readable with an error, for good.

    A datagram socket has an error when its peer turns away with our words unread (net/unix/af_unix.c).
    """
    ours = socket.socket(fileno=os.dup(monitor.fileno()))
    with (
        ours,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as peer,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other,
    ):
        for end in (peer, other):
            end.bind(b"")
        ours.connect(peer.getsockname())
        peer.connect(ours.getsockname())
        ours.send(b"unread")
        peer.connect(other.getsockname())
        nobody = struct.pack("H14x", socket.AF_UNSPEC)  # without a peer again: anybody may send
        assert ctypes.CDLL(None).connect(ours.fileno(), nobody, len(nobody)) == 0


def test_a_monitor_that_overflowed_is_replaced_and_what_was_lost_made_good(run, bus):
    ports = Ports()

    async def test():
        bus.plug("STAYING", port=1)
        await claim_within(ports, by_serial("STAYING"))
        broken = ports._monitor
        leaving = bus.plug("LEAVING", port=2)
        await claim_within(ports, by_serial("LEAVING"))
        break_socket(broken)
        leaving.unplug(silently=True)
        bus.plug("LOST", port=3)
        await claim_within(ports, by_serial("LOST"))
        assert ports._monitor is not broken
        assert {port.properties["ID_SERIAL_SHORT"] for port in ports.plugged()} == {"STAYING", "LOST"}
        bus.plug("HEARD", port=2)
        await claim_within(ports, by_serial("HEARD"))

    follow(run, ports, test)
