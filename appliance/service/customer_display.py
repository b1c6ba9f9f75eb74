"""What the customer reads on two lines of twenty: the newest line and the total, then the change, then a greeting.

`lines` is a pure function of what is so; `CustomerDisplay` calls it a moment after a change, off the selling path, and
gives the lines to the device, which keeps only the newest. Nobody ever waits for it (feature H-20).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec

from appliance import i18n
from appliance.domain.journal import TicketClosed
from appliance.domain.ticket import Line, Ticket, price, unpaid_minor
from appliance.hal.device import FaultReason, LineDisplay
from appliance.service.till import Till

COLUMNS: Final = 20
SHOW_S: Final = 0.05
"""How long changes gather: an order is answered first."""
RESULT_S: Final = 12.0
"""How long the change stands there before the greeting comes back."""


class Words(msgspec.Struct, frozen=True):
    """The shop's greeting and how it writes."""

    greeting: str
    locale: str
    language: str


def lines(words: Words, ticket: Ticket | None, selected: int, closed: TicketClosed | None) -> tuple[str, str]:
    """Upper and lower line, at most 20 characters each. `selected`: the line spoken of, 0 for the last one; `closed`:
    the sale that has just ended, as long as its change is shown.

    >>> lines(Words("Bienvenue", "fr-CH", "fr"), None, 0, None)
    ('     Bienvenue', '')
    """
    if closed is not None:
        return _result(words, closed)
    if ticket is None or not ticket.lines:
        return _greeting(words.greeting)
    shown = ticket.line(selected) or ticket.lines[-1]
    priced = price(ticket)
    if ticket.paid_minor:
        rest = unpaid_minor(ticket)
        return (
            _sides(i18n.t("customer.total", words.language), _amount(words, priced.total_minor)),
            _sides(i18n.t("customer.rest", words.language), _amount(words, rest)),
        )
    return (
        _sides(_name(words, shown), _amount(words, shown.amount_minor)),
        _sides(i18n.t("customer.total", words.language), _amount(words, priced.total_minor)),
    )


def _result(words: Words, closed: TicketClosed) -> tuple[str, str]:
    total = closed.total_minor + closed.rounding_minor
    upper = _sides(i18n.t("customer.total", words.language), _amount(words, total))
    if closed.change_minor:
        return upper, _sides(i18n.t("customer.change", words.language), _amount(words, closed.change_minor))
    return upper, i18n.t("customer.thanks", words.language).center(COLUMNS).rstrip()


def _greeting(text: str) -> tuple[str, str]:
    """Centred; a long one takes both lines."""
    words, rows = text.split(), [""]
    for word in words:
        if len(rows[-1]) + len(word) + bool(rows[-1]) <= COLUMNS:
            rows[-1] = f"{rows[-1]} {word}".strip()
        else:
            rows.append(word[:COLUMNS])
    upper, lower = [*rows, ""][:2]
    return upper.center(COLUMNS).rstrip(), lower.center(COLUMNS).rstrip()


def _name(words: Words, line: Line) -> str:
    if line.unit == "kg":
        return f"{i18n.quantity(line.quantity_milli, words.locale)} kg {line.name}"
    if line.quantity_milli != 1000:
        return f"{i18n.quantity(line.quantity_milli, words.locale)} x {line.name}"
    return line.name


def _amount(words: Words, amount_minor: int) -> str:
    return i18n.amount(amount_minor, words.locale)


def _sides(left: str, right: str) -> str:
    """Left text cut so that the right one has its place and a space before it."""
    room = COLUMNS - len(right) - 1
    return f"{left[:room].rstrip():<{room}} {right}"


class CustomerDisplay:
    """Follows one till. `changed` returns at once and may be called any number of times."""

    def __init__(self, till: Till, device: Callable[[], LineDisplay]) -> None:
        """`device` is asked each time: a display may come and go."""
        self._till = till
        self._device = device
        self._words = Words(till.config.display_text, till.config.locale, till.config.language)
        self._timer: asyncio.TimerHandle | None = None
        self._end: asyncio.TimerHandle | None = None
        """When the change has stood there long enough."""
        self._result_of = 0
        self._result_ns = 0
        self._shown: tuple[LineDisplay, tuple[str, str]] | None = None
        """The newest lines and whom they were given: a technician's test stays until there is something new to say."""

    def changed(self) -> None:
        """Something a view shows has changed."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SHOW_S, self._show)

    def close(self) -> None:
        for timer in (self._timer, self._end):
            if timer is not None:
                timer.cancel()
        self._timer = self._end = None

    def _show(self) -> None:
        self.close()
        till, device = self._till, self._device()
        if device.health.fault is FaultReason.NOT_CONFIGURED:
            return
        closed = self._fresh_result()
        if closed is not None:
            left_ns = self._result_ns + int(RESULT_S * 1e9) - till.clock.monotonic_ns()
            self._end = asyncio.get_running_loop().call_later(max(SHOW_S, left_ns / 1e9), self._show)
        wanted = lines(self._words, till.ticket, till.desk.selected, closed)
        if self._shown is None or self._shown[0] is not device or self._shown[1] != wanted:
            self._shown = device, wanted
            device.show(*wanted)

    def _fresh_result(self) -> TicketClosed | None:
        """The sale that just ended, while its result is on the cashier's screen, for some seconds."""
        till, closed = self._till, self._till.state.last_closed
        if closed is None or not till.desk.shows_result:
            return None
        now_ns = till.clock.monotonic_ns()
        if closed.document != self._result_of:
            self._result_of, self._result_ns = closed.document, now_ns
        return closed if now_ns - self._result_ns < RESULT_S * 1e9 else None
