"""What the papers of a wallet say, and what sales, X and Z say of it."""

import msgspec
import pytest

from appliance.domain import intent as i
from appliance.hal.device import Barcode, Columns, Paper, Row, Text
from appliance.protocol import command as c
from appliance.store import spool
from tests.service import test_clients as shop_of
from tests.service.test_clients import ANNE, ANNES_CARD, CLAIRE


def in_a_shop(work, folder, **changes):
    """Where cagnottes are on, and Anne is a VIP."""

    async def run(till):
        shop = till.till.shop
        on = tuple(msgspec.structs.replace(row, enabled=row.enabled or row.kind == "wallet") for row in shop.tenders)
        till.till.shop = msgspec.structs.replace(shop, tenders=on)
        await work(till)

    shop_of.in_a_shop(run, folder, **changes)


def written(paper):
    """The words of a paper, one line a block."""
    lines = []
    for block in paper.blocks:
        if isinstance(block, Text):
            lines.append(block.line)
        elif isinstance(block, Columns):
            lines.append(f"{block.left} | {block.right}".strip(" |"))
        elif isinstance(block, Row):
            lines.append(" | ".join(block.cells))
        elif isinstance(block, Barcode):
            lines.append("[barcode]")
    return lines


async def newest(till, purpose="ticket"):
    await till.till.ledger.settle()
    sql = "SELECT paper FROM print_job WHERE purpose = ? ORDER BY id DESC LIMIT 1"
    row = await till.books(lambda conn: conn.execute(sql, (purpose,)).fetchone())
    return written(msgspec.json.decode(bytes(row[0]), type=Paper))


def rules(till):
    return till.till.shop.wallet_rules_in(till.config.profile)


def mode(till, kind):
    return next(mode for mode in till.till.shop.tenders if mode.kind == kind)


async def credits(till, amount_minor=5000, given_minor=None, gifted_minor=0, shop_papers=0):
    paid = i.Payment(mode(till, "cash"), given_minor)
    till.till.do(i.CreditWallet(ANNE, amount_minor, (paid,), rules(till), gifted_minor))
    document = till.state.last_movement.document
    till.till.do(i.IssueCopy(document, shop_papers=shop_papers))
    return document


def test_a_credits_receipt_says_old_balance_movement_and_new_balance_and_has_no_tax(tmp_path):
    async def work(till):
        await credits(till, 5000, 10_000, 500)
        paper = await newest(till)
        assert "RECHARGE CAGNOTTE" in paper
        for line in (
            "Client | Mme Anne Rochat", "Carte | **** 0042", "Ancien solde | 0.00", "Crédit | +50.00",
            "Crédit offert | +5.00", "NOUVEAU SOLDE CHF | 55.00", "dont offert | 5.00", "Reçu en espèces | 100.00",
            "Rendu | 50.00", "Non soumis à TVA à la recharge.",
        ):  # fmt: skip
            assert line in paper, line
        assert not [line for line in paper if "Taux" in line]
        assert paper[-1].startswith("[")
        assert ANNES_CARD not in " ".join(paper)

    in_a_shop(work, tmp_path)


def test_the_second_paper_is_a_duplicata(tmp_path):
    async def work(till):
        document = await credits(till)
        till.till.do(i.IssueCopy(document))
        assert "DUPLICATA 1" in await newest(till)

    in_a_shop(work, tmp_path)


def test_the_shops_own_paper_comes_with_the_original_and_only_then(tmp_path):
    async def work(till):
        await credits(till)
        till.till.do(i.CreditWallet(ANNE, 1000, (i.Payment(mode(till, "cash")),), rules(till)))
        document = till.state.last_movement.document
        till.till.do(i.IssueCopy(document, shop_papers=1))
        paper = await newest(till)
        assert (paper.count("RECHARGE CAGNOTTE"), paper.count("EXEMPLAIRE COMMERÇANT")) == (2, 1)
        assert "DUPLICATA 1" not in paper
        assert paper.index("EXEMPLAIRE COMMERÇANT") > paper.index("[barcode]")
        till.till.do(i.IssueCopy(document, shop_papers=1))
        copy = await newest(till)
        assert ("DUPLICATA 1" in copy, "EXEMPLAIRE COMMERÇANT" in copy) == (True, False)

    in_a_shop(work, tmp_path)


