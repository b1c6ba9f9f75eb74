"""Printing end to end over TCP and pty, against a printer that runs out, jams, hangs and loses its cable."""

import asyncio

import pytest
from PIL import Image

from appliance.hal.device import (
    Columns,
    Cut,
    DeviceState,
    FaultReason,
    Health,
    Logo,
    Paper,
    PrintOutcome,
    Qr,
    Remedy,
    Rule,
    Text,
)
from appliance.hal.inventory import remedy_for
from appliance.hal.simulated.paper import Raster
from appliance.hal.simulated.printer import SerialSimulatedPrinter, SimulatedPrinter
from appliance.hal.simulated.star import SimulatedStarPrinter

RECEIPT = "printer.receipt"
READY, ABSENT, DEGRADED = DeviceState.READY, DeviceState.ABSENT, DeviceState.DEGRADED


def paper(name="Café", lines=6):
    return Paper((Text(name), *(Columns(f"Ligne {n}", "1.00") for n in range(lines)), Rule(), Cut()))


def test_a_receipt_is_confirmed_by_the_printer_itself(run, bench):
    async def main():
        printer = SimulatedPrinter()
        await printer.plug()
        async with bench({RECEIPT: printer.url}) as table:
            await table.devices.printer().ready()
            result = await table.devices.printer().print(paper(), 7)
            assert result.outcome is PrintOutcome.CONFIRMED
            assert result.byte_count > 100
            (receipt,) = printer.receipts
            assert receipt.lines[0] == "Café"
            assert receipt.lines[1] == "Ligne 0".ljust(44) + "1.00"
            health = table.devices.printer().health
            assert health.model == "TILLBOX SIM-80"
            assert health.counters["jobs"] == 1
        printer.unplug()

    run(main())


@pytest.mark.parametrize("knows_ids", [True, False])
def test_over_a_serial_line_with_either_barrier(run, bench, tmp_path, knows_ids):
    async def main():
        printer = SerialSimulatedPrinter(tmp_path / "printer", columns=32, knows_ids=knows_ids)
        await printer.plug()
        async with bench({RECEIPT: printer.url}) as table:
            await table.devices.printer().ready()
            assert table.devices.printer().columns == 32
            for number in range(3):
                assert (await table.devices.printer().print(paper(), number)).outcome is PrintOutcome.CONFIRMED
            assert len(printer.receipts) == 3
            printer.unplug()
            await table.state(RECEIPT, ABSENT)
            await printer.plug()
            await table.devices.printer().ready()
            assert (await table.devices.printer().print(paper(), 4)).outcome is PrintOutcome.CONFIRMED
        printer.unplug()

    run(main())


@pytest.mark.parametrize(
    ("break_it", "mend_it", "fault"),
    [
        ("run_out_of_paper", "load_paper", FaultReason.PAPER_OUT),
        ("open_cover", "close_cover", FaultReason.COVER_OPEN),
        ("jam_cutter", "clear_jam", FaultReason.CUTTER_JAM),
    ],
)
def test_nothing_is_sent_while_a_person_is_needed(run, bench, break_it, mend_it, fault):
    async def main():
        printer = SimulatedPrinter()
        await printer.plug()
        async with bench({RECEIPT: printer.url}) as table:
            await table.devices.printer().ready()
            getattr(printer, break_it)()
            health = await table.state(RECEIPT, DEGRADED)
            assert health.fault is fault
            before = printer.received_count
            result = await table.devices.printer().print(paper(), 1)
            assert (result.outcome, result.fault, result.byte_count) == (PrintOutcome.NOTHING_SENT, fault, 0)
            assert printer.received_count == before
            getattr(printer, mend_it)()
            await table.devices.printer().ready()
            assert (await table.devices.printer().print(paper(), 1)).outcome is PrintOutcome.CONFIRMED
        printer.unplug()

    run(main())


def test_low_paper_warns_and_prints(run, bench):
    async def main():
        printer = SimulatedPrinter()
        await printer.plug()
        async with bench({RECEIPT: printer.url}) as table:
            await table.devices.printer().ready()
            printer.run_low()
            assert (await table.state(RECEIPT, DEGRADED)).fault is FaultReason.PAPER_LOW
            assert (await table.devices.printer().print(paper(), 1)).outcome is PrintOutcome.CONFIRMED
        printer.unplug()

    run(main())


