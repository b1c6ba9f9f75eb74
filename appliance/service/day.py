"""The till's day: opening with a float, X, counting the drawer, the Z."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from appliance.domain import intent as i
from appliance.domain.cash import BIG_NOTE, COINS, COUNTED_NOTES, count_total
from appliance.domain.catalog import Reason
from appliance.domain.errors import Refusal
from appliance.domain.journal import SessionClosed, XRead
from appliance.domain.till import check_settled
from appliance.protocol import command as c
from appliance.service import card, selling
from appliance.service.desk import Drawer
from appliance.service.people import land, require_session

if TYPE_CHECKING:
    from appliance.service.till import Till


def counted_values(currency: str) -> tuple[int, ...]:
    """Every note and coin that always has a row when the drawer is counted, in the order in which Enter walks them."""
    return (*COUNTED_NOTES[currency], *sorted(COINS[currency], reverse=True))


def counted_notes(till: Till, expected_minor: int) -> tuple[int, ...]:
    """Notes that are counted now: the biggest one only where the drawer may hold it."""
    notes, big = COUNTED_NOTES[till.state.currency], BIG_NOTE[till.state.currency]
    may_hold = expected_minor >= big or till.desk.drawer.counts.get(big)
    return (big, *notes) if may_hold else notes


def closing_reasons(till: Till) -> tuple[Reason, ...]:
    """Why the drawer differs in the evening; a shop that has no list of its own for it takes the morning's."""
    return till.shop.reasons_for("closing") or till.shop.reasons_for("float")


def expected_float(till: Till) -> int:
    """What the last closing left in the drawer; on the first day, the float the shop has set."""
    last = till.state.last_day
    return till.shop.float_minor if last is None else last.leave_minor


def _set_count(till: Till, command: c.SetCount) -> None:
    currency = till.state.currency
    if command.value_minor not in (BIG_NOTE[currency], *counted_values(currency)):
        raise Refusal("count.no_such_coin")
    till.desk.drawer.counts[command.value_minor] = command.count
    till.desk.drawer.focus_minor = command.value_minor


def _focus_count(till: Till, command: c.FocusCount) -> None:
    till.desk.drawer.focus_minor = command.value_minor


def greedy_counts(amount_minor: int, currency: str) -> dict[int, int]:
    """Some coins and notes that make this amount, for a float taken over without counting."""
    counts: dict[int, int] = {}
    for value in counted_values(currency):
        count, amount_minor = divmod(amount_minor, value)
        if count:
            counts[value] = count
    return counts


def _keep_float(till: Till, command: c.KeepFloat) -> None:
    till.desk.drawer.counts = greedy_counts(expected_float(till), till.state.currency)


def _open_session(till: Till, command: c.OpenSession) -> None:
    """ "Ouvrir la caisse". A difference asks for a reason once."""
    desk = till.desk
    counts = {value: count for value, count in desk.drawer.counts.items() if count}
    counted, expected = count_total(counts), expected_float(till)
    reasons = {reason.id for reason in till.shop.reasons_for("float")}
    if abs(counted - expected) > till.config.float_tolerance_minor and not command.reason:
        desk.reason_purpose = "float_difference"
        desk.sheet = "reasons"
        return
    if command.reason and command.reason not in reasons:
        raise Refusal("reason.unknown")
    till.do(
        i.OpenSession(
            business_date=desk.opens_on or till.business_date(),
            float_minor=counted,
            expected_minor=expected,
            counts=counts,
            reason=command.reason or ("tolerance" if counted != expected else ""),
            by=till.operators.name_of(till.state.seller),
            goes_back=bool(desk.opens_on),
        )
    )
    desk.close_sheet()
    desk.drawer, desk.opens_on = Drawer(), ""
    land(till)
    card.ask_again(till)


def _read_x(till: Till, command: c.ReadX) -> None:
    """Lecture X: a number of its own, nothing reset."""
    require_session(till)
    if not till.require("read_x", command):
        return
    outcome = till.do(i.ReadX())
    desk = till.desk
    desk.close_sheet()
    desk.report = next(fact for fact in outcome.facts if isinstance(fact, XRead))
    desk.report_at = till.ledger.moment().at
    desk.screen = "x_report"


def _print_report(till: Till, command: c.PrintReport) -> None:
    desk, session = till.desk, till.state.session
    if session is None:
        raise Refusal("session.closed")
    if desk.screen == "closing":
        outcome = till.do(i.ReadX())
        report = next(fact for fact in outcome.facts if isinstance(fact, XRead))
        _print_x(till, report, session.opened_at, till.ledger.moment().at)
    elif desk.screen == "x_report" and isinstance(desk.report, XRead):
        _print_x(till, desk.report, session.opened_at, desk.report_at)


