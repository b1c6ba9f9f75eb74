"""Random shop days: what a person at a till may do, in any order, as plain data; `play` carries it out.

An act is a name and two numbers; the numbers choose among what is there at that moment (a line, a note, an amount), so
every list of acts is a day that can be played, and a failing one shrinks to the few touches that matter. The till may
refuse anything; it may never break.
"""

from __future__ import annotations

from hypothesis import strategies as st

from appliance.protocol import command as c
from appliance.protocol.message import Answer
from tests.support.till import CAMILLE, GOODS, JAM, LUCA, NADIA, UNKNOWN, RealTill

ARTICLES = [
    GOODS[name] for name in ("croissant", "coffee", "candles", "deposit", "paper", "bag", "ballon", "beer", "cake")
]
MODES = ["eat-in", "take-away", "delivery"]
TENDERS = ["cash", "card", "twint", "gift-voucher", "cheque", "invoice", "no-such"]
CODES = [
    JAM, UNKNOWN, CAMILLE, NADIA, LUCA, "1324", "7613337001218", "TBtill-1-000001", "\x1b",
    "2112345012346", "2212350019955", "7610807072990", "]C1010761080707234110A",
]  # fmt: skip
OFFERS = ["offer.tasting", "offer.staff", "", "no-such"]

_OFTEN = {"product": 9, "scan": 2, "cash": 2, "exact": 2, "tender": 4, "split": 2, "move": 3, "part": 2, "approve": 3}
_ONCE = [
    "free_price", "arm", "age", "quantity", "less", "price", "discount", "discount_amount", "ticket_discount", "offer",
    "comment", "remove", "undo", "mode", "hold", "recall", "new", "name", "void", "home", "back", "pay", "card",
    "untend", "close", "correct", "receipt", "decline", "move_back", "persons", "equally", "drawer", "x", "badge",
    "close_day", "plug", "lock",
]  # fmt: skip
_ACTS = [*(name for name, times in _OFTEN.items() for _ in range(times)), *_ONCE]
small = st.integers(0, 12)
acts = st.tuples(st.sampled_from(_ACTS), small, st.integers(0, 3000))
days = st.lists(acts, min_size=15, max_size=90)


async def play(till: RealTill, day: list[tuple[str, int, int]]) -> list[Answer]:
    """Play a day; the answers of its orders."""
    answers: list[Answer] = []
    for name, which, size in day:
        if name == "plug":
            await till.pull_the_plug()
        elif name == "badge":
            await till.scan([CAMILLE, NADIA, LUCA][which % 3])
        elif name == "approve":
            await till.scan(NADIA)
        elif name == "scan":
            await till.scan(CODES[which % len(CODES)])
        elif name == "close_day":
            await _close_day(till, size)
        else:
            for command in _commands(till, name, which, size):
                answers.append(await till.order(command))
        if till.state.session is None or till.till.desk.screen in ("lock", "opening"):
            await _ready(till)
        assert till.view.rev >= 0
    return answers


async def _ready(till: RealTill) -> None:
    """Somebody signs in and opens the day, so that the next act finds a till that sells."""
    if till.till.desk.screen == "lock":
        await till.scan(CAMILLE)
    if till.state.session is None:
        await till.order(c.KeepFloat())
        await till.order(c.OpenSession())


async def _close_day(till: RealTill, size: int) -> None:
    """Count about what should be there, give a reason, close."""
    if till.state.seller != "nadia":
        await till.order(c.Lock())
        await till.scan(NADIA)
    await till.order(c.StartClosing())
    session = till.state.session
    if session is None or till.till.desk.screen != "closing":
        return
    for value in (20_000, 10_000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5):
        left = (
            session.totals.expected_minor + size % 3 * 5 - sum(v * n for v, n in till.till.desk.drawer.counts.items())
        )
        await till.order(c.SetCount(value, max(left, 0) // value))
    await till.order(c.SetLeave(size * 5))
    await till.order(c.SetStep("check", "closing.other"))
    await till.order(c.CloseDay(confirmed=True))


def _commands(till: RealTill, name: str, which: int, size: int) -> list[c.AnyCommand]:
    ticket = till.till.ticket
    lines = ticket.lines if ticket is not None else []
    line = lines[which % len(lines)].id if lines else which
    notes = [note.number for note in till.till.held_tickets()]
    note = notes[which % len(notes)] if notes else which
    tenders = ticket.tenders if ticket is not None else []
    rest = till.state.tickets.get(till.till.desk.split_note)
    rest_line = rest.lines[which % len(rest.lines)].id if rest is not None and rest.lines else which
    undo = till.till.desk.undo
    choose: dict[str, list[c.AnyCommand]] = {
        "product": [c.AddProduct(ARTICLES[which % len(ARTICLES)])],
        "free_price": [c.AddFreePrice(size + 1, ["food", "standard", "press", "exempt"][which % 4], age_checked=True)],
        "arm": [c.Arm(which + 1)],
        "age": [c.ConfirmAge(which % 3 > 0)],
        "quantity": [c.SetQuantity(line, size % 30 * 1000)],
        "less": [c.ChangeQuantity(line, -1)],
        "price": [c.SetPrice(line, size)],
        "discount": [c.DiscountLine(line, rate_bp=size)],
        "discount_amount": [c.DiscountLine(line, amount_minor=size % 400)],
        "ticket_discount": [c.DiscountTicket(rate_bp=size) if which % 2 else c.DiscountTicket(amount_minor=size % 700)],
        "offer": [c.OfferLine(line, OFFERS[which % len(OFFERS)])],
        "comment": [c.CommentLine(line, "x" * (which % 3))],
        "remove": [c.RemoveLine(line)],
        "undo": [c.Undo(undo.id if undo is not None else which)],
        "mode": [c.ChangeMode(MODES[which % 3])],
        "hold": [c.HoldTicket()],
        "recall": [c.RecallTicket(note)],
        "new": [c.NewTicket(MODES[which % 3] if size % 2 else "")],
        "name": [c.NameTicket(note, f"Table {which}")],
        "void": [c.VoidTicket("void.test")],
        "home": [c.GoHome()],
        "back": [c.GoBack()],
        "pay": [c.StartPayment()],
        "cash": [c.TakeCash(size // 5 * 5)],
        "exact": [c.TakeCash(0)],
        "card": [c.TakeCard()],
        "tender": [c.AddTender(TENDERS[which % len(TENDERS)], size if size % 3 else None)],
        "untend": [c.RemoveTender(tenders[which % len(tenders)].id if tenders else which)],
        "close": [c.CloseTicket()],
        "correct": [c.CorrectPayment()],
        "receipt": [c.PrintReceipt()],
        "decline": [c.CancelReceipt()],
        "split": [c.StartSplit()],
        "move": [c.MoveToPart(rest_line, size % 4 * 1000)],
        "move_back": [c.MoveBack(line)],
        "part": [c.ShowPart(which % 5)],
        "persons": [c.SetPersons(which % 5 + 2)],
        "equally": [c.SplitEqually()],
        "drawer": [c.OpenDrawer("drawer.check")],
        "x": [c.ReadX()],
        "lock": [c.Lock()],
    }
    return choose[name]
