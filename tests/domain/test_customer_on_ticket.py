"""A customer on a ticket: attached, detached, carried along; the discount of the group. Features C-07, C-08, W-19."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain.catalog import CASH_CEILING_MINOR
from appliance.domain.money import rate_part, vat_in_gross
from appliance.domain.state import TillState
from appliance.domain.ticket import Line, Tender, Ticket, price
from tests.support.core import CASH, LEFEVRE, NOW, ROCHAT, Core


@pytest.fixture
def core() -> Core:
    return Core()


def attach(customer: str = ROCHAT, rate_bp: int = 0, lines: tuple[int, ...] = ()) -> i.AttachCustomer:
    return i.AttachCustomer(customer, "VIP" if rate_bp else "", dict.fromkeys(lines, rate_bp))


def test_a_customer_comes_to_the_ticket_in_hand_and_leaves_it(core):
    core.rings(1000, customer="")
    core.do(attach())
    assert core.state.ticket.customer == ROCHAT
    assert not core.do(attach()).facts, "twice is once"
    core.do(attach(LEFEVRE))
    assert core.state.ticket.customer == LEFEVRE
    core.do(i.DetachCustomer())
    assert core.state.ticket.customer == ""
    assert not core.do(i.DetachCustomer()).facts


def test_without_a_ticket_or_a_name_nobody_is_attached(core):
    assert core.refused(attach()).code == "ticket.none"
    assert core.refused(i.DetachCustomer()).code == "ticket.none"
    core.rings(1000, customer="")
    assert core.refused(attach("")).code == "wallet.no_customer"


def test_c07_detaching_waits_until_the_wallet_tender_is_off(core):
    core.credits(5000)
    core.rings(1000)
    core.pays("wallet", 400)
    for intent in (i.DetachCustomer(), attach(LEFEVRE)):
        refusal = core.refused(intent)
        assert (refusal.code, refusal.params) == ("wallet.reserved", {"amount_minor": 400})
    core.do(i.RemoveTender(1))
    core.do(i.DetachCustomer())


def test_a_customer_comes_during_payment_unless_that_changes_the_price(core):
    core.credits(5000)
    core.rings(1000, customer="")
    core.pays("card", 200)
    assert core.refused(attach(rate_bp=1000, lines=(1,))).code == "ticket.being_paid"
    core.do(attach())
    core.pays("wallet")
    assert core.balance() == (4200, 0)


def test_c08_the_discount_is_a_row_of_its_own_and_leaves_with_the_customer(core):
    core.rings(640, 680, 130, 890, customer="")
    core.do(attach(rate_bp=1000, lines=(1, 2, 3, 4)))
    priced = price(core.state.ticket)
    assert (priced.subtotal_minor, priced.group_minor, priced.total_minor) == (2340, 234, 2106)
    assert (priced.group_shares, priced.discount_minor, priced.vat_minor) == ((64, 68, 13, 89), 0, 53)
    core.do(i.DetachCustomer())
    assert price(core.state.ticket).total_minor == 2340


def test_c08_the_rate_is_each_lines_own(core):
    core.rings(1000, 1000, 1000, customer="")
    core.do(i.AttachCustomer(ROCHAT, "VIP", {1: 1000, 3: 500}))
    assert price(core.state.ticket).group_shares == (100, 0, 50)


def test_c08_the_tickets_own_discount_comes_after(core):
    core.rings(1000, 1000, customer="")
    core.do(attach(rate_bp=1000, lines=(1, 2)))
    assert core.refused(i.DiscountTicket(amount_minor=1801)).params == {"amount_minor": 1800}
    core.do(i.DiscountTicket(rate_bp=500))
    priced = price(core.state.ticket)
    assert (priced.group_minor, priced.discount_minor, priced.total_minor) == (200, 90, 1710)
    core.pays("card")
    closed = core.state.last_closed
    assert (closed.group, closed.group_minor, closed.group_shares, closed.shares) == ("VIP", 200, (100, 100), (45, 45))
    assert closed.full_minor - closed.group_minor - closed.discount_minor == closed.total_minor
    assert core.state.session.totals.discounts.amount_minor == -290


def test_c08_goods_that_come_later_and_more_of_the_same(core):
    core.rings(1000, customer=ROCHAT, group_bp=1000)
    core.do(i.AddGoods(7, "Pain", 1000, 300, "food", 260, group_bp=1000))
    core.do(i.AddGoods(7, "Pain", 1000, 300, "food", 260, group_bp=1000))
    assert [line.quantity_milli for line in core.state.ticket.lines] == [1000, 2000]
    core.do(i.AddGoods(7, "Pain", 1000, 300, "food", 260))
    assert len(core.state.ticket.lines) == 3, "at another rate it is another line"
    assert price(core.state.ticket).group_minor == 160


def test_goods_of_a_ticket_without_customer_get_no_discount(core):
    core.rings(1000, customer="", group_bp=1000)
    assert price(core.state.ticket).group_minor == 0


def test_c08_an_offered_line_gets_no_discount(core):
    core.rings(1000, 500, customer="")
    core.do(attach(rate_bp=1000, lines=(1, 2)))
    core.do(i.OfferLine(1, "gift"))
    priced = price(core.state.ticket)
    assert (priced.group_shares, priced.total_minor) == ((0, 50), 450)


def test_a_removed_line_comes_back_without_the_discount_of_who_left(core):
    core.rings(1000, 500, customer="")
    core.do(attach(rate_bp=1000, lines=(1, 2)))
    line = core.state.ticket.lines[0]
    core.do(i.RemoveLine(1))
    core.do(i.DetachCustomer())
    core.do(i.RestoreLine(1, line, 0))
    assert price(core.state.ticket).total_minor == 1500


def test_w19_no_discount_touches_a_credit(core):
    core.rings(1000, customer="")
    core.do(attach(rate_bp=1000, lines=(1,)))
    core.do(i.DiscountTicket(rate_bp=500))
    credited = core.credits(5000)
    assert (credited.part.paid_minor, credited.tenders[0].amount_minor) == (5000, 5000)
    assert price(core.state.ticket).total_minor == 855


def test_a_customer_stays_on_held_split_and_corrected_tickets(core):
    core.rings(1000, 2000, customer="")
    core.do(attach(rate_bp=1000, lines=(1, 2)))
    core.do(i.HoldTicket())
    core.do(i.RecallTicket(1))
    assert core.state.ticket.customer == ROCHAT
    core.pays("card")
    core.do(i.CorrectPayment())
    assert (core.state.ticket.customer, core.state.ticket.group) == (ROCHAT, "VIP")
    assert price(core.state.ticket).total_minor == 2700


def test_a_divided_note_keeps_its_customer_and_is_worth_what_it_was(core):
    core.rings(999, 1001, 333, customer="")
    core.do(attach(rate_bp=700, lines=(1, 2, 3)))
    total = price(core.state.ticket).total_minor
    core.do(i.StartSplit())
    note, part = core.state.tickets[1], core.state.tickets[2]
    assert (note.customer, part.customer, note.group) == (ROCHAT, ROCHAT, "")
    core.do(i.MoveUnits(1, 1, 1000, 2))
    assert price(note).total_minor + price(part).total_minor == total
    core.do(i.AddGoods(None, "Divers", 1000, 1000, "food", 260, ticket=1, group_bp=700))
    assert price(note).total_minor + price(part).total_minor == total + 930
    core.do(i.DivideNote(1, 3))
    assert {ticket.customer for ticket in core.state.tickets.values()} == {ROCHAT}
    assert sum(price(ticket).total_minor for ticket in core.state.tickets.values()) == total + 930


def test_each_part_of_a_note_is_paid_by_the_wallet_of_who_pays_it(core):
    core.credits(5000, customer=LEFEVRE)
    core.rings(1000, 2000, customer="")
    core.do(i.StartSplit())
    core.do(i.MoveUnits(1, 1, 1000, 2))
    core.do(attach(LEFEVRE, 1000, (1,)))
    assert price(core.state.ticket).total_minor == 1000, "the amounts of a divided note are fixed"
    core.pays("wallet")
    assert core.balance(LEFEVRE) == (4000, 0)


LINES = st.lists(
    st.tuples(st.integers(1, 20_000), st.sampled_from([260, 810]), st.sampled_from([0, 500, 700, 1000, 10_000])),
    min_size=1,
    max_size=12,
)


@given(LINES, st.integers(0, 10_000))
def test_c08_total_and_tax_add_up_for_any_ticket(rows, discount_bp):
    lines = [Line(n, "x", amount, rate, group_bp=group) for n, (amount, rate, group) in enumerate(rows, 1)]
    priced = price(Ticket(1, "take-away", NOW.at, "camille", lines=lines, discount_bp=discount_bp, customer=ROCHAT))
    wanted = {
        bp: sum(line.unit_price_minor for line in lines if line.group_bp == bp) for bp in (500, 700, 1000, 10_000)
    }
    assert priced.group_minor == sum(rate_part(amount, bp) for bp, amount in wanted.items())
    assert sum(priced.group_shares) == priced.group_minor
    assert priced.total_minor == priced.subtotal_minor - priced.group_minor - priced.discount_minor >= 0
    assert sum(row.gross_minor for row in priced.vat) == priced.total_minor
    assert all(
        row.vat_minor == vat_in_gross(row.gross_minor, row.rate_bp) and row.gross_minor > 0 for row in priced.vat
    )
    for line, share in zip(lines, priced.group_shares, strict=False):
        assert 0 <= share <= line.unit_price_minor
        assert line.group_bp or not share


# --- old journals and settings --------------------------------------------------------------------------------------


def test_what_has_no_customer_is_written_as_before():
    closed = j.TicketClosed(1, 1, 1, "take-away", "camille", (Line(1, "x", 100, 260),), (100,), (), (), 100, 100)
    body = msgspec.json.decode(j.canonical(closed))
    assert not {"customer", "group", "group_minor", "group_shares", "wallet"} & set(body)
    assert "group_bp" not in body["lines"][0]
    tender = msgspec.json.decode(msgspec.json.encode(Tender(1, "cash", "Espèces", "cash", 100)))
    assert not {"wallet", "gifted_minor", "balance_minor", "spend_first"} & set(tender)


def test_a_state_that_was_kept_before_there_were_wallets_is_read():
    core = Core()
    core.rings(1000, customer="")
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(core.state))
    for name in ("wallets", "change_credit", "last_movement", "last_movement_at"):
        del kept[name]
    del kept["session"]["totals"]["wallets"]
    for ticket in kept["tickets"].values():
        del ticket["customer"], ticket["group"]
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(kept), type=TillState) == core.state


def test_a_state_with_wallets_is_the_same_after_it_was_kept(core):
    core.credits(5000, gifted=500)
    core.rings(1000)
    core.pays("wallet", 300)
    core.do(i.BlockWallet(LEFEVRE, "lost"))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(core.state), type=TillState) == core.state
    assert core.rebuilt() == core.state


def test_the_law_of_the_profile_holds_where_the_shop_says_nothing():
    from appliance.demo.shop import load_demo_shop

    shop = load_demo_shop().shop
    assert CASH_CEILING_MINOR == {"FR": 100_000}
    assert shop.wallet_rules_in("FR").cash_ceiling_minor == 100_000
    assert shop.wallet_rules_in("FR").receipt == "on_demand"
    assert (shop.wallet_rules_in("CH").cash_ceiling_minor, shop.wallet_rules_in("CH").receipt) == (0, "auto")
    own = msgspec.structs.replace(shop, wallet=msgspec.structs.replace(shop.wallet, cash_ceiling_minor=50_000))
    assert own.wallet_rules_in("FR").cash_ceiling_minor == 50_000


@pytest.mark.parametrize("enabled", [True, False])
def test_w01_wallets_are_on_when_their_means_of_payment_is(enabled):
    from appliance.demo.shop import load_demo_shop

    wallet = msgspec.structs.replace(CASH, id="wallet", kind="wallet", enabled=enabled)
    shop = msgspec.structs.replace(load_demo_shop().shop, tenders=(CASH, wallet))
    assert shop.wallet_rules_in("CH").enabled is enabled
    without = msgspec.structs.replace(shop, tenders=(CASH,))
    assert (without.wallet_mode(), without.wallet_rules_in("CH").enabled) == (None, False)