@pytest.mark.parametrize("knows_ids", [True, False])
def test_paper_that_ends_in_the_middle_finishes_by_itself(run, bench, knows_ids):
    async def main():
        printer = SimulatedPrinter(knows_ids=knows_ids)
        await printer.plug()
        async with bench({RECEIPT: printer.url}) as table:
            await table.devices.printer().ready()
            printer.run_out_after(3)
            async with asyncio.TaskGroup() as group:
                job = group.create_task(table.devices.printer().print(paper(), 1), name="job")
                await table.state(RECEIPT, DEGRADED)
                assert not job.done()
                assert printer.held_count > 0
                printer.load_paper()
                assert (await job).outcome is PrintOutcome.CONFIRMED
            assert len(printer.receipts) == 1
            assert len(printer.receipts[0].lines) == 8
        printer.unplug()

    run(main())


def test_a_printer_too_full_to_read_is_waited_for(run, bench):
    """The job is larger than the printer's buffer, so its TCP window closes until there is paper."""

    async def main():
        printer = SimulatedPrinter(buffer_bytes=256)
        await printer.plug()
        async with bench({RECEIPT: printer.url}) as table:
            await table.devices.printer().ready()
            printer.run_out_after(1)
            long = Paper((*(Text(f"{n}".rjust(48)) for n in range(3_900)), Cut()))
            async with asyncio.TaskGroup() as group:
                job = group.create_task(table.devices.printer().print(long, 1), name="job")
                await table.state(RECEIPT, DEGRADED)
                printer.load_paper()
                assert (await job).outcome is PrintOutcome.CONFIRMED
            assert [int(line) for line in printer.receipts[0].lines] == list(range(3_900))
        printer.unplug()

    run(main())


@pytest.mark.full
def test_a_closed_window_outlasts_the_tcp_timeout(run, bench):
    """Way: hold for longer than TCP_USER_TIMEOUT, which counts a closed window as silence."""

    async def main():
        printer = SimulatedPrinter(buffer_bytes=256)
        await printer.plug()
        async with bench({RECEIPT: printer.url}) as table:
            await table.devices.printer().ready()
            printer.run_out_after(1)
            long = Paper((*(Text(f"{n}".rjust(48) * 20) for n in range(3_900)), Cut()))
            async with asyncio.TaskGroup() as group:
                job = group.create_task(table.devices.printer().print(long, 1), name="job")
                await table.state(RECEIPT, DEGRADED)
                await asyncio.wait((job,), timeout=12)
                printer.load_paper()
                assert (await job).outcome is PrintOutcome.CONFIRMED
        printer.unplug()

    run(main(), 60)


def test_a_link_cut_at_any_byte_is_uncertain_and_printed_at_most_once(run, bench):
    async def main():
        printer = SimulatedPrinter()
        await printer.plug()
        async with bench({RECEIPT: printer.url}) as table:
            await table.devices.printer().ready()
            size = (await table.devices.printer().print(paper(lines=1), 0)).byte_count
            printer.receipts.clear()
            uncertain = 0
            for cut_at in range(1, size + 10, 7):
                await table.devices.printer().ready()
                printer.forget()  # a power cut in between: no half line from the last turn
                printer.tear_off()
                printer.receipts.clear()
                printer.cut_link()
                await table.until(lambda: table.devices.printer().health.state is not READY)
                await table.devices.printer().ready()
                await table.until(lambda: table.devices.printer().health.model)
                printer.cut_link_after(cut_at)
                result = await table.devices.printer().print(paper(lines=1), cut_at)
                assert result.outcome is PrintOutcome.UNCERTAIN
                assert result.fault is FaultReason.UNREACHABLE
                assert len(printer.receipts) <= 1
                uncertain += 1
                await table.state(RECEIPT, ABSENT)
                table.devices.retry(RECEIPT)
            assert table.devices.printer().health.counters["uncertain"] == uncertain
        printer.unplug()

    run(main(), 60)


