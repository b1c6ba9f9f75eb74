"""Roles change hands while the till runs: by hand, and by « Scannez ce code ».

Way: real links (pty, Unix sockets); udev is played by a stand-in that shows the ptys as USB serial lines.
"""

import asyncio
from contextlib import asynccontextmanager

import pytest

from appliance.hal.device import SETUP_CODE, DeviceState, FaultReason, Health, Remedy, Scan
from appliance.hal.hotplug import Port
from appliance.hal.simulated.scanner import (
    SimulatedHidScanner,
    SimulatedSerialScanner,
    SimulatedWedgeScanner,
)
from tests.support.udev import FakeUdev, Keys, table_with


def usb_line(scanner, place, serial="Datalogic_7"):
    properties = {"ID_BUS": "usb", "ID_SERIAL": serial, "ID_PATH": f"pci-0-usb-0:{place}:1.0", "ID_VENDOR": "Datalogic"}
    return Port(f"/devices/usb1/1-{place}/tty/ttyACM{place}", scanner.url.removeprefix("serial://"), "tty", properties)


@asynccontextmanager
async def search(table, role):
    """A search for this role's scanner: its task, and what it tells."""
    told = []

    def tell(learning):
        told.append(learning)
        table.wake()

    async with asyncio.TaskGroup() as group:
        learning = group.create_task(table.devices.learn(role, tell), name="learning")
        await table.until(lambda: told)
        yield learning, told


@pytest.mark.parametrize("layout", ["us", "fr", "ch", "de", "be"])
def test_a_keyboard_is_never_taken_by_mistake(run, tmp_path, grabbed, layout):
    """Same class, same maker, no serial number, and somebody types on the keyboard during the search: only the one
    that read the code is grabbed."""

    async def main():
        keyboard, scanner = Keys(tmp_path, 3, "Cheap_HID", 1), Keys(tmp_path, 4, "Cheap_HID", 2)
        udev = FakeUdev()
        udev.plugged = [keyboard.port]
        async with table_with({"scanner.any": "auto:"}, udev) as table:
            async with search(table, "scanner.front") as (learning, told):
                await table.until(lambda: len(told[-1].listening) == 2)  # the keyboard, and the role in service
                udev.plug(scanner.port)  # plugged in during the search
                await table.until(lambda: len(told[-1].listening) == 3)
                keyboard.type("bonjour 12")
                await table.until(lambda: told[-1].heard)
                assert grabbed == []
                scanner.type(SETUP_CODE, layout)
                address = await learning
            place = "ID_PATH=pci-0-usb-0%3A2%3A1.0"
            assert address == f"udev:evdev?ID_INPUT_KEYBOARD=1&{place}&ID_SERIAL=Cheap_HID&layout={layout}"
            await table.state("scanner.front", DeviceState.READY)
            assert grabbed == ["event4"]
            scanner.type("7610@_-AZ", layout)
            keyboard.type("bonjour")
            await table.until(lambda: table.of(Scan))
            assert texts(table) == [("scanner.front", "7610@_-AZ")]
            assert [d.role for d in table.devices.plugged()[:2]] == [None, "scanner.front"]
            assert grabbed == ["event4"]
        keyboard.close()
        scanner.close()

    run(main())


def texts(table):
    return [(scan.source, scan.text) for scan in table.of(Scan)]


def test_a_role_is_served_from_another_place_without_a_restart(run, tmp_path):
    async def main():
        one, two = SimulatedSerialScanner(tmp_path / "one"), SimulatedSerialScanner(tmp_path / "two")
        await one.plug()
        await two.plug()
        kept = str(tmp_path / "devices.json")
        async with table_with({"scanner.front": one.url}, bindings=kept) as table:
            await table.state("scanner.front", DeviceState.READY)
            await table.devices.assign("scanner.front", two.url)
            await table.state("scanner.front", DeviceState.READY)
            one.scan("1")
            two.scan("2")
            await table.until(lambda: table.of(Scan))
            assert texts(table) == [("scanner.front", "2")]
            with pytest.raises(ValueError, match="absolute"):
                await table.devices.assign("scanner.front", "serial://nowhere")
            with pytest.raises(ValueError, match="toaster"):
                await table.devices.assign("toaster.front", two.url)
            assert [health.state for health in table.devices.health()] == [DeviceState.READY]
        async with table_with({"scanner.front": one.url}, bindings=kept) as table:  # after a restart
            await table.state("scanner.front", DeviceState.READY)
            two.scan("3")
            await table.until(lambda: table.of(Scan))
            await table.devices.unassign("scanner.front")
            assert table.devices.health() == ()
            assert table.of(Health)[-1].fault is FaultReason.NOT_CONFIGURED
            await table.devices.unassign("scanner.front")
        async with table_with({"scanner.front": one.url}, bindings=kept) as table:
            assert table.devices.health() == ()
        one.unplug()
        two.unplug()

    run(main())


