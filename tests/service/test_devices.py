"""Périphériques (screen 25) with the demo's devices: from where, its tests, scans, the search for a scanner, lights."""

import asyncio

import msgspec
import pytest

from appliance.domain import journal as j
from appliance.hal.device import SETUP_CODE
from appliance.protocol import command as c
from appliance.service import trial
from appliance.store import spool
from tests.support.bench import a_bench
from tests.support.till import CAMILLE, JAM, NADIA, UNKNOWN, a_till

LIGHT_S = 2.0
"""Feature H-23: a fault is seen within this time, and so is its end."""


async def looks(bench, device=""):
    await bench.till.do(c.ShowDevices(device))
    assert bench.till.screen == "devices"


async def manager(bench):
    await bench.till.do(c.Lock())
    await bench.till.till.scan(NADIA)


# --- the way in and out ---------------------------------------------------------------------------------------------


def test_from_every_screen_where_nothing_is_torn(run, tmp_path):
    async def main():
        async with a_till(tmp_path) as till:
            await till.do(c.ShowDevices())
            assert till.screen == "devices"
            await till.do(c.GoBack())
            assert till.screen == "home"
            await till.do(c.NewTicket())
            await till.adds("2 croissant")
            basket = till.basket()
            await till.do(c.OpenSheet("menu"), c.ShowDevices("printer"))
            assert till.screen == "devices"
            await till.do(c.GoBack())
            assert (till.screen, till.basket()) == ("sale", basket)
            await till.do(c.StartPayment(), c.AddTender("cash", 100), c.ShowDevices("drawer"), c.GoBack())
            assert till.ticket.paid_minor == 100

    run(main())


def test_refused_while_locked_and_while_the_day_is_being_closed(run, tmp_path):
    async def main():
        async with a_till(tmp_path) as till:
            assert await till.refused(c.TestDevice("retry", "printer.receipt")) == "device.not_now"
            await till.do(c.Lock())
            assert await till.refused(c.ShowDevices()) in ("device.not_now", "scan.sign_in_first")
            await till.till.scan(NADIA)
            await till.do(c.StartClosing())
            assert await till.refused(c.ShowDevices()) == "device.not_now"

    run(main())


def test_without_devices_the_screen_says_so(run, tmp_path):
    async def main():
        async with a_till(tmp_path) as till:
            await till.do(c.ShowDevices())
            assert [card.message for card in till.view.devices.cards] == ["devices.no_scanner"]
            assert await till.refused(c.TestDevice("retry", "printer.receipt")) == "device.not_configured"

    run(main())


# --- the cards ------------------------------------------------------------------------------------------------------


def test_six_cards_tell_what_is_there(run, tmp_path):
    async def main():
        async with a_bench(tmp_path) as bench:
            await looks(bench, "drawer")
            cards = bench.till.view.devices.cards
            assert [card.device for card in cards] == ["scanner", "printer", "drawer", "terminal", "scale", "display"]
            assert {card.level for card in cards} == {"ok"}
            assert [card.device for card in cards if card.is_looked_at] == ["drawer"]
            assert all(len(card.facts) <= 5 for card in cards)
            assert bench.fact("drawer", "place") == "devices.at_printer"
            await bench.until(lambda: bench.card("drawer").state == "devices.state.closed")

    run(main())


def test_what_hangs_on_its_own_wire_says_which(run, tmp_path):
    async def main():
        async with a_bench(tmp_path) as bench:
            await looks(bench)
            for word in ("scale", "display", "terminal"):
                assert bench.fact(word, "place") not in ("", "–")
            assert not any(fact.label == "devices.fact.model" and not fact.text for fact in bench.card("scale").facts)

    run(main())


# --- tests of a device ----------------------------------------------------------------------------------------------


def test_a_page_waits_behind_the_receipts(run, tmp_path):
    """Feature H-24, and screens.md 25: a test never disturbs a sale."""

    async def main():
        async with a_bench(tmp_path) as bench:
            await bench.devices.handle_printer("paper-out")
            await bench.until(lambda: bench.light("printer") == "error")
            await bench.till.sells("2 croissant | cash 10.00")
            await bench.till.do(c.PrintReceipt())
            await looks(bench)
            await bench.till.do(c.TestDevice("print", "printer.receipt"))
            assert bench.fact("printer", "waiting") >= 1
            await bench.devices.handle_printer("paper-new")
            await bench.until(lambda: len(bench.devices.printer.papers) == 2)
            receipt, page = (bench.devices.paper(number).text for number in sorted(bench.devices.printer.papers))
            assert "Croissant" in receipt
            assert "Œuf à l’échalote" in page or "€" in page

    run(main())


