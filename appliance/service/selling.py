"""The ticket: goods, lines, discounts, notes that wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain.catalog import Product
from appliance.domain.errors import Refusal
from appliance.domain.meaning import Goods, Words, interpret, shelf_minor
from appliance.domain.ticket import Line, Ticket, price
from appliance.protocol import command as c
from appliance.service import weighing
from appliance.service.desk import ARMED_S
from appliance.service.people import require_session, say_held
from appliance.service.text import clean

if TYPE_CHECKING:
    from appliance.service.till import Till

LEFT_OUT: Final = "left out"
"""Subject of what is said about articles that were scanned and are not on the ticket."""

# --- goods ----------------------------------------------------------------------------------------------------------


def ensure_ticket(till: Till, mode: str = "") -> Ticket:
    """The ticket in hand; a new one in the mode, or the default mode, when there is none. Leaves the result panel."""
    require_session(till)
    desk = till.desk
    if till.ticket is None:
        till.do(i.OpenTicket(till.mode(mode).id if mode else till.shop.default_sale_mode().id))
        _forget_left_out(till)
        desk.page, desk.search = 1, None
    desk.shows_result = False
    if desk.screen not in ("sale", "split"):
        desk.screen = "sale"
    ticket = till.ticket
    assert ticket is not None
    return ticket


def add_product(till: Till, product: Product, *, goods: Goods | None = None, code: str = "", despite: str = "") -> None:
    """One product, × n when armed. Asks first when it is sold out, has no price, or is not for everybody.

    `goods`: what its code said (a pack, a weight, a label's price); `code`: that code, to be read again after asking.
    """
    goods = goods or Goods(unit=product.unit)
    if product.sold_out and not despite:
        _ask_sold_out(till, product, code)
        return
    if goods.price_minor is None and (product.price_kind == "free" or product.price_minor is None):
        ensure_ticket(till)
        till.desk.free_product = product.id
        till.desk.sheet = "free_price"
        if product.price_kind != "free":
            till.desk.say("product.price_missing", "warn", source="refusal", name=product.name)
            till.fold_messages()
        return
    if product.age_limit and despite != "age" and not _age_known(till, product.age_limit):
        ensure_ticket(till)
        _ask_age(till, product.name, product.age_limit, c.AddProduct(product.id, "age", code))
        return
    if goods.needs_weight:
        ensure_ticket(till)
        weighing.ask(till, product, goods, despite)
        return
    said: Any = despite
    if not may_take_label(till, product, goods, code) and not till.require(
        "price_change", c.AddProduct(product.id, said, code)
    ):
        return
    ticket = ensure_ticket(till)
    till.desk.hush(f"{LEFT_OUT} {product.name}")
    price_minor = goods.price_minor
    if price_minor is None:
        price_minor = product.price_in(till.mode(ticket.mode).price_list)
    assert price_minor is not None
    outcome = till.do(
        i.AddGoods(
            product=product.id,
            name=product.name,
            quantity_milli=till.desk.armed * goods.quantity_milli,
            price_minor=price_minor,
            tax_class=product.tax_class,
            rate_bp=till.rate_bp(ticket.mode, product.tax_class),
            unit=goods.unit,
            code=goods.code,
            join=till.config.cumulate,
            age_checked=bool(product.age_limit),
            ticket=_note_being_split(till, ticket),
            lot=goods.lot,
            batch=goods.batch,
            weighed=goods.weighed,
            tare_milli=goods.tare_milli,
            group_bp=_group_bp(till, ticket, product.category),
        )
    )
    after_adding(till)
    lot = goods.lot
    shelf = shelf_minor(lot, price_minor) if lot is not None else None
    if lot is not None and shelf is not None:
        till.desk.say("scan.label_differs", source="scan", label_minor=lot.price_minor, shelf_minor=shelf)
        till.fold_messages()
    for fact in outcome.facts:
        if isinstance(fact, j.QuantityChanged):  # it joined a line above: that is the one just added
            till.desk.selected = fact.line


def may_take_label(till: Till, product: Product, goods: Goods, code: str) -> bool:
    """Whether the price in a code is the seller's to take: one that is typed is a price by hand, and one on goods by
    the piece is compared with the catalogue's. What a scale printed for goods by weight is believed once scanned."""
    is_typed = bool(code) and code != till.desk.scanned
    if goods.price_minor is not None and product.price_kind != "free" and product.price_minor is not None:
        return not is_typed
    lot = goods.lot
    if lot is None or not lot.is_label or (product.unit == "kg" and not is_typed):
        return True
    mode = till.ticket.mode if till.ticket is not None else till.shop.default_sale_mode().id
    each = product.price_in(till.mode(mode).price_list)
    shelf = shelf_minor(lot, each) if each is not None else None
    if shelf is None or (product.unit == "kg" and lot.price_minor >= shelf):
        return True
    return _within_limit(till, 0, abs(shelf - lot.price_minor), shelf)


def asked_about(till: Till) -> str:
    """Name of the article that waits on a sheet for an answer (age, weight, price) and is on no ticket yet."""
    desk = till.desk
    if desk.age is not None:
        return desk.age_name
    if desk.weighing is not None:
        return str(desk.weighing.product.name)
    if desk.free_product is not None:
        product = till.catalog.product(desk.free_product)
        return "" if product is None else product.name
    return ""


def asked_on_bar(till: Till) -> str:
    """Name of the article that is marked sold out and may be sold all the same; the next scan is a no."""
    return next((str(said.params["name"]) for said in till.desk.notices if said.code == "product.sold_out"), "")


def say_left_out(till: Till, name: str) -> None:
    """An article that somebody scanned is not on the ticket: said until it is closed or added after all.

    A question on the bar stays before it.
    """
    desk = till.desk
    if desk.notices and desk.notices[0].code == "product.sold_out" and desk.notices[0].params["name"] == name:
        return  # scanned again, and asked again
    desk.say("scan.left_out", "warn", source=f"{LEFT_OUT} {name}", name=name)
    desk.notices[0].sticky = True
    if len(desk.notices) > 1 and desk.notices[1].actions:
        desk.notices.insert(1, desk.notices.pop(0))
    desk.sound("scan_refused")


def _forget_left_out(till: Till) -> None:
    """Another customer: what was left out before is not his."""
    desk = till.desk
    desk.notices = [notice for notice in desk.notices if not notice.source.startswith(LEFT_OUT)]


def _group_bp(till: Till, ticket: Ticket, category: int | None) -> int:
    """What the group of the ticket's customer gets on an article of this rubrique today."""
    group = till.directory.group_of(ticket.customer)
    return 0 if group is None else group.rate_bp(category, till.business_date())


def _note_being_split(till: Till, ticket: Ticket) -> int:
    """While a note is divided, an article goes to what is left of the note, not to the open part."""
    if till.desk.screen == "split" and ticket.part_of in till.state.tickets:
        return ticket.part_of
    return 0


def after_adding(till: Till) -> None:
    """A good scan or tile clears what was asked before: × n, search, the code that was unknown."""
    desk = till.desk
    desk.armed = 1
    till.cancel("armed")
    desk.selected = 0
    desk.hush("scan")
    desk.hush("refusal")
    if desk.search:
        desk.search = None
    if desk.sheet not in ("code_entry",):
        desk.close_sheet()


def _age_known(till: Till, years: int) -> bool:
    """Somebody looked already on this ticket, for goods with at least this limit."""
    ticket = till.ticket
    return ticket is not None and any(line.age_checked and _line_age(till, line) >= years for line in ticket.lines)


def _line_age(till: Till, line: Line) -> int:
    """The age limit of what is on the line: the article's own or its tax group's."""
    product = till.catalog.product(line.product) if line.product is not None else None
    group = next((row.age_limit for row in till.shop.tax_classes if row.id == line.tax_class), 0)
    if product is None:
        return group
    return product.age_limit if product.price_kind != "free" else max(product.age_limit, group)


def _ask_sold_out(till: Till, product: Product, code: str) -> None:
    till.desk.say("product.sold_out", "warn", actions=("sell_anyway",), source="refusal", name=product.name)
    till.desk.notices[0].retry = c.AddProduct(product.id, "sold_out", code)
    till.desk.sound("scan_refused")


def _ask_age(till: Till, name: str, years: int, command: c.AnyCommand) -> None:
    till.desk.close_sheet()
    till.desk.sheet = "age"
    till.desk.age, till.desk.age_name, till.desk.age_years = command, name, years


def _confirm_age(till: Till, command: c.ConfirmAge) -> None:
    waiting = till.desk.age
    till.desk.close_sheet()
    if waiting is not None and command.is_adult:
        till.run(waiting)


def _add_product(till: Till, command: c.AddProduct) -> None:
    product = till.catalog.product(command.product)
    if product is None:
        raise Refusal("product.unknown")
    goods, code = None, ""
    if command.code:
        meaning = interpret(Words(till.shop, till.catalog, till.business_date()), command.code)
        if meaning.kind == "article" and meaning.product is not None and meaning.product.id == product.id:
            goods, code = meaning.goods, command.code
    add_product(till, product, goods=goods, code=code, despite=command.despite)


def _add_free_price(till: Till, command: c.AddFreePrice) -> None:
    """A line by amount: a product without a fixed price, or "Divers" in a VAT group."""
    shop = till.shop
    product = till.catalog.product(command.product) if command.product is not None else None
    low, high = shop.free_price_min_minor, shop.free_price_max_minor
    if product is not None and product.price_kind == "free" and product.free_max_minor:
        low, high = product.free_min_minor, product.free_max_minor
    if product is not None and product.price_kind != "free" and product.price_minor is not None:
        raise Refusal("free_price.fixed", name=product.name)
    if command.amount_minor <= 0:
        raise Refusal("free_price.amount")
    if command.amount_minor < low:
        raise Refusal("free_price.minimum", limit_minor=low)
    if command.amount_minor > high:
        raise Refusal("free_price.maximum", limit_minor=high)
    group = product.tax_class if product is not None else command.group
    years = _group_age(till, group)
    if product is not None:
        years = max(years, product.age_limit)
    if years and not command.age_checked and not _age_known(till, years):
        name = product.name if product is not None else group_name(till, group)
        _ask_age(till, name, years, msgspec.structs.replace(command, age_checked=True))
        return
    ticket = ensure_ticket(till)
    name = product.name if product is not None else clean(command.name, 40) or _default_name(till)
    till.do(
        i.AddGoods(
            product=product.id if product is not None else None,
            name=name,
            quantity_milli=till.desk.armed * 1000,
            price_minor=command.amount_minor,
            tax_class=group,
            rate_bp=till.rate_bp(ticket.mode, group),
            join=False,
            age_checked=bool(years),
            ticket=_note_being_split(till, ticket),
            group_bp=_group_bp(till, ticket, None if product is None else product.category),
        )
    )
    till.desk.last_group = group
    after_adding(till)


def _default_name(till: Till) -> str:
    return till.shop.free_price_names[0] if till.shop.free_price_names else "Divers"


def _group_age(till: Till, group: str) -> int:
    for tax_class in till.shop.tax_classes:
        if tax_class.id == group:
            return tax_class.age_limit
    raise Refusal("tax.no_rate", tax_class=group)


def group_name(till: Till, group: str) -> str:
    return next((row.name for row in till.shop.tax_classes if row.id == group), group)


# --- lines ----------------------------------------------------------------------------------------------------------


def in_hand(till: Till) -> Ticket:
    ticket = till.ticket
    if ticket is None:
        raise Refusal("ticket.none")
    return ticket


def line_of(till: Till, line_id: int) -> Line:
    line = in_hand(till).line(line_id)
    if line is None:
        raise Refusal("line.gone")
    return line


def _select_line(till: Till, command: c.SelectLine) -> None:
    line_of(till, command.line)
    till.desk.selected = command.line


def may_lower(till: Till, command: c.Command) -> bool:
    """Whether a ticket may become cheaper: one that replaces a sealed sale only with a manager's word."""
    return not in_hand(till).corrects or till.require("void_ticket", command)


def _change_quantity(till: Till, command: c.ChangeQuantity) -> None:
    line = line_of(till, command.line)
    if command.by < 0 and not may_lower(till, command):
        return
    step = 1000 if line.unit == "piece" else 100
    quantity = line.quantity_milli + command.by * step
    if quantity <= 0:
        _remove_line(till, c.RemoveLine(line.id))
        return
    till.do(i.ChangeQuantity(line.id, quantity))
    till.desk.selected = line.id


def _set_quantity(till: Till, command: c.SetQuantity) -> None:
    line = line_of(till, command.line)
    if command.quantity_milli == 0:
        raise Refusal("quantity.positive")
    if command.quantity_milli < line.quantity_milli and not may_lower(till, command):
        return
    till.do(i.ChangeQuantity(line.id, command.quantity_milli))
    till.desk.selected = line.id


def _set_price(till: Till, command: c.SetPrice) -> None:
    line = line_of(till, command.line)
    if command.price_minor <= 0:
        raise Refusal("price.positive")
    if till.require("price_change", command):
        till.do(i.ChangePrice(line.id, command.price_minor))


def _discount_line(till: Till, command: c.DiscountLine) -> None:
    line = line_of(till, command.line)
    if not may_lower(till, command):
        return
    if _within_limit(till, command.rate_bp, command.amount_minor, line.full_minor) or till.require(
        "discount_over_limit", command
    ):
        till.do(i.DiscountLine(line.id, command.rate_bp, command.amount_minor))
        if till.approved:
            note_discount(till)


def _discount_ticket(till: Till, command: c.DiscountTicket) -> None:
    subtotal = price(in_hand(till)).subtotal_minor
    if not may_lower(till, command):
        return
    if _within_limit(till, command.rate_bp, command.amount_minor, subtotal) or till.require(
        "discount_over_limit", command
    ):
        till.do(i.DiscountTicket(command.rate_bp, command.amount_minor))
        if till.approved:
            note_discount(till)


def may_pay(till: Till, command: c.Command) -> bool:
    """Whether the ticket's discounts, all together and on what is left of the basket, are the seller's to give.

    A discount is looked at when it is given; what is removed or added after it may make it a bigger share.
    """
    ticket = in_hand(till)
    priced = price(ticket)
    if priced.full_minor == priced.total_minor:
        return True
    share_bp = discount_share_bp(ticket)
    if share_bp <= max(
        till.config.discount_limit_bp, till.desk.discount_approved.get(ticket.part_of or ticket.number, 0)
    ):
        return True
    if not till.require("discount_over_limit", command):
        return False
    note_discount(till)
    return True


def note_discount(till: Till) -> None:
    """A manager, or a seller who may, gave this much on this ticket: it is not asked again."""
    ticket = in_hand(till)
    till.desk.discount_approved = {
        **till.desk.discount_approved,
        ticket.part_of or ticket.number: discount_share_bp(ticket),
    }


def discount_share_bp(ticket: Ticket) -> int:
    """Part of the full price that discounts take off, offers apart; a centime of rounding per line is not counted."""
    priced = price(ticket)
    full = sum(line.full_minor for line in ticket.lines if not line.offered)
    off = full - priced.total_minor - len(ticket.lines)
    return max(0, -(-off * 10_000 // full)) if full > 0 and off > 0 else 0


def _within_limit(till: Till, rate_bp: int, amount_minor: int, of_minor: int) -> bool:
    limit_bp = till.config.discount_limit_bp
    return rate_bp <= limit_bp and amount_minor * 10_000 <= of_minor * limit_bp


def _offer_line(till: Till, command: c.OfferLine) -> None:
    if command.reason and command.reason not in {reason.id for reason in till.shop.reasons_for("offer")}:
        raise Refusal("reason.unknown")
    line = line_of(till, command.line)
    if not may_lower(till, command):
        return
    before = line.offered
    till.do(i.OfferLine(line.id, command.reason))
    till.offer_undo("undo.offered", i.OfferLine(line.id, before), name=line.name)
    till.desk.close_sheet()


def _comment_line(till: Till, command: c.CommentLine) -> None:
    line_of(till, command.line)
    till.do(i.CommentLine(command.line, clean(command.comment, 80)))


def _remove_line(till: Till, command: c.RemoveLine) -> None:
    """Gone at once, with a ghost line to take it back for six seconds."""
    ticket = in_hand(till)
    line = line_of(till, command.line)
    if not may_lower(till, command):
        return
    index = ticket.lines.index(line)
    till.do(i.RemoveLine(line.id))
    undo = till.offer_undo(
        "undo.line_removed",
        i.RestoreLine(ticket.number, line, index),
        name=line.name,
        quantity_milli=line.quantity_milli,
    )
    undo.ghost_index, undo.ghost_name, undo.ghost_milli = index, line.name, line.quantity_milli
    till.desk.selected = 0
    if till.desk.sheet == "line_editor":
        till.desk.close_sheet()


def _edit_line(till: Till, command: c.EditLine) -> None:
    line_of(till, command.line)
    desk = till.desk
    desk.selected = desk.editor_line = command.line
    desk.editor_field = command.field
    if desk.sheet != "line_editor":
        desk.editor_scope = "line"
    desk.sheet = "line_editor"


def _set_scope(till: Till, command: c.SetScope) -> None:
    till.desk.editor_scope = command.scope


# --- ticket ---------------------------------------------------------------------------------------------------------


def _new_ticket(till: Till, command: c.NewTicket) -> None:
    require_session(till)
    mode = till.mode(command.mode).id if command.mode else till.shop.default_sale_mode().id
    ticket = till.ticket
    if ticket is not None and not ticket.lines and not ticket.tenders:
        change_mode(till, mode)
    else:
        till.do(i.OpenTicket(mode))
        _forget_left_out(till)
    desk = till.desk
    desk.close_sheet()
    desk.screen, desk.shows_result, desk.page, desk.search, desk.selected = "sale", False, 1, None, 0
    till.forget_undo()


def change_mode(till: Till, mode_id: str) -> None:
    """Re-rates every line, and re-prices those the mode's price list knows (feature S-01)."""
    ticket = in_hand(till)
    if ticket.mode == mode_id:
        return
    old, new = till.mode(ticket.mode), till.mode(mode_id)
    rates = {line.id: till.rate_bp(mode_id, line.tax_class) for line in ticket.lines if line.tax_class}
    prices: dict[int, int] = {}
    if old.price_list != new.price_list:
        for line in ticket.lines:
            product = till.catalog.product(line.product) if line.product is not None else None
            is_listed = product is not None and product.unit == line.unit
            listed = product.price_in(new.price_list) if product is not None and is_listed else None
            if listed is not None and line.list_price_minor is None and listed != line.unit_price_minor:
                prices[line.id] = listed
    till.do(i.ChangeMode(mode_id, rates, prices))
    if ticket.lines:
        till.desk.say("mode.changed", source="mode", mode=new.name)
        till.fold_messages()


def _change_mode(till: Till, command: c.ChangeMode) -> None:
    till.mode(command.mode)
    change_mode(till, command.mode)
    till.desk.close_sheet()


def _name_ticket(till: Till, command: c.NameTicket) -> None:
    till.do(i.NameTicket(command.number, clean(command.name, 40)))


def _hold(till: Till, command: c.HoldTicket) -> None:
    ticket = in_hand(till)
    till.do(i.HoldTicket())
    say_held(till, ticket)
    till.desk.close_sheet()
    till.desk.screen = "home"


def _recall(till: Till, command: c.RecallTicket) -> None:
    held = till.ticket
    till.do(i.RecallTicket(command.number))
    desk = till.desk
    desk.close_sheet()
    desk.selected = 0
    ticket = in_hand(till)
    desk.shows_result = False
    desk.screen = "payment" if ticket.tenders else "sale"
    if held is not None and held.lines and held.number != command.number:
        till.offer_undo("undo.held", i.RecallTicket(held.number), number=held.number)


def _order_notes(till: Till, command: c.OrderNotes) -> None:
    if command.order != till.desk.notes_order:
        till.settings.prefer("notes_order", command.order)
    till.desk.notes_order, till.desk.notes_search, till.desk.notes_page = command.order, command.search, 1


def _void(till: Till, command: c.VoidTicket) -> None:
    """The cancelled ticket stays in the journal; "Annuler" brings it back for six seconds."""
    ticket = in_hand(till)
    if command.reason not in {reason.id for reason in till.shop.reasons_for("void")}:
        raise Refusal("reason.unknown")
    if ticket.lines and not till.require("void_ticket", command):
        return
    void(till, ticket, command.reason)
    till.desk.close_sheet()
    till.desk.screen = "home"


def void(till: Till, ticket: Ticket, reason: str) -> None:
    """Cancel a ticket, and offer it back."""
    copy = msgspec.structs.replace(ticket, lines=list(ticket.lines), tenders=[])
    till.do(i.VoidTicket(reason, ticket.number))
    till.offer_undo("undo.voided", i.RestoreTicket(copy), number=ticket.number)


# --- grid and sheets ------------------------------------------------------------------------------------------------


def _show_category(till: Till, command: c.ShowCategory) -> None:
    till.desk.category, till.desk.page, till.desk.search = command.category, 1, None


def _show_page(till: Till, command: c.ShowPage) -> None:
    desk = till.desk
    if desk.sheet == "notes":
        desk.notes_page = command.page
    elif desk.screen == "home":
        desk.home_page = command.page
    elif desk.screen == "lock":
        desk.sellers_page = command.page
    else:
        desk.page = command.page


def _arm(till: Till, command: c.Arm) -> None:
    desk = till.desk
    desk.armed = 1 if desk.armed == command.count else command.count
    if desk.armed > 1:
        till.later("armed", ARMED_S, lambda: setattr(desk, "armed", 1))


def _search(till: Till, command: c.Search) -> None:
    till.desk.search, till.desk.page = command.text, 1


def _open_sheet(till: Till, command: c.OpenSheet) -> None:
    desk = till.desk
    desk.close_sheet()
    if command.sheet == "client_picker":
        clients.open_picker(till)
        return
    if command.sheet == "client_menu":
        clients.open_menu(till)
        return
    if command.sheet == "unknown_code":
        unknown_code.open_sheet(till)
        return
    if command.sheet in ("product_tax", "product_category"):
        if desk.screen == "product_form":
            desk.sheet, desk.product_choice = "product_choice", "tax" if command.sheet == "product_tax" else "category"
        return
    if command.sheet in ("void", "open_drawer"):
        desk.reason_purpose = command.sheet
        desk.sheet = "reasons"
        return
    desk.sheet = command.sheet
    if command.sheet == "notes":
        desk.notes_search, desk.notes_page = "", 1


from appliance.service import clients, unknown_code  # noqa: E402  (a client is put on a ticket, a ticket asks for its client)

HANDLERS: Final[dict[type, Callable[[Any, Any], None]]] = {
    c.AddProduct: _add_product,
    c.AddFreePrice: _add_free_price,
    c.ConfirmAge: _confirm_age,
    c.SelectLine: _select_line,
    c.ChangeQuantity: _change_quantity,
    c.SetQuantity: _set_quantity,
    c.SetPrice: _set_price,
    c.DiscountLine: _discount_line,
    c.DiscountTicket: _discount_ticket,
    c.OfferLine: _offer_line,
    c.CommentLine: _comment_line,
    c.RemoveLine: _remove_line,
    c.EditLine: _edit_line,
    c.SetScope: _set_scope,
    c.NewTicket: _new_ticket,
    c.ChangeMode: _change_mode,
    c.NameTicket: _name_ticket,
    c.HoldTicket: _hold,
    c.RecallTicket: _recall,
    c.OrderNotes: _order_notes,
    c.VoidTicket: _void,
    c.ShowCategory: _show_category,
    c.ShowPage: _show_page,
    c.Arm: _arm,
    c.Search: _search,
    c.OpenSheet: _open_sheet,
}
