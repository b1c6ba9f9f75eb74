"""Signing in, locking, moving between screens, messages, and a manager's word for one action."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from appliance.domain import intent as i
from appliance.domain.catalog import Seller
from appliance.domain.errors import Refusal
from appliance.domain.ticket import Ticket
from appliance.protocol import command as c
from appliance.service import papers

if TYPE_CHECKING:
    from appliance.service.till import Till


ROLE_OF_SCREEN: Final[dict[str, tuple[str, ...]]] = {
    "lock": ("SelectSeller", "SignIn"),
    "opening": ("SetCount", "KeepFloat", "OpenSession", "GoBack"),
    "home": ("NewTicket", "RecallTicket", "Lock", "EnterCode", "ShowTab"),
    "clients": ("ShowTab", "ShowCustomer", "NewCustomer", "EditCustomer", "DeleteCustomer", "AttachCustomer", "Lock"),
    "masters": (
        "ShowTab", "ShowSection", "SwitchTenderMode", "MoveTenderMode", "EditTenderMode", "FillTenderMode",
        "SaveTenderMode", "EditGroup", "FillGroup", "SaveGroup", "DeleteGroup", "Lock",
    ),
    "settings": (
        "ShowSettings", "OpenSetting", "ChangeSetting", "ResetSetting", "ShowDevices", "ShowSync", "GoBack", "Lock",
    ),
    "sync": ("SyncNow", "ResendRefused", "ExportRefused", "ShowSettings", "GoBack"),
    "client_form": ("FillCustomer", "SaveCustomer", "GoBack"),
    "product_form": ("FillProduct", "SaveProduct", "GoBack"),
    "sale": (
        "AddProduct", "EnterCode", "AddFreePrice", "EditLine", "RemoveLine", "OfferLine", "OpenSheet", "NewTicket",
        "RecallTicket", "OpenDrawer", "VoidTicket", "ChangeMode", "Lock",
    ),
    "payment": ("AddTender", "RemoveTender", "OpenDrawer", "GoBack"),
    "card": ("AbortCard", "AskCard", "ConfirmCard", "RetryCard", "CardByHand", "GoBack"),
    "split": ("MoveToPart", "MoveBack", "ShowPart", "SplitEqually", "SetPersons", "GoBack"),
    "x_report": ("PrintReport", "GoBack"),
    "devices": ("TestDevice", "GoBack"),
    "closing": ("SetCount", "SetStep", "SetLeave", "VoidHeld", "PrintReport", "GoBack"),
}  # fmt: skip
"""Commands that each screen always takes; `display` adds those that depend on the ticket and the day."""


LAST_PAGE: Final = 9_999
"""More pages of notes than there are; the last one is shown."""
DURING_APPROVAL: Final = frozenset({c.CloseSheet, c.GoBack, c.SetProfile, c.DismissMessage, c.NextMessage, c.Lock})
"""What leaves a command waiting for its manager, or ends the waiting by itself."""
BEFORE_SIGN_IN: Final = frozenset(
    {
        c.SelectSeller, c.SignIn, c.SetProfile, c.Lock, c.DismissMessage, c.NextMessage, c.ShowPage, c.CloseSheet,
        c.GoBack,
    }
)  # fmt: skip
"""What a locked till takes."""


async def sign_in(till: Till, command: c.SignIn) -> None:
    """Checks the PIN off the loop; the handler then lets the seller in. Raises Refusal."""
    await till.operators.check_pin(command.seller, command.pin)


async def approve(till: Till, command: c.Approve, waiting: c.AnyCommand | None) -> c.AnyCommand:
    """Checks a manager's PIN; returns the command that waited when it was typed, if it still does. Raises Refusal."""
    if waiting is None:
        raise Refusal("approval.none")
    manager = await till.operators.check_manager_pin(command.pin)
    if till.desk.approval_command is not waiting:
        raise Refusal("approval.none")
    return approved_by(till, manager)


def approved_by(till: Till, manager: Seller) -> c.AnyCommand:
    """The action goes on by itself and both names are recorded (feature U-03)."""
    waiting = till.desk.approval_command
    assert waiting is not None
    till.do(i.NoteApproval(till.desk.approval_right, manager.id))
    till.desk.close_sheet()
    till.desk.wrong_pin = False
    till.desk.approver = manager.id
    till.approved = True
    return waiting


def enter(till: Till, seller: Seller, *, by_badge: bool = False) -> None:
    """A seller is at the till: back on the ticket in hand, else home, else the opening."""
    till.do(i.SignIn(seller.id, seller.name, by_badge, to_count=till.state.session is None))
    desk = till.desk
    desk.wrong_pin = False
    desk.picked_seller = ""
    desk.close_sheet()
    session = till.state.session
    if session is None:
        start_opening(till)
    else:
        land(till)
        card.ask_again(till)
        if session.business_date < till.local().date().isoformat():
            till.desk.say("session.not_closed", "warn", source="session", date=session.business_date)
    idle_again(till)


