"""Mes Données: the seed's steps, the switch and the editor of a means of payment, their order, groups of customers."""

import pytest

from appliance.domain import journal as j
from appliance.domain.catalog import TenderMode
from appliance.domain.customer import GroupRate
from appliance.protocol import command as c
from appliance.store import customers as store
from appliance.store.catalog import load_shop
from tests.service.test_clients import ANNE, ANNES_CARD, VIP, in_a_shop
from tests.support.till import CAMILLE, JAM, NADIA

WALLET = "wallet"


async def visits(till, section="modes"):
    """Nadia opens Mes Données."""
    if till.state.seller != "nadia":
        await till.do(c.Lock())
        await till.scan(NADIA)
    await till.do(c.ShowTab("masters"), c.ShowSection(section))


def listed(till):
    return [row.name for row in till.view.masters.modes]


def row(till, mode):
    return next(row for row in till.view.masters.modes if row.id == mode)


async def at_encaissement(till):
    """Names of the tenders that Encaissement offers, in order."""
    await till.do(c.ShowTab("sale"), c.NewTicket())
    await till.adds("1 loaf")
    await till.do(c.StartPayment())
    names = [tender.name for tender in till.view.payment.tenders]
    await till.do(c.GoBack(), c.HoldTicket())
    return names


# --- the visit ------------------------------------------------------------------------------------------------------


def test_the_seeds_steps_switch_the_wallet_on_everywhere(tmp_path):
    async def work(till):
        await till.do(c.NewTicket())
        await till.scan(ANNES_CARD)
        assert till.view.ticket.client.wallet_minor is None
        await till.do(c.GoHome())
        assert till.view.home.tabs == ("sale", "clients", "masters")
        await visits(till)
        assert till.screen == "masters"
        assert till.view.masters.sections == ("modes", "groups")
        assert not row(till, WALLET).is_on
        await till.do(c.SwitchTenderMode(WALLET, True))
        assert row(till, WALLET).is_on
        assert (till.view.undo.code, till.view.undo.params) == ("undo.wallet_on", {"name": "Cagnotte client"})
        await till.do(c.ShowTab("clients"), c.ShowCustomer(ANNE))
        assert till.view.clients.has_wallets
        assert "Cagnotte client" in await at_encaissement(till)

    in_a_shop(work, tmp_path)


def test_a_seller_is_asked_for_a_manager_and_both_are_on_record(tmp_path):
    async def work(till):
        await till.do(c.ShowTab("masters"))
        assert (till.screen, till.view.sheet.right) == ("home/approval", "masters")
        await till.scan(NADIA)
        assert till.screen == "masters"
        await till.do(c.SwitchTenderMode("twint", False))
        (changed,) = await till.facts(j.TenderModeChanged)
        (approved,) = await till.facts(j.ActionApproved)
        assert (changed.by, approved.seller, approved.manager) == ("nadia", "camille", "nadia")
        (entry,) = [entry for entry in await till.entries() if entry.kind == "TenderModeChanged"]
        assert entry.actor == "camille"
        await till.do(c.Undo(till.view.undo.id))
        assert row(till, "twint").is_on
        await till.do(c.ShowTab("sale"))
        assert await till.refused(c.SwitchTenderMode("twint", False)) == "masters.closed"

    in_a_shop(work, tmp_path)


def test_what_was_left_cannot_be_taken_back_without_the_right(tmp_path):
    async def work(till):
        await visits(till)
        await till.do(c.SwitchTenderMode("twint", False))
        undo = till.view.undo.id
        await till.do(c.ShowTab("sale"))
        assert till.view.undo is None
        assert await till.refused(c.Undo(undo)) == "undo.too_late"
        for command in (c.ShowSection("groups"), c.MoveTenderMode("cash", 2), c.EditTenderMode(), c.SaveTenderMode(),
                        c.EditGroup(), c.SaveGroup(), c.DeleteGroup(VIP.id, "")):  # fmt: skip
            assert await till.refused(command) == "masters.closed"

    in_a_shop(work, tmp_path)


# --- switch ---------------------------------------------------------------------------------------------------------


def test_a_switch_holds_at_once_and_after_a_power_cut(tmp_path):
    async def work(till):
        await visits(till)
        await till.do(c.SwitchTenderMode("twint", False), c.SwitchTenderMode(WALLET, True))
        assert "TWINT" not in await at_encaissement(till)
        await till.pull_the_plug()
        assert till.till.shop.wallet_mode().enabled
        assert not till.till.shop.tender("twint").enabled

    in_a_shop(work, tmp_path)


