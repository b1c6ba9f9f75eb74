"""Dividing a note: by items (units move between the note and its parts) or by persons (equal shares).

The note keeps what is still to be divided ("Reste à répartir"); each part is a ticket of its own, paid and sealed by
itself. Whatever moves, the note and its parts together are worth what the note was, to the centime (feature S-16).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from appliance.domain import journal as j
from appliance.domain.errors import Refusal
from appliance.domain.money import half_away
from appliance.domain.ticket import (
    LINES_MAX,
    OPEN_NOTES_MAX,
    QUANTITY_MAX_MILLI,
    Line,
    Ticket,
    divide,
    divide_vat,
    price,
)

if TYPE_CHECKING:
    from appliance.domain import intent as i
    from appliance.domain.state import TillState

PERSONS_MAX = 20


def _note(state: TillState, number: int) -> Ticket:
    """The note whose split was started: its own discount is in its lines by now."""
    note = state.tickets.get(number)
    if note is None or note.part_of or not note.parts:
        raise Refusal("split.none")
    if note.tenders:
        raise Refusal("split.being_paid")
    return note


def start_split(state: TillState, intent: i.StartSplit, local: str) -> list[j.AnyFact]:
    """The ticket in hand becomes a note to divide; its own discount goes into its lines by amount. Part 1 opens."""
    note = state.ticket
    if note is None or not note.lines:
        raise Refusal("ticket.empty")
    if note.tenders:
        raise Refusal("ticket.being_paid", amount_minor=note.paid_minor)
    if note.part_of or note.parts:
        raise Refusal("split.running")
    if note.corrects:
        raise Refusal("ticket.corrects", number=note.corrects)
    priced = price(note)
    amounts: dict[int, int] = {}
    if priced.discount_minor or priced.group_minor:
        none = (0,) * len(note.lines)
        for line, share, group in zip(note.lines, priced.shares or none, priced.group_shares or none, strict=True):
            if not line.offered:
                amounts[line.id] = line.amount_minor - share - group
    return [j.SplitStarted(note.number, amounts), j.PartOpened(state.next_ticket, note.number, 1)]


def put_aside(state: TillState, local: str) -> list[j.AnyFact]:
    """The ticket in hand, if any, makes room: held when it has goods, gone when it has none."""
    ticket = state.ticket
    if ticket is None:
        return []
    others = rest_of_split(state, ticket)
    if ticket.lines or ticket.tenders or any(other.lines for other in others if other.part_of == ticket.number):
        return [j.TicketHeld(ticket.number, local)]
    return [j.TicketEmptied(ticket.number), *end_split(state, ticket)]


def rest_of_split(state: TillState, ticket: Ticket) -> list[Ticket]:
    """The other open tickets of the split note that this one belongs to."""
    note = ticket.part_of or ticket.number
    return [other for other in state.tickets.values() if note in (other.number, other.part_of) and other is not ticket]


def end_split(state: TillState, leaving: Ticket) -> list[j.AnyFact]:
    """When the last goods of a split note leave, its note and the parts that were never filled go too."""
    if not (leaving.part_of or leaving.parts):
        return []
    others = rest_of_split(state, leaving)
    if any(other.lines or other.tenders for other in others):
        return []
    return [j.TicketEmptied(other.number) for other in others]


def _make_room(state: TillState, note: Ticket, local: str) -> list[j.AnyFact]:
    """What is in hand and does not belong to this split is put aside; its parts stay as they are."""
    ticket = state.ticket
    if ticket is None or note.number in (ticket.number, ticket.part_of):
        return []
    return put_aside(state, local)


def open_part(state: TillState, intent: i.OpenPart, local: str) -> list[j.AnyFact]:
    note = _note(state, intent.note)
    for part in state.parts_of(intent.note):
        if part.part == intent.part:
            if part.number == state.current:
                return []
            return [*_make_room(state, note, local), j.TicketRecalled(part.number)]
    if intent.part != note.parts + 1:
        raise Refusal("split.paid", part=intent.part)
    if note.parts >= PERSONS_MAX:
        raise Refusal("split.too_many", limit=PERSONS_MAX)
    if len(state.tickets) >= OPEN_NOTES_MAX:
        raise Refusal("notes.too_many", limit=OPEN_NOTES_MAX)
    return [*_make_room(state, note, local), j.PartOpened(state.next_ticket, note.number, intent.part)]


def move_units(state: TillState, intent: i.MoveUnits, local: str) -> list[j.AnyFact]:
    source, target = state.tickets.get(intent.source), state.tickets.get(intent.target)
    if source is None or target is None or source is target:
        raise Refusal("split.none")
    if source.tenders or target.tenders:
        raise Refusal("split.being_paid")
    line = source.line(intent.line)
    if line is None:
        raise Refusal("line.gone")
    quantity = min(intent.quantity_milli, line.quantity_milli)
    cuts_piece = line.unit == "piece" and quantity % 1000 and quantity != line.quantity_milli
    if quantity <= 0 or cuts_piece:
        raise Refusal("quantity.whole")
    moved, left = _cut(line, quantity)
    joined = _like(target, moved)
    if joined is None and len(target.lines) >= LINES_MAX:
        raise Refusal("ticket.too_long", limit=LINES_MAX)
    arrived = msgspec.structs.replace(moved, id=target.next_line if joined is None else joined.id)
    return [
        j.UnitsMoved(
            source=source.number,
            line=line.id,
            quantity_milli=quantity,
            left_fixed_minor=left.fixed_minor,
            left_full_minor=left.full_fixed_minor,
            target=target.number,
            arrived=arrived,
            joined=0 if joined is None else joined.id,
        )
    ]


def _cut(line: Line, quantity_milli: int) -> tuple[Line, Line]:
    """A line in two. A plain one is worth quantity times price on both sides; a discounted one shares its amount."""
    rest_milli = line.quantity_milli - quantity_milli
    plain = not (line.discount_bp or line.discount_minor) and line.fixed_minor is None and line.unit == "piece"
    if line.lot is not None and quantity_milli % line.lot.quantity_milli:
        plain = False  # a lot that is broken up shares its price
    if plain or not rest_milli:
        moved = msgspec.structs.replace(line, quantity_milli=quantity_milli)
        return moved, msgspec.structs.replace(line, quantity_milli=rest_milli)
    amount = half_away(_worth(line) * quantity_milli, line.quantity_milli)
    full = half_away(line.full_minor * quantity_milli, line.quantity_milli)
    moved = msgspec.structs.replace(line, quantity_milli=quantity_milli, fixed_minor=amount, full_fixed_minor=full)
    left = msgspec.structs.replace(
        line,
        quantity_milli=rest_milli,
        fixed_minor=_worth(line) - amount,
        full_fixed_minor=line.full_minor - full,
    )
    return moved, left


def _worth(line: Line) -> int:
    """The line's amount as if it were not offered: an offered line keeps its worth on both sides."""
    if not line.offered:
        return line.amount_minor
    return line.full_minor if line.fixed_minor is None else line.fixed_minor


