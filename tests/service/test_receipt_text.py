"""What stands on paper: features H-12, D-11, P-05, Z-11. Figures on paper are the figures of the books."""

import re
from datetime import timedelta

import msgspec
import pytest

from appliance.domain import intent as i
from appliance.domain.journal import DrawerForced
from appliance.domain.ticket import Line, Lot
from appliance.hal.device import Barcode, Columns, Paper, Row, Text
from appliance.i18n import catalogue
from appliance.protocol import command as c
from appliance.service.receipt_text import _how_much
from appliance.store import spool
from tests.support.till import GOODS, NADIA, a_till


def lines_of(paper: Paper) -> list[str]:
    """The paper as text, cells parted by a bar."""
    lines = []
    for block in paper.blocks:
        match block:
            case Text():
                lines.append(block.line)
            case Columns():
                lines.append(f"{block.left} | {block.right.rstrip()}")
            case Row():
                lines.append(" | ".join(block.cells[: len(block.cells) - (not block.cells[-1])]))
            case Barcode():
                lines.append(f"[{block.text}]")
    return [line.replace("\xa0", " ").replace("\u202f", " ") for line in lines]


async def newest_paper(till, purpose="ticket") -> list[str]:
    def read(conn):
        row = conn.execute("SELECT paper FROM print_job WHERE purpose = ? ORDER BY id DESC", (purpose,)).fetchone()
        return msgspec.json.decode(row[0], type=Paper)

    return lines_of(await till.books(read))


