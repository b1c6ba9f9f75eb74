"""Splitting a note: moving units into parts, equal shares, going from part to part."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from appliance.domain import intent as i
from appliance.domain.errors import Refusal
from appliance.domain.ticket import Ticket
from appliance.protocol import command as c
from appliance.service.selling import in_hand

if TYPE_CHECKING:
    from appliance.service.till import Till


def _start(till: Till, command: c.StartSplit) -> None:
    ticket = in_hand(till)
    if ticket.part_of or ticket.parts:
        till.desk.split_note = ticket.part_of or ticket.number
        if not ticket.part_of:
            till.do(i.OpenPart(ticket.number, _first_open_part(till, ticket)))
    else:
        till.do(i.StartSplit())
        till.desk.split_note = ticket.number
    till.desk.close_sheet()
    till.desk.screen = "split"


def _first_open_part(till: Till, note: Ticket) -> int:
    parts = till.state.parts_of(note.number)
    return parts[0].part if parts else note.parts + 1


def part_in_hand(till: Till) -> Ticket:
    """The part that takes what is moved; opened anew when the last one was paid."""
    ticket = till.ticket
    note = till.state.tickets.get(till.desk.split_note)
    if ticket is not None and ticket.part_of == till.desk.split_note:
        return ticket
    if note is None:
        raise Refusal("split.none")
    till.do(i.OpenPart(note.number, _first_open_part(till, note)))
    return in_hand(till)


def _move(till: Till, command: c.MoveToPart) -> None:
    part = part_in_hand(till)
    till.do(i.MoveUnits(till.desk.split_note, command.line, command.quantity_milli or 1000, part.number))
    till.desk.selected = till.state.tickets[part.number].lines[-1].id


def _move_back(till: Till, command: c.MoveBack) -> None:
    part = part_in_hand(till)
    line = part.line(command.line)
    if line is None:
        raise Refusal("line.gone")
    units = min(1000, line.quantity_milli)
    till.do(i.MoveUnits(part.number, line.id, line.quantity_milli if line.share_of else units, till.desk.split_note))
    till.desk.selected = 0


def _show_part(till: Till, command: c.ShowPart) -> None:
    note = till.state.tickets.get(till.desk.split_note)
    if note is None:
        raise Refusal("split.none")
    till.do(i.OpenPart(note.number, command.part or _first_open_part(till, note)))
    till.desk.screen, till.desk.shows_result, till.desk.selected = "split", False, 0


def _set_persons(till: Till, command: c.SetPersons) -> None:
    till.desk.persons = command.persons


def _divide(till: Till, command: c.SplitEqually) -> None:
    till.do(i.DivideNote(till.desk.split_note, till.desk.persons))


HANDLERS: Final[dict[type, Callable[[Any, Any], None]]] = {
    c.StartSplit: _start,
    c.MoveToPart: _move,
    c.MoveBack: _move_back,
    c.ShowPart: _show_part,
    c.SetPersons: _set_persons,
    c.SplitEqually: _divide,
}
