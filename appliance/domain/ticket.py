"""A ticket while it is open: its lines, its discounts, what it costs and which VAT is in it.

    Line        what was put on the ticket; immutable, every change makes a new one
    Ticket      the open ticket; only `domain.till.apply` changes it
    price()     what the customer pays: line amounts, ticket discount spread per line, VAT once per rate

Retail prices include VAT. A ticket discount is spread over the lines by largest remainder, so each rate carries its own
part and the parts sum to the discount to the centime (features D-01, D-11).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from appliance.domain.money import allocate, line_amount, rate_part, vat_in_gross
from appliance.domain.wallet import Purse, SpendFirst

LINES_MAX = 500
OPEN_NOTES_MAX = 200
QUANTITY_MAX_MILLI = 999_000
TOTAL_MAX_MINOR = 99_999_999


class Lot(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A quantity that has one price as a whole: six bottles for 17.45, a label that asks 12.34 for 0.514 kg."""

    quantity_milli: int
    price_minor: int
    is_label: bool = False
    """The price stood in the code on the goods; the line's unit price is the catalogue's."""


Weighed = Literal["", "label", "scale", "hand"]


class Line(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    id: int
    """1, 2, 3, ... within the ticket, never used again."""
    name: str
    unit_price_minor: int
    rate_bp: int
    product: int | None = None
    """Catalogue id; None for a free-price line."""
    quantity_milli: int = 1000
    list_price_minor: int | None = None
    """Price of the catalogue when somebody changed it; None when the unit price is the catalogue's."""
    tax_class: str = ""
    unit: Literal["piece", "kg"] = "piece"
    code: str = ""
    """The code that was scanned or typed; "" when the line was added by touch."""
    discount_bp: int = 0
    discount_minor: int = 0
    """A discount is a rate or an amount, never both."""
    offered: str = ""
    """Id of the reason when the line is offered: the price stays on the ticket, nothing is paid."""
    comment: str = ""
    age_checked: bool = False
    weighed: Weighed = ""
    """Where the weight of a line in kilograms comes from: the label on the goods, a scale at rest, or a person's
    hand; "" when nobody says."""
    tare_milli: int = 0
    """Container's weight that was taken off; `quantity_milli` is net."""
    share_of: int = 0
    """n when the line is one of n parts of a divided line."""
    fixed_minor: int | None = None
    """Amount of a part of a divided line: overrides quantity times price so that the parts sum exactly."""
    full_fixed_minor: int | None = None
    """The same for the amount before discounts."""
    lot: Lot | None = None
    """Sold as a whole: every full lot in the quantity costs the lot's price, the rest quantity times price."""
    batch: str = ""
    """Lot number of the maker, from the code (AI 10): what is asked for when goods are called back."""
    group_bp: int = 0
    """Automatic discount of the customer's group on this article; taken off the ticket, in a row of its own."""

    @property
    def full_minor(self) -> int:
        """Quantity times price, before the line's discount."""
        if self.full_fixed_minor is not None:
            return self.full_fixed_minor
        if self.lot is not None:
            lots, rest_milli = divmod(self.quantity_milli, self.lot.quantity_milli)
            return lots * self.lot.price_minor + line_amount(self.unit_price_minor, rest_milli)
        if self.quantity_milli % 1000 == 0:
            return self.unit_price_minor * (self.quantity_milli // 1000)
        return line_amount(self.unit_price_minor, self.quantity_milli)

    @property
    def amount_minor(self) -> int:
        """What this line costs, before the ticket's own discount."""
        if self.offered:
            return 0
        if self.fixed_minor is not None:
            return self.fixed_minor
        full = self.full_minor
        if self.discount_bp:
            return full - rate_part(full, self.discount_bp)
        return full - min(self.discount_minor, full)

    @property
    def is_changed(self) -> bool:
        """Its amount is something else than quantity times price."""
        return bool(self.discount_bp or self.discount_minor or self.offered or self.fixed_minor is not None)

    @property
    def is_plain(self) -> bool:
        """Nothing was changed by hand: another one of the same article may join this line (feature S-07)."""
        if self.discount_bp or self.discount_minor or self.offered or self.comment or self.share_of:
            return False
        return self.fixed_minor is None and self.list_price_minor is None


class Tender(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One means of payment on a ticket."""

    id: int
    mode: str
    name: str
    kind: str
    amount_minor: int
    """How much of the ticket it pays, the cash rounding not counted."""
    received_minor: int = 0
    """What was handed over; more than the amount when change was given."""
    change_minor: int = 0
    rounding_minor: int = 0
    """Cash only: received less change equals amount plus rounding."""
    kept_minor: int = 0
    """What a voucher without change was worth above the ticket; stays with the shop. Of a wallet's credit: that rest
    as it leaves the shop, negative."""
    opens_drawer: bool = False
    request: str = ""
    """Card paid through the terminal: id of the request that moved the money."""
    reference: str = ""
    """The terminal's own name for that payment; a refund names it."""
    is_unsure: bool = False
    """A person said that the card was accepted, the terminal had not ("à vérifier")."""
    by_hand: bool = False
    """Typed into a terminal that did not answer the till."""
    slip: tuple[str, ...] = ()
    """The customer's card receipt, as the terminal wants it printed."""
    wallet: str = ""
    """Paid by a wallet: the customer it belongs to. On an open ticket the money is reserved, on a sealed one spent."""
    gifted_minor: int = 0
    """Part of the amount that comes from given credit; the rest was paid for."""
    spend_first: SpendFirst = "gifted"
    """Which part was used first; what comes back comes back in the reverse order."""
    balance_minor: int = 0
    """The wallet's balance after this: reserved money counts as spent on an open ticket."""

    @property
    def purse(self) -> Purse:
        """Which parts of the wallet this takes."""
        return Purse(self.amount_minor - self.gifted_minor, self.gifted_minor)


class VatRow(msgspec.Struct, frozen=True, gc=False):
    rate_bp: int
    gross_minor: int
    vat_minor: int

    @property
    def net_minor(self) -> int:
        return self.gross_minor - self.vat_minor


class Ticket(msgspec.Struct):
    number: int
    """Number the cashier sees, given when the ticket is opened; the document number comes with the closing."""
    mode: str
    opened_at: str
    seller: str
    lines: list[Line] = []
    next_line: int = 1
    discount_bp: int = 0
    discount_minor: int = 0
    name: str = ""
    held_at: str = ""
    """Local time when it was put aside; "" while it is in hand."""
    tenders: list[Tender] = []
    next_tender: int = 1
    part_of: int = 0
    """Number of the note this ticket is a part of; 0 when it is not a part."""
    part: int = 0
    parts: int = 0
    """On a note that is being split: how many parts were made."""
    corrects: int = 0
    """Document whose settlement was reversed and that this ticket settles again; 0 otherwise."""
    vat_fixed: tuple[VatRow, ...] = ()
    """Equal shares: VAT by rate allotted from the whole note, so that the shares' VAT sums to the note's. A row counts
    only while the share's gross is still the row's: what is changed afterwards is taxed by itself."""
    customer: str = ""
    """Opaque id of the customer; "" for nobody."""
    group: str = ""
    """Label of the customer's group when it gives a discount on this ticket."""

    @property
    def is_divided(self) -> bool:
        """A note that is being split, or a part of one: amounts of its lines are fixed."""
        return bool(self.parts or self.part_of)

    def line(self, line_id: int) -> Line | None:
        for line in self.lines:
            if line.id == line_id:
                return line
        return None

    @property
    def paid_minor(self) -> int:
        return sum(tender.amount_minor for tender in self.tenders)

    @property
    def family(self) -> int:
        """What a note and all its parts have in common: the note's number; else the ticket's own."""
        return self.part_of or self.number


class Price(msgspec.Struct, frozen=True, gc=False):
    """What a ticket costs."""

    amounts: tuple[int, ...]
    """What each line costs, in line order, before the ticket's own discount."""
    full_minor: int
    """Before every discount."""
    subtotal_minor: int
    """After line discounts and offers, before the discounts of the group and of the ticket."""
    discount_minor: int
    """The ticket's own discount, positive."""
    shares: tuple[int, ...]
    """Each line's part of that discount, in line order; empty when there is none."""
    total_minor: int
    vat: tuple[VatRow, ...]
    """One row per rate, lowest rate first."""
    group_minor: int = 0
    """The discount of the customer's group, positive; taken off before the ticket's own."""
    group_shares: tuple[int, ...] = ()
    """Each line's part of that; empty when there is none."""

    @property
    def base_minor(self) -> int:
        """What the ticket's own discount is taken from."""
        return self.subtotal_minor - self.group_minor

    @property
    def vat_minor(self) -> int:
        return sum(row.vat_minor for row in self.vat)


_priced: list[tuple[list[Line], tuple[object, ...], Price]] = []
"""The newest answers of `price`: a ticket is asked for its price by the view, the keys and the closing alike."""
_PRICED_MAX = 4


def price(ticket: Ticket) -> Price:
    """Total, discount shares and VAT of a ticket.

    Before: 6.40 + 6.80 + 1.30 + 8.90 at 2.6 %, ticket discount 10 %.
    After: subtotal 23.40, discount 2.34, total 21.06, VAT 0.53.
    """
    rest = (ticket.discount_bp, ticket.discount_minor, ticket.vat_fixed, ticket.customer)
    for lines, others, known in _priced:
        if lines == ticket.lines and others == rest:  # lines never change: the same objects cost the same
            return known
    found = _price(ticket)
    _priced.insert(0, (list(ticket.lines), rest, found))
    del _priced[_PRICED_MAX:]
    return found


def unpaid_minor(ticket: Ticket) -> int:
    """What is still to be paid, before the rounding of any means; below zero when a ticket became cheaper since."""
    return price(ticket).total_minor - ticket.paid_minor


def _price(ticket: Ticket) -> Price:
    amounts: list[int] = []
    by_rate: dict[int, int] = {}
    full_minor = 0
    for line in ticket.lines:
        quantity_milli = line.quantity_milli
        if quantity_milli % 1000 or line.full_fixed_minor is not None or line.lot is not None:
            full = line.full_minor
        else:  # the usual line, without a call: this runs for every line of every view
            full = line.unit_price_minor * (quantity_milli // 1000)
        if line.discount_bp or line.discount_minor or line.offered or line.fixed_minor is not None:
            amount = line.amount_minor
        else:
            amount = full
        full_minor += full
        amounts.append(amount)
        by_rate[line.rate_bp] = by_rate.get(line.rate_bp, 0) + amount
    subtotal = sum(amounts)
    group = _group_shares(ticket.lines, amounts) if ticket.customer else []
    left = [amount - share for amount, share in zip(amounts, group, strict=True)] if group else amounts
    discount = _ticket_discount(ticket, sum(left))
    shares = allocate(discount, left) if discount else []
    for part in (group, shares):
        for line, share in zip(ticket.lines, part, strict=False):
            by_rate[line.rate_bp] -= share
    fixed = {(row.rate_bp, row.gross_minor): row for row in ticket.vat_fixed}
    rows = [
        fixed.get((rate, gross)) or VatRow(rate, gross, vat_in_gross(gross, rate))
        for rate, gross in sorted(by_rate.items())
        if gross
    ]
    total = sum(left) - discount
    return Price(
        tuple(amounts), full_minor, subtotal, discount, tuple(shares), total, tuple(rows), sum(group), tuple(group)
    )


def _group_shares(lines: Sequence[Line], amounts: Sequence[int]) -> list[int]:
    """Each line's part of the group's discount: one rounding per rate, spread by largest remainder (feature C-08)."""
    shares = [0] * len(amounts)
    for rate_bp in sorted({line.group_bp for line in lines if line.group_bp}):
        places = [n for n, line in enumerate(lines) if line.group_bp == rate_bp]
        weights = [amounts[n] for n in places]
        for n, share in zip(places, allocate(rate_part(sum(weights), rate_bp), weights), strict=True):
            shares[n] = share
    return shares if any(shares) else []


def _ticket_discount(ticket: Ticket, subtotal_minor: int) -> int:
    if ticket.discount_bp:
        return rate_part(subtotal_minor, ticket.discount_bp)
    return min(ticket.discount_minor, subtotal_minor)


def discount_per_rate(lines: Sequence[Line], shares: Sequence[int]) -> dict[int, int]:
    """The ticket's discount broken down by VAT rate, for the receipt (feature D-11)."""
    off: dict[int, int] = {}
    for line, share in zip(lines, shares, strict=False):
        if share:
            off[line.rate_bp] = off.get(line.rate_bp, 0) + share
    return dict(sorted(off.items()))


def divide(ticket: Ticket, count: int) -> list[list[int]]:
    """Line amounts of `count` equal shares of what is left on a ticket without a discount of its own.

    Each share's amounts sum to the equal share of the total, each line's amounts sum to the line, and no amount is
    negative. Before: lines 4.80, 4.80 in 3. After: 1.60 + 1.60, 1.60 + 1.60, 1.60 + 1.60.
    """
    left = [line.amount_minor for line in ticket.lines]
    total = sum(left)
    shares: list[list[int]] = []
    for i in range(count):
        still = count - i
        wanted = total // count + (1 if i < total % count else 0)
        part = left[:] if still == 1 else allocate(wanted, left)
        shares.append(part)
        left = [have - took for have, took in zip(left, part, strict=True)]
    return shares


def divide_vat(rows: tuple[VatRow, ...], shares: list[dict[int, int]]) -> list[tuple[VatRow, ...]]:
    """VAT of each share, by rate, so that the shares' VAT sums to the whole's: running rounding of the running
    gross."""
    result: list[list[VatRow]] = [[] for _ in shares]
    for row in rows:
        gross = vat = 0
        for i, share in enumerate(shares):
            own = share.get(row.rate_bp, 0)
            gross += own
            due = vat_in_gross(gross, row.rate_bp) if gross < row.gross_minor else row.vat_minor
            if own:
                result[i].append(VatRow(row.rate_bp, own, due - vat))
            vat = due
    return [tuple(rows) for rows in result]