DATE_TODAY: Final = "date_today"
"""What is offered where the last session's date is still to come."""


def start_opening(till: Till) -> None:
    from appliance.service.desk import Drawer

    till.desk.screen, till.desk.opens_on = "opening", ""
    till.desk.drawer = Drawer()
    last = till.state.last_day
    if last is not None and last.business_date > till.local().date().isoformat():
        till.desk.say("session.date_ahead", "warn", actions=(DATE_TODAY,), source="session", date=last.business_date)


def land(till: Till) -> None:
    """The screen of a till that sells: its ticket in hand, or home."""
    ticket = till.ticket
    desk = till.desk
    desk.shows_result = False
    if till.state.card is not None or card.failed_now(till) is not None:
        desk.screen = "card"
    elif ticket is None:
        desk.screen = "home"
    elif ticket.part_of in till.state.tickets and not ticket.tenders:
        desk.screen, desk.split_note = "split", ticket.part_of
    else:
        desk.screen, desk.split_note = "payment" if ticket.tenders else "sale", ticket.part_of


def idle_again(till: Till) -> None:
    """The till locks by itself when nobody touched it for a while (feature U-06).

    One timer from the sign-in on: an order or a scan only notes the time, and the timer that fires early waits on.
    """
    till.touched_ns = till.clock.monotonic_ns()
    seconds = till.config.lock_after_s
    if seconds and not till.operators.is_open_to_all:
        till.later("idle", float(seconds), lambda: _lock_idle(till))


def _lock_idle(till: Till) -> None:
    idle_s = (till.clock.monotonic_ns() - till.touched_ns) / 1e9
    if idle_s < till.config.lock_after_s:
        till.later("idle", till.config.lock_after_s - idle_s, lambda: _lock_idle(till))
    elif till.desk.screen not in ("lock", "starting"):
        _lock(till, c.Lock())
        till.ledger.settle_soon()


def _sign_in(till: Till, command: c.SignIn) -> None:
    seller = till.operators.seller(command.seller)
    assert seller is not None
    enter(till, seller)


def _select(till: Till, command: c.SelectSeller) -> None:
    if till.operators.seller(command.seller) is None:
        raise Refusal("pin.unknown_seller")
    till.desk.picked_seller = command.seller
    till.desk.wrong_pin = False


def _lock(till: Till, command: c.Lock) -> None:
    if till.operators.is_open_to_all:
        return
    till.do(i.Lock())
    till.desk.close_sheet()
    till.desk.test_on = ""
    till.desk.screen = "lock"
    till.desk.shows_result = False
    till.desk.wrong_pin = False
    till.cancel("idle")


def _home(till: Till, command: c.GoHome) -> None:
    """Accueil; the ticket in hand stays as it is and is found again by "Vente"."""
    require_session(till)
    till.desk.close_sheet()
    till.desk.shows_result = False
    till.desk.search = None
    till.desk.screen, till.desk.home_page = "home", 1
    ticket = till.ticket
    if ticket is not None:
        if ticket.tenders:
            till.desk.screen = "payment"
            raise Refusal("ticket.being_paid", amount_minor=ticket.paid_minor)
        if ticket.part_of in till.state.tickets:
            till.do(i.LeaveSplit(ticket.part_of))
        else:
            till.do(i.PutAside())
            say_held(till, ticket)


def say_held(till: Till, ticket: Ticket) -> None:
    """A ticket with lines waits now: said for six seconds, and Accueil shows the page it is on, the last one."""
    if ticket.number in till.state.tickets and ticket.lines:
        till.offer_undo("undo.held", i.RecallTicket(ticket.number), number=ticket.number)
        till.desk.home_page = LAST_PAGE


def require_session(till: Till) -> None:
    if till.state.session is None:
        raise Refusal("session.closed")


def _back(till: Till, command: c.GoBack) -> None:
    """The screen before; a sheet is closed first."""
    desk = till.desk
    if desk.sheet:
        desk.close_sheet()
    elif desk.search is not None:
        desk.search = None
    elif desk.screen == "payment":
        _leave_payment(till)
    elif desk.screen == "card":
        card.leave(till)
    elif desk.screen == "split":
        till.do(i.LeaveSplit(desk.split_note))
        desk.screen = "home"
    elif desk.screen == "closing" and desk.closing_step != "count":
        desk.closing_step = "check" if desk.closing_step == "confirm" else "count"
    elif desk.screen in ("closing", "x_report"):
        land(till)
    elif desk.screen == "client_form":
        _leave_form(till)
    elif desk.screen in ("clients", "masters", "product_form", "settings"):
        land(till)
    elif desk.screen == "sync":
        land(till) if till.state.session is not None else start_opening(till)
    elif desk.screen == "devices":
        till.search.stop()
        if till.state.session is None:
            start_opening(till)
        else:
            land(till)
            if desk.devices_back and till.desk.screen == "home":
                till.run(c.ShowSettings("devices"))
    elif desk.screen == "opening":
        _lock(till, c.Lock())
    elif desk.screen == "sale":
        _home(till, c.GoHome())