def test_an_open_tickets_tender_stays_what_it_was(tmp_path):
    async def work(till):
        await till.do(c.NewTicket())
        await till.adds("1 loaf")
        await till.do(c.StartPayment(), c.AddTender("twint", 100))
        await visits_with_ticket(till)
        await till.do(c.SwitchTenderMode("twint", False), c.GoBack())
        assert [tender.name for tender in till.view.ticket.tenders] == ["TWINT"]
        assert await till.refused(c.AddTender("twint", 100)) == "tender.unknown"
        await till.do(c.AddTender("cash"))
        assert "TWINT 1.00" in till.sealed()

    async def visits_with_ticket(till):
        await till.do(c.Lock())
        await till.scan(NADIA)
        await till.do(c.ShowTab("masters"))

    in_a_shop(work, tmp_path)


def test_cash_stays_on_while_the_session_is_open(tmp_path):
    async def work(till):
        await visits(till)
        assert await till.refused(c.SwitchTenderMode("cash", False)) == "tender.cash_needed"
        assert till.till.shop.tender("cash").enabled

    in_a_shop(work, tmp_path)


def test_switching_off_with_balances_asks_and_keeps_them(tmp_path):
    from appliance.domain import intent as i

    async def work(till):
        await visits(till)
        await till.do(c.SwitchTenderMode(WALLET, True))
        for customer, amount in ((ANNE, 100_000), ("c-claire000002", 4320)):
            till.till.do(i.AdjustWallet(customer, amount, "opening", "nadia", as_paid=True))
        await till.do(c.SwitchTenderMode(WALLET, False))
        sheet = till.view.sheet
        assert (till.screen, sheet.count, sheet.amount_minor) == ("masters/mode_off", 2, 104_320)
        await till.do(c.CloseSheet())
        assert row(till, WALLET).is_on
        await till.do(c.SwitchTenderMode(WALLET, False), c.SwitchTenderMode(WALLET, False, confirmed=True))
        assert till.screen == "masters"
        assert not till.till.shop.wallet_mode().enabled
        assert till.state.holding(ANNE).balance_minor == 100_000
        await till.do(c.SwitchTenderMode(WALLET, True), c.ShowTab("clients"), c.ShowCustomer(ANNE))
        assert till.view.clients.client.wallet_minor == 100_000

    in_a_shop(work, tmp_path)


def test_a_shop_that_never_had_wallets_can_switch_them_on(tmp_path):
    import msgspec

    async def work(till):
        shop = till.till.shop
        till.till.shop = msgspec.structs.replace(shop, tenders=tuple(m for m in shop.tenders if m.kind != "wallet"))
        await visits(till)
        assert listed(till)[-1] == "Cagnotte client"
        await till.do(c.SwitchTenderMode(WALLET, True))
        assert till.till.shop.wallet_mode().enabled
        (fact,) = await till.facts(j.TenderModeChanged)
        assert fact.before is None

    in_a_shop(work, tmp_path)


# --- order and editor -----------------------------------------------------------------------------------------------


def test_the_order_of_the_list_is_that_of_encaissement(tmp_path):
    async def work(till):
        await visits(till)
        assert listed(till)[:3] == ["Espèces", "Carte", "TWINT"]
        await till.do(c.MoveTenderMode("twint", 0))
        assert listed(till)[:3] == ["TWINT", "Espèces", "Carte"]
        (fact,) = await till.facts(j.TenderModesOrdered)
        assert fact.modes[:3] == ("twint", "cash", "card")
        await till.do(c.Undo(till.view.undo.id))
        assert listed(till)[:3] == ["Espèces", "Carte", "TWINT"]
        await till.do(c.MoveTenderMode("cash", 99))
        assert (await at_encaissement(till))[-1] == "Espèces"

    in_a_shop(work, tmp_path)


