"""The code that nobody knows: the sheet, its four choices, what the ticket looks like after each, and the plug pulled
in between. The demo shop on a real disk; Camille sells, Nadia is the manager."""

import pytest

from appliance.domain import journal as j
from appliance.domain.code import read
from appliance.protocol import command as c
from appliance.service.unknown_code import form_of, price_of
from appliance.store import catalog as store
from tests.service.test_clients import ANNE, CLAIRE, CLAIRES_CARD, in_a_shop
from tests.service.test_ledger import refuse_writes
from tests.support.till import JAM, NADIA, PINS, UNKNOWN, a_till

OTHER, CARD, JAM_NAME = "7613100000004", "21009988", "Confiture d’abricots 370\N{NO-BREAK SPACE}g"
OPEN = c.OpenSheet("unknown_code")


async def meets(till, code=UNKNOWN, *, touched=True):
    """Two croissants on the ticket, then a code that nobody knows; its sentence is touched."""
    if till.state.current == 0:
        await till.do(c.NewTicket())
        await till.adds("2 croissant")
    await till.scan(code)
    if touched:
        await till.do(c.ActOnMessage("unknown_code"))


async def makes(till, name="Sirop de sureau", price="7.90", code=UNKNOWN):
    """Nadia's code opens the form; it is filled and saved."""
    await till.do(c.AssignCode(code, "new_product"))
    if till.screen.endswith("approval"):
        await till.do(c.Approve(PINS["nadia"]))
    await till.do(c.FillProduct("name", name), c.FillProduct("price", price), c.SaveProduct())


def name_of(till, code):
    """Of the article that is sold by a code."""
    found = till.till.catalog.product_by_code(code)
    return None if found is None else found[0].name


# --- the sheet ------------------------------------------------------------------------------------------------------