def test_a_printer_that_is_off_is_absent_and_comes_back(run, bench):
    async def main():
        printer = SimulatedPrinter()
        await printer.plug()
        async with bench({RECEIPT: printer.url}) as table:
            await table.devices.printer().ready()
            printer.power_off()
            assert (await table.state(RECEIPT, ABSENT)).fault is FaultReason.UNREACHABLE
            result = await table.devices.printer().print(paper(), 1)
            assert (result.outcome, result.fault) == (PrintOutcome.NOTHING_SENT, FaultReason.UNREACHABLE)
            await printer.power_on()
            await table.devices.printer().ready()
            assert (await table.devices.printer().print(paper(), 1)).outcome is PrintOutcome.CONFIRMED
            assert [event.state for event in table.of(Health)].count(ABSENT) == 1
        printer.unplug()

    run(main())


def test_a_printer_that_hangs_before_the_job_gets_no_byte_of_it(run, bench):
    async def main():
        printer = SimulatedPrinter()
        await printer.plug()
        async with bench({RECEIPT: printer.url}) as table:
            await table.devices.printer().ready()
            printer.is_mute = True
            table.devices.printer()._heard_at_ns -= 2_000_000_000  # last heard two seconds ago
            result = await table.devices.printer().print(paper(), 1)
            assert (result.outcome, result.fault) == (PrintOutcome.NOTHING_SENT, FaultReason.NO_ANSWER)
            assert not printer.receipts
        printer.unplug()

    run(main())


def test_a_server_that_is_no_printer_is_a_fault(run, bench):
    async def main():
        printer = SimulatedPrinter(answers=False)
        await printer.plug()
        url = printer.url.replace("silent-80", "epson-80")
        async with bench({RECEIPT: url}) as table:
            health = await table.state(RECEIPT, DeviceState.FAULT)
            assert (health.fault, remedy_for(health)) == (FaultReason.WRONG_PROFILE, Remedy.CHECK_PROFILE)
        printer.unplug()

    run(main())


def test_a_profile_of_another_make_is_named_and_told_of_once(run, bench):
    """`star-80` on an Epson: it said *Démarre* and *Sans réponse* in turn, for ever."""

    async def main():
        printer = SimulatedPrinter()
        await printer.plug()
        async with bench({RECEIPT: printer.url.replace("epson-80", "star-80")}) as table:
            assert (await table.state(RECEIPT, DeviceState.FAULT)).fault is FaultReason.WRONG_PROFILE
            await connects(table, 3)
            told = [(event.state, event.fault) for event in table.of(Health)]
            assert told.count((DeviceState.FAULT, FaultReason.WRONG_PROFILE)) == 1
            await table.devices.assign(RECEIPT, printer.url)
            await table.state(RECEIPT, DeviceState.READY)
        printer.unplug()

    run(main())


def test_a_second_till_at_a_printer_for_one_is_told_of_once(run, bench):
    async def main():
        printer = SimulatedPrinter()
        await printer.plug()
        async with bench({RECEIPT: printer.url}) as first:
            await first.state(RECEIPT, DeviceState.READY)
            async with bench({RECEIPT: printer.url}) as second:
                await connects(second, 8)
                assert len(second.of(Health)) <= 4
                assert first.devices.health()[0].state is DeviceState.READY
        printer.unplug()

    run(main())


async def connects(table, links):
    """So many links were opened; nobody is told of those that lead to nothing."""
    async with asyncio.timeout(10):
        while table.devices.health()[0].counters.get("connects", 0) < links:
            table.devices.retry(RECEIPT)
            await asyncio.sleep(0.01)


def test_a_silent_printer_is_assumed_to_have_printed(run, bench):
    async def main():
        printer = SimulatedPrinter(answers=False)
        await printer.plug()
        async with bench({RECEIPT: printer.url}) as table:
            await table.devices.printer().ready()
            async with asyncio.TaskGroup() as group:
                job = group.create_task(table.devices.printer().print(paper(), 1), name="job")
                assert (await job).outcome is PrintOutcome.ASSUMED
            assert len(printer.receipts) == 1
        printer.unplug()

    run(main())


