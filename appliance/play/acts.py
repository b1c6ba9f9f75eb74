"""What each act of a day asks of the till: its commands, one after the other.

An act is a generator. A refused command ends it; a command that waits for a manager suspends it until `manager`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from appliance.domain.catalog import Product, fold
from appliance.domain.ticket import Line, Ticket
from appliance.play.notation import LineRef, Notation, Unfit
from appliance.play.steps import Kill, RefuseWrites, Scan, SendAgain, SetClock, StartDate, Step, Terminal, Wait
from appliance.play.terminal import REASONS
from appliance.protocol import command as c
from appliance.service.day import counted_values, greedy_counts

if TYPE_CHECKING:
    from appliance.play.player import Player

NOTATION: Final = Notation()
form = NOTATION.form
Steps = Iterator[Step]


# --- what words stand for -------------------------------------------------------------------------------------------


class _Listed(Protocol):
    @property
    def id(self) -> str: ...


def pick(rows: Iterable[_Listed], word: str, label: str, code: str) -> Any:
    """The row that a word means: its id, the end of its id after a dot, or its label, accents and case aside."""
    rows = tuple(rows)
    wanted = fold(word)
    for row in rows:
        if word in (row.id, row.id.rpartition(".")[2]) or fold(getattr(row, label)) == wanted:
            return row
    raise Unfit(code, f"{word!r} is none of: " + ", ".join(row.id for row in rows))


def mode_of(p: Player, word: str) -> str:
    return str(pick(p.till.shop.sale_modes, word, "name", "day.no_mode").id)


def tender_of(p: Player, word: str) -> str:
    return str(pick(p.till.shop.tenders, word, "name", "day.no_tender").id)


def reason_of(p: Player, kind: Any, word: str) -> str:
    return str(pick(p.till.shop.reasons_for(kind), word, "label", "day.no_reason").id)


def product_of(p: Player, word: str) -> Product:
    """A product by its id or its whole name, accents and case aside."""
    known = p.products.get(word)
    if known is not None:
        return known
    catalog = p.till.catalog
    product = catalog.product(int(word)) if word.isascii() and word.isdigit() and len(word) < 16 else None
    if product is None:
        found = catalog.search(word)
        same = [row for row in found if fold(row.name) == fold(word)]
        if len(same) != 1:
            near = ", ".join(row.name for row in found[:3]) or "nothing like it"
            raise Unfit("day.no_product", f"{word!r} is not the name of one product; there is: {near}")
        product = same[0]
    p.products[word] = product
    return product


def line_of(ticket: Ticket | None, ref: LineRef) -> int:
    """Id of the line meant; 0 when there is no ticket, so that the till itself refuses."""
    if ticket is None or not ticket.lines:
        return 0
    if ref.name:
        named = [line for line in ticket.lines if fold(line.name) == fold(ref.name)]
        return _last(named, ref.name)
    if ref.place > len(ticket.lines):
        raise Unfit("day.no_line", f"the ticket has {len(ticket.lines)} lines")
    return ticket.lines[ref.place - 1].id


def _last(lines: list[Line], name: str) -> int:
    if not lines:
        raise Unfit("day.no_line", f"no line {name!r} on the ticket")
    return lines[-1].id


def note_of(p: Player, word: str) -> int:
    """Number of a waiting note, by its number or its name."""
    for ticket in p.till.held_tickets():
        if word == str(ticket.number) or (ticket.name and fold(ticket.name) == fold(word)):
            return ticket.number
    raise Unfit("day.no_note", f"no note {word!r} is waiting")


def _hand(p: Player, ref: LineRef) -> int:
    return line_of(p.till.ticket, ref)


# --- clock and people -----------------------------------------------------------------------------------------------


@form("day DATE")
def start_date(p: Player, date: date) -> Steps:
    yield StartDate(date)


@form("wait SPAN")
def wait(p: Player, span: timedelta) -> Steps:
    yield Wait(span)


@form("set clock TIME")
def set_clock(p: Player, time: time) -> Steps:
    yield SetClock(time)


@form("sign in SELLER PIN")
def sign_in(p: Player, seller: str, pin: str) -> Steps:
    yield c.SignIn(str(pick(p.till.shop.sellers, seller, "name", "day.no_seller").id), pin)


@form("badge CODE")
def badge(p: Player, code: str) -> Steps:
    yield Scan(code)
    yield from p.approved()


@form("lock")
def lock(p: Player) -> Steps:
    yield c.Lock()


@form("manager PIN")
def manager(p: Player, pin: str) -> Steps:
    yield c.Approve(pin)
    yield from p.approved()


# --- the day --------------------------------------------------------------------------------------------------------


@form("open", "open float AMOUNT", "open count COINS...")
def open_session(p: Player, amount: int | None = None, coins: dict[int, int] | None = None) -> Steps:
    if amount is None and coins is None:
        yield c.KeepFloat()
    else:
        yield from _count(p, _coins_of(p, amount) if coins is None else coins)
    yield c.OpenSession()


def _coins_of(p: Player, amount_minor: int | None) -> dict[int, int]:
    """Some coins and notes that make this amount."""
    currency = p.till.state.currency
    amount_minor = amount_minor or 0
    if amount_minor % min(counted_values(currency)):
        raise Unfit("day.amount", "no coins make this amount")
    return greedy_counts(amount_minor, currency)


def _count(p: Player, coins: dict[int, int]) -> Steps:
    for value in sorted(set(p.till.desk.drawer.counts) - set(coins)):
        yield c.SetCount(value, 0)
    for value, count in coins.items():
        yield c.SetCount(value, count)


@form("x")
def read_x(p: Player) -> Steps:
    yield c.ReadX()
    yield c.GoBack()


@form("count AMOUNT", "count COINS...")
def count_drawer(p: Player, amount: int | None = None, coins: dict[int, int] | None = None) -> Steps:
    counts = _coins_of(p, amount) if coins is None else coins
    if p.till.desk.screen != "closing":
        yield c.StartClosing()
    yield from _count(p, counts)


@form("leave AMOUNT")
def leave(p: Player, amount: int) -> Steps:
    yield c.SetLeave(amount)


@form("reason REASON")
def give_reason(p: Player, reason: str) -> Steps:
    """Why the drawer differs, at the opening or the closing."""
    if p.till.desk.screen == "opening":
        yield c.OpenSession(reason_of(p, "float", reason))
    else:
        yield c.SetStep("check", reason_of(p, "closing", reason))


@form("void held NOTE")
def void_held(p: Player, note: str) -> Steps:
    yield c.VoidHeld(note_of(p, note), "void.other")


@form("close day")
def close_day(p: Player) -> Steps:
    yield c.SetStep("confirm")
    yield c.CloseDay()
    yield c.CloseDay(True)


# --- goods ----------------------------------------------------------------------------------------------------------


@form("ticket", "ticket MODE")
def new_ticket(p: Player, mode: str = "") -> Steps:
    yield c.NewTicket(mode_of(p, mode) if mode else "")


def _armed(p: Player, count: int, step: Step) -> Steps:
    """× n is armed for this article alone."""
    if count != p.till.desk.armed:
        yield c.Arm(count if count > 1 else p.till.desk.armed)
    yield step


@form("scan CODE", "scan CODE x COUNT")
def scan(p: Player, code: str, count: int = 1) -> Steps:
    """`]` and two letters before the code are its AIM identifier; <GS> stands for the separator of GS1 fields."""
    yield from _armed(p, count, Scan(code.replace("<GS>", "\x1d")))


@form("type CODE")
def type_code(p: Player, code: str) -> Steps:
    yield c.EnterCode(code)


@form("touch PRODUCT", "touch PRODUCT x COUNT")
def touch(p: Player, product: str, count: int = 1) -> Steps:
    yield from _armed(p, count, c.AddProduct(product_of(p, product).id))


@form("weigh QUANTITY")
def weigh(p: Player, quantity: int) -> Steps:
    """The net weight of the article just touched; the day has no scale, so it is typed."""
    yield c.TypeWeight(quantity)


@form("free AMOUNT", "free AMOUNT GROUP", "free AMOUNT GROUP TEXT")
def free_price(p: Player, amount: int, group: str = "", text: str = "") -> Steps:
    """By amount; without a group it is the price of the product just touched."""
    wanted = str(pick(p.till.shop.tax_classes, group, "name", "day.no_group").id) if group else ""
    yield c.AddFreePrice(amount, wanted, text[:40], None if group else p.till.desk.free_product)


@form("adult")
def adult(p: Player) -> Steps:
    yield c.ConfirmAge(True)


@form("too young")
def too_young(p: Player) -> Steps:
    yield c.ConfirmAge(False)


@form("sell anyway")
def sell_anyway(p: Player) -> Steps:
    yield c.ActOnMessage("sell_anyway")


@form("quantity LINE QUANTITY")
def quantity(p: Player, line: LineRef, quantity: int) -> Steps:
    yield c.SetQuantity(_hand(p, line), quantity)


@form("price LINE AMOUNT")
def price(p: Player, line: LineRef, amount: int) -> Steps:
    yield c.SetPrice(_hand(p, line), amount)


@form("discount LINE PERCENT", "discount LINE AMOUNT", "discount LINE none")
def discount_line(p: Player, line: LineRef, percent: int = 0, amount: int = 0) -> Steps:
    yield c.DiscountLine(_hand(p, line), percent, amount)


@form("discount ticket PERCENT", "discount ticket AMOUNT", "discount ticket none")
def discount_ticket(p: Player, percent: int = 0, amount: int = 0) -> Steps:
    yield c.DiscountTicket(percent, amount)


@form("offer LINE REASON")
def offer(p: Player, line: LineRef, reason: str) -> Steps:
    yield c.OfferLine(_hand(p, line), reason_of(p, "offer", reason))


@form("charge LINE")
def charge(p: Player, line: LineRef) -> Steps:
    """Takes an offer back."""
    yield c.OfferLine(_hand(p, line), "")


@form("comment LINE TEXT")
def comment(p: Player, line: LineRef, text: str) -> Steps:
    yield c.CommentLine(_hand(p, line), text[:80])


@form("remove LINE")
def remove(p: Player, line: LineRef) -> Steps:
    yield c.RemoveLine(_hand(p, line))


@form("undo")
def undo(p: Player) -> Steps:
    offered = p.till.desk.undo
    yield c.Undo(0 if offered is None else offered.id)


# --- tickets that wait ----------------------------------------------------------------------------------------------


@form("name TEXT")
def name_ticket(p: Player, text: str) -> Steps:
    yield c.NameTicket(p.till.state.current, text[:40])


@form("mode MODE")
def change_mode(p: Player, mode: str) -> Steps:
    yield c.ChangeMode(mode_of(p, mode))


@form("hold", "hold TEXT")
def hold(p: Player, text: str = "") -> Steps:
    if text:
        yield c.NameTicket(p.till.state.current, text[:40])
    yield c.HoldTicket()


@form("recall NOTE")
def recall(p: Player, note: str) -> Steps:
    yield c.RecallTicket(note_of(p, note))


@form("void REASON")
def void(p: Player, reason: str) -> Steps:
    yield c.VoidTicket(reason_of(p, "void", reason))


@form("home")
def home(p: Player) -> Steps:
    yield c.GoHome()


@form("back")
def back(p: Player) -> Steps:
    yield c.GoBack()


# --- payment --------------------------------------------------------------------------------------------------------


@form("cash", "cash AMOUNT")
def cash(p: Player, amount: int = 0) -> Steps:
    """A one-touch key: this much received, or exact."""
    yield c.TakeCash(amount)


@form("card")
def card(p: Player) -> Steps:
    yield c.TakeCard()


@form("bill")
def bill(p: Player) -> Steps:
    yield c.StartPayment()


@form("pay TENDER", "pay TENDER AMOUNT")
def pay(p: Player, tender: str, amount: int | None = None) -> Steps:
    """A part of the ticket, or all that remains; the payment is opened when it is not."""
    mode = tender_of(p, tender)
    if p.till.desk.screen != "payment":
        yield c.StartPayment()
    yield c.AddTender(mode, amount)


@form("take back", "take back TENDER")
def take_back(p: Player, tender: str = "") -> Steps:
    ticket = p.till.ticket
    tenders = [] if ticket is None else ticket.tenders
    if tender:
        mode = tender_of(p, tender)
        tenders = [row for row in tenders if row.mode == mode]
    yield c.RemoveTender(tenders[-1].id if tenders else 0)


@form("close")
def close(p: Player) -> Steps:
    """ "Encaisser": ends a ticket on which nothing is due."""
    if p.till.desk.screen != "payment":
        yield c.StartPayment()
    yield c.CloseTicket()


@form("correct")
def correct(p: Player) -> Steps:
    yield c.CorrectPayment()


# --- card terminal --------------------------------------------------------------------------------------------------


@form("terminal ready")
def terminal_ready(p: Player) -> Steps:
    """From here on the card goes through a terminal."""
    yield Terminal("ready")


@form("terminal away")
def terminal_away(p: Player) -> Steps:
    yield Terminal("away")


@form("terminal accepts")
def terminal_accepts(p: Player) -> Steps:
    """The next card, or the one that is being presented."""
    yield Terminal("accept")


@form("terminal refuses", "terminal refuses REASON")
def terminal_refuses(p: Player, reason: str = "declined") -> Steps:
    if reason not in REASONS:
        raise Unfit("day.no_reason", f"{reason!r} is none of: " + ", ".join(REASONS))
    yield Terminal("refuse", reason)


@form("terminal aborts")
def terminal_aborts(p: Player) -> Steps:
    yield Terminal("abort")


@form("terminal waits")
def terminal_waits(p: Player) -> Steps:
    """The customer takes their time with the next card."""
    yield Terminal("wait")


@form("terminal loses request")
def terminal_loses_request(p: Player) -> Steps:
    yield Terminal("lose request")


@form("terminal loses answer")
def terminal_loses_answer(p: Player) -> Steps:
    """It debits the next card, and nobody hears of it."""
    yield Terminal("lose answer")


@form("ask terminal")
def ask_terminal(p: Player) -> Steps:
    yield c.AskCard()


@form("abort card")
def abort_card(p: Player) -> Steps:
    yield c.AbortCard()


@form("retry card")
def retry_card(p: Player) -> Steps:
    yield c.RetryCard()


@form("card by hand")
def card_by_hand(p: Player) -> Steps:
    yield c.CardByHand()
    yield c.CardByHand(confirmed=True)


@form("card accepted")
def card_accepted(p: Player) -> Steps:
    """ "Oui, accepté": somebody has read the terminal."""
    yield c.ConfirmCard(True)


@form("card refused")
def card_refused(p: Player) -> Steps:
    """ "Non"."""
    yield c.ConfirmCard(False)


@form("reopen")
def reopen(p: Player) -> Steps:
    """ "Rouvrir", when the terminal says the contrary; or "Rembourser", when it is too late for that."""
    notices = p.till.desk.notices
    actions = notices[0].actions if notices else ()
    yield c.ActOnMessage(actions[0] if actions else "reopen")


# --- split ----------------------------------------------------------------------------------------------------------


@form("split")
def split(p: Player) -> Steps:
    yield c.StartSplit()


@form("move LINE", "move LINE x COUNT")
def move(p: Player, line: LineRef, count: int = 1) -> Steps:
    note = p.till.state.tickets.get(p.till.desk.split_note)
    yield c.MoveToPart(line_of(note, line), count * 1000)


@form("move back LINE")
def move_back(p: Player, line: LineRef) -> Steps:
    yield c.MoveBack(_hand(p, line))


@form("part NUMBER")
def show_part(p: Player, number: int) -> Steps:
    yield c.ShowPart(number)


@form("next part")
def next_part(p: Player) -> Steps:
    yield c.ShowPart(0)


@form("divide COUNT")
def divide(p: Player, count: int) -> Steps:
    if not 2 <= count <= 20:
        raise Unfit("day.number", "a note is divided by 2 to 20 persons")
    yield c.SetPersons(count)
    yield c.SplitEqually()


# --- paper and drawer -----------------------------------------------------------------------------------------------


@form("receipt")
def receipt(p: Player) -> Steps:
    yield c.PrintReceipt()


@form("no receipt")
def no_receipt(p: Player) -> Steps:
    yield c.CancelReceipt()


@form("drawer REASON")
def drawer(p: Player, reason: str) -> Steps:
    yield c.OpenDrawer(reason_of(p, "drawer", reason))


# --- faults ---------------------------------------------------------------------------------------------------------


@form("fault kill")
def kill(p: Player) -> Steps:
    yield Kill(False)


@form("fault kill now")
def kill_now(p: Player) -> Steps:
    yield Kill(True)


@form("fault disk-full SWITCH")
def disk_full(p: Player, switch: bool) -> Steps:
    yield RefuseWrites("disk-full", switch)


@form("fault read-only SWITCH")
def read_only(p: Player, switch: bool) -> Steps:
    yield RefuseWrites("read-only", switch)


@form("again")
def again(p: Player) -> Steps:
    yield SendAgain()
