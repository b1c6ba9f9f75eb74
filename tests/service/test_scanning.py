"""What a scan does, row by row of the scan table (screens.md, section 3), and features S-03, S-06, S-21."""

from datetime import timedelta

import pytest

from appliance.domain import journal as j
from appliance.protocol import command as c
from appliance.service.scanning import receipt_code
from tests.support.till import CAMILLE, GOODS, JAM, LUCA, NADIA, UNKNOWN, a_till

SIX_PACK = "7613337001218"
WATER = "7613337001140"
CHASSELAS_SIX = "7640151700218"
BEER = "7610155330018"


def test_on_the_lock_screen_only_a_badge_counts(run, tmp_path):
    async def day():
        async with a_till(tmp_path, opened=False) as till:
            assert await till.scan(JAM) == "scan.sign_in_first"
            assert await till.scan("TBtill-1-000001") == "scan.sign_in_first"
            await till.scan(CAMILLE)
            assert (till.screen, till.state.seller) == ("opening", "camille")
            assert await till.scan(JAM) == "scan.open_first"
            (signed,) = await till.facts(j.SellerSignedIn)
            assert (signed.name, signed.by_badge) == ("Camille", True)

    run(day())


def test_on_the_home_screen_a_scan_starts_a_sale_in_the_default_mode(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.scan(JAM)
            assert (till.screen, till.ticket.mode, len(till.ticket.lines)) == ("sale", "take-away", 1)
            assert till.ticket.lines[0].code == JAM
            assert till.sound == "scan_ok"

    run(day())


def test_during_a_sale_a_scan_adds_one_or_the_armed_number(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.Arm(3))
            await till.scan(JAM, JAM)
            assert [line.quantity_milli for line in till.ticket.lines] == [4000]

    run(day())


def test_during_a_sale_a_badge_changes_the_seller_and_keeps_the_ticket(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 croissant")
            await till.scan(LUCA)
            assert (till.screen, till.state.seller, till.basket()) == ("sale", "luca", "1 Croissant au beurre 1.60")

    run(day())


@pytest.mark.parametrize("sheet", ["menu", "notes", "free_price", "modes"])
def test_a_scan_closes_the_sheet_and_adds(run, tmp_path, sheet):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.OpenSheet(sheet))
            await till.scan(JAM)
            assert (till.screen, len(till.ticket.lines)) == ("sale", 1)

    run(day())


def test_a_scan_closes_the_line_editor_and_adds(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 croissant")
            await till.do(c.EditLine(1))
            await till.scan(JAM)
            assert (till.screen, len(till.ticket.lines)) == ("sale", 2)

    run(day())


def test_the_code_sheet_stays_open(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.OpenSheet("code_entry"))
            await till.scan(JAM)
            assert (till.screen, len(till.ticket.lines)) == ("sale/code_entry", 1)

    run(day())


def test_s21_at_the_payment_a_scan_goes_back_to_the_sale_while_nothing_was_tendered(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 croissant")
            await till.do(c.StartPayment())
            await till.scan(JAM)
            assert (till.screen, len(till.ticket.lines), till.ticket.tenders) == ("sale", 2, [])

    run(day())


@pytest.mark.parametrize("code", [JAM, UNKNOWN, "20", "1000", NADIA, "TBtill-1-000001", "4200"])
def test_s21_a_scan_during_the_payment_never_becomes_an_amount(run, tmp_path, code):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("5 coffee")
            await till.pays("card 10.00")
            before = till.daemon.ledger.seq, till.ticket.paid_minor, till.view.ticket.total_minor
            message = await till.scan(code)
            assert (till.daemon.ledger.seq, till.ticket.paid_minor, till.view.ticket.total_minor) == before
            assert message.startswith("scan.") and till.sound == "scan_refused"
            assert till.screen == "payment"

    run(day())


def test_on_the_result_a_scan_starts_the_next_ticket(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("1 croissant | cash 2.00")
            await till.scan(JAM)
            assert till.view.result is None
            assert (till.ticket.number, len(till.ticket.lines)) == (2, 1)

    run(day())


def test_while_counting_and_reading_a_scan_is_refused_aloud(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.scan(NADIA)
            await till.do(c.ReadX())
            assert await till.scan(JAM) == "scan.not_here"
            await till.do(c.GoBack(), c.StartClosing())
            assert await till.scan(JAM) == "scan.not_here"
            assert till.sound == "scan_refused"

    run(day())


def test_a_receipt_of_the_last_sale_is_shown_again_and_others_are_not_known_here(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("1 croissant | cash 2.00")
            await till.do(c.GoHome())
            await till.scan(receipt_code("till-1", 1))
            assert till.view.result.document == "000001"
            assert await till.scan(receipt_code("till-1", 77)) == "scan.receipt_elsewhere"
            assert await till.scan(receipt_code("till-9", 1)) == "scan.receipt_elsewhere"

    run(day())


def test_an_unknown_code_adds_nothing_and_offers_two_ways_on(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 croissant")
            await till.scan(UNKNOWN)
            message = till.view.message
            assert (message.code, message.params, message.actions) == (
                "scan.unknown", {"code": UNKNOWN}, ("free_price", "search")
            )  # fmt: skip
            assert (len(till.ticket.lines), till.sound) == (1, "scan_refused")
            assert await till.scan(JAM) == "", "the next good scan clears it"
            await till.scan(UNKNOWN)
            await till.do(c.ActOnMessage("free_price"))
            assert till.screen == "sale/free_price"

    run(day())


def test_a_misread_ean_is_told_from_an_unknown_one(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            assert await till.scan(JAM[:-1] + "5") == "scan.check_digit"

    run(day())


@pytest.mark.parametrize("code", ["", "   ", "x" * 513, "a\x00b", "76108\x1b70", "\u202e7610807072341"])
def test_what_no_code_can_be_is_refused_and_the_till_lives(run, tmp_path, code):
    async def day():
        async with a_till(tmp_path) as till:
            assert await till.scan(code) == "scan.unreadable"
            await till.scan(JAM)
            assert len(till.ticket.lines) == 1

    run(day())


def test_s03_five_hundred_scans_lose_none(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            codes = [JAM, WATER, "7610235001807", "7610125003379"]
            for n in range(500):
                await till.waits(timedelta(milliseconds=100))
                await till.scan(codes[n % 4])
            assert [line.quantity_milli for line in till.ticket.lines] == [125_000] * 4

    run(day())


def test_s06_twelve_digits_propose_the_thirteenth_and_a_wrong_one_adds_nothing(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.OpenSheet("code_entry"), c.TypeCode(JAM[:12]))
            assert till.view.sheet.proposed == "1"
            await till.do(c.TypeCode(JAM))
            assert till.view.sheet.verdict == "good"
            await till.do(c.TypeCode(JAM[:12] + "2"))
            assert till.view.sheet.verdict == "bad"
            assert (await till.order(c.EnterCode(JAM[:12] + "2"))).code == "scan.check_digit"
            assert till.ticket.lines == []
            await till.do(c.EnterCode(f" {JAM} "))
            assert len(till.ticket.lines) == 1

    run(day())


def test_a_pack_is_its_units_at_the_pack_price(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.scan(SIX_PACK)
            assert till.basket() == "6 Eau gazeuse 50 cl 17.40"

    run(day())


def test_a_pack_stays_a_pack_when_the_age_is_asked(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.scan(CHASSELAS_SIX)
            assert till.screen == "sale/age"
            await till.do(c.ConfirmAge(is_adult=True))
            assert till.basket() == "6 Chasselas Lavaux AOC 70 cl 93.00"
            assert till.ticket.lines[0].code == CHASSELAS_SIX

    run(day())


def test_a_limited_article_scanned_asks_and_the_next_scan_drops_the_question(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.scan(BEER)
            assert till.screen == "sale/age"
            await till.scan(JAM)
            assert (till.screen, len(till.ticket.lines)) == ("sale", 1)
            await till.do(c.ConfirmAge(is_adult=True))
            assert len(till.ticket.lines) == 1

    run(day())


def test_a_scan_of_a_free_price_article_opens_its_pad(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.scan("1324")
            assert (till.screen, till.view.sheet.product) == ("sale/free_price", GOODS["pralines"])

    run(day())