def test_a_printer_that_must_be_asked_is_asked(run, bench):
    """A clone without automatic status: its paper is noticed by polling, in the middle of a job too."""

    async def main():
        printer = SimulatedPrinter(pushes=False, knows_ids=False)
        await printer.plug()
        async with bench({RECEIPT: printer.url, "drawer.main": "via:printer.receipt"}) as table:
            await table.devices.printer().ready()
            assert (await table.devices.printer().print(paper(), 1)).outcome is PrintOutcome.CONFIRMED
            printer.run_out_after(2)
            async with asyncio.TaskGroup() as group:
                job = group.create_task(table.devices.printer().print(paper(), 2), name="job")
                assert (await table.state(RECEIPT, DEGRADED)).fault is FaultReason.PAPER_OUT
                printer.load_paper()
                assert (await job).outcome is PrintOutcome.CONFIRMED
            assert len(printer.receipts) == 2
        printer.unplug()

    run(main())


@pytest.mark.full
def test_a_printer_that_falls_silent_is_a_fault_and_one_that_idles_is_not(run, bench):
    async def main():
        printer = SimulatedPrinter()
        await printer.plug()
        async with bench({RECEIPT: printer.url}) as table:
            await table.devices.printer().ready()
            received = printer.received_count
            await asyncio.wait((asyncio.get_running_loop().create_future(),), timeout=11)
            assert printer.received_count > received  # heartbeats
            assert table.devices.printer().health.state is READY
            printer.is_mute = True
            assert (await table.state(RECEIPT, DeviceState.FAULT)).fault is FaultReason.NO_ANSWER
        printer.unplug()

    run(main(), 60)


def test_jobs_are_done_one_at_a_time_in_order(run, bench):
    async def main():
        printer = SimulatedPrinter()
        await printer.plug()
        async with bench({RECEIPT: printer.url}) as table:
            await table.devices.printer().ready()
            async with asyncio.TaskGroup() as group:
                for number in range(20):
                    group.create_task(table.devices.printer().print(paper(f"Ticket {number}"), number), name="job")
            assert [strip.lines[0] for strip in printer.receipts] == [f"Ticket {number}" for number in range(20)]
        printer.unplug()

    run(main())


@pytest.mark.parametrize("knows_ids", [True, False])
def test_the_answer_to_a_cancelled_job_does_not_confirm_the_next(run, bench, knows_ids):
    async def main():
        printer = SimulatedPrinter(knows_ids=knows_ids)
        await printer.plug()
        async with bench({RECEIPT: printer.url}) as table:
            await table.devices.printer().ready()
            await table.until(lambda: table.devices.printer().health.model == "TILLBOX SIM-80")
            printer.run_out_after(2)
            async with asyncio.TaskGroup() as group:
                job = group.create_task(table.devices.printer().print(paper("premier"), 1), name="job")
                await table.state(RECEIPT, DEGRADED)
                job.cancel()
            printer.load_paper()
            await table.devices.printer().ready()
            assert (await table.devices.printer().print(paper("second"), 2)).outcome is PrintOutcome.CONFIRMED
            assert [strip.lines[0] for strip in printer.receipts] == ["premier", "second"]
        printer.unplug()

    run(main())


# --- Star, clones, logo, bad lines ----------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["star-80", "starline-80"])
def test_a_star_printer_confirms_by_its_counter(run, bench, profile):
    async def main():
        printer = SimulatedStarPrinter(profile=profile)
        await printer.plug()
        async with bench({RECEIPT: printer.url, "drawer.main": "via:printer.receipt"}) as table:
            await table.devices.printer().ready()
            for number in range(40):  # more than its five bits
                assert (await table.devices.printer().print(paper(), number)).outcome is PrintOutcome.CONFIRMED
            assert len(printer.receipts) == 40
            assert printer.receipts[0].lines[:2] == ("Café", "Ligne 0".ljust(44) + "1.00")
            assert (await table.devices.drawer().open()).pulse_sent
            await table.until(lambda: printer.drawer.is_open)
        printer.unplug()

    run(main())