def test_a_receipt_says_what_the_law_asks_for(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("2 croissant, 1 candles, 1 deposit")
            await till.do(
                c.CommentLine(1, "bien cuits"), c.DiscountLine(2, rate_bp=1000), c.DiscountTicket(amount_minor=2)
            )
            await till.pays("card 3.00, cash 10.00")
            await till.do(c.PrintReceipt())
            text = await newest_paper(till)
            page = "\n".join(text)
            low, high = till.till.shop.rate_letter(260), till.till.shop.rate_letter(810)
            for wanted in (
                "BOULANGERIE-ÉPICERIE DU BOURG", "CHE-123.456.788 TVA", "21.11.2026 08:42", "Caisse 1, Camille",
                "À emporter", "bien cuits", "[TBtill-1-000001]", till.till.shop.footer[0].replace("\u202f", " "),
            ):  # fmt: skip
                assert wanted in page, wanted
            assert any(line.startswith(f" 2 Croissant au beurre | 3.20 {low}") for line in text)
            assert any(line.endswith(f"| −0.35 {high}") for line in text), "the line's discount"
            assert any(re.search(r"\| 6\.83$", line) for line in text), "the total"
            assert any(line.endswith("| 10.00") for line in text) and any(line.endswith("| 6.15") for line in text)
            assert f"{low} | 2.6 % | 3.11 | 0.08 | 3.19" in text
            assert f"{high} | 8.1 % | 2.90 | 0.24 | 3.14" in text

    run(day())


def test_the_vat_table_sums_to_the_total(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("3 croissant, 2 candles, 1 deposit | twint")
            await till.do(c.PrintReceipt())
            cells = [line.split(" | ") for line in await newest_paper(till)]
            rows = [row for row in cells if len(row) == 5 and row[1].endswith("%")]
            totals = next(row for row in cells if len(row) == 5 and row[:2] == ["", ""])
            for column in (2, 3, 4):
                assert sum(round(float(row[column]) * 100) for row in rows) == round(float(totals[column]) * 100)

    run(day())


def test_rates_stand_in_the_order_of_their_letters(run, tmp_path):
    """In the table and among the discounts: A, B, C, whatever was sold first and whichever rate is lowest."""

    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 deposit, 1 candles, 1 croissant")
            await till.do(c.DiscountTicket(rate_bp=1000))
            await till.pays("cash")
            await till.do(c.PrintReceipt())
            text = await newest_paper(till)
            table = [line[0] for line in text if re.match(r"[A-Z] \|", line)]
            assert table == ["A", "B", "C"]
            assert [line[-1] for line in text if "groupe" in line] == ["A", "B", "C"]

    run(day())


def test_a_report_says_from_when_to_when(run, tmp_path):
    """Each on a line of its own: on narrow paper both would not stand beside each other."""

    async def day():
        async with a_till(tmp_path) as till:
            await till.waits(timedelta(hours=2))
            await till.scan(NADIA)
            await till.do(c.ReadX(), c.PrintReport())
            text = await newest_paper(till, "x")
            assert "Du | 21.11.2026 08:42" in text and "Au | 21.11.2026 10:42" in text

    run(day())


def test_the_z_says_why_the_drawer_differs(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("2 croissant | cash")
            await till.closes_the_day(-200, "closing.wrong-change")
            text = await newest_paper(till, "z")
            assert text[text.index("Écart | −2.00") + 1].strip() == "Erreur de rendu"

    run(day())


def test_change_is_said_once_where_cash_comes_in_two_parts(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("2 croissant | cash 1.00, cash 5.00")
            await till.do(c.PrintReceipt())
            text = await newest_paper(till)
            assert [line for line in text if line.startswith(("Reçu", "Rendu"))] == [
                "Reçu en espèces | 1.00", "Reçu en espèces | 5.00", "Rendu | 2.80",
            ]  # fmt: skip

    run(day())


def test_a_cash_rounding_is_a_line_of_its_own(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 croissant")
            await till.do(
                c.DiscountTicket(amount_minor=2), c.StartPayment(), c.AddTender("cash", 200), c.PrintReceipt()
            )
            text = await newest_paper(till)
            assert any(line.endswith("| 0.02") for line in text)
            assert any(line.endswith("| 1.60") for line in text) and any(line.endswith("| 0.40") for line in text)

    run(day())


@pytest.mark.parametrize("copies", [1, 3])
def test_h15_a_copy_says_duplicata_and_its_number(run, tmp_path, copies):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("1 croissant | card")
            await till.do(c.PrintReceipt())
            original = await newest_paper(till)
            for _ in range(copies):
                await till.do(c.PrintReceipt())
            copy = await newest_paper(till)
            assert any("DUPLICATA" in line and str(copies) in line for line in copy)
            assert [line for line in copy if line in original] == original, "nothing else is changed"

    run(day())


def test_an_offered_line_keeps_its_price_on_paper(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 candles")
            await till.do(c.OfferLine(1, "offer.damaged"), c.StartPayment(), c.CloseTicket(), c.PrintReceipt())
            page = "\n".join(await newest_paper(till))
            letter = till.till.shop.rate_letter(810)
            assert f"| 3.50 {letter}" in page and f"| −3.50 {letter}" in page and "Produit abîmé" in page

    run(day())


def test_a_part_of_a_divided_note_says_which_fraction(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 coffee")
            await till.do(c.StartSplit(), c.SetPersons(3), c.SplitEqually(), c.AddTender("card"), c.PrintReceipt())
            assert any(line.startswith("1/3 Café | 1.40") for line in await newest_paper(till))

    run(day())


def test_z11_the_z_on_paper_holds_the_figures_of_the_books(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("2 coffee, 1 candles | cash 20.00")
            await till.do(c.NewTicket())
            await till.adds("3 candles")
            await till.do(c.OfferLine(1, "offer.staff"), c.StartPayment(), c.CloseTicket())
            await till.closes_the_day(difference_minor=-100)
            text = await newest_paper(till, "z")
            page = "\n".join(text)
            for wanted in ("11.90", "8.1 % | 3.24 | 0.26 | 3.50", "2.6 % | 8.19 | 0.21 | 8.40", "Espèces | 1 | 11.90",
                           "Camille | 2 | 11.90", "+11.90", "211.90", "210.90", "−1.00", "000001-000002", "Personnel",
                           "−10.50", "Nadia"):  # fmt: skip
                assert wanted in page, wanted

    run(day())


def test_no_paper_shows_a_message_id_and_no_name_a_control_character(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.AddFreePrice(500, "standard", "Vis \x1bp\x00 \u202e10 mm"))
            await till.pays("card")
            await till.do(c.PrintReceipt(), c.PrintReceipt(), c.CorrectPayment(), c.AddTender("cash"), c.PrintReceipt())
            await till.closes_the_day()
            papers = await till.books(lambda conn: [row[0] for row in conn.execute("SELECT paper FROM print_job")])
            ids = re.compile("|".join(rf"\b{re.escape(key)}\b" for key in catalogue("fr") if key.split(".")[0] in (
                "receipt", "report")))  # fmt: skip
            for paper in papers:
                page = "\n".join(lines_of(msgspec.json.decode(paper, type=Paper)))
                assert not ids.search(page) and "{" not in page
                assert all(char.isprintable() or char == "\n" for char in page)

    run(day())


def test_the_longest_ticket_fits_on_a_paper(run, tmp_path):
    """500 lines, each with a quantity, a discount and a comment."""

    async def day():
        async with a_till(tmp_path, cumulate=False) as till:
            await till.do(c.NewTicket())
            for n in range(1, 501):
                await till.do(c.Arm(2), c.AddProduct(GOODS["bag"]))
                await till.do(c.DiscountLine(n, rate_bp=1000), c.CommentLine(n, "x"))
            await till.pays("card")
            await till.do(c.PrintReceipt())
            job = await till.books(lambda conn: spool.last_job(conn, "ticket", 1))
            assert len(lines_of(msgspec.json.decode(job.paper, type=Paper))) > 2000

    run(day())


def test_weights_labels_and_packs_show_what_the_amount_is_made_of(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.scan("2112345012346", "2212346012342", "2212350019955", "7610807072990", "7613337001218")
            await till.do(c.SetQuantity(4, 7000), c.Arm(2))
            await till.scan("2212350019955")
            await till.pays("card")
            await till.do(c.PrintReceipt())
            text = await newest_paper(till)
            start = next(n for n, line in enumerate(text) if "Gruyère" in line)
            assert text[start : start + 11] == [
                "   Gruyère AOP à la coupe | 29.62 A",
                "   1.234 kg x 24.00/kg",
                " 1 L’Etivaz AOP à la coupe | 12.34 A",
                " 3 Plateau de fromages | 59.85 A",
                "   3 x 19.95",
                " 7 Confiture d’abricots 370 g | 58.90 A",
                "   2 x 3 pièces à 25.00",
                "   1 x 8.90",
                " 6 Eau gazeuse 50 cl | 17.40 A",
                "   1 x 6 pièces à 17.40",
                "TOTAL CHF | 178.11",
            ]

    run(day())


def test_a_label_with_weight_and_another_price_shows_no_false_sum(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            line = Line(1, "Raclette", 2400, 260, quantity_milli=514, unit="kg", lot=Lot(514, 1250, is_label=True))
            assert _how_much(till.daemon.printing._head, line) == ["0.514 kg, prix de l’étiquette"]
            line = msgspec.structs.replace(line, lot=Lot(514, 1234, is_label=True))
            assert "x 24.00/kg" in _how_much(till.daemon.printing._head, line)[0]

    run(day())


def test_h21_a_typed_weight_and_a_tare_are_said(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            head = till.daemon.printing._head
            typed = Line(1, "Tomates", 590, 260, quantity_milli=845, unit="kg", weighed="hand")
            assert _how_much(head, typed) == ["0.845 kg x 5.90/kg (poids saisi)"]
            weighed = Line(1, "Tomates", 590, 260, quantity_milli=500, unit="kg", weighed="scale", tare_milli=120)
            assert _how_much(head, weighed) == ["0.500 kg x 5.90/kg", "tare 0.120 kg déduite"]

    run(day())


def test_h11_the_x_names_who_opened_the_drawer_and_what_it_did(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("1 croissant | cash")
            await till.do(c.Lock())
            await till.till.scan(NADIA)
            await till.do(c.OpenDrawer("drawer.check"), c.OpenDrawer("drawer.change"))
            till.till.do(i.NoteDrawer(DrawerForced()))
            await till.do(c.ReadX(), c.PrintReport())
            text = await newest_paper(till, "x")
            at = text.index("Tiroir sans vente | 2")
            assert text[at + 1 : at + 3] == ["   Nadia | 2", "Tiroir ouvert sans ordre | 1"]
            assert till.view.report.drawer_forced == 1

    run(day())