def test_the_drawer_opens_by_right_and_on_record(run, tmp_path):
    async def main():
        async with a_bench(tmp_path) as bench:
            await looks(bench)
            pulses = bench.devices.drawer.pulses
            await bench.till.do(c.TestDevice("open", "drawer.main"))
            assert bench.till.screen == "devices/approval"
            assert bench.devices.drawer.pulses == pulses
            await bench.till.do(c.CloseSheet())
            await manager(bench)
            await looks(bench)
            await bench.till.do(c.TestDevice("open", "drawer.main"))
            await bench.until(lambda: bench.devices.drawer.pulses == pulses + 1)
            opened = (await bench.till.facts(j.DrawerOpened))[-1]
            assert opened.reason == "test"
            await bench.until(lambda: bench.card("drawer").state == "devices.state.open")
            assert bench.fact("drawer", "without_sale") == 1

    run(main())


@pytest.mark.parametrize("test", ["print", "retry", "check"])
def test_a_role_that_nobody_has_is_refused_with_its_name(run, tmp_path, test):
    async def main():
        async with a_bench(tmp_path) as bench:
            await looks(bench)
            for role in ("printer.nowhere", "scanner.counter" if test != "retry" else "", "printer.receipt\x1b"):
                refusal = await bench.till.refused(c.TestDevice(test, role))
                assert refusal == "device.unknown_role", role
            assert bench.till.daemon.printing.waiting == 0
            assert (
                await bench.till.books(lambda conn: conn.execute("SELECT count(*) FROM print_job").fetchone()[0]) == 0
            )

    run(main())


def test_the_card_tells_what_became_of_the_page_and_on_which_printer(run, tmp_path):
    """Feature H-24: the result with serial number and date, also after a restart."""

    async def main():
        async with a_bench(tmp_path) as bench:
            await looks(bench)
            assert bench.fact("printer", "serial") == bench.served.printer().health.serial
            assert bench.fact("printer", "trial") == "devices.state.none"
            await bench.till.do(c.TestDevice("print", "printer.receipt"))
            assert bench.till.message == "device.test_ordered"
            await bench.until(lambda: bench.fact("printer", "trial") == "devices.trial.confirmed")
            trial = bench.till.daemon.printing.trial_of("printer.receipt")
            assert bench.fact("printer", "serial") in trial.device
            job = await bench.till.books(lambda conn: spool.last_test(conn, "printer.receipt"))
            assert (job.state, job.sent_at, job.device) == (trial.state, trial.at, trial.device)
            bench.till.daemon.printing._trials.clear()  # as a new start finds it
            assert bench.till.daemon.printing.trial_of("printer.receipt") == trial

    run(main())


def test_a_page_that_waits_says_behind_what(run, tmp_path):
    async def main():
        async with a_bench(tmp_path) as bench:
            await bench.devices.handle_printer("paper-out")
            await bench.until(lambda: bench.light("printer") == "error")
            await looks(bench)
            assert bench.card("printer").facts[0].text.startswith("127.0.0.1:")  # what is missing, is looked for there
            await bench.till.do(c.TestDevice("print", "printer.receipt"))
            assert "device.test_waits" in [notice.code for notice in bench.till.till.desk.notices]
            await bench.until(lambda: bench.till.daemon.printing.waiting_for("printer.receipt") == 1)
            assert bench.fact("printer", "trial") == "devices.trial.queued"

    run(main())


def test_the_others_say_how_they_are(run, tmp_path):
    """*Tester* on terminal, scale and customer display."""

    async def main():
        async with a_bench(tmp_path) as bench:
            await looks(bench)
            for word in ("terminal", "scale", "display"):
                assert bench.card(word).tests == ("check",)
            await bench.till.do(c.TestDevice("check", "terminal.main"))
            await bench.until(lambda: bench.till.message == "device.terminal_tested")
            await bench.till.do(c.TestDevice("check", "display.customer"))
            assert bench.till.message == "device.display_tested"
            await bench.until(lambda: bench.devices.counter.display.lines[1].startswith("TILLBOX"))
            bench.devices.counter.weigh(345, False)
            await bench.till.do(c.TestDevice("check", "scale.counter"))
            await bench.until(lambda: bench.till.message == "device.scale_tested")
            assert bench.till.view.message.params["quantity_milli"] == 345

    run(main())


