"""What may be asked of the till's core: one immutable struct per intention, everything looked up already.

The service turns a person's command or a scan into an intent: it knows the catalogue, the settings and who may do what.
The core (`domain.till.step`) knows only the intent and the state, so a day can be played again without either.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from appliance.domain.card import CardOutcome
from appliance.domain.catalog import TenderMode, WalletRules
from appliance.domain.journal import (
    CustomerNote,
    DrawerFailed,
    DrawerForced,
    DrawerLeftOpen,
    DrawerShut,
    PaperKind,
    SealedPaper,
    ShopNote,
    XRead,
)
from appliance.domain.ticket import Line, Lot, Ticket, Weighed
from appliance.domain.wallet import SpendFirst


class Intent(msgspec.Struct, frozen=True):
    """Base of every intention."""


class SignIn(Intent):
    seller: str
    name: str
    by_badge: bool = False
    to_count: bool = False
    """No session is open: the drawer opens so that the float can be counted."""


class Lock(Intent):
    pass


class NoteApproval(Intent):
    """A manager allowed the action that follows."""

    right: str
    manager: str


class OpenSession(Intent):
    business_date: str
    float_minor: int
    expected_minor: int
    counts: dict[int, int] = {}
    reason: str = ""
    by: str = ""
    goes_back: bool = False
    """A manager says that the clock was ahead when the last session was opened, and is right now."""


class OpenTicket(Intent):
    mode: str


class AddGoods(Intent):
    """One article on the ticket in hand; joins the line of the same article when `join`."""

    product: int | None
    name: str
    quantity_milli: int
    price_minor: int
    tax_class: str
    rate_bp: int
    unit: str = "piece"
    code: str = ""
    join: bool = True
    age_checked: bool = False
    ticket: int = 0
    """Another ticket than the one in hand: the note that is being split."""
    lot: Lot | None = None
    batch: str = ""
    weighed: Weighed = ""
    tare_milli: int = 0
    group_bp: int = 0
    """Discount of the customer's group on this article."""


class ChangeQuantity(Intent):
    line: int
    quantity_milli: int


class ChangePrice(Intent):
    line: int
    price_minor: int


class DiscountLine(Intent):
    line: int
    rate_bp: int = 0
    amount_minor: int = 0


class DiscountTicket(Intent):
    rate_bp: int = 0
    amount_minor: int = 0


class OfferLine(Intent):
    line: int
    reason: str


class CommentLine(Intent):
    line: int
    comment: str


class RemoveLine(Intent):
    line: int


class RestoreLine(Intent):
    """Undo of `RemoveLine`: the line as it was, at its place."""

    ticket: int
    line: Line
    index: int


class ChangeMode(Intent):
    mode: str
    rates: dict[int, int]
    prices: dict[int, int] = {}


class NameTicket(Intent):
    ticket: int
    name: str


class HoldTicket(Intent):
    pass


class PutAside(Intent):
    """The ticket in hand makes room: held when it has lines, gone when it has none."""


class RecallTicket(Intent):
    """Takes a held note in hand; the ticket in hand, if it has lines, is held in turn."""

    ticket: int


class VoidTicket(Intent):
    reason: str
    ticket: int = 0
    """0: the ticket in hand."""


class RestoreTicket(Intent):
    ticket: Ticket


class Tend(Intent):
    """Take a means of payment; `amount_minor` None takes all that remains."""

    mode: TenderMode
    amount_minor: int | None = None
    close: bool = True
    by_hand: bool = False
    """A card typed into a terminal that does not answer the till."""
    spend_first: SpendFirst = "gifted"
    """Of a wallet: which part is used first."""


class RemoveTender(Intent):
    tender: int


class CloseTicket(Intent):
    """Nothing remains to pay (total 0.00)."""


class CorrectPayment(Intent):
    """Reverse the last settlement and open the same basket again."""


class AttachCustomer(Intent):
    customer: str
    group: str = ""
    rates: dict[int, int] = {}
    """Discount of the customer's group by line; none for lines that are not named."""
    ticket: int = 0
    """0: the ticket in hand."""


class DetachCustomer(Intent):
    ticket: int = 0


class NoteCustomer(Intent):
    """Something happened to a customer's own record: one of its facts, without personal data."""

    fact: CustomerNote


class NoteShop(Intent):
    """A manager changed how the shop is set up; the service writes the set-up itself."""

    fact: ShopNote


class Payment(msgspec.Struct, frozen=True):
    """One means of payment of a credit; `amount_minor` None takes all that remains."""

    mode: TenderMode
    amount_minor: int | None = None
    by_hand: bool = False


class CreditWallet(Intent):
    """Money for a customer's wallet; the payments sum to the amount."""

    customer: str
    amount_minor: int
    payments: tuple[Payment, ...]
    rules: WalletRules
    gifted_minor: int = 0


class TakeGrant(Intent):
    """Head office's answer, absolute numbers of this till's epoch."""

    customer: str
    granted_minor: int
    gifted_minor: int = 0
    float_minor: int = 0


class ReturnRights(Intent):
    """Give back up to the target that head office names, in all since the epoch began."""

    customer: str
    returned_minor: int


class FenceWallets(Intent):
    """Head office ended this epoch."""

    code: str


class NoteEnrolment(Intent):
    """This till belongs to a head office from now on."""

    chain: str
    till: str
    office: str = ""


