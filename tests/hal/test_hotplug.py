"""Ports: what udev says is a hint. The stand-in below plays pyudev, on a real file descriptor."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.hal.address import parse_address
from appliance.hal.device import DeviceKind
from appliance.hal.hotplug import Port, Ports, _port_of, class_of, matches, rule_of
from appliance.hal.simulated.scanner import HID_DESCRIPTOR
from tests.support.udev import Device, FakeUdev

SCANNER, PRINTER = DeviceKind.SCANNER, DeviceKind.PRINTER
ACM = Port("/devices/1/tty/ttyACM0", "/dev/ttyACM0", "tty", {"ID_BUS": "usb", "ID_SERIAL": "Datalogic_7"})
KEYS = Port(
    "/devices/2/event4", "/dev/input/event4", "input", {"ID_BUS": "usb", "ID_INPUT_KEYBOARD": "1", "ID_SERIAL": "Z"}
)
HID = Port("/devices/5/hidraw0", "/dev/hidraw0", "hidraw", {"ID_SERIAL": "H"}, HID_DESCRIPTOR)
MOUSE = Port("/devices/6/hidraw1", "/dev/hidraw1", "hidraw", {}, bytes.fromhex("05010902a1010901a100c0c0"))
LP = Port("/devices/3/lp1", "/dev/usb/lp1", "usbmisc", {})
CONSOLE = Port("/devices/4/tty1", "/dev/tty1", "tty", {})


class Holder:
    def __init__(self):
        self.gone = asyncio.Event()

    def unplugged(self):
        self.gone.set()


@pytest.mark.parametrize(
    ("port", "expected"),
    [(ACM, "serial"), (KEYS, "evdev"), (LP, "usblp"), (CONSOLE, None), (HID, "hidraw"), (MOUSE, None)],
)
def test_class_of_a_port(port, expected):
    assert class_of(port) == expected


def test_a_keyboard_is_taken_only_by_name():
    assert not matches(parse_address("auto:", SCANNER), KEYS)
    assert matches(parse_address("udev:evdev?ID_SERIAL=Z", SCANNER), KEYS)
    assert not matches(parse_address("udev:evdev?ID_SERIAL=Y", SCANNER), KEYS)


def test_each_port_has_one_holder(run):
    async def main():
        ports, address = Ports(), parse_address("auto:", SCANNER)
        first, second = Holder(), Holder()
        ports.appeared(ACM)
        ports.appeared(ACM)
        taken = await ports.claim(first, address)
        assert (taken.scheme, taken.path) == ("serial", "/dev/ttyACM0")
        assert not ports.offers(address)
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(ports.claim(second, address), name="second")
            ports.disappeared(ACM.device_path)
            await first.gone.wait()
            ports.appeared(ACM)
            assert (await waiting).path == "/dev/ttyACM0"

    run(main())


async def follow(udev, test):
    """Run `test(ports)` while ports follow the stand-in."""
    ports = Ports(lambda: udev)
    async with asyncio.TaskGroup() as group:
        following = group.create_task(ports.run(), name="hotplug")
        await test(ports)
        following.cancel()
    udev.close()


def test_what_is_plugged_between_binding_and_listing_is_seen_once(run):
    udev = FakeUdev()

    def plug_meanwhile():
        udev.on_list = lambda: None
        udev.plugged = [ACM]
        udev.monitors[0].say(Device(ACM, "add"))

    async def main():
        udev.on_list = plug_meanwhile

        async def test(ports):
            await ports.claim(Holder(), parse_address("auto:", SCANNER))
            assert list(ports._ports) == [ACM.device_path]

        await follow(udev, test)

    run(main())


def test_overflow_binds_a_new_monitor_and_repairs_what_was_lost(run):
    udev = FakeUdev()
    udev.plugged = [ACM]

    async def main():
        async def test(ports):
            holder = Holder()
            await ports.claim(holder, parse_address("auto:", SCANNER))
            udev.plugged = [LP]  # both events were lost
            udev.monitors[0].overflow()
            assert (await ports.claim(Holder(), parse_address("auto:", PRINTER))).path == "/dev/usb/lp1"
            await holder.gone.wait()
            assert len(udev.monitors) == 2

        await follow(udev, test)

    run(main())


def test_without_udev_nothing_is_plugged_in_and_nothing_fails(run):
    class NoUdev(FakeUdev):
        def from_netlink(self, context, source):
            raise OSError(93, "Protocol not supported")

    run(Ports(NoUdev).run())


def test_the_real_udev_library_starts_and_stops(run):
    async def main():
        ports = Ports()
        async with asyncio.TaskGroup() as group:
            following = group.create_task(ports.run(), name="hotplug")
            await asyncio.sleep(0)
            await asyncio.to_thread(lambda: None)
            following.cancel()

    run(main())


def twin(number, place, node, serial="Zebra_DS2208_1"):
    """One of several scanners of the same make; the interface stands at the end of ID_PATH, as udev has it."""
    properties = {
        "ID_BUS": "usb",
        "ID_INPUT_KEYBOARD": "1",
        "ID_SERIAL": serial,
        "ID_PATH": f"pci-0000:00:14.0-usb-0:{place}:1.0",
        "ID_USB_INTERFACE_NUM": "00",
    }
    return Port(f"/devices/usb1/1-{place}/{number}", node, "input", properties)


def test_a_device_is_named_by_its_serial_and_by_its_port_only_where_it_must():
    one, other = twin(1, 1, "/dev/input/event4"), twin(2, 2, "/dev/input/event5")
    assert rule_of(one) == {"ID_SERIAL": "Zebra_DS2208_1", "ID_USB_INTERFACE_NUM": "00", "ID_INPUT_KEYBOARD": "1"}
    assert rule_of(one, [twin(3, 3, "/dev/input/event6", "Other_1")]) == rule_of(one)
    assert rule_of(one, [other])["ID_PATH"] == one.properties["ID_PATH"]
    second_interface = Port("/devices/usb1/1-1/9", "/dev/input/event9", "input", one.properties | {
        "ID_PATH": "pci-0000:00:14.0-usb-0:1:1.1", "ID_USB_INTERFACE_NUM": "01"
    })  # fmt: skip
    assert "ID_PATH" not in rule_of(one, [second_interface])
    assert one.identity != other.identity
    assert twin(7, 1, "/dev/input/event17").identity == one.identity


def test_whoever_names_a_port_more_closely_gets_it(run):
    """Two of a kind: one role knows the serial, the other the port too. In any order of plugging each gets its own."""
    first = parse_address("udev:evdev?ID_SERIAL=Zebra_DS2208_1", SCANNER)
    second = parse_address("udev:evdev?ID_SERIAL=Zebra_DS2208_1&ID_PATH=pci-0000:00:14.0-usb-0:2:1.0", SCANNER)

    async def main():
        for order in ((1, 2), (2, 1)):
            ports = Ports()
            ports.expect("scanner.a", first, lambda: None)
            ports.expect("scanner.b", second, lambda: None)
            for place in order:
                ports.appeared(twin(place, place, f"/dev/input/event{10 - place}"))
            assert (await ports.claim(Holder(), first)).path == "/dev/input/event9"
            assert (await ports.claim(Holder(), second)).path == "/dev/input/event8"
            assert ports.unwanted() == ()

    run(main())


def test_any_scanner_leaves_the_named_one_alone(run):
    async def main():
        ports, any_scanner = Ports(), parse_address("auto:", SCANNER)
        ports.expect("scanner.any", any_scanner, lambda: None)
        ports.expect("scanner.front", parse_address("udev:hidraw?ID_SERIAL=H", SCANNER), lambda: None)
        ports.appeared(HID)
        assert not ports.offers(any_scanner)
        ports.expect_no_more("scanner.front")
        assert (await ports.claim(Holder(), any_scanner)).scheme == "hidraw"

    run(main())


def test_a_keyboard_node_is_taken_before_the_media_keys_of_the_same_device(run):
    async def main():
        ports = Ports()
        keyboard = twin(5, 1, "/dev/input/event5")
        media = {name: value for name, value in keyboard.properties.items() if name != "ID_INPUT_KEYBOARD"}
        ports.appeared(Port("/devices/usb1/1-1/4", "/dev/input/event4", "input", media | {"ID_INPUT_KEY": "1"}))
        ports.appeared(keyboard)
        taken = await ports.claim(Holder(), parse_address("udev:evdev?ID_SERIAL=Zebra_DS2208_1", SCANNER))
        assert taken.path == "/dev/input/event5"

    run(main())


def test_a_node_that_moved_without_a_word_ends_the_old_link(run):
    async def main():
        ports, holder = Ports(), Holder()
        ports.appeared(ACM)
        await ports.claim(holder, parse_address("auto:", SCANNER))
        ports.appeared(Port(ACM.device_path, "/dev/ttyACM1", "tty", ACM.properties))
        await holder.gone.wait()
        assert (await ports.claim(Holder(), parse_address("auto:", SCANNER))).path == "/dev/ttyACM1"

    run(main())


def test_udev_that_is_restarted_costs_nothing(run, monkeypatch, caplog):
    """The list fails once, as while udevd restarts: the till goes on and looks again."""
    monkeypatch.setattr("appliance.hal.hotplug._AGAIN_S", 0.0)
    udev = FakeUdev()
    udev.plugged = [ACM]

    def fail_once():
        udev.on_list = lambda: None
        raise OSError(2, "No such file or directory")

    async def main():
        udev.on_list = fail_once

        async def test(ports):
            assert (await ports.claim(Holder(), parse_address("auto:", SCANNER))).path == "/dev/ttyACM0"
            assert len(udev.monitors) == 2

        await follow(udev, test)

    run(main())


def test_a_storm_lets_the_loop_breathe(run):
    udev = FakeUdev()
    udev.plugged = [ACM]

    async def main():
        async def test(ports):
            await ports.claim(Holder(), parse_address("auto:", SCANNER))
            for number in range(1_000):
                udev.monitors[0].say(Device(Port(f"/devices/{number}", f"/dev/ttyACM{number}", "tty", {}), "add"))
            turns = 0
            while udev.monitors[0].queue:
                await asyncio.sleep(0)
                turns += 1
            assert turns > 10

        await follow(udev, test)

    run(main())


def test_a_hid_scanner_is_told_by_its_descriptor_and_its_usb_parent(tmp_path):
    """The node is never opened: the descriptor is in sysfs, the identity with the USB device above."""

    class Parent:
        properties = {"ID_SERIAL": "Honeywell_1400g_12", "ID_VENDOR": "Honeywell", "DEVTYPE": "usb_device"}

        class attributes:
            @staticmethod
            def asstring(name):
                return {"bInterfaceNumber": "00"}[name]

    class Hidraw(Device):
        sys_path = None

        def find_parent(self, subsystem, kind=None):
            return Parent()

    device = Hidraw(Port("/devices/7/hidraw3", "/dev/hidraw3", "hidraw", {"SUBSYSTEM": "hidraw"}))
    device.sys_path = str(tmp_path)
    assert _port_of(device) is None  # sysfs has not got it (yet)
    (tmp_path / "device").mkdir()
    (tmp_path / "device" / "report_descriptor").write_bytes(HID_DESCRIPTOR)
    port = _port_of(device)
    assert port is not None and class_of(port) == "hidraw"
    assert port.identity == "Honeywell_1400g_12||00"
    assert "DEVTYPE" not in port.properties


PLACES, SERIALS = st.integers(1, 3), st.sampled_from(["A", "B", ""])
ROLES = {
    "any": "udev:hidraw,serial",
    "line": "udev:serial",
    "a": "udev:serial?ID_SERIAL=A",
    "a here": "udev:serial?ID_SERIAL=A&ID_PATH=port-1",
    "here": "udev:serial?ID_PATH=port-2",
}


@given(st.lists(st.one_of(st.tuples(PLACES, SERIALS), PLACES), max_size=30), st.permutations(sorted(ROLES)))
def test_in_whatever_order_things_come_each_has_the_port_it_should(steps, order):
    """A step plugs a line into a place or empties the place; after each, all roles take what they may.

    Then: a port has one holder; who holds it is the closest of those that name it; and none is left over that a role
    without a port may have.
    """

    async def main():
        rules = {role: parse_address(url, SCANNER) for role, url in ROLES.items()}
        ports, holders = Ports(), {role: Holder() for role in ROLES}
        for role in order:
            ports.expect(role, rules[role], lambda: None)
        there: dict[int, Port] = {}
        for step in steps:
            place = step if isinstance(step, int) else step[0]
            if place in there:
                ports.disappeared(there.pop(place).device_path)
            if not isinstance(step, int):
                properties = {"ID_BUS": "usb", "ID_PATH": f"port-{place}"} | ({"ID_SERIAL": step[1]} if step[1] else {})
                there[place] = Port(f"/devices/{place}", f"/dev/ttyACM{place}", "tty", properties)
                ports.appeared(there[place])
            for role in order:
                if ports.held_by(holders[role]) is None and ports.offers(rules[role]):
                    await ports.claim(holders[role], rules[role])
            held = {role: port for role in ROLES if (port := ports.held_by(holders[role])) is not None}
            assert len({port.device_path for port in held.values()}) == len(held)
            assert {port.device_path for port in ports.plugged()} == {port.device_path for port in there.values()}
            for role, port in held.items():
                assert matches(rules[role], port)
                closer = [other for other in ROLES if len(rules[other].match) > len(rules[role].match)]
                assert not any(matches(rules[other], port) for other in closer)
            for port in ports.plugged():
                if ports.holder(port) is None:
                    wanting = [role for role in ROLES if matches(rules[role], port)]
                    closest = max((len(rules[role].match) for role in wanting), default=0)
                    assert all(role in held for role in wanting if len(rules[role].match) == closest and closest)

    asyncio.run(main())
