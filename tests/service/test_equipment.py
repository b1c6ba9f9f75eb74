"""What a device's health means for the cashier: every fault has its light and its sentence."""

import itertools
from datetime import UTC, datetime

import msgspec
import pytest

from appliance.hal.device import (
    DeviceKind,
    DeviceState,
    DrawerChanged,
    DrawerPosition,
    FaultReason,
    Health,
    ScanDamaged,
)
from appliance.i18n import has_sentence
from appliance.protocol import command as c
from tests.support.till import a_till

SINCE = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
ROLES = {
    DeviceKind.PRINTER: "printer.receipt", DeviceKind.SCANNER: "scanner.front", DeviceKind.DRAWER: "drawer.main",
    DeviceKind.TERMINAL: "terminal.main", DeviceKind.DISPLAY: "display.customer", DeviceKind.SCALE: "scale.main",
}  # fmt: skip

PRINTERS_ONLY = {
    FaultReason.PAPER_OUT, FaultReason.PAPER_LOW, FaultReason.COVER_OPEN, FaultReason.CUTTER_JAM,
    FaultReason.OVERHEATED, FaultReason.BLIND,
}  # fmt: skip
DRAWERS_ONLY = {FaultReason.DRAWER_STUCK}


def health(kind, state=DeviceState.READY, fault=None):
    return Health(ROLES[kind], kind, state, fault, SINCE)


def test_every_state_of_every_device_has_words(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            equipment = till.daemon.equipment
            for kind, state, fault in itertools.product(DeviceKind, DeviceState, [None, *FaultReason]):
                if fault in PRINTERS_ONLY | DRAWERS_ONLY and kind not in (DeviceKind.PRINTER, DeviceKind.DRAWER):
                    continue
                equipment.notice(till.till, health(kind))
                equipment.notice(till.till, health(kind, state, fault))
                view = till.view
                for code in [light.code for light in view.status if light.code]:
                    assert has_sentence(code), (kind, state, fault, code)
                if view.message is not None:
                    assert has_sentence(view.message.code), (kind, state, fault, view.message.code)

    run(day())


def test_paper_out_stays_on_the_bar_until_there_is_paper(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            equipment = till.daemon.equipment
            equipment.notice(till.till, health(DeviceKind.PRINTER, DeviceState.FAULT, FaultReason.PAPER_OUT))
            assert (till.message, till.sound) == ("printer.paper_out", "needs_you")
            await till.sells("1 croissant | cash")
            assert till.message == "printer.paper_out", "selling goes on and the sentence stays"
            await till.do(c.PrintReceipt())
            assert till.view.result.receipt == "waiting_paper"
            await till.do(c.ActOnMessage("print_help"))
            assert till.screen == "sale/print_help"
            equipment.notice(till.till, health(DeviceKind.PRINTER))
            assert till.message == ""

    run(day())


def test_the_same_news_twice_is_said_once(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            equipment = till.daemon.equipment
            equipment.notice(till.till, health(DeviceKind.PRINTER, DeviceState.FAULT, FaultReason.COVER_OPEN))
            await till.do(c.DismissMessage())
            equipment.notice(till.till, health(DeviceKind.PRINTER, DeviceState.FAULT, FaultReason.COVER_OPEN))
            assert till.message == ""

    run(day())


def test_a_scanner_plugged_and_unplugged_while_selling_is_said_and_loses_nothing(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            equipment = till.daemon.equipment
            await till.do(c.NewTicket())
            await till.adds("1 croissant")
            equipment.notice(till.till, health(DeviceKind.SCANNER))
            equipment.notice(till.till, health(DeviceKind.SCANNER, DeviceState.ABSENT, FaultReason.UNPLUGGED))
            assert till.message == "scanner.lost"
            equipment.notice(till.till, health(DeviceKind.SCANNER))
            assert till.message == "scanner.ready"
            assert till.basket() == "1 Croissant au beurre 1.60"

    run(day())


def test_one_of_several_scanners_is_called_by_its_name(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            equipment = till.daemon.equipment
            window = msgspec.structs.replace(health(DeviceKind.SCANNER), role="scanner.window")
            for row in (health(DeviceKind.SCANNER), window):
                equipment.notice(till.till, row)
            gone = msgspec.structs.replace(window, state=DeviceState.ABSENT, fault=FaultReason.UNPLUGGED)
            equipment.notice(till.till, gone)
            assert (till.message, till.view.message.params) == ("scanner.lost_named", {"name": "window"})
            equipment.notice(till.till, window)
            assert till.message == "scanner.ready_named"

    run(day())


def test_a_scanner_whose_role_was_taken_away_is_not_lost(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            equipment = till.daemon.equipment
            equipment.notice(till.till, health(DeviceKind.SCANNER))
            equipment.notice(till.till, health(DeviceKind.SCANNER, DeviceState.ABSENT, FaultReason.NOT_CONFIGURED))
            assert till.message == ""
            assert equipment.lights()[0].level == "off"

    run(day())


def test_a_damaged_read_sounds_and_adds_nothing(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            till.daemon.equipment.notice(till.till, ScanDamaged("scanner.front", "timeout"))
            assert (till.message, till.sound) == ("scan.damaged", "scan_refused")

    run(day())


@pytest.mark.parametrize(("commanded", "message"), [(True, ""), (False, "drawer.opened_by_itself")])
def test_a_drawer_opened_by_hand_is_noticed(run, tmp_path, commanded, message):
    async def day():
        async with a_till(tmp_path) as till:
            till.daemon.equipment.notice(till.till, DrawerChanged("drawer.main", DrawerPosition.OPEN, commanded))
            assert till.message == message

    run(day())


def test_the_place_kept_for_any_scanner_is_missed_only_once_there_was_one(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            equipment = till.daemon.equipment

            def light(state, fault=None):
                equipment.notice(till.till, Health("scanner.any", DeviceKind.SCANNER, state, fault, SINCE))
                return next(light.level for light in till.view.status if light.device == "scanner")

            assert light(DeviceState.ABSENT, FaultReason.UNPLUGGED) == "off"
            assert light(DeviceState.READY) == "ok"
            assert light(DeviceState.ABSENT, FaultReason.UNPLUGGED) == "warn"

    run(day())