def test_the_editor_changes_everything_of_a_mode_in_one_step(tmp_path):
    async def work(till):
        await visits(till)
        await till.do(c.EditTenderMode("gift-voucher"))
        sheet = till.view.sheet
        assert (sheet.name, sheet.overpayment, sheet.quick_key, sheet.rounding_minor) == (
            "Bon cadeau",
            "keep",
            None,
            None,
        )
        fields: dict[c.ModeField, str] = {
            "name": "  Bon du   Bourg ", "overpayment": "change", "opens_drawer": "1", "needs_customer": "1",
            "funds_wallet": "", "account": "2035", "place": "0", "quick_key": "1", "rounding_minor": "5",
        }  # fmt: skip
        await till.do(*(c.FillTenderMode(field, value) for field, value in fields.items()))
        assert listed(till)[0] == "Espèces", "nothing holds before Enregistrer"
        await till.do(c.SaveTenderMode())
        assert till.screen == "masters"
        assert listed(till)[0] == "Bon du Bourg"
        mode = till.till.shop.tender("gift-voucher")
        assert mode == TenderMode(
            "gift-voucher", "Bon du Bourg", "gift", "voucher", 1, "Scannez le bon", opens_drawer=True,
            overpayment="change", account="2035", needs_customer=True, funds_wallet=False,
        )  # fmt: skip
        await till.pull_the_plug()
        assert till.till.shop.tender("gift-voucher") == mode

    in_a_shop(work, tmp_path)


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("name", " ", "tender.name_missing"),
        ("name", "espÈces", "tender.name_taken"),
        ("name", "x" * 25, "tender.name_too_long"),
        ("account", "10 20", "tender.account_form"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(tmp_path, field, value, error):
    async def work(till):
        await visits(till)
        before = till.till.shop
        await till.do(c.EditTenderMode("card"), c.FillTenderMode(field, value), c.SaveTenderMode())
        assert (till.screen, till.view.sheet.errors) == ("masters/tender_mode", {field: error})
        await till.do(c.FillTenderMode(field, "Visa"))
        assert till.view.sheet.errors == {}
        await till.do(c.CloseSheet())
        assert till.till.shop == before
        assert await till.facts(j.TenderModeChanged) == []

    in_a_shop(work, tmp_path)


def test_a_mode_is_added_and_pays(tmp_path):
    async def work(till):
        await visits(till)
        await till.do(c.EditTenderMode(), c.FillTenderMode("kind", "voucher"), c.FillTenderMode("kind", "cash"),
                      c.FillTenderMode("name", "Chèque Reka"), c.SaveTenderMode())  # fmt: skip
        assert listed(till)[-1] == "Chèque Reka"
        await till.do(c.ShowTab("sale"))
        closed = await till.sells("1 loaf | cheque-reka")
        assert [(tender.mode, tender.kind, tender.name) for tender in closed.tenders] == [
            ("cheque-reka", "voucher", "Chèque Reka")
        ]

    in_a_shop(work, tmp_path)


def test_without_a_quick_key_the_ticket_has_no_cash_keys(tmp_path):
    async def work(till):
        await till.do(c.NewTicket())
        await till.adds("1 loaf")
        assert till.view.ticket.cash_keys
        await till.do(c.HoldTicket())
        await visits(till)
        await till.do(c.EditTenderMode("cash"), c.FillTenderMode("quick_key", ""), c.SaveTenderMode())
        await till.do(c.ShowTab("sale"), c.RecallTicket(till.till.held_tickets()[0].number))
        assert till.view.ticket.cash_keys == ()

    in_a_shop(work, tmp_path)


# --- groups ---------------------------------------------------------------------------------------------------------


def test_a_group_is_made_with_its_discounts(tmp_path):
    async def work(till):
        await visits(till, "groups")
        (vip,) = till.view.masters.groups
        assert (vip.label, vip.customers, vip.rates[0].rate_bp) == ("VIP", 1, 1000)
        await till.do(c.EditGroup(), c.FillGroup("label", "Pro"), c.FillGroup("add"), c.FillGroup("rate", "7,5 %"))
        await till.do(c.FillGroup("pick"))
        category = till.view.sheet.categories[0]
        await till.do(c.FillGroup("category", str(category.id)), c.FillGroup("from", "1.12.26"))
        await till.do(c.FillGroup("to", "31/12/2026"), c.SaveGroup())
        pro = till.view.masters.groups[-1]
        assert (pro.label, pro.customers, till.screen) == ("Pro", 0, "masters")
        (rate,) = (await till.books(store.groups))[-1].rates
        assert rate == GroupRate(750, category.id, "2026-12-01", "2026-12-31")
        (fact,) = await till.facts(j.GroupChanged)
        assert (fact.group.id, fact.before, fact.by) == (pro.id, None, "nadia")

    in_a_shop(work, tmp_path)


def test_what_cannot_be_read_is_said_and_stops_the_saving(tmp_path):
    async def work(till):
        await visits(till, "groups")
        await till.do(c.EditGroup(VIP.id), c.FillGroup("rate", "beaucoup"), c.SaveGroup())
        assert [rate.error for rate in till.view.sheet.rates] == ["group.rate_form", ""]
        await till.do(c.FillGroup("rate", "12"), c.FillGroup("from", "31.2.2026"))
        assert till.view.sheet.rates[0].error == "group.date_form"
        await till.do(c.FillGroup("from", ""), c.FillGroup("label", ""), c.SaveGroup())
        assert till.view.sheet.error == "group.label_missing"
        await till.do(c.FillGroup("label", "Très VIP"), c.SaveGroup())
        assert [group.label for group in till.view.masters.groups] == ["Très VIP"]

    in_a_shop(work, tmp_path)


def test_a_note_that_waits_gets_the_new_discount(tmp_path):
    async def work(till):
        await till.do(c.NewTicket())
        await till.adds("1 loaf")
        await till.scan(ANNES_CARD)
        assert till.view.ticket.group_minor == -36
        await till.do(c.HoldTicket())
        await visits(till, "groups")
        await till.do(c.EditGroup(VIP.id), c.FillGroup("rate", "20"), c.SaveGroup(), c.ShowTab("sale"))
        await till.do(c.RecallTicket(till.till.held_tickets()[0].number))
        assert (till.view.ticket.group_minor, till.view.ticket.client.group_discount_bp) == (-72, 2000)

    in_a_shop(work, tmp_path)


def test_a_group_goes_away_once_its_customers_have_another_one(tmp_path):
    async def work(till):
        await visits(till, "groups")
        await till.do(c.EditGroup(), c.FillGroup("label", "Pro"), c.SaveGroup())
        pro = till.view.masters.groups[-1].id
        await till.do(c.DeleteGroup(VIP.id))
        sheet = till.view.sheet
        assert (till.screen, sheet.customers, [key.name for key in sheet.others]) == (
            "masters/group_delete",
            1,
            ["Pro"],
        )
        assert await till.refused(c.DeleteGroup(VIP.id, VIP.id)) == "group.unknown"
        await till.do(c.DeleteGroup(VIP.id), c.DeleteGroup(VIP.id, pro))
        assert [(group.label, group.customers) for group in till.view.masters.groups] == [("Pro", 1)]
        (fact,) = await till.facts(j.GroupDeleted)
        assert (fact.group, fact.moved_to, fact.customers, fact.by) == (VIP, pro, 1, "nadia")
        await till.pull_the_plug()
        assert till.till.directory.get(ANNE).group == pro

    in_a_shop(work, tmp_path)


# --- the disk -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["shop", "journal", "customer_group"], ids=["set-up", "books", "groups"])
def test_fact_and_set_up_are_on_the_disk_together_or_not_at_all(tmp_path, table):
    """The transaction breaks at each of its statements: the memory is what the disk has, and the next try works."""
    command = c.SwitchTenderMode(WALLET, True) if table != "customer_group" else c.DeleteGroup(VIP.id, "")
    breaks = f"CREATE TRIGGER broken BEFORE {{}} ON {table} BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END"

    async def work(till):
        await visits(till)
        shop, groups = till.till.shop, till.till.directory.groups()
        await till.books(lambda conn: conn.execute(breaks.format("DELETE" if table == "customer_group" else "INSERT")))
        answer = await till.order(command)
        assert not answer.ok
        await till.books(lambda conn: conn.execute("DROP TRIGGER broken"))
        assert (till.till.shop, till.till.directory.groups()) == (shop, groups)
        assert not row(till, WALLET).is_on
        assert await till.facts(j.TenderModeChanged, j.GroupDeleted) == []
        assert await till.books(load_shop) == shop
        assert till.till.directory.get(ANNE).group == VIP.id
        await till.till.ledger._try_disk()
        await till.do(command)
        assert len(await till.facts(j.TenderModeChanged, j.GroupDeleted)) == 1
        assert await till.books(load_shop) == till.till.shop

    in_a_shop(work, tmp_path)


# --- what comes in between ------------------------------------------------------------------------------------------


def test_a_scan_in_mes_donnees_sells_and_ends_the_visit(tmp_path):
    async def work(till):
        await visits(till)
        await till.do(c.EditTenderMode("card"))
        await till.scan(JAM)
        assert till.screen == "sale"
        assert len(till.ticket.lines) == 1
        assert await till.refused(c.SwitchTenderMode("twint", False)) == "masters.closed"
        assert await till.facts(j.TenderModeChanged) == []

    in_a_shop(work, tmp_path)


def test_another_sellers_badge_ends_the_visit(tmp_path):
    async def work(till):
        await visits(till)
        await till.scan(CAMILLE)
        assert till.screen == "home"
        await till.do(c.ShowTab("masters"))
        assert till.screen == "home/approval"

    in_a_shop(work, tmp_path)
