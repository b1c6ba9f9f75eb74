"""A disk that is full, read-only or failing: refused before the money, and all else goes on."""

from pathlib import Path
from typing import Any

import pytest

from appliance.protocol import command as c
from appliance.protocol.message import Answer, Order, encode
from tests.faults.box import Box, Client, basket, box, now_ms, open_day, tell, until
from tests.faults.disks import Ballast, mend, remount

MANAGER_PIN = "4321"


async def sell(client: Client) -> None:
    await client.ok(c.NewTicket())
    await client.ok(c.AddProduct(103))
    await client.ok(c.TakeCash(500))


def shown(client: Client) -> str:
    """The message on the top bar."""
    message = client.view.message
    return "" if message is None else message.code


async def refuses_money(till: Box, client: Client, code: str) -> None:
    """Every way to pay is refused with the code: no drawer, no paper, no entry of money on the disk."""
    pulses, papers = till.printer.drawer.pulse_count, till.printer.cut_count
    closed = len(till.books().facts("TicketClosed"))
    for command in (c.StartPayment(), c.TakeCash(20000), c.TakeCard(), c.AddTender("cash", 100)):
        answer = await client.order(command)
        assert (answer.ok, answer.code) == (False, code), (command, answer)
    await client.until(lambda view: code == shown(client))
    assert (till.printer.drawer.pulse_count, till.printer.cut_count) == (pulses, papers)
    books = till.books()
    books.check()
    assert len(books.facts("TicketClosed")) == closed


async def comes_back_the_same(till: Box, client: Client) -> Client:
    """kill -9 and start again: the same basket, because the state was the disk's all the time."""
    before = basket(client.view)
    await till.kill()
    client = await till.start()
    assert basket(client.view) == before
    return client


def test_full_disk_refuses_before_the_money_and_sells_again_when_freed(run: Any, tmp_path: Path, disk: Path) -> None:
    async def main() -> None:
        async with box(tmp_path, data_dir=disk / "data") as till:
            client = await till.start()
            await open_day(client)
            await client.devices_are_there()
            await sell(client)
            await client.ok(c.NewTicket())
            await client.ok(c.AddProduct(103), "line")
            await till.settled("line")
            ballast = Ballast(disk)
            ballast.fill(leave_bytes=300 * 1024)
            await refuses_money(till, client, "store.full")
            await client.ok(c.Search("pain"))  # reading goes on
            await client.until(lambda view: view.grid is not None and view.grid.hits)
            client = await comes_back_the_same(till, client)
            ballast.remove()
            await client.devices_are_there()
            await client.ok(c.TakeCash(500))
            await client.ok(c.PrintReceipt())
            await till.printed(1)
            assert till.printer.drawer.pulse_count == 1 + 2
            assert await till.stop() == 0

    run(main(), 60)


def test_paper_that_waits_is_printed_on_a_full_disk(run: Any, tmp_path: Path, disk: Path) -> None:
    async def main() -> None:
        async with box(tmp_path, data_dir=disk / "data") as till:
            client = await till.start()
            await open_day(client)
            till.printer.run_out_of_paper()
            await client.until(lambda view: shown(client) == "printer.paper_out")
            await sell(client)
            await client.ok(c.PrintReceipt())
            Ballast(disk).fill(leave_bytes=300 * 1024)
            till.printer.load_paper()
            await till.printed(1)
            assert await till.stop() == 0

    run(main(), 60)


def test_disk_filled_to_the_last_block(run: Any, tmp_path: Path, disk: Path) -> None:
    """Not even the basket is taken any more; what the screen shows is what the disk holds; the day can be closed."""

    async def main() -> None:
        async with box(tmp_path, data_dir=disk / "data") as till:
            client = await till.start()
            await open_day(client)
            await sell(client)
            await until(lambda: (disk / "data" / "reserve").exists())
            await client.ok(c.NewTicket())
            await client.ok(c.AddProduct(103), "line")
            await till.settled("line")
            ballast = Ballast(disk)
            ballast.fill()
            lines = 0
            while shown(client) != "store.full":  # until the last free page of the files is used
                await client.order(c.AddProduct(101 + lines % 4))
                await client.order(c.CommentLine(1, f"{lines:080d}"))
                lines += 1
                assert lines < 20_000
            tell(f"full after {lines} more lines")
            await refuses_money(till, client, "store.full")
            assert (
                await client.order(c.HoldTicket())
            ).code == "store.full"  # needs its own commit, so nothing is pending
            client = await comes_back_the_same(till, client)
            await close_day(client)
            books = till.books()
            books.check()
            assert len(books.facts("SessionClosed")) == 1
            await till.printed(1)
            assert await till.stop() == 0

    run(main(), 120)


async def close_day(client: Client) -> None:
    """The manager counts and closes."""
    await client.ok(c.StartClosing())  # asks for a manager
    await client.ok(c.Approve(MANAGER_PIN))
    await client.ok(c.SetCount(10000, 2))
    await client.ok(c.SetStep("check"))
    await client.until(lambda view: view.closing is not None and view.closing.step == "check")
    closing = client.view.closing
    assert closing is not None
    await client.ok(c.SetStep("confirm", closing.reasons[0].id))
    await client.ok(c.CloseDay(True))