@pytest.mark.parametrize(
    ("break_it", "mend_it", "fault"),
    [
        ("run_out_of_paper", "load_paper", FaultReason.PAPER_OUT),
        ("open_cover", "close_cover", FaultReason.COVER_OPEN),
        ("jam_cutter", "clear_jam", FaultReason.CUTTER_JAM),
    ],
)
def test_a_star_printer_finishes_when_a_person_has_helped(run, bench, break_it, mend_it, fault):
    async def main():
        printer = SimulatedStarPrinter()
        await printer.plug()
        async with bench({RECEIPT: printer.url}) as table:
            await table.devices.printer().ready()
            getattr(printer, break_it)()
            assert (await table.state(RECEIPT, DEGRADED)).fault is fault
            assert (await table.devices.printer().print(paper(), 1)).outcome is PrintOutcome.NOTHING_SENT
            getattr(printer, mend_it)()
            await table.devices.printer().ready()
            printer.run_out_after(3)
            async with asyncio.TaskGroup() as group:
                job = group.create_task(table.devices.printer().print(paper(), 1), name="job")
                await table.state(RECEIPT, DEGRADED)
                assert not job.done()
                printer.load_paper()
                assert (await job).outcome is PrintOutcome.CONFIRMED
            assert len(printer.receipts) == 1
        printer.unplug()

    run(main())


class SlowPrinter(SimulatedPrinter):
    """Stands still when it is told to, as one that is busy with what an older session left."""

    is_still = False

    def _go_on(self) -> None:
        if not self.is_still:
            super()._go_on()


class SlowStarPrinter(SimulatedStarPrinter):
    is_still = False

    def _go_on(self) -> None:
        if not self.is_still:
            super()._go_on()


@pytest.mark.parametrize("make", [SlowPrinter, SlowStarPrinter])
def test_an_old_answer_never_confirms_a_new_job(run, bench, make):
    """Way: the link is cut while the printer holds a job for want of paper; it is back, says that it has paper, and has
    not answered the old job's barrier yet. A job begun now would take that answer for its own, so none is."""

    async def main():
        printer = make(knows_ids=False)
        await printer.plug()
        async with bench({RECEIPT: printer.url}) as table:
            await table.devices.printer().ready()
            printer.run_out_after(2)
            async with asyncio.TaskGroup() as group:
                job = group.create_task(table.devices.printer().print(paper("premier"), 1), name="job")
                await table.state(RECEIPT, DEGRADED)
                await table.until(lambda: printer.held_count > 20)
                printer.cut_link()
                assert (await job).outcome is PrintOutcome.UNCERTAIN
            table.devices.retry(RECEIPT)
            await table.state(RECEIPT, DEGRADED)
            printer.is_still = True
            printer.load_paper()
            await table.state(RECEIPT, READY)
            assert (await table.devices.printer().print(paper("second"), 2)).outcome is PrintOutcome.NOTHING_SENT
            printer.is_still = False
            printer.load_paper()
            await table.devices.printer().ready()
            assert (await table.devices.printer().print(paper("second"), 2)).outcome is PrintOutcome.CONFIRMED
            assert [strip.lines[0] for strip in printer.receipts] == ["premier", "second"]
        printer.unplug()

    run(main())


def test_a_command_cut_in_two_does_not_swallow_the_next_receipt(run, bench):
    """Way: cut inside a QR code's data; without the zeros of the next greeting, its length would eat what follows."""

    async def main():
        printer = SimulatedPrinter()
        await printer.plug()
        async with bench({RECEIPT: printer.url}) as table:
            await table.devices.printer().ready()
            with_qr = Paper((Text("premier"), Qr("x" * 900), Cut()))
            printer.cut_link_after(500)
            assert (await table.devices.printer().print(with_qr, 1)).outcome is PrintOutcome.UNCERTAIN
            table.devices.retry(RECEIPT)
            await table.devices.printer().ready()
            assert (await table.devices.printer().print(paper("second"), 2)).outcome is PrintOutcome.CONFIRMED
            assert "second" in printer.receipts[-1].text and "Ligne 5" in printer.receipts[-1].text
        printer.unplug()

    run(main())