def _leave_form(till: Till) -> None:
    """The screen from which the form was opened; its letters are given up."""
    desk = till.desk
    back = desk.client_form.back if desk.client_form is not None else "home"
    desk.client_form = None
    if back in ("clients", "payment"):
        desk.screen = back
    else:
        land(till)


def _leave_payment(till: Till) -> None:
    ticket = till.ticket
    if ticket is not None and ticket.tenders:
        raise Refusal("ticket.being_paid", amount_minor=ticket.paid_minor)
    if ticket is not None and ticket.part_of in till.state.tickets:
        till.desk.screen, till.desk.split_note = "split", ticket.part_of
    else:
        till.desk.screen = "sale"


def _close_sheet(till: Till, command: c.CloseSheet) -> None:
    till.desk.close_sheet()


def _dismiss(till: Till, command: c.DismissMessage) -> None:
    if till.desk.notices:
        told = till.desk.notices.pop(0)
        if told.on_close is not None:
            till.ledger.also(told.on_close)


def _next_message(till: Till, command: c.NextMessage) -> None:
    notices = till.desk.notices
    till.desk.notices = notices[1:] + notices[:1]


def _act(till: Till, command: c.ActOnMessage) -> None:
    """One of the buttons of the message on the bar."""
    desk = till.desk
    if not desk.notices or command.action not in desk.notices[0].actions:
        return
    notice = desk.notices.pop(0)
    if command.action == "free_price":
        desk.sheet = "free_price"
    elif command.action == "search":
        desk.screen, desk.search = "sale", ""
    elif command.action == "print_help":
        desk.notices.insert(0, notice)
        desk.sheet = "print_help"
    elif command.action == DATE_TODAY:
        desk.notices.insert(0, notice)
        _go_back(till, command)
    elif command.action in (papers.CAME_OUT, papers.IS_MISSING):
        papers.answer(till, command.action == papers.CAME_OUT)
    elif command.action == "details":
        till.run(c.ShowSync())
    elif command.action == papers.DROP_ALL:
        papers.drop_all(till)
    elif command.action in ("retry_print", "retry", papers.PRINT_ALL):
        desk.notices.insert(0, notice)
        till.retry_devices()
    elif command.action in unknown_code.WAYS_OUT:
        if desk.unknown is not None:
            till.run(c.AssignCode(desk.unknown.shown, unknown_code.WAYS_OUT[command.action]))
    elif command.action in clients.WAYS_OUT:
        till.run(c.OpenWalletAction(desk.client, clients.WAYS_OUT[command.action]))
    elif notice.retry is not None:
        if command.action in ("reopen", "refund"):
            desk.notices.insert(0, notice)  # the question stands until it is answered
        till.run(notice.retry)


def _go_back(till: Till, command: c.ActOnMessage) -> None:
    """The clock was ahead and is right now: the next session has today's date, which no clock may decide by itself."""
    if till.state.session is None and till.require("settings", command):
        till.desk.opens_on = till.local().date().isoformat()
        till.desk.screen = "opening"
        till.desk.hush("session")
        till.desk.say("session.dated_today", source="session", date=till.desk.opens_on)


def _undo(till: Till, command: c.Undo) -> None:
    undo = till.desk.undo
    if undo is None or undo.id != command.undo:
        raise Refusal("undo.too_late")
    till.forget_undo()
    if isinstance(undo.intent, c.Command):
        till.run(undo.intent)
        return
    till.do(undo.intent)
    if till.desk.screen == "closing":  # a note that waited, and waits again
        till.do(i.PutAside())
    elif isinstance(undo.intent, i.RestoreTicket | i.RecallTicket):
        till.desk.close_sheet()
        till.desk.shows_result = False
        till.desk.screen = "sale"


def _profile(till: Till, command: c.SetProfile) -> None:
    if (till.desk.columns, till.desk.rows) != (command.columns, command.rows):
        till.desk.columns, till.desk.rows = command.columns, command.rows
        till.desk.page = 1


from appliance.service import card, clients, unknown_code  # noqa: E402  (a message's buttons, where an answer lands)

HANDLERS: Final[dict[type, Callable[[Any, Any], None]]] = {
    c.SignIn: _sign_in,
    c.SelectSeller: _select,
    c.Lock: _lock,
    c.GoHome: _home,
    c.GoBack: _back,
    c.CloseSheet: _close_sheet,
    c.DismissMessage: _dismiss,
    c.NextMessage: _next_message,
    c.ActOnMessage: _act,
    c.Undo: _undo,
    c.SetProfile: _profile,
}