def test_a_drawer_goes_along_with_its_printer(run):
    async def main():
        roles = {"printer.receipt": "tcp://127.0.0.1:1", "drawer.main": "via:printer.receipt"}
        async with table_with(roles) as table:
            before = table.devices.drawer()
            await table.devices.assign("printer.receipt", "tcp://127.0.0.1:2")
            assert table.devices.drawer() is not before
            assert [health.role for health in table.devices.health()] == list(roles)
            await table.devices.unassign("printer.receipt")
            assert table.devices.drawer().health.fault is FaultReason.PRINTER_AWAY
            await table.devices.assign("printer.receipt", "tcp://127.0.0.1:1")
            assert "drawer.main" in table.devices._drawers

    run(main())


@pytest.mark.parametrize("programmed", ["us", "fr", "ch", "de", "be", "alt"])
def test_a_scanner_in_service_learns_its_layout(run, tmp_path, programmed):
    """It read accents for digits; after the setup code it reads what is on the label."""

    async def main():
        alt = programmed == "alt"
        wedge = SimulatedWedgeScanner(tmp_path / "wedge", layout="us" if alt else programmed, alt=alt)
        await wedge.plug()
        url = f"evstream://{tmp_path}/wedge?layout=us&timeout_ms=400"
        async with table_with({"scanner.front": url}, bindings=str(tmp_path / "devices.json")) as table:
            await table.state("scanner.front", DeviceState.READY)
            await wedge.attached()
            async with search(table, "scanner.front") as (learning, told):
                wedge.scan("7610")
                await table.until(lambda: told[-1].heard)
                wedge.scan(SETUP_CODE)
                layout = "us" if alt else programmed
                assert await learning == f"evstream://{tmp_path}/wedge?layout={layout}&timeout_ms=400"
            assert texts(table) == []  # nothing is sold meanwhile
            await table.state("scanner.front", DeviceState.READY)
            await wedge.attached()
            wedge.scan("7610@_-AZ")
            await table.until(lambda: table.of(Scan))
            assert texts(table) == [("scanner.front", "7610@_-AZ")]
        wedge.unplug()

    run(main())


async def plugged_in(table, count):
    """Until so many ports are listed."""
    while len(table.devices.ports.plugged()) < count:
        await table.devices.ports.change()


def test_of_two_free_scanners_only_the_one_that_read_the_code_becomes_the_role(run, tmp_path):
    """Both have the same serial number; afterwards each comes back in any order and under another node."""

    async def main():
        one, two = SimulatedSerialScanner(tmp_path / "one"), SimulatedSerialScanner(tmp_path / "two", suffix="\r\n")
        await one.plug()
        await two.plug()
        udev = FakeUdev()
        udev.plugged = [usb_line(one, 1), usb_line(two, 2)]
        async with table_with({}, udev, str(tmp_path / "devices.json")) as table:
            await plugged_in(table, 2)
            assert [(d.role, d.remedy) for d in table.devices.plugged()] == [(None, Remedy.ASSIGN)] * 2
            for scanner, role in ((two, "scanner.left"), (one, "scanner.right")):
                async with search(table, role) as (learning, told):
                    await table.until(lambda told=told: len(told[-1].listening) == 2)
                    scanner.scan(SETUP_CODE)
                    assert "ID_PATH" in await learning  # the serial alone does not tell them apart
                await table.state(role, DeviceState.READY)
            for turn in range(3):
                for scanner, place in ((one, 1), (two, 2)) if turn % 2 else ((two, 2), (one, 1)):
                    udev.unplug(usb_line(scanner, place))
                    scanner.unplug()
                    await table.until(lambda: DeviceState.ABSENT in [h.state for h in table.devices.health()])
                    await scanner.plug()
                    udev.plug(usb_line(scanner, place))
                    await table.state("scanner.left", DeviceState.READY)
                    await table.state("scanner.right", DeviceState.READY)
                one.scan(f"right {turn}")
                two.scan(f"left {turn}")
                await table.until(lambda turn=turn: len(table.of(Scan)) == 2 * turn + 2)
            assert sorted(texts(table)) == [("scanner.left", f"left {turn}") for turn in range(3)] + [
                ("scanner.right", f"right {turn}") for turn in range(3)
            ]
            assert [(d.role, d.state, d.remedy) for d in table.devices.plugged()] == [
                ("scanner.right", DeviceState.READY, Remedy.NONE),
                ("scanner.left", DeviceState.READY, Remedy.NONE),
            ]
        one.unplug()
        two.unplug()

    run(main())