def test_a_scale_that_gives_no_weight_says_why(run, tmp_path, monkeypatch):
    monkeypatch.setattr(trial, "WEIGHT_S", 0.4)

    async def main():
        async with a_bench(tmp_path) as bench:
            await looks(bench)
            for milli, moving, why in ((345, True, "moving"), (15_001, False, "over_capacity")):
                bench.devices.counter.weigh(milli, moving)
                while bench.served.scale().weight.state != why:
                    await bench.till.books(lambda conn: None)
                await bench.till.do(c.TestDevice("check", "scale.counter"))
                while bench.till.message != f"device.scale_{why}":
                    await bench.till.books(lambda conn: None)
            bench.devices.counter.handle_scale("unplug")
            await bench.until(lambda: bench.card("scale").level == "error")
            assert await bench.till.refused(c.TestDevice("check", "scale.counter")) == "device.unplugged"

    run(main())


def test_everything_at_once_prints_and_opens_nothing(run, tmp_path):
    async def main():
        async with a_bench(tmp_path) as bench:
            await looks(bench)
            pulses = bench.devices.drawer.pulses
            await bench.till.do(c.TestDevice("all"))
            await bench.until(lambda: len(bench.devices.printer.papers) == 1)
            assert bench.devices.drawer.pulses == pulses

    run(main())


def test_looking_again_ends_the_wait_at_once(run, tmp_path):
    async def main():
        async with a_bench(tmp_path) as bench:
            await looks(bench)
            bench.devices.counter.handle_scale("unplug")
            await bench.until(lambda: bench.card("scale").level == "error")
            assert bench.card("scale").tests == ("retry",)
            bench.devices.counter.handle_scale("plug")
            await bench.till.do(c.TestDevice("retry", "scale.counter"))
            await bench.until(lambda: bench.card("scale").level == "ok", LIGHT_S)

    run(main())


# --- scans ----------------------------------------------------------------------------------------------------------


def test_a_scan_on_this_screen_is_explained_and_sells_nothing(run, tmp_path):
    async def main():
        async with a_bench(tmp_path) as bench:
            till = bench.till
            await till.do(c.NewTicket())
            await till.adds("1 croissant")
            await looks(bench)
            await bench.until(lambda: bench.card("drawer").state == "devices.state.closed")
            basket, seq = till.basket(), till.till.ledger.seq
            bench.devices.scan("serial", JAM)
            await bench.until(lambda: till.view.tested is not None)
            assert (till.view.tested.text, till.view.tested.kind) == (JAM, "article")
            assert bench.fact("scanner", "last_code") == JAM
            bench.devices.scan("wedge", UNKNOWN)
            await bench.until(lambda: till.view.tested.text == UNKNOWN)
            assert till.view.tested.kind == "unknown"
            assert (till.screen, till.till.ledger.seq) == ("devices", seq)
            await till.do(c.GoBack())
            assert (till.screen, till.basket()) == ("sale", basket)
            assert till.view.tested is None
            bench.devices.scan("wedge", JAM)  # the other one: the label may still lie before the first
            await bench.until(lambda: len(till.ticket.lines) == 2)

    run(main())


def test_a_badge_read_here_is_not_written_on_the_card(run, tmp_path, caplog):
    async def main():
        async with a_bench(tmp_path) as bench:
            await looks(bench)
            bench.devices.scan("serial", CAMILLE)
            await bench.until(lambda: bench.fact("scanner", "last_code") == "•••")
            await bench.until(lambda: bench.till.view.tested is not None)
            assert CAMILLE not in msgspec.json.encode(bench.till.view).decode() and CAMILLE not in caplog.text

    caplog.set_level("DEBUG")

    run(main())


# --- « Scannez ce code » --------------------------------------------------------------------------------------------


def test_the_search_asks_for_the_right(run, tmp_path):
    async def main():
        async with a_bench(tmp_path) as bench:
            await looks(bench)
            await bench.till.do(c.TestDevice("learn"))
            assert bench.till.screen == "devices/approval"
            assert bench.till.view.devices.setup_code == ""

    run(main())


def test_the_scanner_that_reads_the_label_serves(run, tmp_path):
    """Features H-02 and H-03: it keeps the role that it has, and what it reads is sold."""

    async def main():
        async with a_bench(tmp_path) as bench:
            till = bench.till
            await manager(bench)
            await looks(bench)
            await till.do(c.TestDevice("learn"))
            assert till.view.devices.setup_code == SETUP_CODE
            assert till.view.devices.setup_role
            served = {row.role for row in bench.served.health()}
            await bench.until(lambda: till.view.devices.listening >= 2)
            bench.devices.scan("serial", JAM)
            await bench.until(lambda: till.message == "scanner.not_the_label")
            assert till.view.devices.setup_code == SETUP_CODE
            bench.devices.scan("wedge", SETUP_CODE)
            await bench.until(lambda: till.view.devices.setup_code == "")
            assert till.message == "scanner.learned"
            role = till.view.message.params["role"]
            assert {row.role for row in bench.served.health()} == served  # it serves one, and keeps it
            await bench.until(lambda: any(row.role == role and row.state == "ready" for row in bench.served.health()))
            await till.do(c.GoBack(), c.NewTicket())
            bench.devices.scan("wedge", JAM)
            await bench.until(lambda: till.till.ticket is not None and till.ticket.lines)
            assert role in till.daemon.equipment.last_reads

    run(main())


