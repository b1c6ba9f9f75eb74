"""Goods, lines and notes as a cashier sees them: features S-01, S-02, S-07, S-08, S-10, S-13, S-17, D-01, D-02."""

from datetime import timedelta

import pytest

from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.protocol import command as c
from tests.support.till import GOODS, a_till, written


def test_s01_the_sale_mode_re_rates_the_ticket_and_the_switch_is_one_event(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket("eat-in"))
            await till.adds("2 croissant, 1 bag")
            assert [(row.rate_bp, row.vat_minor) for row in till.view.ticket.vat] == [(810, 25)]
            await till.do(c.ChangeMode("take-away"))
            assert [(row.rate_bp, row.vat_minor) for row in till.view.ticket.vat] == [(260, 8), (810, 1)]
            assert till.message == "mode.changed"
            switches = await till.facts(j.ModeChanged)
            assert [(fact.mode, fact.rates) for fact in switches] == [("take-away", {1: 260, 2: 810})]
            assert till.ticket.mode == "take-away"
            assert await till.refused(c.ChangeMode("by-drone")) == "mode.unknown"

    run(day())


def test_s01_a_ticket_that_is_being_paid_keeps_its_mode(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("2 croissant")
            await till.do(c.AddTender("card", 100))
            assert await till.refused(c.ChangeMode("eat-in")) == "ticket.being_paid"

    run(day())


def test_s02_tiles_stay_in_their_place_and_show_what_is_on_the_ticket(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.ShowCategory(2), c.SetProfile(5, 4))
            before = [tile and tile.product for tile in till.view.grid.tiles]
            await till.adds("3 croissant")
            after = till.view.grid.tiles
            assert [tile and tile.product for tile in after] == before
            assert {tile.badge_milli for tile in after if tile and tile.product == GOODS["croissant"]} == {3000}

    run(day())


def test_s07_the_same_article_counts_up(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 croissant, 2 croissant")
            assert till.basket() == "3 Croissant au beurre 4.80"
            await till.do(c.CommentLine(1, "  bien\x1b cuits "))
            assert till.ticket.lines[0].comment == "bien cuits"

    run(day())


@pytest.mark.parametrize(
    "change", [c.CommentLine(1, "tranché"), c.DiscountLine(1, rate_bp=500), c.OfferLine(1, "offer.tasting")]
)
def test_s07_a_line_with_a_comment_a_discount_or_an_offer_is_never_joined(run, tmp_path, change):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("2 croissant")
            await till.do(change)
            await till.adds("1 croissant")
            assert [line.quantity_milli for line in till.ticket.lines] == [2000, 1000]

    run(day())


def test_s07_cumul_switched_off_gives_a_line_each_time(run, tmp_path):
    async def day():
        async with a_till(tmp_path, cumulate=False) as till:
            await till.do(c.NewTicket())
            await till.adds("1 croissant, 1 croissant")
            assert len(till.ticket.lines) == 2

    run(day())


def test_s08_every_change_is_a_plus_or_a_minus_and_nothing_is_overwritten(run, tmp_path):
    """Enter 3, change to 2, delete: the journal shows +3, -1, -2 with times and the seller."""

    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("3 croissant")
            await till.do(c.SetQuantity(1, 2000), c.RemoveLine(1))
            entries = [e for e in await till.entries() if e.kind in ("LineAdded", "QuantityChanged", "LineRemoved")]
            facts = [entry.fact for entry in entries]
            assert (facts[0].line.quantity_milli, facts[1].delta_milli, facts[2].quantity_milli) == (3000, -1000, -2000)
            assert facts[2].amount_minor == -320
            assert {entry.actor for entry in entries} == {"camille"}
            assert all(entry.at.startswith("2026-11-21T07:42") for entry in entries)

    run(day())


def test_s08_a_removed_line_comes_back_at_its_place_while_undo_is_offered(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 croissant, 2 coffee, 1 bag")
            before = till.basket()
            await till.do(c.RemoveLine(2))
            offer = till.view.undo
            assert (offer.code, till.view.ticket.ghost.index) == ("undo.line_removed", 1)
            await till.do(c.Undo(offer.id))
            assert till.basket() == before
            assert await till.refused(c.Undo(offer.id)) == "undo.too_late"
            assert till.state.session.totals.removed.amount_minor == 0

    run(day())


def test_s08_a_removed_line_does_not_come_back_at_the_rate_of_another_mode(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket("eat-in"))
            await till.adds("1 coffee, 1 croissant")
            await till.do(c.RemoveLine(1))
            offer = till.view.undo
            await till.do(c.ChangeMode("take-away"))
            assert till.view.undo is None and till.view.ticket.ghost is None
            assert await till.refused(c.Undo(offer.id)) == "undo.too_late"
            await till.adds("1 coffee")
            await till.do(c.TakeCash(0))
            assert till.sealed().startswith("5.80 = 5.80 at 2.6%")

    run(day())


OFFERS = {
    "removed": (c.RemoveLine(1),),
    "offered": (c.OfferLine(1, "offer.goodwill"),),
    "held": (c.HoldTicket(),),
    "voided": (c.VoidTicket("void.customer-left"), c.Approve("4321")),
    "recalled": (c.RecallTicket(1),),
}
CHANGES = {
    "mode": (c.ChangeMode("take-away"),),
    "price": (c.SetPrice(2, 100), c.Approve("4321")),
    "discount": (c.DiscountTicket(1000),),
    "line discount": (c.DiscountLine(2, 1000),),
    "quantity": (c.ChangeQuantity(2, 1),),
    "comment": (c.CommentLine(2, "bien cuit"),),
    "more": (c.AddProduct(GOODS["bag"]),),
    "split": (c.StartSplit(),),
    "hold": (c.HoldTicket(),),
    "hold and recall": (c.HoldTicket(), c.RecallTicket(2)),
    "another ticket": (c.RecallTicket(1),),
    "new ticket": (c.NewTicket(),),
    "home": (c.GoHome(),),
    "tender": (c.StartPayment(), c.AddTender("cash", 100)),
    "lock": (c.Lock(),),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("offer", OFFERS.values(), ids=OFFERS)
def test_an_undo_is_for_the_state_it_was_offered_for(run, tmp_path, offer, change):
    """Way: each undo is offered on a ticket of two lines beside a note that waits, then something else is decided. What
    is refused or changes nothing leaves the undo; what is done ends it."""

    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket("eat-in"))
            await till.adds("1 croissant, 1 coffee")
            await till.do(c.HoldTicket(), c.NewTicket("eat-in"))
            await till.adds("1 coffee, 1 croissant")
            await till.do(*offer)
            undo, seq = till.view.undo, till.till.ledger.seq
            assert undo is not None
            for command in change:
                await till.order(command)
            kept = till.view.undo
            is_same = {type(fact) for fact in await till.facts(after=seq)} <= {j.ActionApproved}
            assert (kept is not None and kept.id == undo.id) == is_same
            if is_same:
                await till.do(c.Undo(undo.id))
            else:
                assert (await till.order(c.Undo(undo.id))).code in ("undo.too_late", "scan.sign_in_first")

    run(day())


def test_an_undo_stays_while_paper_and_drawer_do_something(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("1 croissant | cash")
            await till.do(c.NewTicket())
            await till.adds("1 coffee, 1 croissant")
            await till.do(c.RemoveLine(1), c.PrintReceipt(), c.CancelReceipt())
            till.till.do(i.NoteDrawer(j.DrawerForced()))
            await till.do(c.Undo(till.view.undo.id))
            assert till.basket() == "1 Café 4.20, 1 Croissant au beurre 1.60"

    run(day())


def test_s08_quantities_and_prices_have_limits(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 croissant")
            assert await till.refused(c.SetQuantity(1, 0)) == "quantity.positive"
            assert await till.refused(c.SetQuantity(1, 1500)) == "quantity.whole"
            assert await till.refused(c.SetPrice(1, 0)) == "price.positive"
            assert await till.refused(c.SelectLine(9)) == "line.gone"
            await till.do(c.SetQuantity(1, 999_000))
            assert await till.refused(c.ChangeQuantity(1, 1)) == "quantity.limit"
            assert await till.refused(c.AddProduct(GOODS["croissant"])) == "quantity.limit"
            await till.do(c.ChangeQuantity(1, -1))
            assert till.basket() == "998 Croissant au beurre 1596.80"

    run(day())


def test_s08_one_less_of_the_last_one_removes_the_line(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 croissant")
            await till.do(c.ChangeQuantity(1, -1))
            assert till.ticket.lines == [] and till.view.undo.code == "undo.line_removed"

    run(day())


def test_s10_a_free_price_has_its_bounds_and_names_them(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.OpenSheet("free_price"))
            answer = await till.order(c.AddFreePrice(25_000, "food"))
            assert (answer.code, answer.params) == ("free_price.maximum", {"limit_minor": 20_000})
            answer = await till.order(c.AddFreePrice(4, "food"))
            assert (answer.code, answer.params) == ("free_price.minimum", {"limit_minor": 5})
            assert await till.refused(c.AddFreePrice(0, "food")) == "free_price.amount"
            assert await till.refused(c.AddFreePrice(100, "gold")) == "tax.no_rate"
            await till.do(c.Arm(2), c.AddFreePrice(350, "standard", "Bougie \x07ronde"))
            assert till.basket() == "2 Bougie ronde 7.00"
            assert till.screen == "sale"

    run(day())


def test_s10_a_free_price_article_asks_for_its_own_amount(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.AddProduct(GOODS["pralines"]))
            sheet = till.view.sheet
            assert (sheet.product, sheet.min_minor, sheet.max_minor) == (GOODS["pralines"], 200, 15_000)
            assert await till.refused(c.AddFreePrice(15_001, "food", product=GOODS["pralines"])) == "free_price.maximum"
            await till.do(c.AddFreePrice(1250, "food", product=GOODS["pralines"]))
            assert till.basket() == "1 Panaché de pralinés 12.50"

    run(day())


def test_an_article_without_a_price_asks_for_one(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.AddProduct(GOODS["cake"]))
            assert (till.message, till.screen) == ("product.price_missing", "sale/free_price")
            await till.do(c.AddFreePrice(2800, "food", product=GOODS["cake"]))
            assert till.basket() == "1 Gâteau du jour 28.00"

    run(day())


def test_an_article_sold_out_is_sold_only_when_somebody_says_so(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.AddProduct(GOODS["strawberry"]))
            assert till.ticket.lines == []
            assert (till.view.message.code, till.view.message.actions) == ("product.sold_out", ("sell_anyway",))
            await till.do(c.ActOnMessage("sell_anyway"))
            assert till.basket() == "1 Tartelette aux fraises 5.80"

    run(day())


def test_an_article_with_an_age_limit_asks_once_a_ticket(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.AddProduct(GOODS["beer"]))
            assert (till.view.sheet.years, till.ticket.lines) == (16, [])
            await till.do(c.ConfirmAge(is_adult=False))
            assert till.ticket.lines == []
            await till.do(c.AddProduct(GOODS["beer"]), c.ConfirmAge(is_adult=True), c.AddProduct(GOODS["beer"]))
            assert till.basket() == "2 Bière Boxer 33 cl 8.40"
            await till.do(c.NewTicket(), c.AddProduct(GOODS["beer"]))
            assert till.screen == "sale/age"

    run(day())


def test_sixteen_years_seen_are_not_eighteen(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.AddProduct(GOODS["beer"]), c.ConfirmAge(is_adult=True))
            await till.do(c.AddProduct(GOODS["kirsch"]))
            assert till.view.sheet.years == 18
            await till.do(c.ConfirmAge(is_adult=True), c.AddFreePrice(500, "alcohol"))
            assert [line.age_checked for line in till.ticket.lines] == [True, True, True]

    run(day())


def test_s13_search_ignores_accents_and_one_touch_adds_and_empties_the_field(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.Search("cafe"))
            grid = till.view.grid
            assert grid.hits == len([tile for tile in grid.tiles if tile]) > 0
            assert any("Café" in " ".join(tile.label) for tile in grid.tiles if tile)
            await till.do(c.AddProduct(GOODS["coffee"]))
            assert till.view.grid.search in ("", None)
            await till.do(c.Search("zzzz"))
            assert till.view.grid.hits == 0

    run(day())


def test_times_n_holds_for_one_touch(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.Arm(6))
            assert till.view.grid.armed == 6
            await till.do(c.AddProduct(GOODS["croissant"]), c.AddProduct(GOODS["coffee"]), c.Arm(3), c.Arm(3))
            await till.do(c.AddProduct(GOODS["bag"]))
            assert [line.quantity_milli for line in till.ticket.lines] == [6000, 1000, 1000]

    run(day())


def test_s17_a_note_waits_and_is_taken_in_hand_again(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket("eat-in"))
            await till.adds("2 coffee")
            number = till.ticket.number
            await till.do(c.NameTicket(number, "Table 4"), c.HoldTicket())
            card = till.view.home.cards[0]
            assert (card.name, card.total_minor, card.is_late, till.screen) == ("Table 4", 840, False, "home")
            await till.waits(timedelta(minutes=30))
            assert till.view.home.cards[0].is_late
            await till.do(c.NewTicket())
            await till.adds("1 croissant")
            other = till.ticket.number
            await till.do(c.RecallTicket(number))
            assert till.basket() == "2 Café 8.40"
            assert [note.number for note in till.till.held_tickets()] == [other]
            await till.do(c.Undo(till.view.undo.id))
            assert till.ticket.number == other
            assert await till.refused(c.RecallTicket(9999)) == "note.gone"

    run(day())


def test_s17_a_note_survives_the_plug_with_its_lines_and_name(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket("eat-in"))
            await till.adds("2 coffee, 1 croissant")
            await till.do(c.CommentLine(1, "sans sucre"), c.NameTicket(1, "Table 4"), c.HoldTicket())
            before = till.state
            await till.pull_the_plug()
            assert till.state == before
            await till.do(c.RecallTicket(1))
            assert till.ticket.lines[0].comment == "sans sucre"

    run(day())


def test_an_empty_ticket_is_not_held_and_leaves_nothing(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            assert await till.refused(c.HoldTicket()) == "ticket.empty"
            await till.do(c.GoHome())
            assert till.state.tickets == {} and till.view.home.note_count == 0

    run(day())


def test_d01_ten_percent_on_three_rates_splits_per_rate_to_the_cent(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("3 croissant, 1 candles, 1 deposit")
            await till.do(c.DiscountTicket(rate_bp=1000))
            ticket = till.view.ticket
            assert (ticket.subtotal_minor, ticket.discount_minor, ticket.total_minor) == (880, -88, 792)
            assert {row.rate_bp: row.gross_minor for row in ticket.vat} == {0: 45, 260: 432, 810: 315}
            await till.pays("card")
            closed = till.state.last_closed
            assert sum(closed.shares) == closed.discount_minor == 88
            assert till.state.session.totals.discounts.amount_minor == -88

    run(day())


def test_d01_a_seller_gives_at_most_a_fifth_and_never_more_than_all(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 candles")
            await till.do(c.DiscountLine(1, rate_bp=2000), c.DiscountLine(1, amount_minor=70))
            assert till.ticket.lines[0].amount_minor == 280
            await till.do(c.DiscountLine(1, rate_bp=2001))
            assert (till.screen, till.ticket.lines[0].amount_minor) == ("sale/approval", 280)
            await till.do(c.Approve("4321"))
            assert till.ticket.lines[0].amount_minor == 280 and till.ticket.lines[0].discount_bp == 2001
            assert await till.refused(c.DiscountLine(1, rate_bp=100, amount_minor=1)) == "discount.both"
            await till.do(c.DiscountLine(1))
            assert till.ticket.lines[0].amount_minor == 350
            await till.do(c.DiscountTicket(amount_minor=351))
            answer = await till.order(c.Approve("4321"))
            assert (answer.code, answer.params) == ("discount.too_much", {"amount_minor": 350})

    run(day())


def test_d02_an_offer_keeps_the_price_counts_by_reason_and_bears_no_vat(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 candles, 2 croissant")
            assert await till.refused(c.OfferLine(1, "because")) == "reason.unknown"
            await till.do(c.OfferLine(1, "offer.damaged"))
            line = till.view.ticket.lines[0]
            assert (line.full_minor, line.amount_minor, line.offered) == (350, 0, "Produit abîmé")
            await till.pays("card")
            assert till.sealed() == "3.20 = 3.20 at 2.6% (vat 0.08) | Carte 3.20"
            offers = till.state.session.totals.offers
            assert {reason: (tally.count, tally.amount_minor) for reason, tally in offers.items()} == {
                "offer.damaged": (1, -350)
            }

    run(day())


def test_a_cancelled_ticket_needs_a_manager_stays_on_record_and_may_come_back(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("2 candles")
            number = till.ticket.number
            assert await till.refused(c.VoidTicket("whim")) == "reason.unknown"
            await till.do(c.VoidTicket("void.customer-left"))
            assert till.screen == "sale/approval"
            await till.do(c.Approve("4321"))
            assert (till.screen, till.state.tickets) == ("home", {})
            assert till.state.session.totals.voids.amount_minor == -700
            (voided,) = await till.facts(j.TicketVoided)
            assert (voided.ticket, voided.total_minor, voided.lines) == (number, 700, 1)
            await till.do(c.Undo(till.view.undo.id))
            assert till.basket() == "2 Bougies d’anniversaire, 24 7.00"
            assert till.state.session.totals.voids.amount_minor == 0
            assert len(await till.facts(j.TicketVoided)) == 1

    run(day())


def test_u05_sales_count_for_the_seller_who_made_them(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("1 coffee | card")
            await till.sells("2 coffee | card")
            await till.scan("2900000000032")
            await till.sells("1 croissant | card")
            sums = {who: (tally.count, tally.amount_minor) for who, tally in till.state.session.totals.sellers.items()}
            assert sums == {"camille": (2, 1260), "luca": (1, 160)}
            sellers = [fact.seller for fact in await till.facts(j.TicketClosed)]
            assert sellers == ["camille", "camille", "luca"]
            assert [written(fact) for fact in await till.facts(j.TicketClosed)][2].startswith("1.60")

    run(day())


def test_a_line_of_the_line_editor_follows_every_key(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("2 croissant")
            await till.do(c.EditLine(1, "price"))
            assert (till.view.sheet.field, till.view.sheet.value) == ("price", 160)
            await till.do(c.SetPrice(1, 150))
            assert till.screen == "sale/approval"
            await till.do(c.Approve("4321"))
            assert till.basket() == "2 Croissant au beurre 3.00"
            (change,) = await till.facts(j.PriceChanged)
            assert (change.old_minor, change.new_minor) == (160, 150)
            await till.do(c.EditLine(1, "discount_rate"), c.SetScope("ticket"), c.DiscountTicket(rate_bp=500))
            assert till.view.sheet.value == 500

    run(day())


def test_a_ticket_is_never_longer_or_dearer_than_its_limits(run, tmp_path):
    async def day():
        async with a_till(tmp_path, cumulate=False) as till:
            await till.do(c.NewTicket())
            for _ in range(500):
                await till.do(c.AddProduct(GOODS["bag"]))
            assert await till.refused(c.AddProduct(GOODS["bag"])) == "ticket.too_long"
            await till.scan("2900000000025")
            await till.do(c.SetQuantity(1, 999_000), c.SetPrice(1, 99_000))
            assert await till.refused(c.SetPrice(1, 99_999_999)) == "ticket.too_dear"

    run(day())
