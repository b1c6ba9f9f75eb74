"""A terminal that came later cannot say what its predecessor did."""

from datetime import UTC, datetime, timedelta

import pytest

from appliance.clock import ManualClock
from appliance.hal.address import parse_address
from appliance.hal.device import DeviceKind, PaymentKind, PaymentOutcome, PaymentRequest
from appliance.hal.simulated.terminal import Play, SimulatedTerminal
from appliance.hal.simulated.terminal_nexo import NexoServer, NexoTerminal
from appliance.hal.terminal.driver import TerminalSlot
from appliance.hal.terminal.opening import open_terminal
from appliance.hal.terminal.tenure import FILE, Tenure
from tests.hal.terminal.conftest import HASTY

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def kept(folder, identity, now):
    tenure = Tenure(folder, "terminal.main", identity, now)
    tenure.keep()
    return tenure.since


def test_the_same_terminal_stays_since_it_came(tmp_path):
    assert kept(tmp_path, "nexo A till", START) == START
    assert kept(tmp_path, "nexo A till", START + timedelta(days=9)) == START
    assert kept(tmp_path, "nexo B till", START + timedelta(days=10)) == START + timedelta(days=10)
    assert kept(tmp_path, "nexo A till", START + timedelta(days=11)) == START + timedelta(days=11)


WITHOUT_ZONE = '{"terminal.main": {"identity": "nexo A till", "since": "2026-11-21T09:00:00"}}'
DEEP = f'{{"terminal.main": {{"x": {"[" * 20_000}{"]" * 20_000}}}}}'


@pytest.mark.parametrize("damage", ["", "{", '{"terminal.main": 1}', "[]", WITHOUT_ZONE, DEEP])
def test_a_damaged_file_makes_careful(tmp_path, damage):
    kept(tmp_path, "nexo A till", START)
    (tmp_path / FILE).write_text(damage)
    assert kept(tmp_path, "nexo A till", START + timedelta(days=1)) == START + timedelta(days=1)


def test_a_disk_that_takes_nothing_costs_only_the_memory(tmp_path):
    assert kept(tmp_path / FILE / "no folder", "nexo A till", START) == START


def test_nothing_is_kept_without_a_folder():
    assert kept(None, "nexo A till", START) is None


def asked(run, folder, request, poiid, sale_id, clock):
    async def ask():
        server = NexoServer(NexoTerminal(SimulatedTerminal(Play()), clock, poiid), None)
        await server.plug()
        slot = TerminalSlot("terminal.main", DeviceKind.TERMINAL, clock, lambda event: None)
        address = parse_address(f"{server.url}&saleid={sale_id}", DeviceKind.TERMINAL)
        driver = open_terminal(address, clock, slot, HASTY, folder)
        slot.keep_tenure()
        result = await driver.ask(request)
        await driver.close()
        await server.unplug()
        return result.outcome

    return run(ask())


def test_what_the_predecessor_did_stays_unknown(run, tmp_path):
    clock = ManualClock(START)
    first = PaymentRequest("req-0", PaymentKind.DEBIT, 1230, "CHF", "T-0426", at=START)
    assert asked(run, tmp_path, first, "S1F2L-1", "Caisse-1", clock) is PaymentOutcome.NOT_STARTED
    clock.advance(timedelta(minutes=1))
    request = PaymentRequest("req-1", PaymentKind.DEBIT, 1230, "CHF", "T-0427", at=clock.now())
    clock.advance(timedelta(minutes=1))
    assert asked(run, tmp_path, request, "S1F2L-1", "Caisse-1", clock) is PaymentOutcome.NOT_STARTED
    assert asked(run, tmp_path, request, "S1F2L-2", "Caisse-1", clock) is PaymentOutcome.UNKNOWN
    assert asked(run, tmp_path, request, "S1F2L-2", "Caisse-9", clock) is PaymentOutcome.UNKNOWN
