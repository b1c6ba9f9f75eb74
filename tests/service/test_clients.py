"""Customers at the till: found, on the ticket, created, changed, deleted; and what their cards do in every place."""

import asyncio
from contextlib import asynccontextmanager
from typing import Any

import pytest

from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain.customer import COUNTER_ID, Address, Customer, CustomerCode, Group, GroupRate
from appliance.protocol import command as c
from appliance.protocol import view as v
from appliance.store import customers as store
from tests.support.customers import save
from tests.support.till import JAM, NADIA, PINS, UNKNOWN, a_till

ANNE, CLAIRE, GARAGE = "c-anne00000001", "c-claire000002", "c-garage000003"
ANNES_CARD, CLAIRES_CARD, OLD_CARD = "2100 0042", "2100 0107", "2100 0099"
VIP = Group("g-vip000000001", "VIP", (GroupRate(1000), GroupRate(0, category=6)))
AT = "2026-11-01T08:00:00.000Z"
FOLK = (
    Customer(
        ANNE, civility="madam", last_name="Rochat", first_name="Anne", phones=("079 555 01 42",),
        codes=(CustomerCode(ANNES_CARD), CustomerCode(OLD_CARD, "replaced")), group=VIP.id, account="1100.042",
        addresses=(Address("Rue du Bourg 2", "1071", "Chexbres", is_default=True),),
    ),
    Customer(CLAIRE, last_name="Rochaix", first_name="Claire", codes=(CustomerCode(CLAIRES_CARD),)),
    Customer(GARAGE, kind="company", company="Garage du Simplon SA", phones=("024 555 11 00",)),
)  # fmt: skip


@asynccontextmanager
async def a_shop(folder, **changes):
    """A till that knows three customers; Anne is a VIP with 10 %."""
    async with a_till(folder, **changes) as till:
        for customer in (VIP, *FOLK):
            write = (
                (lambda conn, group=customer: store.save_group(conn, group))
                if isinstance(customer, Group)
                else (lambda conn, person=customer: save(conn, person, AT))
            )
            await till.books(write)
        till.till.directory.forget_all()
        yield till


def in_a_shop(work, folder, **changes):
    async def run():
        async with a_shop(folder, **changes) as till:
            await work(till)

    asyncio.run(run())


# --- on the ticket --------------------------------------------------------------------------------------------------