def test_disk_that_turns_read_only(run: Any, tmp_path: Path, disk: Path) -> None:
    """As ext4 does it after an error of its own: open files stay open and every write fails. Then it is well again."""

    async def main() -> None:
        async with box(tmp_path, data_dir=disk / "data") as till:
            client = await till.start()
            await open_day(client)
            await client.devices_are_there()
            await sell(client)
            await client.ok(c.NewTicket())
            await client.ok(c.AddProduct(103), "line")
            await till.settled("line")
            remount(disk, "abort")
            assert (await client.order(c.HoldTicket())).code == "store.read_only"
            await refuses_money(till, client, "store.read_only")
            await client.ok(c.Search("pain"))  # reading goes on
            await client.until(lambda view: view.grid is not None and view.grid.hits)
            client = await comes_back_the_same(till, client)  # even a start can read
            assert (await client.order(c.HoldTicket())).code == "store.read_only"
            await till.kill()
            mend(disk)
            client = await till.start()
            await client.devices_are_there()
            await client.ok(c.TakeCash(500))
            till.books().check()
            assert till.printer.drawer.pulse_count == 1 + 2
            assert await till.stop() == 0

    run(main(), 60)


def test_papers_that_wait_leave_a_read_only_disk(run: Any, tmp_path: Path, disk: Path) -> None:
    """The roll is changed while the disk is read-only: the receipt comes, says that it is provisional, and after the
    repair, since the till was killed before its row knew of it, once more as it was ordered."""

    async def main() -> None:
        async with box(tmp_path, data_dir=disk / "data") as till:
            client = await till.start()
            await open_day(client)
            till.printer.run_out_of_paper()
            await client.until(lambda view: shown(client) == "printer.paper_out")
            await sell(client)
            await client.ok(c.PrintReceipt())
            remount(disk, "abort")
            till.printer.load_paper()
            await till.printed(1)
            assert till.printer.receipts[0].lines[0].strip() == "EXEMPLAIRE PROVISOIRE"
            assert any("TOTAL CHF" in line for line in till.printer.receipts[0].lines)
            await client.ok(c.Search("pain"))
            await till.kill()
            mend(disk)
            await till.start()
            await till.printed(2)
            assert "EXEMPLAIRE" not in till.printer.receipts[1].text
            assert await till.stop() == 0

    run(main(), 60)


@pytest.mark.parametrize(("call", "every"), [("fsync", 20), ("pwrite64", 60)])
def test_input_output_error_at_the_commit(run: Any, tmp_path: Path, call: str, every: int) -> None:
    """The commit's end is unknown: the daemon looks it up, and either the sale is there and done or it was refused."""

    async def main() -> None:
        async with box(tmp_path) as till:
            first = 15 if call == "fsync" else 40  # strace counts each thread's calls by itself
            inject = f"inject={call}:error=EIO:when={first}+{every}"
            client = await till.start()
            await open_day(client)
            assert await till.stop() == 0
            client = await till.start("strace", "-f", "-qq", "-o", "/dev/null", "-e", inject)
            await client.devices_are_there()
            done, refused = 0, 0
            while refused < 2 and done < 80:
                await client.order(c.NewTicket())
                await client.order(c.AddProduct(103))
                answer = await client.order(c.TakeCash(500), f"pay-{done + refused}")
                if answer.ok:
                    done += 1
                else:
                    refused += 1
                    assert answer.code in ("store.failed", "ticket.none", "ticket.empty", "tender.not_enough"), answer
                    await client.until(lambda view: view.message is None or not view.message.code.startswith("store."))
            books = till.books()
            books.check()
            assert len(books.facts("TicketClosed")) == done
            await until(lambda: till.printer.drawer.pulse_count == 1 + done)
            found = till.log.read_text().count("there after all")
            tell(f"{call}: {done} sold, {found} of them after a failed commit, {refused} refused")
            assert "commit of entries" in till.log.read_text(), "no fault was caused"
            await till.kill()
            client = await till.start()
            assert len(till.books().facts("TicketClosed")) == done
            assert await till.stop() == 0

    run(main(), 60)


def test_a_slow_disk_and_an_impatient_finger(run: Any, tmp_path: Path) -> None:
    """Each sync takes a third of a second: the daemon listens meanwhile, and a second tap sells nothing."""

    async def main() -> None:
        async with box(tmp_path) as till:
            client = await till.start()
            await open_day(client)
            assert await till.stop() == 0
            slow = "inject=fsync:delay_enter=300ms"
            client = await till.start("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e", slow)
            await client.devices_are_there()
            for _ in range(4):  # until the daemon has learnt what kind of disk this is
                await sell(client)
            await client.ok(c.NewTicket())
            await client.ok(c.AddProduct(103), "line")
            await till.settled("line")
            taps = [Order("tap", c.TakeCash(500)), Order("tap", c.TakeCash(500)), Order("second", c.TakeCash(500))]
            client.send(b"".join(encode(tap) for tap in taps))
            began = now_ms()
            await (await till.connect(views=False)).take()  # the greeting of a second client
            quick_ms = now_ms() - began
            answers: list[Answer] = []
            while len(answers) < len(taps):
                message = await client.take()
                answers += [message] if isinstance(message, Answer) else []
            tell(f"answered after {quick_ms:.0f} ms while a sale waited for its sync")
            assert quick_ms < 150
            told = sorted((answer.id, answer.ok) for answer in answers)
            assert told == [("second", False), ("tap", True), ("tap", True)]
            assert len(till.books().facts("TicketClosed")) == 5
            await until(lambda: till.printer.drawer.pulse_count == 1 + 5)

    run(main(), 60)