def test_noise_on_the_line_confirms_nothing_and_ends_nothing(run, bench):
    async def main():
        printer = SimulatedPrinter()
        await printer.plug()
        async with bench({RECEIPT: printer.url}) as table:
            await table.devices.printer().ready()
            printer.run_out_after(2)
            async with asyncio.TaskGroup() as group:
                job = group.create_task(table.devices.printer().print(paper(), 1), name="job")
                await table.state(RECEIPT, DEGRADED)
                for noise in (b"\x00", b"\x37\x22ABCD\x00", b"\xff\xfe\x80", b"\x5fX\x00", bytes(range(256))):
                    printer.say(noise)
                    for _ in range(20):
                        await asyncio.sleep(0)
                assert not job.done()
                printer.load_paper()
                assert (await job).outcome is PrintOutcome.CONFIRMED
        printer.unplug()

    run(main())


def test_the_logo_is_drawn_once_and_kept_in_the_printer(run, bench, tmp_path):
    async def main():
        logo = tmp_path / "logo.png"
        Image.linear_gradient("L").resize((300, 80)).save(logo)
        printer = SimulatedPrinter()
        await printer.plug()
        for _ in range(2):  # the second time it is there already: that memory wears out
            async with bench({RECEIPT: printer.url}, logo=str(logo)) as table:
                await table.devices.printer().ready()
                await table.devices.printer().print(paper(), 1)
                result = await table.devices.printer().print(Paper((Logo(), Text("Café"), Cut())), 2)
                assert result.byte_count < 60
                first = printer.receipts[-1].elements[0]
                assert isinstance(first, Raster) and first.width == 304
        assert printer.logo_write_count == 1
        printer.unplug()

    run(main())


def test_a_printer_without_memory_is_sent_the_logo_in_bands(run, bench, tmp_path):
    async def main():
        logo = tmp_path / "logo.png"
        Image.new("L", (300, 390), 0).save(logo)
        printer = SimulatedPrinter(profile="clone-80", pushes=False, knows_ids=False, keeps_logos=False)
        await printer.plug()
        async with bench({RECEIPT: printer.url}, logo=str(logo)) as table:
            await table.devices.printer().ready()
            result = await table.devices.printer().print(Paper((Logo(), Text("Café"), Cut())), 1)
            assert result.outcome is PrintOutcome.CONFIRMED
            heights = [len(part.rows) // 38 for part in printer.receipts[0].elements if isinstance(part, Raster)]
            assert heights == [255, 135]
        printer.unplug()

    run(main())


def test_a_logo_that_is_no_picture_costs_the_logo_only(run, bench, tmp_path):
    async def main():
        (tmp_path / "logo.png").write_text("no picture")
        printer = SimulatedPrinter()
        await printer.plug()
        async with bench({RECEIPT: printer.url}, logo=str(tmp_path / "logo.png")) as table:
            await table.devices.printer().ready()
            job = Paper((Logo(), Text("Café"), Cut()))
            assert (await table.devices.printer().print(job, 1)).outcome is PrintOutcome.CONFIRMED
        printer.unplug()

    run(main())


def test_a_silent_printer_is_called_blind(run, bench):
    async def main():
        printer = SimulatedPrinter(answers=False)
        await printer.plug()
        async with bench({RECEIPT: printer.url}) as table:
            assert (await table.state(RECEIPT, DEGRADED)).fault is FaultReason.BLIND
            await table.devices.printer().ready()
        printer.unplug()

    run(main())


def test_lines_that_no_page_says_come_out_drawn(run, bench):
    async def main():
        printer = SimulatedPrinter()
        await printer.plug()
        async with bench({RECEIPT: printer.url}) as table:
            await table.devices.printer().ready()
            job = Paper((Columns("Żurek śląski", "4.80"), Columns("Café", "4.20"), Cut()))
            assert (await table.devices.printer().print(job, 1)).outcome is PrintOutcome.CONFIRMED
            drawn, printed = printer.receipts[0].elements[:2]
            assert isinstance(drawn, Raster) and drawn.width == 576
            assert printed.runs[0].text == "Café".ljust(44) + "4.20"
        printer.unplug()

    run(main())
