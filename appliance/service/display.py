"""Builds the `TillView`: from the state, the desk, the shop and the devices to what the kiosk draws.

Reads everything, changes nothing. Tiles of a category page are made once and reused; only their badges follow the
ticket.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from appliance.domain.cash import cash_keys, coins_to_give
from appliance.domain.catalog import FAVOURITES, Product, SaleMode, TenderMode, check_digit, is_gtin, page_tiles
from appliance.domain.journal import TicketClosed
from appliance.domain.meaning import shelf_minor
from appliance.domain.ticket import Line, Price, Tender, Ticket, price, unpaid_minor
from appliance.domain.till import due_in_cash
from appliance.protocol import view as v
from appliance.service import (
    display_card,
    display_clients,
    display_day,
    display_devices,
    display_goods,
    display_masters,
    display_office,
    display_settings,
    display_wallet,
    past_sale,
    paying,
    people,
    scanning,
    unknown_code,
    wallet_balance,
    wallets,
    weighing,
)

if TYPE_CHECKING:
    from appliance.service.equipment import Equipment
    from appliance.service.printing import Printing
    from appliance.service.till import Till

LATE_MINUTES = 30
SELLERS_PER_PAGE = 12
NOTES_PER_PAGE = 6
HOME_CARDS = 6
SEARCH_LIMIT = 200


class Display:
    """Makes views of one till."""

    def __init__(self, till: Till, equipment: Equipment, printing: Printing) -> None:
        self._till = till
        self._equipment = equipment
        self._printing = printing
        self._tiles: dict[tuple[int, int], tuple[tuple[v.TileView | None, ...], ...]] = {}
        self._tiles_of = till.catalog
        self._modes_of, self._modes_keys = till.shop, {mode.id: self._mode_key(mode) for mode in till.shop.sale_modes}
        self._shop = v.Shop(till.shop.name, till.shop.register_name, till.shop.currency, till.config.locale)
        self._categories = tuple(
            v.CategoryKey(c.id, c.name, "" if c.id == FAVOURITES else c.hue) for c in till.catalog.categories
        )

    @property
    def _modes(self) -> dict[str, v.SaleModeKey]:
        shop = self._till.shop
        if shop is not self._modes_of:
            self._modes_of, self._modes_keys = shop, {mode.id: self._mode_key(mode) for mode in shop.sale_modes}
        return self._modes_keys

    def _mode_key(self, mode: SaleMode) -> v.SaleModeKey:
        rate = None if mode.note else self._till.rate_bp(mode.id, self._till.shop.tax_classes[0].id)
        return v.SaleModeKey(mode.id, mode.name, mode.icon, rate, mode.is_default, mode.note)

    def view(self) -> v.TillView:
        """Everything, as it is now."""
        till, desk = self._till, self._till.desk
        screen = desk.screen
        ticket = till.ticket if screen != "card" else display_card.card_ticket(till)
        priced = price(ticket) if ticket is not None else None
        on_sale = screen == "sale"
        notice = desk.notices[0] if desk.notices else None
        return v.TillView(
            rev=till.rev,
            at=till.local().replace(tzinfo=None).isoformat(timespec="seconds"),
            shop=self._shop,
            screen=screen,
            status=self._lights(),
            seller=self._seller(till.state.seller),
            session=self._session(),
            message=None
            if notice is None
            else v.Message(notice.code, notice.params, notice.level, notice.actions, 1, len(desk.notices)),
            undo=None if desk.undo is None else v.UndoOffer(desk.undo.id, desk.undo.code, desk.undo.params),
            sheet=self._sheet(ticket),
            ticket=None if ticket is None or priced is None else self._ticket(ticket, priced),
            result=self._result() if on_sale and desk.shows_result else None,
            grid=self._grid(ticket) if on_sale else None,
            lock=self._lock() if screen == "lock" else None,
            opening=display_day.opening_view(till) if screen == "opening" else None,
            home=self._home() if screen == "home" else None,
            payment=self._payment(ticket, priced) if screen == "payment" else None,
            card=display_card.card_view(till) if screen == "card" else None,
            split=self._split() if screen == "split" else None,
            report=display_day.report_view(till) if screen == "x_report" else None,
            closing=self._closing() if screen == "closing" else None,
            devices=self._devices() if screen == "devices" else None,
            clients=display_clients.clients_view(till) if screen == "clients" else None,
            product_form=display_goods.form_view(till) if screen == "product_form" else None,
            client_form=display_clients.form_view(till) if screen == "client_form" else None,
            masters=display_masters.masters_view(till) if screen == "masters" else None,
            settings=display_settings.settings_view(till) if screen == "settings" else None,
            sync=display_office.sync_view(till) if screen == "sync" else None,
            allowed=self._allowed(ticket),
            tested=tested_code(till) if desk.is_testing else None,
            is_testing=desk.is_testing,
            cue=_heard(desk.cue, till.config.sounds),
            theme=till.config.theme,
            profile=till.config.screen_size,
            tile_columns=till.config.tile_columns,
            tile_rows=till.config.tile_rows,
            left_handed=till.config.left_handed,
            language=till.config.language,
        )

    def _closing(self) -> v.ClosingView | None:
        return display_day.closing_view(self._till, self.note_cards(), self._printing.waiting)

    def _devices(self) -> v.DevicesView:
        return display_devices.devices_view(self._till, self._equipment, self._printing)

    def _lights(self) -> tuple[v.DeviceLight, ...]:
        """The status strip; a terminal whose answer is lost has its own word (mock-up 35)."""
        lights = self._equipment.lights()
        if self._till.office is not None:
            lights = display_office.lights(self._till.office, lights)
        card = self._till.state.card
        if card is None or not card.unknown_at or self._till.terminal.is_at_work(card.request.id):
            return lights
        silent = v.DeviceLight("terminal", "warn", "status.terminal_no_answer")
        return tuple(silent if light.device == "terminal" else light for light in lights)

    # --- people -------------------------------------------------------------------------------------------------

    def _seller(self, seller_id: str) -> v.SellerChip | None:
        seller = self._till.operators.seller(seller_id)
        if seller is None:
            return None
        return v.SellerChip(seller.id, seller.name, seller.initials, seller.title, seller.role == "manager")

    def _session(self) -> v.SessionCard | None:
        session = self._till.state.session
        if session is None:
            return None
        opened = self._till.local_time(session.opened_at)
        return v.SessionCard(
            session.number, opened[11:16], session.by, session.totals.float_minor, session.business_date
        )

    def _lock(self) -> v.LockView:
        till, desk = self._till, self._till.desk
        sellers = tuple(chip for seller in till.shop.sellers if (chip := self._seller(seller.id)) is not None)
        pages = max(1, -(-len(sellers) // SELLERS_PER_PAGE))
        page = min(desk.sellers_page, pages)
        session = self._session()
        return v.LockView(
            sellers=sellers[(page - 1) * SELLERS_PER_PAGE : page * SELLERS_PER_PAGE],
            selected=desk.picked_seller or None,
            open_since="" if session is None else session.opened_at,
            tries_left=till.operators.tries_left(desk.picked_seller),
            is_wrong=desk.wrong_pin,
            locked_seconds=till.operators.locked_seconds(desk.picked_seller),
            date=till.local().date().isoformat(),
            page=page,
            pages=pages,
        )

    def _allowed(self, ticket: Ticket | None) -> tuple[str, ...]:
        """Commands that would be taken now, among those that a screen draws as a button."""
        till, desk = self._till, self._till.desk
        names = [*people.ROLE_OF_SCREEN.get(desk.screen, ())]
        if desk.screen in ("lock", "starting"):
            return tuple(names)
        if till.state.card is not None:
            return tuple(name for name in names if name != "GoBack")
        if ticket is not None and ticket.lines:
            names += ["StartPayment", "HoldTicket", "TakeCash", "TakeCard", "CloseTicket", "StartSplit"]
        if past_sale.shown(till) is not None:
            names += ["CancelReceipt"] if past_sale.opened(till) is not None else ["CorrectPayment", "CancelReceipt"]
            if till.config.receipt_policy != "never":
                names.append("PrintReceipt")
        if till.state.session is not None:
            names += ["StartClosing", "ReadX", "PrintReport", "CloseDay"]
        if desk.undo is not None:
            names.append("Undo")
        if not any(mode.kind == "card" and mode.enabled and mode.quick_key for mode in till.shop.tenders):
            names = [name for name in names if name != "TakeCard"]
        if till.ledger.fault:
            names = [name for name in names if name not in ("StartPayment", "TakeCash", "TakeCard", "AddProduct")]
        return tuple(dict.fromkeys(names))

    # --- ticket -------------------------------------------------------------------------------------------------

    def _ticket(self, ticket: Ticket, priced: Price) -> v.TicketView:
        till, desk = self._till, self._till.desk
        remaining = unpaid_minor(ticket)
        cash = till.shop.cash_mode()
        due, rounding = due_in_cash(remaining, cash.rounding_minor if cash is not None else 1)
        keys = cash_keys(due, till.shop.currency) if cash is not None and cash.quick_key and ticket.lines else ()
        selected = desk.selected or (ticket.lines[-1].id if ticket.lines else 0)
        group_minor, group_bp, group_label = display_clients.group_of_ticket(ticket, priced)
        return v.TicketView(
            number=ticket.number,
            mode=self._modes[ticket.mode],
            lines=tuple([self._line(line, selected) for line in ticket.lines]),
            ghost=self._ghost(),
            name=ticket.name,
            client=display_clients.chip(till, ticket),
            clients_enabled=True,
            group_minor=group_minor,
            group_bp=group_bp,
            group_label=group_label,
            held_count=len(till.held_tickets()),
            article_count=_articles(ticket),
            subtotal_minor=priced.full_minor,
            line_discounts_minor=priced.subtotal_minor - priced.full_minor,
            discount_minor=-priced.discount_minor,
            discount_bp=ticket.discount_bp,
            total_minor=priced.total_minor,
            vat=tuple([v.VatNote(row.rate_bp, row.vat_minor, row.gross_minor, row.net_minor) for row in priced.vat]),
            cash_keys=tuple([v.CashKey(amount, n == 0) for n, amount in enumerate(keys)]),
            cash_due_minor=due,
            cash_rounding_minor=rounding,
            tenders=tuple([self._tender(tender) for tender in ticket.tenders]),
            remaining_minor=remaining,
        )

    def _line(self, line: Line, selected: int = 0) -> v.LineView:
        return v.LineView(
            id=line.id,
            name=line.name,
            quantity_milli=line.quantity_milli,
            unit=line.unit,
            unit_price_minor=line.unit_price_minor,
            amount_minor=line.amount_minor,
            full_minor=line.full_minor,
            code=line.code,
            discount_bp=line.discount_bp,
            discount_minor=line.discount_minor,
            offered=self._till.reason_label(line.offered) if line.offered else "",
            comment=line.comment,
            is_selected=line.id == selected,
            is_scanned=bool(line.code),
            share_of=line.share_of,
            lot_milli=0 if line.lot is None else line.lot.quantity_milli,
            lot_minor=0 if line.lot is None else line.lot.price_minor,
            shelf_minor=None if line.lot is None else shelf_minor(line.lot, line.unit_price_minor),
        )

    def _ghost(self) -> v.GhostLine | None:
        undo = self._till.desk.undo
        if undo is None or undo.ghost_index < 0:
            return None
        return v.GhostLine(undo.ghost_index, undo.ghost_milli, undo.ghost_name, undo.id)

    def _tender(self, tender: Tender, *, removable: bool = True) -> v.TenderView:
        icon = next((mode.icon for mode in self._till.shop.tenders if mode.id == tender.mode), "")
        amount = tender.amount_minor + tender.rounding_minor + tender.kept_minor
        return v.TenderView(tender.id, tender.name, icon, tender.kind, amount, removable, tender.by_hand)

    def _result(self) -> v.ResultView | None:
        till = self._till
        sale, past = past_sale.shown(till), past_sale.opened(till)
        if sale is None:
            return None
        closed, at, copies = sale
        is_put_by = past is None and till.state.change_credit is not None
        change = closed.change_minor if past is None and not is_put_by else 0
        given = till.desk.given if past is None else None
        if given is not None and given.sale != closed.document:
            given = None
        change = change if given is None else given.out_minor
        return v.ResultView(
            number=closed.ticket,
            document=f"{closed.document:06d}",
            total_minor=closed.total_minor,
            change_minor=change,
            coins=tuple(v.CoinCount(value, count) for value, count in coins_to_give(change, till.shop.currency)),
            rounding_minor=closed.rounding_minor,
            received_minor=0 if past is not None else _received(closed) if given is None else given.received_minor,
            tenders=tuple(self._tender(tender, removable=False) for tender in closed.tenders),
            receipt=self._receipt_state(closed),
            copies=copies,
            can_correct=not closed.part_of and past is None,
            part=closed.part,
            rest_minor=paying.rest_of_note(till, closed.part_of) if closed.part_of and past is None else 0,
            past_at="" if past is None else till.local_time(at),
            mode=self._modes.get(closed.mode),
            wallet_change_minor=wallets.change_minor(till, closed) if past is None else 0,
            wallet_kept_minor=wallet_balance.kept_minor(till, closed) if past is None else 0,
            wallet_credited_minor=0 if given is None else given.moved_minor,
            wallet_balance_minor=wallet_balance.now(till, closed) if past is None else None,
            client=display_clients.name_of(till, closed.customer),
        )

    def _receipt_state(self, closed: TicketClosed) -> v.ReceiptState:
        state = self._printing.state_of("ticket", closed.document)
        if state in ("sending", "sent"):
            return "printing"
        if state == "queued":
            light = next(light for light in self._equipment.lights() if light.device == "printer")
            if light.code == "status.printer_paper_out":
                return "waiting_paper"
            return "queued" if light.level == "ok" else "waiting_printer"
        if state in ("confirmed", "uncertain"):
            return "printed" if state == "confirmed" else "uncertain"
        return "none" if state == "dropped" or self._till.config.receipt_policy == "never" else "on_demand"

    # --- grid ---------------------------------------------------------------------------------------------------

    def _grid(self, ticket: Ticket | None) -> v.GridView:
        desk = self._till.desk
        slots = desk.columns * desk.rows
        if desk.search is not None and desk.search.strip():
            found = self._till.catalog.search(desk.search, SEARCH_LIMIT)
            pages = _paged([self._tile(product) for product in found], slots)
            hits = len(found)
        else:
            pages, hits = self._category_pages(desk.category, slots), 0
        page = min(desk.page, len(pages))
        tiles = pages[page - 1]
        if ticket is not None and ticket.lines:
            tiles = _with_badges(tiles, ticket)
        return v.GridView(
            categories=self._categories,
            category=desk.category,
            tiles=tiles,
            page=page,
            pages=len(pages),
            armed=desk.armed,
            search=desk.search,
            hits=hits,
        )

    def _category_pages(self, category: int, slots: int) -> tuple[tuple[v.TileView | None, ...], ...]:
        catalog = self._till.catalog
        if catalog is not self._tiles_of:
            self._tiles, self._tiles_of = {}, catalog
        made = self._tiles.get((category, slots))
        if made is None:
            grid = catalog.grid(category)
            made = tuple(
                tuple(None if slot is None else self._tile_of(slot) for slot in page)
                for page in page_tiles(grid.slots, slots)
            )
            self._tiles[category, slots] = made
        return made

    def _tile_of(self, product_id: int) -> v.TileView | None:
        product = self._till.catalog.product(product_id)
        return None if product is None else self._tile(product)

    def _tile(self, product: Product) -> v.TileView:
        hue = next((c.hue for c in self._till.catalog.categories if c.id == product.category), "neutre")
        return v.TileView(
            product=product.id,
            label=tuple(product.key_label.split("\n")),
            price_minor=product.price_minor,
            hue=hue,
            is_sold_out=product.sold_out,
            is_free_price=product.price_kind == "free",
        )

    # --- sheets -------------------------------------------------------------------------------------------------

    def _sheet(self, ticket: Ticket | None) -> v.Sheet | None:
        desk = self._till.desk
        builders: dict[str, Callable[[Ticket | None], v.Sheet | None]] = {
            "line_editor": self._line_editor,
            "menu": self._menu,
            "code_entry": self._code_entry,
            "free_price": self._free_price,
            "weigh": lambda ticket: weighing.sheet(self._till),
            "notes": self._notes,
            "modes": lambda ticket: v.ModeSheet(tuple(self._modes.values())),
            "reasons": self._reasons,
            "approval": self._approval,
            "age": lambda ticket: v.AgeSheet(desk.age_name, desk.age_years),
            "confirm_close": self._confirm_close,
            "print_help": lambda ticket: v.PrintHelpSheet(),
            "client_picker": lambda ticket: display_clients.picker(self._till),
            "client_menu": lambda ticket: display_clients.menu(self._till, ticket),
            "unknown_code": lambda ticket: unknown_code.view_of(self._till),
            "product_picker": lambda ticket: display_goods.picker(self._till),
            "product_choice": lambda ticket: display_goods.choice(self._till, desk.product_choice),
            "client_delete": lambda ticket: display_clients.delete_sheet(self._till),
            "client_groups": lambda ticket: display_clients.groups(self._till),
            "client_consents": lambda ticket: display_clients.consents(self._till),
            "tender_mode": lambda ticket: display_masters.mode_sheet(self._till),
            "mode_off": lambda ticket: display_masters.mode_off_sheet(self._till),
            "setting": lambda ticket: display_settings.sheet(self._till),
            "group_form": lambda ticket: display_masters.group_sheet(self._till),
            "group_delete": lambda ticket: display_masters.group_delete_sheet(self._till),
            "wallet_credit": lambda ticket: display_wallet.credit_sheet(self._till),
            "wallet_short": lambda ticket: display_wallet.short_sheet(self._till),
            "wallet_action": lambda ticket: display_wallet.action_sheet(self._till),
            "wallet_movement": lambda ticket: display_wallet.movement_sheet(self._till),
            "wallet_given": lambda ticket: display_wallet.given_sheet(self._till),
        }
        return builders[desk.sheet](ticket) if desk.sheet else None

    def _line_editor(self, ticket: Ticket | None) -> v.Sheet | None:
        desk = self._till.desk
        line = None if ticket is None else ticket.line(desk.editor_line)
        if ticket is None or line is None:
            return None
        on_ticket = desk.editor_scope == "ticket" and desk.editor_field.startswith("discount")
        values = {
            "quantity": line.quantity_milli,
            "price": line.unit_price_minor,
            "discount_rate": (ticket.discount_bp if on_ticket else line.discount_bp) or None,
            "discount_amount": (ticket.discount_minor if on_ticket else line.discount_minor) or None,
        }
        offers = tuple(v.ReasonKey(r.id, r.label) for r in self._till.shop.reasons_for("offer"))
        return v.LineEditorSheet(line.id, desk.editor_field, desk.editor_scope, offers, values[desk.editor_field])

    def _menu(self, ticket: Ticket | None) -> v.Sheet:
        state = self._till.state
        items = ["code_entry", "notes"]
        if state.last_closed is not None:
            items.append("reprint")
        items.append("open_drawer")
        if ticket is not None and ticket.lines:
            items.append("split")
        if ticket is not None:
            items.append("change_mode")
        items.append("x_report")
        if ticket is not None:
            items.append("void")
        last = state.last_closed
        return v.MenuSheet(
            tuple(items), len(self._till.held_tickets()), last.ticket if last else 0, last.total_minor if last else 0,
            is_last_printed=state.last_copies > 0,
        )  # fmt: skip

    def _code_entry(self, ticket: Ticket | None) -> v.Sheet:
        typed = self._till.desk.typed_code
        proposed, verdict = "", ""
        if typed.isascii() and typed.isdigit():
            if len(typed) in (7, 12):
                proposed = check_digit(typed)
            elif len(typed) in (8, 13):
                is_known = is_gtin(typed) or self._till.directory.holder_of(typed) is not None
                verdict = "good" if is_known else "bad"
        terminal = self._till.terminal
        can_not = "away" if terminal.is_away else "unable"
        reader = "reading" if terminal.reading else "ready" if terminal.can_scan else can_not
        note = self._till.desk.code_note
        return v.CodeEntrySheet(
            terminal=reader,  # type: ignore[arg-type]
            note=v.Message(note, {}, "warn") if note else None,
            proposed=proposed,
            verdict=verdict,  # type: ignore[arg-type]
            has_terminal=terminal.is_configured,
        )

    def _free_price(self, ticket: Ticket | None) -> v.Sheet:
        till, shop = self._till, self._till.shop
        mode = ticket.mode if ticket is not None else shop.default_sale_mode().id
        groups = [
            v.FreePriceGroup(g.id, g.name, g.icon, till.rate_bp(mode, g.id), g.hint, bool(g.age_limit))
            for g in shop.tax_classes
        ]
        groups.sort(key=lambda group: group.id != till.desk.last_group)
        product_id = till.desk.free_product
        product = till.catalog.product(product_id) if product_id is not None else None
        low, high = shop.free_price_min_minor, shop.free_price_max_minor
        if product is not None and product.price_kind == "free" and product.free_max_minor:
            low, high = product.free_min_minor, product.free_max_minor
        return v.FreePriceSheet(
            tuple(groups), shop.free_price_names, low, high, product_id, product.name if product is not None else ""
        )

    def _notes(self, ticket: Ticket | None) -> v.Sheet:
        desk = self._till.desk
        cards = self.note_cards(desk.notes_order, desk.notes_search)
        room = NOTES_PER_PAGE if not (ticket is not None and ticket.lines) else NOTES_PER_PAGE - 1
        pages = max(1, -(-len(cards) // room))
        page = min(desk.notes_page, pages)
        return v.NotesSheet(
            cards[(page - 1) * room : page * room],
            len(self._till.held_tickets()), desk.notes_order, desk.notes_search, page, pages,
        )  # fmt: skip

    def _reasons(self, ticket: Ticket | None) -> v.Sheet:
        purpose = self._till.desk.reason_purpose
        kind = {"void": "void", "void_held": "void", "open_drawer": "drawer"}.get(purpose, "float")
        reasons = self._till.shop.reasons_for(kind)  # type: ignore[arg-type]
        keys = tuple(v.ReasonKey(reason.id, reason.label) for reason in reasons)
        return v.ReasonSheet(purpose, keys, self._till.desk.reason_note if purpose == "void_held" else 0)

    def _approval(self, ticket: Ticket | None) -> v.Sheet:
        operators = self._till.operators
        right = self._till.desk.approval_right
        return v.ApprovalSheet(right, operators.tries_left("approval"), operators.locked_seconds("approval"))

    def _confirm_close(self, ticket: Ticket | None) -> v.Sheet | None:
        session = self._till.state.session
        return None if session is None else v.ConfirmCloseSheet(session.number)

    # --- notes, home, payment, split ----------------------------------------------------------------------------

    def note_cards(self, order: str = "time", search: str = "") -> tuple[v.NoteCard, ...]:
        """Notes that wait, in the order wanted."""
        cards = [self._card(ticket) for ticket in self._till.held_tickets()]
        if search:
            wanted = search.casefold()
            cards = [
                card
                for card in cards
                if wanted in f"{card.name} {card.client}".casefold() or wanted in f"{card.total_minor / 100:.2f}"
            ]
        if order == "table":
            cards.sort(key=lambda card: (not card.name, card.name.casefold(), card.number))
        elif order == "amount":
            cards.sort(key=lambda card: (-card.total_minor, card.number))
        return tuple(cards)

    def _card(self, ticket: Ticket) -> v.NoteCard:
        since = ticket.held_at or self._till.local_time(ticket.opened_at)
        return v.NoteCard(
            number=ticket.number,
            name=ticket.name,
            since=since[11:16],
            is_late=self._till.minutes_since(since) >= LATE_MINUTES,
            contents=tuple((line.quantity_milli, self._short_name(line)) for line in ticket.lines[:6]),
            mode=self._modes[ticket.mode],
            total_minor=price(ticket).total_minor,
            client=display_clients.name_of(self._till, ticket.customer),
            part=ticket.part,
            days=(self._till.local().date() - date.fromisoformat(since[:10])).days,
        )

    def _short_name(self, line: Line) -> str:
        if line.quantity_milli < 2000 or line.product is None:
            return line.name
        product = self._till.catalog.product(line.product)
        return product.name_plural or line.name if product is not None else line.name

    def _home(self) -> v.HomeView:
        till = self._till
        cards = self.note_cards(till.desk.notes_order)
        room = HOME_CARDS if len(cards) > HOME_CARDS - 1 else HOME_CARDS - 1
        pages = max(1, -(-len(cards) // room))
        page = min(till.desk.home_page, pages)
        return v.HomeView(
            tabs=display_clients.tabs(till),
            cards=cards[(page - 1) * room : page * room],
            note_count=len(cards),
            page=page,
            pages=pages,
            modes=tuple(self._modes.values()),
            last=self._last(),
            has_settings=True,
            order=till.desk.notes_order,
        )

    def _last(self) -> v.LastTicket | None:
        till = self._till
        closed = till.state.last_closed
        if closed is None:
            return None
        lines = tuple((line.name, amount) for line, amount in zip(closed.lines, closed.amounts, strict=True))
        tender = ", ".join(tender.name for tender in closed.tenders)
        return v.LastTicket(
            closed.ticket, till.local_time(till.state.last_closed_at)[11:16], tender, closed.total_minor, lines[:4],
            can_correct=not closed.part_of,
        )  # fmt: skip

    def _payment(self, ticket: Ticket | None, priced: Price | None) -> v.PaymentView | None:
        if ticket is None or priced is None:
            return None
        till = self._till
        modes = sorted((mode for mode in till.shop.tenders if mode.enabled), key=lambda mode: mode.order)
        remaining = unpaid_minor(ticket)
        return v.PaymentView(
            tenders=tuple(self._tender_key(mode, ticket.customer, remaining) for mode in modes),
            quick_notes=(1000, 2000, 5000),
            can_split=not ticket.tenders and not ticket.part_of,
            can_open_drawer=True,
            can_close=remaining == 0,
            part=ticket.part,
        )  # fmt: skip

    def _tender_key(self, mode: TenderMode, customer: str, remaining: int) -> v.TenderKey:
        if mode.kind == "wallet":
            return display_wallet.wallet_key(self._till, mode, customer, remaining)
        return v.TenderKey(
            mode.id, mode.name, mode.icon, mode.kind, display_wallet.detail(self._till, mode),
            is_enabled=remaining > 0 and (bool(customer) or not mode.needs_customer),
            faces=() if mode.kind == "cash" else mode.face_values_minor,
        )  # fmt: skip

    def _split(self) -> v.SplitView | None:
        till, desk = self._till, self._till.desk
        note = till.state.tickets.get(desk.split_note)
        if note is None:
            return None
        rest = price(note).total_minor
        parts = till.state.parts_of(note.number)
        totals = {part.part: price(part).total_minor for part in parts}
        open_part = till.ticket.part if till.ticket is not None else 0
        persons = desk.persons
        return v.SplitView(
            number=note.number,
            name=note.name,
            rest=tuple(self._line(line) for line in note.lines),
            rest_minor=rest,
            parts=tuple(
                v.SplitPart(number, totals.get(number, 0), number not in totals, number == open_part)
                for number in range(1, note.parts + 1)
            ),
            open_part=open_part,
            whole_minor=rest + sum(totals.values()),
            others_minor=sum(total for number, total in totals.items() if number != open_part),
            persons=persons,
            shares=tuple(rest // persons + (1 if n < rest % persons else 0) for n in range(persons)),
        )


def tested_code(till: Till) -> v.TestedCode | None:
    """What the tester shows of the newest code, as the ticket in hand or the default mode would price it."""
    meaning = till.desk.tested
    if meaning is None:
        return None
    ticket = till.ticket
    mode = till.mode(ticket.mode) if ticket is not None else till.shop.default_sale_mode()
    return scanning.tested_view(meaning, mode.price_list)


def _articles(ticket: Ticket) -> int:
    return sum(
        [line.quantity_milli // 1000 if line.unit == "piece" and not line.share_of else 1 for line in ticket.lines]
    )


def _heard(cue: v.Cue | None, sounds: str) -> v.Cue | None:
    """The sound as far as the shop wants to hear it."""
    if cue is None or sounds == "off" or (sounds == "important" and cue.sound not in ("scan_refused", "needs_you")):
        return None
    return cue


def _paged(tiles: list[v.TileView], slots: int) -> tuple[tuple[v.TileView | None, ...], ...]:
    """Search results on pages of tiles; the last slot is the page key where there is more."""
    if len(tiles) <= slots:
        return (tuple(tiles),)
    room = slots - 1
    return tuple(tuple(tiles[start : start + room]) for start in range(0, len(tiles), room))


def _with_badges(tiles: tuple[v.TileView | None, ...], ticket: Ticket) -> tuple[v.TileView | None, ...]:
    on_ticket: dict[int, int] = {}
    for line in ticket.lines:
        if line.product is not None:
            on_ticket[line.product] = on_ticket.get(line.product, 0) + line.quantity_milli
    return tuple(
        tile
        if tile is None or tile.product not in on_ticket
        else msgspec.structs.replace(tile, badge_milli=on_ticket[tile.product])
        for tile in tiles
    )


def _received(closed: TicketClosed) -> int:
    """In coins and notes."""
    return sum(tender.received_minor for tender in closed.tenders if tender.kind == "cash")