def _like(target: Ticket, moved: Line) -> Line | None:
    """A line of the target that these units can join: the same goods at the same conditions."""
    if moved.is_changed or moved.unit != "piece" or _breaks_lots(moved):
        return None  # two rounded amounts under one price would be worth something else than apart
    for line in target.lines:
        same = (
            line.product == moved.product
            and line.name == moved.name
            and line.unit_price_minor == moved.unit_price_minor
            and line.rate_bp == moved.rate_bp
            and (line.unit, line.lot, line.batch) == (moved.unit, moved.lot, moved.batch)
            and (line.discount_bp, line.discount_minor, line.offered, line.comment)
            == (moved.discount_bp, moved.discount_minor, moved.offered, moved.comment)
            and (line.fixed_minor is None) == (moved.fixed_minor is None)
            and not (line.share_of or moved.share_of)
            and line.quantity_milli + moved.quantity_milli <= QUANTITY_MAX_MILLI
        )
        if same:
            return line
    return None


def _breaks_lots(line: Line) -> bool:
    """Its quantity is no whole number of lots: counted together with others it might make one more."""
    return line.lot is not None and bool(line.quantity_milli % line.lot.quantity_milli)


def divide_note(state: TillState, intent: i.DivideNote, local: str) -> list[j.AnyFact]:
    """What is left becomes equal shares, centimes left over on the first; an empty open part makes room.

    Before: a note of 27.70, in 3. After: parts of 9.24, 9.23 and 9.23 whose VAT sums to the note's.
    """
    note = _note(state, intent.note)
    if not 2 <= intent.persons <= PERSONS_MAX:
        raise Refusal("split.too_many", limit=PERSONS_MAX)
    if not note.lines:
        raise Refusal("split.nothing_left")
    parts = state.parts_of(note.number)
    empty = [part for part in parts if not part.lines and not part.tenders]
    amounts = divide(note, intent.persons)
    fulls = _divide_fulls(note, intent.persons)
    grosses = [_by_rate(note, share) for share in amounts]
    vats = divide_vat(price(note).vat, grosses)
    made = intent.persons - len(empty)
    numbers = sorted([part.part for part in empty]) + list(range(note.parts + 1, note.parts + 1 + max(made, 0)))
    if note.parts + max(made, 0) > PERSONS_MAX:
        raise Refusal("split.too_many", limit=PERSONS_MAX)
    if len(state.tickets) + max(made, 0) > OPEN_NOTES_MAX:
        raise Refusal("notes.too_many", limit=OPEN_NOTES_MAX)
    shares = tuple(
        Ticket(
            number=state.next_ticket + n,
            mode=note.mode,
            opened_at=note.opened_at,
            seller=note.seller,
            lines=[_share(line, intent.persons, amounts[n][k], fulls[n][k], n) for k, line in enumerate(note.lines)],
            next_line=note.next_line,
            name=note.name,
            part_of=note.number,
            part=numbers[n],
            vat_fixed=vats[n],
            customer=note.customer,
        )
        for n in range(intent.persons)
    )
    room = _make_room(state, note, local)
    return [*room, *(j.TicketEmptied(part.number) for part in empty), j.NoteDivided(note.number, shares)]