def test_the_search_ends_when_stopped_and_when_the_screen_is_left(run, tmp_path):
    async def main():
        async with a_bench(tmp_path) as bench:
            await manager(bench)
            for end in (c.TestDevice("stop_learning"), c.GoBack(), c.Lock()):
                if bench.till.screen == "lock":
                    await bench.till.till.scan(NADIA)
                await looks(bench)
                await bench.till.do(c.TestDevice("learn"))
                await bench.until(lambda: bench.till.till.search.now is not None)
                await bench.till.do(end)
                assert not bench.till.till.search.is_going_on
            await asyncio.sleep(0)
            await bench.till.till.scan(NADIA)
            await bench.till.do(c.NewTicket())
            bench.devices.scan("serial", JAM)
            await bench.until(lambda: bench.till.till.ticket is not None and bench.till.ticket.lines)

    run(main())


# --- the status strip (feature H-23) --------------------------------------------------------------------------------

PRINTER_FAULTS = [
    ("paper-out", "paper-new", "error"),
    ("paper-low", "paper-new", "warn"),
    ("cover-open", "cover-close", "error"),
    ("jam", "unjam", "error"),
    ("offline", "online", "error"),
    ("power-off", "power-on", "error"),
    ("cable-out", "cable-in", "error"),
]


async def lights_up(bench, fault, cure, is_lit, is_clear, look=lambda: None):
    """The fault is seen and clears by itself, each within LIGHT_S; a machine that is busy gets three attempts."""
    for attempt in range(3):
        try:
            await fault()
            await bench.until(is_lit, LIGHT_S)
            look()
            await cure()
            await bench.until(is_clear, LIGHT_S)
            return
        except TimeoutError:
            if attempt == 2:
                raise
            await cure()
            await bench.until(is_clear)


@pytest.mark.parametrize(("fault", "cure", "level"), PRINTER_FAULTS, ids=[row[0] for row in PRINTER_FAULTS])
def test_each_printer_fault_lights_and_clears(run, tmp_path, fault, cure, level):
    async def main():
        async with a_bench(tmp_path) as bench:
            await looks(bench)

            def look():
                assert bench.card("printer").level == level
                assert bool(bench.card("printer").message) == (level == "error")

            printer = bench.devices.handle_printer
            await lights_up(
                bench,
                lambda: printer(fault),
                lambda: printer(cure),
                lambda: bench.light("printer") == level,
                lambda: bench.light("printer") == "ok",
                look,
            )

    run(main())


@pytest.mark.parametrize("word", ["scale", "display", "scanner"])
def test_each_device_pulled_out_lights_and_clears(run, tmp_path, word):
    async def main():
        async with a_bench(tmp_path) as bench:
            away = "" if word in ("scale", "display") else "ok"
            await lights_up(
                bench,
                lambda: handle(bench, word, "unplug"),
                lambda: handle(bench, word, "plug"),
                lambda: bench.light(word) == "warn",
                lambda: bench.light(word) == away,
            )

    run(main())


async def handle(bench, word, action):
    """Pull it out or plug it in; of scanners all."""
    if word == "scale":
        bench.devices.counter.handle_scale(action)
    elif word == "display":
        bench.devices.counter.handle_display(action)
    else:
        for scanner in bench.devices.scanners:
            await bench.devices.handle_scanner(scanner.id, action)


def test_a_terminal_is_looked_for_when_somebody_looks(run, tmp_path):
    """It has no wire: in between it is asked every half minute, and at each payment."""

    async def main():
        async with a_bench(tmp_path) as bench:
            await bench.devices.terminal.unplug()
            await looks(bench, "terminal")
            await bench.until(lambda: bench.light("terminal") == "warn")
            assert bench.card("terminal").message == "device.unreachable"
            await bench.devices.terminal.plug()
            await bench.till.do(c.TestDevice("retry", "terminal.main"))
            await bench.until(lambda: bench.light("terminal") == "ok")

    run(main())


def test_a_scale_that_says_nothing_lights_and_clears(run, tmp_path):
    """It is noticed while somebody weighs."""

    async def main():
        async with a_bench(tmp_path) as bench:
            bench.devices.counter.handle_scale("silence")
            bench.served.scale().watch(True)
            await bench.until(lambda: bench.light("scale") == "warn")
            bench.devices.counter.handle_scale("speak")
            await bench.until(lambda: bench.light("scale") == "")

    run(main())