def test_a_duplicata_of_what_the_printer_lost_is_the_clients_paper_alone(tmp_path):
    async def work(till):
        document = await credits(till, shop_papers=1)
        await till.till.ledger.settle()
        till.till.do(i.CopyPaper(document, 1))
        paper = await newest(till)
        assert (paper.count("DUPLICATA 1"), paper.count("RECHARGE CAGNOTTE")) == (1, 1)

    in_a_shop(work, tmp_path)


def test_a_cancelled_credits_receipt_names_the_credit_and_the_means(tmp_path):
    async def work(till):
        document = await credits(till, 5000, None, 500)
        till.till.do(i.CancelCredit(ANNE, document, 2000, 5))
        till.till.do(i.IssueCopy(till.state.last_movement.document))
        paper = await newest(till)
        for line in (
            "ANNULATION DE CRÉDIT", f"Annule le reçu | {document:06d}", "Ancien solde | 55.00",
            "Crédit annulé | −20.00", "Crédit offert annulé | −2.00", "NOUVEAU SOLDE CHF | 33.00",
            "Rendu en espèces | 20.00",
        ):  # fmt: skip
            assert line in paper, line

    in_a_shop(work, tmp_path)


def test_a_refunded_balance_lists_what_was_paid_out_and_what_was_cancelled(tmp_path):
    async def work(till):
        await credits(till, 1200, None, 300)
        till.till.do(i.RefundBalance(ANNE, mode(till, "cash")))
        till.till.do(i.IssueCopy(till.state.last_movement.document))
        paper = await newest(till)
        assert "REMBOURSEMENT DU SOLDE" in paper
        assert "Solde rendu | −12.00" in paper
        assert "Crédit offert annulé | −3.00" in paper
        assert "NOUVEAU SOLDE CHF | 0.00" in paper

    in_a_shop(work, tmp_path)


@pytest.mark.parametrize(("setting", "lines"), [("always", 2), ("wallet", 1), ("never", 0)])
def test_the_balance_is_on_the_receipts_the_shop_wants(tmp_path, setting, lines):
    """Feature W-12, on a sale by wallet and one in cash."""

    async def work(till):
        shop = till.till.shop
        till.till.shop = msgspec.structs.replace(shop, wallet=msgspec.structs.replace(shop.wallet, balance=setting))
        await credits(till)
        found = 0
        for kind in ("wallet", "cash"):
            await till.do(c.NewTicket())
            await till.adds("1 loaf")
            await till.scan(ANNES_CARD)
            till.till.do(i.Tend(mode(till, kind)))
            till.till.do(i.IssueCopy(till.state.last_closed.document))
            found += len([line for line in await newest(till) if line.startswith("Solde de la cagnotte")])
        assert found == lines

    in_a_shop(work, tmp_path)


@pytest.mark.parametrize(("setting", "name", "street"), [("no", 0, 0), ("name", 1, 0), ("address", 1, 1)])
def test_name_and_address_are_on_a_sales_receipt_where_switched_on(tmp_path, setting, name, street):
    async def work(till):
        await till.do(c.NewTicket())
        await till.adds("1 loaf")
        await till.scan(ANNES_CARD)
        await till.pays("cash 20.00")
        till.till.do(i.IssueCopy(till.state.last_closed.document))
        paper = await newest(till)
        assert len([line for line in paper if "Mme Anne Rochat" in line]) == name
        assert len([line for line in paper if "Rue du Bourg 2" in line]) == street
        assert [line for line in paper if "Remise VIP 10" in line and line.endswith("| −0.36 A")]

    in_a_shop(work, tmp_path, receipt_client=setting)


def test_the_statement_has_every_movement_and_the_balance(tmp_path):
    async def work(till):
        document = await credits(till)
        till.till.do(i.CancelCredit(ANNE, document, 1000, 5))
        await till.till.ledger.settle()
        await till.do(c.PrintStatement(ANNE))
        paper = await newest(till, "statement")
        assert "RELEVÉ DE CAGNOTTE" in paper
        assert "21.11 Crédit | +50.00 | 50.00" in paper
        assert "21.11 Crédit annulé | −10.00 | 40.00" in paper
        assert f"  doc. {document:06d}, Caisse 1, Camille" in paper
        assert (paper.count("2026"), [line for line in paper if line.startswith("Report")]) == (1, [])
        assert "SOLDE CHF | 40.00" in paper

    in_a_shop(work, tmp_path)


def test_a_wallet_that_never_moved_has_no_statement(tmp_path):
    async def work(till):
        assert await till.refused(c.PrintStatement(ANNE)) == "client.never_moved"

    in_a_shop(work, tmp_path)