def _divide_fulls(note: Ticket, persons: int) -> list[list[int]]:
    """Each line's amount before discounts, in equal shares."""
    from appliance.domain.money import equal_shares

    by_line = [equal_shares(line.full_minor, persons) for line in note.lines]
    return [[shares[n] for shares in by_line] for n in range(persons)]


def _by_rate(note: Ticket, share: list[int]) -> dict[int, int]:
    gross: dict[int, int] = {}
    for line, amount in zip(note.lines, share, strict=True):
        gross[line.rate_bp] = gross.get(line.rate_bp, 0) + amount
    return gross


def _share(line: Line, persons: int, amount_minor: int, full_minor: int, n: int) -> Line:
    quantity = line.quantity_milli // persons + (1 if n < line.quantity_milli % persons else 0)
    return msgspec.structs.replace(
        line,
        quantity_milli=quantity,
        share_of=persons,
        fixed_minor=amount_minor,
        full_fixed_minor=full_minor if line.offered or line.full_minor != line.amount_minor else amount_minor,
    )


def leave_split(state: TillState, intent: i.LeaveSplit, local: str) -> list[j.AnyFact]:
    """Back: parts and note with lines wait as held notes of the same name, empty ones go."""
    note = state.tickets.get(intent.note)
    if note is None:
        raise Refusal("split.none")
    facts: list[j.AnyFact] = []
    for part in state.parts_of(note.number):
        if not part.lines:
            facts.append(j.TicketEmptied(part.number))
        elif not part.held_at:
            facts.append(j.TicketHeld(part.number, local))
    if note.lines or note.tenders:
        facts.append(j.TicketHeld(note.number, local))
    elif not any(part.lines for part in state.parts_of(note.number)):
        facts.append(j.TicketEmptied(note.number))
    return facts