@pytest.mark.parametrize("baud", [9_600, 115_200, 4_800])
def test_a_scanner_on_a_real_serial_line_is_found_at_its_speed(run, tmp_path, baud):
    """What is no text moves the search to the next speed; the code of an article, read by mistake, does not."""

    async def main():
        udev = FakeUdev()
        line = SimulatedSerialScanner(tmp_path / "line", baud=baud)
        await line.plug()
        udev.plugged = [usb_line(line, 1)]
        async with table_with({}, udev) as table:
            async with search(table, "scanner.front") as (learning, told):
                await table.until(lambda: told and told[-1].listening)
                if baud == 9_600:
                    line.scan("7610000000011")
                while not learning.done():
                    line.scan(SETUP_CODE)
                    await asyncio.wait((learning,), timeout=0.3)
                option = "" if baud == 9_600 else f"&baud={baud}"
                assert await learning == f"udev:serial?ID_SERIAL=Datalogic_7{option}"
            await table.state("scanner.front", DeviceState.READY)
            line.scan("7610000000028")
            await table.until(lambda: [scan.text for scan in table.of(Scan)] == ["7610000000028"])

    run(main())


def test_a_scanner_of_any_role_becomes_the_one_that_was_asked_for(run, tmp_path):
    """`auto:` holds it; the named role takes it over, and what is plugged in next goes to `auto:` again."""

    async def main():
        one, two = SimulatedSerialScanner(tmp_path / "one"), SimulatedSerialScanner(tmp_path / "two")
        await one.plug()
        udev = FakeUdev()
        udev.plugged = [usb_line(one, 1, "A_1")]
        async with table_with({"scanner.any": "auto:"}, udev) as table:
            await table.state("scanner.any", DeviceState.READY)
            async with search(table, "scanner.front") as (learning, _):
                one.scan(SETUP_CODE)
                assert await learning == "udev:serial?ID_SERIAL=A_1"
            await table.state("scanner.front", DeviceState.READY)
            await table.state("scanner.any", DeviceState.ABSENT)
            await two.plug()
            udev.plug(usb_line(two, 2, "B_2"))
            await table.state("scanner.any", DeviceState.READY)
            one.scan("1")
            two.scan("2")
            await table.until(lambda: len(table.of(Scan)) == 2)
            assert sorted(texts(table)) == [("scanner.any", "2"), ("scanner.front", "1")]
        one.unplug()
        two.unplug()

    run(main())


def test_a_named_scanner_keeps_its_role(run, tmp_path):
    async def main():
        hid = SimulatedHidScanner(tmp_path / "hid")
        await hid.plug()
        async with table_with({"scanner.left": hid.url}) as table:
            await table.state("scanner.left", DeviceState.READY)
            await hid.attached()
            async with search(table, "scanner.right") as (learning, told):
                with pytest.raises(ValueError, match="looked for"):
                    await table.devices.learn("scanner.left")
                hid.scan(SETUP_CODE, "C0")
                assert await learning == hid.url
                assert told[-1].role == "scanner.left"
            assert [health.role for health in table.devices.health()] == ["scanner.left"]
            with pytest.raises(ValueError, match="no scanner"):
                await table.devices.learn("printer.receipt")
        hid.unplug()

    run(main())


def test_a_search_that_is_given_up_leaves_everything_as_it_was(run, tmp_path):
    async def main():
        one, free = SimulatedSerialScanner(tmp_path / "one"), SimulatedSerialScanner(tmp_path / "free")
        await one.plug()
        await free.plug()
        udev = FakeUdev()
        udev.plugged = [usb_line(free, 2)]
        async with table_with({"scanner.front": one.url}, udev) as table:
            await table.state("scanner.front", DeviceState.READY)
            async with search(table, "scanner.new") as (learning, told):
                await table.until(lambda: len(told[-1].listening) == 2)
                free.unplug()  # in the middle of the search, and back
                await table.until(lambda: len(told[-1].listening) == 1)
                learning.cancel()
            one.scan("1")
            await table.until(lambda: table.of(Scan))
            assert texts(table) == [("scanner.front", "1")]
            assert table.devices.plugged()[0].role is None
        one.unplug()

    run(main())