class CancelCredit(Intent):
    """Give back an unspent part of one credit, by the means that had paid it."""

    customer: str
    document: int
    amount_minor: int
    rounding_minor: int = 0
    """Smallest coin that can be given back; 5 in Switzerland."""
    reason: str = ""
    card_days: int = 0
    """See `WalletRules`; 0: for ever."""
    cash: TenderMode | None = None
    """What is given in place of a card that is too old."""


class RefundBalance(Intent):
    """*Rembourser le solde*: the paid part goes out by one means, given credit is cancelled."""

    customer: str
    mode: TenderMode
    reason: str = ""
    by_hand: bool = False


class AdjustWallet(Intent):
    """A correction by right; never below zero."""

    customer: str
    amount_minor: int
    reason: str
    by: str = ""
    as_paid: bool = False
    """An opening balance that was paid elsewhere; otherwise what is added counts as given."""
    rules: WalletRules | None = None
    """Whose limits hold; None for a balance that comes from another system."""


class TransferWallet(Intent):
    """All that is free on one wallet goes to another."""

    source: str
    target: str
    reason: str = ""
    amount_minor: int | None = None
    rules: WalletRules | None = None
    """Whose limit of a balance holds for the target; None for none."""


class BlockWallet(Intent):
    customer: str
    reason: str


class UnblockWallet(Intent):
    customer: str
    reason: str = ""


class CreditChange(Intent):
    """Put the change of the last sale, or a voucher's rest, on its customer's wallet, or on another one's."""

    mode: TenderMode
    """Cash for change, else the voucher whose rest the shop kept: its `funds_wallet` decides."""
    rules: WalletRules
    customer: str = ""
    """"": the customer of the sale."""
    amount_minor: int | None = None
    """None: all of the change."""


class RequestCard(Intent):
    """Ask the terminal for a debit; `amount_minor` None is all that remains."""

    id: str
    mode: TenderMode
    amount_minor: int | None = None


class RequestCardCredit(Intent):
    """Ask the terminal for the last payment of a credit; the others are in hand. Accepted, all of it is booked."""

    id: str
    credit: CreditWallet


class RequestCardCancel(Intent):
    """Ask the terminal to give back the card's share of a credit that is cancelled."""

    id: str
    cancel: CancelCredit


class RequestRefund(Intent):
    """Ask the terminal to give a card tender back: of the ticket in hand, or of the last sealed sale."""

    id: str
    tender: int
    document: int = 0


class ReturnDebit(Intent):
    """Ask the terminal to give back a debit that belongs to no sale any more."""

    id: str
    request: str


class LoseCard(Intent):
    """The terminal's answer is lost."""

    request: str
    reason: str


class AnswerCard(Intent):
    """The outcome of a request; late and repeated ones are taken for what they are."""

    request: str
    outcome: CardOutcome
    by: Literal["terminal", "person"] = "terminal"
    reason: str = ""
    authorisation: str = ""
    card: str = ""
    reference: str = ""
    slip: tuple[str, ...] = ()


class ReopenCard(Intent):
    """The terminal says the contrary of what a person had said: put the settlement right."""

    request: str


class StartSplit(Intent):
    pass


class OpenPart(Intent):
    """Take a part in hand; the number after the last one makes a new part."""

    note: int
    part: int


class MoveUnits(Intent):
    """Move a quantity of a line from one ticket of a split note to another."""

    source: int
    line: int
    quantity_milli: int
    target: int


class DivideNote(Intent):
    note: int
    persons: int


class LeaveSplit(Intent):
    """Back from the split: parts with lines stay as held notes, empty ones go."""

    note: int


class IssueCopy(Intent):
    """A receipt is asked for: the original if there was none, else the next DUPLICATA."""

    document: int
    past: SealedPaper | None = None
    """The sealed document, when it is neither the last sale nor the last movement of a wallet of this session."""
    at: str = ""
    """When that was closed, UTC."""
    printed: int = 0
    """Papers of it as far as others remember; where the state knows, its count holds."""
    shop_papers: int = 0
    """With the original of a wallet's receipt: as many for the shop."""


class CopyPaper(Intent):
    """What went to the printer before is asked for once more: its next DUPLICATA, never an original."""

    document: int
    """Number of the sealed ticket, or of the X or Z."""
    printed: int
    """Papers of it that were ordered so far, the original included."""
    paper: PaperKind = "ticket"


class PrintX(Intent):
    """The paper of a reading is asked for: its original if there was none, else its next DUPLICATA."""

    report: XRead
    opened_at: str
    """When the session was opened, UTC."""
    at: str
    """When it was read, UTC."""


class DeclineReceipt(Intent):
    """Papers of a receipt are taken out of the queue."""

    document: int
    copies: tuple[int, ...]
    """Which: 0 is the original, n the n-th DUPLICATA."""


class OpenDrawer(Intent):
    reason: str


class NoteDrawer(Intent):
    """What the drawer did by itself, or did not do: one of its facts."""

    fact: DrawerFailed | DrawerForced | DrawerLeftOpen | DrawerShut


class ReadX(Intent):
    pass


class CloseDay(Intent):
    counted_minor: int
    counts: dict[int, int]
    leave_minor: int
    reason: str = ""
    by: str = ""
    approved_by: str = ""


class CreateRegister(Intent):
    till: str
    currency: str
    profile: str
    software: str