def test_a_touch_on_the_sentence_opens_the_sheet_and_leaves_the_ticket(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await meets(till, touched=False)
            assert till.message == "scan.unknown"
            before = till.daemon.ledger.seq
            await till.do(c.ActOnMessage("unknown_code"))
            sheet = till.view.sheet
            assert (sheet.code, sheet.read_at, sheet.form, sheet.suggested) == (
                UNKNOWN, "08:42", "swiss_article", "new_product"
            )  # fmt: skip
            assert sheet.needs_manager
            assert (till.screen, till.message, till.daemon.ledger.seq) == ("sale/unknown_code", "", before)
            assert till.view.ticket.article_count == 2
            await till.do(c.CloseSheet())
            assert (till.screen, till.daemon.ledger.seq) == ("sale", before)

    run(day())


def test_the_ticket_beside_the_sheet_can_be_cashed(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await meets(till)
            await till.do(c.TakeCash(500))
            assert till.sealed().startswith("3.20")

    run(day())


def test_the_setting_opens_the_sheet_at_once(run, tmp_path):
    async def day():
        async with a_till(tmp_path, unknown_code="sheet") as till:
            await meets(till, touched=False)
            assert (till.screen, till.message, till.sound) == ("sale/unknown_code", "", "scan_refused")

    run(day())


def test_a_known_code_closes_the_sheet_and_another_unknown_one_replaces_it(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await meets(till)
            await till.scan(OTHER)
            assert (till.screen, till.view.sheet.code) == ("sale/unknown_code", OTHER)
            assert (await till.order(c.AssignCode(UNKNOWN, "new_product"))).code == "unknown_code.gone"
            await till.scan(JAM)
            assert till.screen == "sale"
            assert till.basket().endswith("1 Confiture d’abricots 370 g 8.90")

    run(day())


def test_free_price_sells_it_and_the_sheet_is_gone(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await meets(till)
            await till.do(c.OpenSheet("free_price"))
            assert till.screen == "sale/free_price"
            group = till.view.sheet.groups[0].id
            await till.do(c.AddFreePrice(300, group))
            assert till.view.ticket.article_count == 3

    run(day())


@pytest.mark.parametrize(
    ("code", "form"),
    [
        ("7612345678900", "swiss_article"), ("3017620422003", "article"), ("96385074", "other"),
        ("9782070360024", "press"), ("2512345000006", "in_store"), ("21000388", "card"), ("AB-1234", "card"),
        ("BONJOUR", "other"), ("7612345678901", "misread"), ("0107612345678900", "article"),
    ],
)  # fmt: skip
def test_what_the_form_of_a_code_suggests(code, form):
    assert form_of(read(code)) == form


# --- an article -----------------------------------------------------------------------------------------------------


def test_an_article_is_created_with_a_managers_word_and_is_on_the_ticket(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await meets(till)
            await till.do(c.AssignCode(UNKNOWN, "new_product"))
            assert (till.screen, till.view.sheet.right) == ("sale/approval", "catalog")
            await till.scan(NADIA)
            form = till.view.product_form
            assert (till.screen, form.code, form.ticket) == ("product_form", UNKNOWN, till.ticket.number)
            category = next(row for row in till.till.catalog.categories if row.name == "Épicerie")
            await till.do(
                c.FillProduct("name", " Sirop de  sureau"), c.FillProduct("price", "7.9"),
                c.OpenSheet("product_category"), c.FillProduct("category", str(category.id)),
            )  # fmt: skip
            assert (till.screen, till.view.product_form.category) == ("product_form", "Épicerie")
            await till.do(c.SaveProduct())
            assert (till.screen, till.message) == ("sale", "unknown_code.created")
            assert till.basket() == "2 Croissant au beurre 3.20, 1 Sirop de sureau 7.90"
            assert await till.facts(j.ProductCreated) == [
                j.ProductCreated(
                    store.FIRST_OWN_ID,
                    UNKNOWN,
                    "Sirop de sureau",
                    790,
                    till.ticket.lines[1].tax_class,
                    category.id,
                    "nadia",
                )
            ]
            assert [a.right for a in await till.facts(j.ActionApproved)] == ["catalog"]

    run(day())


def test_it_is_sold_by_its_code_found_by_its_name_and_shown_in_its_rubrique_also_after_a_restart(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await meets(till)
            await till.do(c.AssignCode(UNKNOWN, "new_product"), c.Approve(PINS["nadia"]))
            category = next(row.id for row in till.till.catalog.categories if row.name == "Épicerie")
            await till.do(c.FillProduct("category", str(category)), c.FillProduct("name", "Sirop de sureau"))
            await till.do(c.FillProduct("price", "7.90"), c.SaveProduct())
            for _ in range(2):
                await till.scan(UNKNOWN)
                assert till.basket().endswith("Sirop de sureau 15.80") or till.basket().endswith("23.70")
                await till.do(c.Search("sureau"))
                assert [tile.label[0] for tile in till.view.grid.tiles if tile] == ["Sirop de sureau"]
                await till.do(c.ShowCategory(category))
                pages = till.view.grid.pages
                await till.do(c.ShowPage(pages))
                assert "Sirop de sureau" in [tile.label[0] for tile in till.view.grid.tiles if tile]
                await till.pull_the_plug()

    run(day())


def test_the_plug_pulled_before_saving_leaves_nothing_and_after_it_everything(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await meets(till)
            await till.do(c.AssignCode(UNKNOWN, "new_product"), c.Approve(PINS["nadia"]))
            await till.do(c.FillProduct("name", "Sirop"), c.FillProduct("price", "7.90"))
            await till.daemon.ledger.settle()
            await till.pull_the_plug()
            assert (till.screen, till.basket()) == ("sale", "2 Croissant au beurre 3.20")
            assert till.till.catalog.product_by_code(UNKNOWN) is None
            await meets(till)
            await makes(till, "Sirop")
            await till.pull_the_plug()
            assert till.basket() == "2 Croissant au beurre 3.20, 1 Sirop 7.90"
            assert name_of(till, UNKNOWN) == "Sirop"
            assert len(await till.facts(j.ProductCreated)) == 1

    run(day())


def test_what_is_missing_or_wrong_is_said_under_its_field(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await meets(till)
            await makes(till, " ", "")
            errors = {line.field: line.error for line in till.view.product_form.lines}
            assert errors == {"name": "unknown_code.name_missing", "price": "unknown_code.price_missing"}
            await till.do(c.FillProduct("name", "Sirop"), c.FillProduct("price", "abc"), c.SaveProduct())
            errors = {line.field: line.error for line in till.view.product_form.lines}
            assert errors == {"name": "", "price": "unknown_code.price_form"}
            assert await till.facts(j.ProductCreated) == []
            await till.do(c.GoBack())
            assert (till.screen, till.basket()) == ("sale", "2 Croissant au beurre 3.20")

    run(day())


@pytest.mark.parametrize(
    ("text", "minor"),
    [("4.50", 450), ("4,5", 450), ("1'250", 125000), ("1 250.05", 125005), ("0", None), ("", None), ("-1", None),
     ("4.555", None), ("1e3", None)],
)  # fmt: skip
def test_a_typed_price(text, minor):
    assert price_of(text) == minor


def test_codes_read_while_the_form_is_filled(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await meets(till)
            await till.do(c.AssignCode(UNKNOWN, "new_product"), c.Approve(PINS["nadia"]))
            await till.do(c.FillProduct("name", "Sirop"))
            assert await till.scan(JAM) == "unknown_code.is_product"
            assert till.till.desk.notices[0].params == {"name": JAM_NAME}
            assert await till.scan(OTHER[:-1] + "0") == "scan.check_digit"
            await till.scan(OTHER)
            form = till.view.product_form
            assert (till.screen, form.code, form.lines[0].text) == ("product_form", OTHER, "Sirop")
            await till.do(c.FillProduct("price", "1.00"), c.SaveProduct())
            assert name_of(till, OTHER) == "Sirop"
            assert till.till.catalog.product_by_code(UNKNOWN) is None

    run(day())


def test_a_letter_that_comes_late_and_a_second_save_do_nothing(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await meets(till)
            await makes(till)
            await till.do(c.SaveProduct(), c.FillProduct("name", "x"), c.SaveProduct())
            assert len(await till.facts(j.ProductCreated)) == 1
            assert till.view.ticket.article_count == 3

    run(day())


def test_a_disk_that_refuses_leaves_neither_the_article_nor_its_line(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await meets(till)
            await till.do(c.AssignCode(UNKNOWN, "new_product"), c.Approve(PINS["nadia"]))
            await till.do(c.FillProduct("name", "Sirop"), c.FillProduct("price", "7.90"))
            await refuse_writes(till)
            assert not (await till.order(c.SaveProduct())).ok
            assert till.till.catalog.product_by_code(UNKNOWN) is None
            assert till.basket() == "2 Croissant au beurre 3.20"
            assert await till.facts(j.ProductCreated) == []
            assert (till.screen, till.view.product_form.lines[0].text) == ("product_form", "Sirop")
            till.daemon.ledger._well_again()
            await till.do(c.SaveProduct())
            assert till.basket() == "2 Croissant au beurre 3.20, 1 Sirop 7.90"
            assert name_of(till, UNKNOWN) == "Sirop"

    run(day())


def test_an_order_that_is_sent_again_creates_one_article(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await meets(till)
            await till.do(c.AssignCode(UNKNOWN, "new_product"), c.Approve(PINS["nadia"]))
            await till.do(c.FillProduct("name", "Sirop"), c.FillProduct("price", "7.90"))
            for _ in range(2):
                assert (await till.order(c.SaveProduct(), "twice")).ok
            await till.pull_the_plug()
            assert (await till.order(c.SaveProduct(), "twice")).ok
            assert till.basket() == "2 Croissant au beurre 3.20, 1 Sirop 7.90"
            assert len(await till.facts(j.ProductCreated)) == 1

    run(day())


# --- one more code --------------------------------------------------------------------------------------------------


def test_a_code_is_linked_to_an_article_that_is_there(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await meets(till)
            await till.do(c.AssignCode(UNKNOWN, "product"), c.Approve(PINS["nadia"]))
            sheet = till.view.sheet
            assert (till.screen, sheet.code, sheet.hits) == ("sale/product_picker", UNKNOWN, sheet.total)
            await till.do(c.SearchProducts("confiture abri"))
            rows = till.view.sheet.rows
            assert [row.name for row in rows] == [JAM_NAME]
            await till.do(c.LinkCode(rows[0].id))
            assert (till.screen, till.message) == ("sale", "unknown_code.linked")
            assert till.basket() == "2 Croissant au beurre 3.20, 1 Confiture d’abricots 370 g 8.90"
            assert await till.facts(j.CodeLinked) == [j.CodeLinked(rows[0].id, UNKNOWN, "nadia")]
            await till.pull_the_plug()
            await till.scan(UNKNOWN)
            await till.scan(JAM)
            assert till.view.ticket.article_count == 5

    run(day())


def test_nobody_links_without_the_right(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await meets(till)
            await till.do(c.LinkCode(201), c.SaveProduct())
            assert await till.facts(j.CodeLinked) == []

    run(day())


# --- customers ------------------------------------------------------------------------------------------------------


def test_a_client_is_created_with_the_code_as_card_and_is_on_the_ticket(tmp_path):
    async def work(till):
        await meets(till, CARD)
        assert till.view.sheet.suggested == "new_customer"
        await till.do(c.AssignCode(CARD, "new_customer"))
        form = till.view.client_form
        assert {line.field: line.text for line in form.lines}["code"] == CARD
        await till.do(c.FillCustomer("name", "Favre"), c.FillCustomer("first_name", "Élodie"), c.SaveCustomer())
        assert (till.screen, till.view.ticket.client.name) == ("sale", "Élodie Favre")
        assert till.basket() == "2 Croissant au beurre 3.20"
        assert till.till.desk.unknown is None
        assert len(await till.facts(j.CardLinked)) == 1

    in_a_shop(work, tmp_path)


def test_a_known_client_gets_one_more_card(tmp_path):
    async def work(till):
        await meets(till, CARD)
        await till.do(c.AssignCode(CARD, "customer"))
        sheet = till.view.sheet
        assert (till.screen, sheet.purpose, sheet.code) == ("sale/client_picker", "link", CARD)
        await till.do(c.SearchCustomers("rochaix"), c.AttachCustomer(CLAIRE))
        assert (till.screen, till.view.ticket.client.name) == ("sale", "Claire Rochaix")
        assert [fact.customer for fact in await till.facts(j.CardLinked)] == [CLAIRE]
        assert till.basket() == "2 Croissant au beurre 3.20"
        await till.pull_the_plug()
        await till.do(c.DetachCustomer())
        for card in (CARD, CLAIRES_CARD):
            await till.scan(card)
            assert till.view.ticket.client.name == "Claire Rochaix"
            await till.do(c.DetachCustomer())

    in_a_shop(work, tmp_path)


def test_a_client_who_is_there_already_gets_the_card_of_the_form(tmp_path):
    async def work(till):
        await meets(till, CARD)
        await till.do(c.AssignCode(CARD, "new_customer"))
        await till.do(c.FillCustomer("name", "Rochaix"), c.FillCustomer("first_name", "Claire"), c.SaveCustomer())
        note = till.view.client_form.note
        assert (note.action, note.customer) == ("choose", CLAIRE)
        await till.do(c.AttachCustomer(CLAIRE))
        assert (till.screen, till.view.ticket.client.name) == ("sale", "Claire Rochaix")
        assert [fact.customer for fact in await till.facts(j.CardLinked)] == [CLAIRE]

    in_a_shop(work, tmp_path)


def test_nobody_in_the_list_is_created_with_the_code(tmp_path):
    async def work(till):
        await meets(till, CARD)
        await till.do(c.AssignCode(CARD, "customer"), c.NewCustomer())
        lines = {line.field: line.text for line in till.view.client_form.lines}
        assert lines["code"] == CARD
        await till.do(c.GoBack())
        assert (till.screen, till.basket()) == ("sale", "2 Croissant au beurre 3.20")

    in_a_shop(work, tmp_path)


def test_a_known_card_closes_the_picker_and_sets_its_client(tmp_path):
    async def work(till):
        await meets(till, CARD)
        await till.do(c.AssignCode(CARD, "customer"))
        await till.scan(CLAIRES_CARD)
        assert (till.screen, till.view.ticket.client.name) == ("sale", "Claire Rochaix")
        assert await till.facts(j.CardLinked) == []

    in_a_shop(work, tmp_path)


def test_a_card_met_in_the_articles_form_is_named_on_the_screen_and_not_in_the_log(tmp_path, caplog):
    async def work(till):
        await meets(till)
        await till.do(c.AssignCode(UNKNOWN, "new_product"), c.Approve(PINS["nadia"]))
        with caplog.at_level("DEBUG"):
            assert await till.scan(CLAIRES_CARD) == "unknown_code.is_card"
        assert till.till.desk.notices[0].params == {"holder": "Claire Rochaix"}
        assert "unknown_code.is_card" in caplog.text
        assert "Claire" not in caplog.text and "Rochaix" not in caplog.text
        await till.do(c.GoBack(), OPEN)
        await till.do(c.AssignCode(UNKNOWN, "customer"), c.AttachCustomer(ANNE))
        await till.do(c.NewTicket())
        await till.scan(UNKNOWN)
        assert till.view.ticket.client.name == "Mme Anne Rochat"

    in_a_shop(work, tmp_path)


# --- after an import ------------------------------------------------------------------------------------------------


def test_a_code_that_an_import_gave_away_is_told_until_it_is_closed(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await meets(till)
            await makes(till)
            tax = till.ticket.lines[1].tax_class
            body = f"id;name;price;category;tax;code\n9000;Autre;1.00;;{tax};{UNKNOWN}\n".encode()
            taxes = [group.id for group in till.till.shop.tax_classes]
            await till.books(lambda conn: store.import_csv(conn, body, taxes))
            for _ in range(2):
                await till.pull_the_plug()
                told = [notice for notice in till.till.desk.notices if notice.code == "unknown_code.displaced"]
                assert [notice.params for notice in told] == [{"code": UNKNOWN}]
            while till.message:
                await till.do(c.DismissMessage())
            await till.daemon.ledger.settle()
            await till.pull_the_plug()
            assert "unknown_code.displaced" not in [notice.code for notice in till.till.desk.notices]
            assert till.basket().endswith("Sirop de sureau 7.90"), "the sale stays as it was"

    run(day())