def _print_x(till: Till, report: XRead, opened_at: str, at: str) -> None:
    till.do(i.PrintX(report, opened_at, at))
    till.desk.say("report.ordered", source="receipt", number=report.number)
    till.fold_messages()


def _start_closing(till: Till, command: c.StartClosing) -> None:
    require_session(till)
    till.ledger.make_room()
    if not till.require("close_day", command):
        return
    ticket = till.ticket
    if ticket is not None and ticket.tenders:
        raise Refusal("closing.being_paid", number=ticket.number)
    check_settled(till.state)
    desk = till.desk
    desk.close_sheet()
    desk.drawer = Drawer()
    desk.closing_step, desk.closing_reason, desk.leave_minor = "count", "", None
    desk.closing_approver = "" if till.operators.may(till.state.seller, "close_day") else desk.approver
    desk.screen = "closing"


def leave_minor(till: Till) -> int:
    """À laisser pour demain: as set, else the shop's float, never more than was counted."""
    counted = count_total(till.desk.drawer.counts)
    wanted = till.shop.float_minor if till.desk.leave_minor is None else till.desk.leave_minor
    return min(wanted, counted)


def _set_leave(till: Till, command: c.SetLeave) -> None:
    counted = count_total(till.desk.drawer.counts)
    if command.amount_minor > counted:
        raise Refusal("closing.leave_too_much", amount_minor=counted)
    till.desk.leave_minor = command.amount_minor


def difference_minor(till: Till) -> int:
    session = till.state.session
    return 0 if session is None else count_total(till.desk.drawer.counts) - session.totals.expected_minor


def _set_step(till: Till, command: c.SetStep) -> None:
    desk = till.desk
    if desk.screen != "closing":
        raise Refusal("closing.count_first")
    if command.reason:
        if command.reason not in {reason.id for reason in closing_reasons(till)}:
            raise Refusal("reason.unknown")
        desk.closing_reason = command.reason
    if command.step == "confirm" and needs_reason(till):
        desk.closing_step = "check"
        raise Refusal("closing.difference", amount_minor=difference_minor(till))
    desk.closing_step = command.step


def needs_reason(till: Till) -> bool:
    return abs(difference_minor(till)) > till.config.float_tolerance_minor and not till.desk.closing_reason


def _void_held(till: Till, command: c.VoidHeld) -> None:
    """Step 2: one note that waits is cancelled, for a reason and with an undo; the others go over to tomorrow."""
    desk = till.desk
    if desk.screen != "closing":
        raise Refusal("closing.count_first")
    note = next((ticket for ticket in till.held_tickets() if ticket.number == command.number), None)
    if note is None:
        raise Refusal("note.gone")
    if not command.reason:
        desk.close_sheet()
        desk.reason_purpose, desk.reason_note, desk.sheet = "void_held", note.number, "reasons"
        return
    if command.reason not in {reason.id for reason in till.shop.reasons_for("void")}:
        raise Refusal("reason.unknown")
    selling.void(till, note, command.reason)
    desk.close_sheet()


def _close_day(till: Till, command: c.CloseDay) -> None:
    """One question, then the Z: sealed, printed, and the till locks."""
    desk, session = till.desk, till.state.session
    if session is None:
        raise Refusal("session.closed")
    if desk.screen != "closing":
        raise Refusal("closing.count_first")
    if not command.confirmed:
        desk.sheet = "confirm_close"
        return
    counts = {value: count for value, count in desk.drawer.counts.items() if count}
    till.ledger.release_reserve()
    outcome = till.do(
        i.CloseDay(
            counted_minor=count_total(counts),
            counts=counts,
            leave_minor=leave_minor(till),
            reason=desk.closing_reason or ("tolerance" if difference_minor(till) and not needs_reason(till) else ""),
            by=till.operators.name_of(till.state.seller),
            approved_by=till.operators.name_of(desk.closing_approver) if desk.closing_approver else "",
        )
    )
    desk.report = next(fact for fact in outcome.facts if isinstance(fact, SessionClosed))
    desk.close_sheet()
    desk.shows_result = False
    desk.screen = "lock"
    desk.drawer = Drawer()
    desk.say("closing.done", source="closing", session=session.number, number=desk.report.number)
    till.fold_messages()
    till.forget_undo()
    till.cancel("idle")
    if till.operators.is_open_to_all:
        desk.screen = "opening"


HANDLERS: Final[dict[type, Callable[[Any, Any], None]]] = {
    c.SetCount: _set_count,
    c.FocusCount: _focus_count,
    c.KeepFloat: _keep_float,
    c.OpenSession: _open_session,
    c.ReadX: _read_x,
    c.PrintReport: _print_report,
    c.StartClosing: _start_closing,
    c.SetLeave: _set_leave,
    c.SetStep: _set_step,
    c.VoidHeld: _void_held,
    c.CloseDay: _close_day,
}