def test_a_long_statement_brings_the_balance_forward(tmp_path):
    async def work(till):
        for _ in range(62):
            till.till.do(i.CreditWallet(ANNE, 1000, (i.Payment(mode(till, "cash")),), rules(till)))
        await till.till.ledger.settle()
        await till.do(c.PrintStatement(ANNE))
        paper = await newest(till, "statement")
        assert "Report |  | 20.00" in paper
        assert len([line for line in paper if "Crédit | +10.00" in line]) == 60
        assert "SOLDE CHF | 620.00" in paper

    in_a_shop(work, tmp_path)


def test_change_that_was_put_on_the_wallet_is_not_said_to_be_received(tmp_path):
    async def work(till):
        await till.do(c.NewTicket())
        await till.adds("1 loaf")
        await till.scan(ANNES_CARD)
        await till.pays("cash 20.00")
        number = till.state.last_closed.ticket
        await till.do(c.PutChangeOnWallet())
        paper = await newest(till)
        assert "RESTE MIS SUR LA CAGNOTTE" in paper
        assert [line for line in paper if line.startswith(f"Rendu du ticket {number:04d} | ")]
        assert not [line for line in paper if line.startswith("Reçu en espèces")]
        await till.do(c.PrintReceipt())
        paper = await newest(till)
        assert [line for line in paper if line.startswith("Mis sur la cagnotte | ")]
        assert not [line for line in paper if line.startswith("Rendu | ")]

    in_a_shop(work, tmp_path)


def test_x_has_the_wallets_apart_and_their_cash_in_the_drawer(tmp_path):
    async def work(till):
        document = await credits(till)
        till.till.do(i.CancelCredit(ANNE, document, 1000, 5))
        await till.do(c.SignIn("nadia", "4321"), c.ReadX())
        report = till.view.report
        assert report.turnover_minor == 0
        assert report.wallet_rows == (
            ("credited", 1, 5000), ("credited_cash", 0, 5000), ("cancelled", 1, -1000), ("used", 0, 0),
            ("balance", 0, 4000),
        )  # fmt: skip
        cash = report.cash
        assert (cash.wallet_credits_minor, cash.wallet_refunds_minor) == (5000, 1000)
        assert cash.expected_minor == cash.float_minor + 4000

    in_a_shop(work, tmp_path)


def test_a_split_credit_is_one_credit_and_the_closing_compares_its_card_with_the_terminal(tmp_path):
    async def work(till):
        paid = (i.Payment(mode(till, "cash"), 2000), i.Payment(mode(till, "card")))
        till.till.do(i.CreditWallet(ANNE, 5000, paid, rules(till)))
        await till.do(c.SignIn("nadia", "4321"), c.StartClosing())
        card = next(row for row in till.view.closing.tenders if row.kind == "card")
        assert (card.count, card.amount_minor, card.wallet_minor) == (1, 3000, 3000)
        assert [row.kind for row in till.view.closing.tenders if row.kind == "cash"] == []
        await till.do(c.PrintReport())
        paper = await newest(till, "x")
        assert "Créditées | 1 | +50.00" in paper
        assert "   par carte |  | +30.00" in paper

    in_a_shop(work, tmp_path)


def test_x_names_the_coins_that_a_refund_was_rounded_by(tmp_path):
    async def work(till):
        paid = i.Payment(mode(till, "card"))
        till.till.do(i.CreditWallet(ANNE, 417, (paid,), rules(till)))
        till.till.do(i.RefundBalance(ANNE, mode(till, "cash")))
        await till.do(c.SignIn("nadia", "4321"), c.ReadX(), c.PrintReport())
        assert till.view.report.wallet_rounding_minor == 2
        assert till.view.report.cash.wallet_refunds_minor == 415
        assert "Arrondis espèces | +0.02" in await newest(till, "x")

    in_a_shop(work, tmp_path)


def test_who_was_erased_is_on_no_paper(tmp_path):
    async def work(till):
        assert till.till.directory.get(CLAIRE) is not None
        paid = i.Payment(mode(till, "cash"))
        till.till.do(i.CreditWallet(CLAIRE, 1000, (paid,), rules(till)))
        document = till.state.last_movement.document
        till.till.do(i.IssueCopy(document))
        await till.till.ledger.settle()
        jobs = await till.books(lambda conn: spool.papers_of(conn, CLAIRE))
        assert [job["document"] for job in jobs] == [document]

    in_a_shop(work, tmp_path)