def test_the_list_names_what_helps(run, tmp_path):
    roles = {
        "scanner.a": "udev:serial?ID_SERIAL=none",
        "printer.receipt": "tcp://127.0.0.1:1",
        "scanner.b": "serial://nowhere",
    }

    async def main():
        udev = FakeUdev()
        udev.plugged = [Port("/devices/9", str(tmp_path / "gone"), "tty", {"ID_BUS": "usb", "ID_MODEL": "Line"})]
        async with table_with(roles, udev) as table:
            await plugged_in(table, 1)
            await table.state("scanner.a", DeviceState.ABSENT)
            await table.state("printer.receipt", DeviceState.ABSENT)
            listed = {(d.role, d.link, d.label, d.remedy) for d in table.devices.plugged()}
            assert listed == {
                (None, "serial", "Line", Remedy.SET_RIGHTS),
                ("scanner.a", "udev", "udev:serial", Remedy.PLUG_IN),
                ("printer.receipt", "tcp", "tcp://127.0.0.1:1", Remedy.CHECK_NETWORK),
                ("scanner.b", "serial", "serial://nowhere", Remedy.CORRECT_ADDRESS),
            }

    run(main())


def test_a_change_is_made_to_its_end_when_whoever_asked_goes_away(run, tmp_path):
    """The screen is left in the middle of it: the role is neither lost nor half moved."""

    async def main():
        one, two = SimulatedSerialScanner(tmp_path / "one"), SimulatedSerialScanner(tmp_path / "two")
        await one.plug()
        await two.plug()
        async with table_with({"scanner.front": one.url}, bindings=str(tmp_path / "devices.json")) as table:
            await table.state("scanner.front", DeviceState.READY)
            async with asyncio.TaskGroup() as group:
                asking = group.create_task(table.devices.assign("scanner.front", two.url), name="asking")
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                asking.cancel()
            await table.until(lambda: [health.port for health in table.of(Health)][-1] == f"serial:{tmp_path}/two")
            await table.state("scanner.front", DeviceState.READY)
            two.scan("2")
            await table.until(lambda: table.of(Scan))
        assert "two" in (tmp_path / "devices.json").read_text()
        one.unplug()
        two.unplug()

    run(main())


@pytest.mark.parametrize("role", ["scanner.", "scanner.a b", "scanner.\n", "scanner." + "x" * 50, "scanner"])
def test_names_that_no_role_has_are_refused(run, role):
    async def main():
        async with table_with({}) as table:
            with pytest.raises(ValueError):
                await table.devices.assign(role, "auto:")
            assert table.devices.health() == ()

    run(main())


def test_a_change_at_the_very_end_does_not_hold_up_the_end(run, tmp_path):
    async def main():
        one = SimulatedSerialScanner(tmp_path / "one")
        await one.plug()
        async with asyncio.TaskGroup() as group, table_with({"scanner.front": one.url}) as table:
            await table.state("scanner.front", DeviceState.READY)
            group.create_task(table.devices.assign("scanner.front", f"{one.url}?aim=0"), name="asking")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        one.unplug()

    run(main())


def test_a_device_that_may_not_be_opened_is_named_and_tried_again_when_it_is_plugged_in_again(run, tmp_path):
    async def main():
        line = SimulatedSerialScanner(tmp_path / "line")
        udev = FakeUdev()
        udev.plugged = [usb_line(line, 1)]  # its node is not there (yet): opening fails
        async with table_with({}, udev) as table:
            async with search(table, "scanner.front") as (learning, told):
                await table.until(lambda: told[-1].refused == ("Datalogic",))
                udev.unplug(usb_line(line, 1))
                await table.until(lambda: told[-1].refused == ())
                await line.plug()
                udev.plug(usb_line(line, 1))
                await table.until(lambda: told[-1].listening == ("Datalogic",))
                line.scan(SETUP_CODE)
                assert await learning == "udev:serial?ID_SERIAL=Datalogic_7"
            await table.state("scanner.front", DeviceState.READY)
        line.unplug()

    run(main())


def test_who_waits_for_news_of_the_list_gets_it(run, tmp_path):
    async def main():
        udev = FakeUdev()
        line = SimulatedSerialScanner(tmp_path / "line")
        async with table_with({}, udev) as table:
            async with asyncio.TaskGroup() as group:
                waiting = group.create_task(table.devices.change(), name="waiting")
                while not udev.monitors:
                    await asyncio.to_thread(lambda: None)
                udev.plug(usb_line(line, 1))
                await waiting
            assert [device.label for device in table.devices.plugged()] == ["Datalogic"]

    run(main())