def test_choosing_a_client_takes_the_groups_discount_off_and_retiring_it_gives_it_back(tmp_path):
    async def work(till):
        await till.do(c.NewTicket())
        await till.adds("4 croissant, 1 loaf")
        full = till.view.ticket.total_minor
        await till.do(c.OpenSheet("client_picker"))
        assert [row.name for row in till.view.sheet.rows] == ["Rochaix Claire", "Rochat Anne"]
        await till.do(c.AttachCustomer(ANNE))
        ticket = till.view.ticket
        assert till.screen == "sale"
        assert (ticket.client.name, ticket.client.group, ticket.client.group_discount_bp) == (
            "Mme Anne Rochat", "VIP", 1000,
        )  # fmt: skip
        assert (ticket.group_label, ticket.group_bp, ticket.group_minor) == ("VIP", 1000, -(full // 10))
        assert till.message == "client.group"
        await till.adds("1 croissant")
        assert till.view.ticket.group_minor == -((full + 160) // 10)
        await till.do(c.OpenSheet("client_menu"), c.DetachCustomer())
        ticket = till.view.ticket
        assert (ticket.client, ticket.group_minor, ticket.total_minor) == (None, 0, full + 160)

    in_a_shop(work, tmp_path)


def test_the_sale_keeps_the_client_and_the_books_do_not_know_the_name(tmp_path):
    async def work(till):
        await till.do(c.NewTicket())
        await till.adds("1 loaf")
        await till.scan(ANNES_CARD)
        await till.pays("cash 20.00")
        closed = till.state.last_closed
        assert (closed.customer, closed.group, closed.group_minor) == (ANNE, "VIP", 36)
        entries = await till.entries()
        assert all(b"Rochat" not in entry.body and b"0042" not in entry.body for entry in entries)
        await till.do(c.ShowCustomer(ANNE), c.ShowHistory())
        (sale,) = till.view.clients.client.sales
        assert (sale.number, sale.total_minor, sale.articles) == (closed.ticket, 324, 1)

    in_a_shop(work, tmp_path)


def test_c16_each_consent_has_its_answer_and_its_day(tmp_path):
    async def work(till):
        await till.do(c.ShowTab("clients"), c.EditCustomer(ANNE), c.OpenSheet("client_consents"))
        assert [(row.id, row.given, row.is_asked) for row in till.view.sheet.rows] == [
            ("receipt_mail", False, False), ("marketing", False, False), ("wallet_notices", False, False),
        ]  # fmt: skip
        await till.do(c.FillCustomer("marketing", "yes"), c.FillCustomer("wallet_notices", "yes"))
        await till.do(c.FillCustomer("wallet_notices", ""))
        assert (till.view.sheet.rows[1].given, till.view.sheet.rows[1].at) == (True, "")
        await till.do(c.CloseSheet())
        assert till.view.client_form.consents == 1
        await till.do(c.SaveCustomer())
        kept = till.till.directory.get(ANNE).consents
        assert (kept.marketing.given, kept.marketing.at[:10]) == (True, "2026-11-21")
        assert (kept.receipt_mail.at, kept.wallet_notices.at) == ("", "")
        await till.do(c.EditCustomer(ANNE), c.FillCustomer("marketing", ""), c.SaveCustomer())
        assert not till.till.directory.get(ANNE).consents.marketing.given
        await till.do(c.EditCustomer(ANNE), c.OpenSheet("client_consents"))
        assert (till.view.sheet.rows[1].is_asked, till.view.sheet.rows[1].at) == (True, "2026-11-21")

    in_a_shop(work, tmp_path)


def test_a_held_note_has_the_clients_name_and_is_found_by_it(tmp_path):
    async def work(till):
        await till.do(c.NewTicket())
        await till.adds("1 loaf")
        await till.scan(ANNES_CARD)
        await till.do(c.HoldTicket())
        assert [card.client for card in till.view.home.cards] == ["Anne Rochat"]
        await till.do(c.NewTicket(), c.OpenSheet("notes"), c.OrderNotes("time", "rochat"))
        assert len(till.view.sheet.cards) == 1

    in_a_shop(work, tmp_path)


def test_the_client_comes_back_after_a_power_cut(tmp_path):
    async def work(till):
        await till.do(c.NewTicket())
        await till.adds("1 loaf")
        await till.scan(ANNES_CARD)
        await till.daemon.ledger.settle()
        await till.pull_the_plug()
        assert till.view.ticket.client.name == "Mme Anne Rochat"
        assert till.view.ticket.group_minor == -36

    in_a_shop(work, tmp_path)


def test_a_client_is_not_changed_once_money_is_on_the_ticket(tmp_path):
    async def work(till):
        await till.do(c.NewTicket())
        await till.adds("1 loaf")
        await till.do(c.StartPayment(), c.AddTender("twint", 100))
        assert await till.scan(ANNES_CARD) == "scan.finish_payment"

    in_a_shop(work, tmp_path)


def test_a_deposit_without_a_rate_of_the_group_gets_no_discount(tmp_path):
    async def work(till):
        product = till.till.catalog.product(601)
        group = Group(VIP.id, "VIP", (GroupRate(1000), GroupRate(0, category=product.category)))
        await till.books(lambda conn: store.save_group(conn, group))
        till.till.directory.forget_all()
        await till.do(c.NewTicket())
        await till.adds("1 water, 1 loaf")
        await till.scan(ANNES_CARD)
        assert till.view.ticket.group_minor == -36

    in_a_shop(work, tmp_path)


# --- looking --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [("roch", 2), ("079 555 01", 1), ("0142", 1), ("21000107", 1), ("garage", 1), ("rocaht", 1), ("nobody", 0)],
)
def test_the_tab_finds_by_name_phone_card_and_company(tmp_path, text, found):
    async def work(till):
        await till.do(c.ShowTab("clients"))
        assert (till.screen, till.view.clients.total, till.view.clients.hits) == ("clients", 3, 3)
        await till.do(c.SearchCustomers(text))
        assert (till.view.clients.hits, till.view.clients.search) == (found, text)

    in_a_shop(work, tmp_path)


def test_the_picker_lists_persons_or_companies(tmp_path):
    async def work(till):
        await till.do(c.NewTicket(), c.OpenSheet("client_picker"), c.SearchCustomers("", "company"))
        assert [row.name for row in till.view.sheet.rows] == ["Garage du Simplon SA"]
        await till.do(c.SearchCustomers("roch", "person"))
        assert [row.id for row in till.view.sheet.rows] == [CLAIRE, ANNE]
        assert till.view.sheet.chosen == CLAIRE

    in_a_shop(work, tmp_path)


def test_the_card_shows_who_it_is_and_starts_a_sale(tmp_path):
    async def work(till):
        await till.do(c.ShowTab("clients"), c.ShowCustomer(ANNE))
        card = till.view.clients.client
        assert (card.name, card.phone, card.codes, card.account) == (
            "Mme Anne Rochat", "079 555 01 42", (ANNES_CARD,), "1100.042",
        )  # fmt: skip
        assert card.address == ("Rue du Bourg 2", "1071 Chexbres")
        await till.do(c.AttachCustomer(ANNE, is_new_sale=True))
        assert (till.screen, till.view.ticket.client.name) == ("sale", "Mme Anne Rochat")

    in_a_shop(work, tmp_path)


def test_the_rail_goes_back_to_the_ticket_that_was_left_for_the_card(tmp_path):
    async def work(till):
        await till.do(c.NewTicket())
        await till.adds("1 loaf")
        await till.scan(ANNES_CARD)
        await till.do(c.OpenSheet("client_menu"), c.ShowCustomer(ANNE))
        assert till.screen == "clients"
        await till.do(c.ShowTab("sale"))
        assert (till.screen, till.basket()) == ("sale", "1 Pain mi-blanc 500 g 3.60")

    in_a_shop(work, tmp_path)


# --- the form -------------------------------------------------------------------------------------------------------


async def fills(till, **texts: Any):
    for field, text in texts.items():
        await till.do(c.FillCustomer(field, text))  # type: ignore[arg-type]


def wrong(till):
    """Field and sentence of what is wrong in the form."""
    return {line.field: line.error for line in till.view.client_form.lines if line.error}


def test_a_new_client_goes_on_the_ticket_it_was_made_for(tmp_path):
    async def work(till):
        await till.do(c.NewTicket())
        await till.adds("1 loaf")
        await till.do(c.OpenSheet("client_picker"), c.SearchCustomers("favre élo"), c.NewCustomer("favre élo"))
        form = till.view.client_form
        assert (till.screen, form.ticket) == ("client_form", till.ticket.number)
        assert {line.field: line.text for line in form.lines} == {"name": "Favre", "first_name": "Élo"}
        await fills(till, title="madam", first_name="Élodie", phone="079 555 44 12")
        assert await till.scan("2100 0388") == ""
        form = till.view.client_form
        assert (form.note.code, till.sound) == ("client.card_read", "scan_ok")
        await fills(till, place="1800")
        assert next(line for line in till.view.client_form.lines if line.field == "place").text == "1800 Vevey"
        await till.do(c.FillCustomer("group", VIP.id), c.SaveCustomer())
        assert till.screen == "client_form/approval"
        await till.do(c.Approve(PINS["nadia"]))
        assert till.screen == "sale"
        assert till.view.ticket.client.name == "Mme Élodie Favre"
        assert till.view.ticket.group_minor == -36
        facts = await till.facts(j.CustomerCreated, j.CardLinked, j.CustomerAttached)
        assert [type(fact).__name__ for fact in facts] == ["CustomerCreated", "CardLinked", "CustomerAttached"]
        made = await till.books(lambda conn: store.by_code(conn, "21000388").customer)
        assert (made.name, made.phones, made.group) == ("Élodie Favre", ("079 555 44 12",), VIP.id)
        assert made.default_address.place == "Vevey"

    in_a_shop(work, tmp_path)


def test_what_is_missing_is_said_under_its_field_and_nothing_is_stored(tmp_path):
    async def work(till):
        await till.do(c.ShowTab("clients"), c.NewCustomer())
        await fills(till, email="no", place="Vevey")
        await till.do(c.SaveCustomer())
        assert wrong(till) == {
            "name": "customer.last_name_missing", "first_name": "customer.first_name_missing",
            "email": "customer.email_form", "place": "customer.address_incomplete",
        }  # fmt: skip
        assert await till.books(store.count) == 3
        await till.do(c.FillCustomer("kind", "company"))
        assert wrong(till) == {}
        await till.do(c.SaveCustomer())
        assert "company" in wrong(till)
        await till.do(c.GoBack())
        assert till.screen == "clients"

    in_a_shop(work, tmp_path)


def test_a_card_of_somebody_else_is_named_with_the_way_to_them(tmp_path):
    async def work(till):
        await till.do(c.ShowTab("clients"), c.NewCustomer())
        await till.scan(CLAIRES_CARD)
        form = till.view.client_form
        assert (form.note.code, form.note.action, form.note.customer) == ("client.code_taken", "open", CLAIRE)
        await fills(till, name="Favre", first_name="Zoé")
        await till.do(c.SaveCustomer())
        assert wrong(till) == {"code": "customer.code_taken"}
        await till.do(c.ShowCustomer(CLAIRE))
        assert (till.screen, till.view.clients.client.name) == ("clients", "Claire Rochaix")

    in_a_shop(work, tmp_path)


def test_a_client_just_created_or_renamed_is_in_the_list_at_once(tmp_path):
    async def listed(till):
        while till.till._chores:
            await asyncio.wait(till.till._chores)
        listed = till.view.clients
        return [row.name for row in listed.rows], listed.total

    async def work(till):
        till.daemon.ledger._database._slow_left = 10_000  # commits take a while, on the database's thread
        await till.do(c.ShowTab("clients"), c.NewCustomer())
        await fills(till, name="Abbet", first_name="Zoé", phone="079 555 44 12")
        await till.do(c.SaveCustomer())
        others = ["Garage du Simplon SA", "Rochaix Claire", "Rochat Anne"]
        assert await listed(till) == (["Abbet Zoé", *others], 4)
        await till.do(c.EditCustomer(till.view.clients.client.id))
        await fills(till, name="Zwahlen")
        await till.do(c.SaveCustomer())
        assert await listed(till) == ([*others, "Zwahlen Zoé"], 4)

    in_a_shop(work, tmp_path)


def test_an_article_never_becomes_a_card(tmp_path):
    async def work(till):
        await till.do(c.ShowTab("clients"), c.NewCustomer())
        assert await till.scan(JAM) == "client.is_article"
        await fills(till, name="Favre", first_name="Zoé", code=JAM)
        await till.do(c.SaveCustomer())
        assert wrong(till) == {"code": "client.is_article"}

    in_a_shop(work, tmp_path)


def test_somebody_who_may_be_the_same_is_proposed_first(tmp_path):
    async def work(till):
        await till.do(c.NewTicket(), c.NewCustomer("Rochat Anne"), c.SaveCustomer())
        note = till.view.client_form.note
        assert (note.code, note.action, note.customer) == ("client.twin_phone", "choose", ANNE)
        assert note.params == {"name": "Anne Rochat", "start": "079", "ending": "42"}
        await till.do(c.SaveCustomer(is_another=True))
        assert till.screen == "sale"
        assert till.ticket.customer not in (ANNE, "")
        await till.do(c.NewCustomer("Rochat Anne"), c.SaveCustomer(), c.AttachCustomer(ANNE))
        assert (till.screen, till.ticket.customer) == ("sale", ANNE)

    in_a_shop(work, tmp_path)


def test_changing_a_client_keeps_what_the_form_does_not_show(tmp_path):
    async def work(till):
        await till.do(c.ShowTab("clients"), c.ShowCustomer(ANNE), c.EditCustomer(ANNE))
        assert till.view.client_form.customer == ANNE
        await fills(till, phone="079 000 00 00", code="2100 0500")
        await till.do(c.SaveCustomer())
        assert till.screen.endswith("approval"), "another card in place of hers"
        await till.scan(NADIA)
        assert till.screen == "clients"
        assert till.view.clients.client.phone == "079 000 00 00"
        made = await till.books(lambda conn: store.get(conn, ANNE))
        assert [(code.code, code.state) for code in made.codes] == [
            ("2100 0500", "active"), (OLD_CARD, "replaced"), (ANNES_CARD, "replaced"),
        ]  # fmt: skip
        assert (made.account, made.group, made.default_address.place) == ("1100.042", VIP.id, "Chexbres")
        (replaced,) = await till.facts(j.CardReplaced)
        assert (replaced.card, replaced.old) == ("0500", "0042")
        await till.do(c.ShowTab("sale"))
        assert await till.scan(ANNES_CARD) == "scan.card_replaced"

    in_a_shop(work, tmp_path)


def test_a_company_has_its_numbers_checked(tmp_path):
    async def work(till):
        await till.do(c.ShowTab("clients"), c.EditCustomer(GARAGE))
        await fills(till, business="CHE-123.456.789", contact="Luc Favre")
        await till.do(c.SaveCustomer())
        assert wrong(till) == {"business": "customer.uid_form"}
        await fills(till, business="CHE-100.155.212", vat="CHE-100.155.212 TVA", title="sir")
        await till.do(c.SaveCustomer())
        card = till.view.clients.client
        assert (card.business, card.contact) == ("CHE-100.155.212", "M. Luc Favre")
        assert card.name == "Garage du Simplon SA"

    in_a_shop(work, tmp_path)


# --- deleting -------------------------------------------------------------------------------------------------------


def test_supprimer_asks_first(tmp_path):
    async def work(till):
        await till.do(c.ShowTab("clients"), c.ShowCustomer(CLAIRE), c.DeleteCustomer(CLAIRE))
        assert till.view.sheet == v.ClientDeleteSheet(CLAIRE, "Claire Rochaix")
        await till.do(c.CloseSheet())
        assert (till.view.clients.client.id, till.view.undo) == (CLAIRE, None)

    in_a_shop(work, tmp_path)


def test_the_groups_of_clients_are_one_touch_from_the_directory(tmp_path):
    async def work(till):
        await till.do(c.ShowTab("clients"), c.ShowTab("masters", "groups"))
        await till.do(c.Approve("4321"))
        assert (till.view.screen, till.view.masters.section) == ("masters", "groups")
        assert [row.label for row in till.view.masters.groups] == ["VIP"]

    in_a_shop(work, tmp_path)


def test_a_deleted_client_can_be_taken_back_for_a_while_and_is_erased_after_it(tmp_path):
    async def work(till):
        await till.do(c.ShowTab("clients"), c.ShowCustomer(CLAIRE), c.DeleteCustomer(CLAIRE, confirmed=True))
        assert [row.id for row in till.view.clients.rows] == [GARAGE, ANNE]
        assert (till.view.clients.client, till.view.undo.code) == (None, "undo.client_deleted")
        await till.do(c.Undo(till.view.undo.id))
        assert till.view.clients.client.id == CLAIRE
        await till.do(c.DeleteCustomer(CLAIRE, confirmed=True), c.DeleteCustomer(GARAGE, confirmed=True))
        await asyncio.gather(*till.till._chores)
        assert (await till.books(lambda conn: store.get(conn, CLAIRE))).is_erased
        assert [fact.customer for fact in await till.facts(j.CustomerErased)] == [CLAIRE]
        assert [row.id for row in till.view.clients.rows] == [ANNE]

    in_a_shop(work, tmp_path)


def test_a_client_on_a_note_is_not_deleted_and_client_comptoir_never(tmp_path):
    async def work(till):
        await till.do(c.NewTicket())
        await till.adds("1 loaf")
        await till.scan(CLAIRES_CARD)
        await till.do(c.HoldTicket(), c.ShowTab("clients"))
        assert await till.refused(c.DeleteCustomer(CLAIRE, confirmed=True)) == "client.is_on_ticket"
        assert await till.refused(c.DeleteCustomer(COUNTER_ID)) == "client.counter"
        assert await till.refused(c.EditCustomer("c-nobody")) == "client.gone"

    in_a_shop(work, tmp_path)


# --- what a card does, place by place (screens.md, section 3) --------------------------------------------------------


async def at_home(till):
    pass


async def on_the_tab(till):
    await till.do(c.ShowTab("clients"))


async def on_sale(till):
    await till.do(c.NewTicket())
    await till.adds("1 loaf")


async def in_the_editor(till):
    await on_sale(till)
    await till.do(c.EditLine(till.ticket.lines[0].id))


async def in_the_menu(till):
    await on_sale(till)
    await till.do(c.OpenSheet("menu"))


async def in_the_picker(till):
    await on_sale(till)
    await till.do(c.OpenSheet("client_picker"))


async def in_code_barre(till):
    await on_sale(till)
    await till.do(c.OpenSheet("code_entry"))


async def paying(till):
    await on_sale(till)
    await till.do(c.StartPayment())


async def after_the_sale(till):
    await till.sells("1 loaf | cash 20.00")


async def dividing(till):
    await on_sale(till)
    await till.do(c.StartSplit())
    await till.do(c.MoveToPart(till.till.state.tickets[till.till.desk.split_note].lines[0].id, 1000))


async def locked(till):
    await till.do(c.Lock())


async def closing(till):
    await till.do(c.Lock())
    await till.scan(NADIA)
    await till.do(c.StartClosing())


async def on_devices(till):
    await till.do(c.ShowDevices())


@pytest.mark.parametrize(
    ("place", "screen", "has_client", "message"),
    [
        (at_home, "clients", False, ""),
        (on_the_tab, "clients", False, ""),
        (on_sale, "sale", True, "client.group"),
        (in_the_editor, "sale", True, "client.group"),
        (in_the_menu, "sale", True, "client.group"),
        (in_the_picker, "sale", True, "client.group"),
        (in_code_barre, "sale", True, "client.group"),
        (paying, "payment", True, "client.group"),
        (after_the_sale, "sale", True, "client.group"),
        (dividing, "split", True, ""),
        (locked, "lock", False, "scan.sign_in_first"),
        (closing, "closing", False, "scan.not_here"),
        (on_devices, "devices", False, "scan.test"),
    ],
)
def test_what_a_customers_card_does(tmp_path, place, screen, has_client, message):
    async def work(till):
        await place(till)
        assert await till.scan(ANNES_CARD.replace(" ", "")) == message
        assert till.screen == screen
        ticket = till.till.ticket
        assert (ticket is not None and ticket.customer == ANNE) is has_client
        assert till.sound == ("scan_refused" if message in ("scan.sign_in_first", "scan.not_here") else "scan_ok")
        if screen == "clients":
            assert till.view.clients.client.id == ANNE

    in_a_shop(work, tmp_path)


@pytest.mark.parametrize(("code", "said"), [(OLD_CARD, "scan.card_replaced"), (UNKNOWN, "scan.unknown")])
def test_a_card_that_was_replaced_and_an_unknown_one_attach_nobody(tmp_path, code, said):
    async def work(till):
        await on_sale(till)
        assert await till.scan(code) == said
        assert till.ticket.customer == ""

    in_a_shop(work, tmp_path)


def test_an_article_leaves_the_tab_and_starts_a_sale(tmp_path):
    async def work(till):
        await till.do(c.ShowTab("clients"))
        await till.scan(JAM)
        assert (till.screen, len(till.ticket.lines)) == ("sale", 1)

    in_a_shop(work, tmp_path)


def test_a_tested_card_says_whose_it_is_and_attaches_nobody(tmp_path):
    async def work(till):
        await on_devices(till)
        assert await till.scan(ANNES_CARD) == "scan.test"
        assert (till.view.tested.kind, till.view.tested.name) == ("customer", "Anne Rochat")

    in_a_shop(work, tmp_path)


def test_a_card_is_typed_too_whatever_its_last_digit(tmp_path):
    async def work(till):
        await on_sale(till)
        await till.do(c.OpenSheet("code_entry"), c.TypeCode("21000107"))
        assert till.view.sheet.verdict == "good"
        await till.do(c.EnterCode("21000107"))
        assert (till.screen, till.ticket.customer) == ("sale", CLAIRE)

    in_a_shop(work, tmp_path)


def test_a_form_that_was_left_takes_no_late_letters_and_no_second_touch(tmp_path):
    async def work(till):
        await till.do(c.ShowTab("clients"), c.NewCustomer())
        await fills(till, name="Favre", first_name="Zoé")
        await till.do(c.SaveCustomer(), c.SaveCustomer(), c.FillCustomer("name", "Favres"))
        assert len(await till.facts(j.CustomerCreated)) == 1
        assert till.view.clients.client.name == "Zoé Favre"

    in_a_shop(work, tmp_path)


def test_the_card_shows_the_sales_where_there_are_no_cagnottes(tmp_path):
    async def work(till):
        await on_sale(till)
        await till.scan(CLAIRES_CARD)
        await till.pays("cash 20.00")
        await till.do(c.CorrectPayment())
        await till.do(c.AddTender("cash", None))
        await till.do(c.ShowCustomer(CLAIRE))
        await asyncio.gather(*till.till._chores)
        assert [sale.total_minor for sale in till.view.clients.client.sales] == [360]

    in_a_shop(work, tmp_path)


def test_a_customer_who_buys_again_is_not_deleted_after_all(tmp_path):
    async def work(till):
        await till.do(c.ShowTab("clients"), c.DeleteCustomer(CLAIRE, confirmed=True), c.ShowTab("sale"))
        await on_sale(till)
        await till.scan(CLAIRES_CARD)
        assert till.till.desk.client_leaving == ""
        assert till.view.ticket.client.name == "Claire Rochaix"

    in_a_shop(work, tmp_path)


def test_a_lost_commit_leaves_no_customer_behind(tmp_path):
    async def work(till):
        await till.do(c.ShowTab("clients"), c.NewCustomer())
        await fills(till, name="Favre", first_name="Zoé")
        await till.books(
            lambda conn: conn.execute(
                "CREATE TEMP TRIGGER no_more BEFORE INSERT ON customer BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
        )
        answer = await till.order(c.SaveCustomer())
        assert not answer.ok
        assert (till.screen, till.view.client_form.lines[0].text) == ("client_form", "Favre")
        assert await till.facts(j.CustomerCreated) == []
        await till.do(c.SaveCustomer())
        assert till.view.clients.client.name == "Zoé Favre"

    in_a_shop(work, tmp_path)


def test_a_new_card_at_encaissement_becomes_a_clients_and_the_payment_goes_on(tmp_path):
    async def work(till):
        await paying(till)
        assert await till.scan("21009999") == "scan.unknown"
        assert till.view.message.actions == ("new_customer", "link_customer")
        await till.do(c.ActOnMessage("new_customer"))
        assert (till.screen, till.view.client_form.lines[0].text) == ("client_form", "21009999")
        await fills(till, name="Favre", first_name="Zoé")
        await till.do(c.SaveCustomer())
        assert (till.screen, till.view.ticket.client.name) == ("payment", "Zoé Favre")

    in_a_shop(work, tmp_path)


def test_a_new_card_at_encaissement_is_linked_to_who_is_known(tmp_path):
    async def work(till):
        await paying(till)
        await till.scan("21009999")
        await till.do(c.ActOnMessage("link_customer"))
        assert till.screen == "payment/client_picker"
        await till.do(c.AttachCustomer(CLAIRE))
        assert (till.screen, till.view.ticket.client.name) == ("payment", "Claire Rochaix")
        assert "21009999" in (await till.books(lambda conn: store.get(conn, CLAIRE))).active_codes

    in_a_shop(work, tmp_path)


def test_a_new_card_in_the_directory_is_for_a_new_client(tmp_path):
    async def work(till):
        await till.do(c.ShowTab("clients"))
        assert await till.scan("21009999") == "scan.unknown"
        await till.do(c.ActOnMessage("new_customer"))
        assert (till.screen, till.view.client_form.ticket) == ("client_form", 0)
        assert till.view.client_form.lines[0].text == "21009999"

    in_a_shop(work, tmp_path)


def test_who_has_a_balance_is_not_deleted_and_the_way_out_is_offered(tmp_path):
    async def work(till):
        await till.do(c.ShowTab("clients"), c.ShowCustomer(ANNE))
        till.till.do(i.AdjustWallet(ANNE, 500, "Geste commercial"))
        assert await till.refused(c.DeleteCustomer(ANNE)) == "client.has_balance"
        assert till.view.message.actions == ("refund_balance",)  # cagnottes are off: nobody gets it
        await till.do(c.ActOnMessage("refund_balance"))
        assert (till.screen, till.view.sheet.action) == ("clients/wallet_action", "refund")

    in_a_shop(work, tmp_path)
