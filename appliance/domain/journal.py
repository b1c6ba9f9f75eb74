"""The journal: everything that happened, one fact per entry, chained by hash.

A fact says what happened in the past tense and carries all that is needed to happen again: replaying the facts gives
the same state without the catalogue, the settings or the clock of that day. Corrections are further facts, plus or
minus; nothing is ever changed (CGI art. 286 I 3 bis; feature S-08).

Sealed documents carry a gap-free number of their register: `TicketClosed`, `SettlementReversed`, `WalletCredited`,
`WalletCreditCancelled` and `WalletRefunded` (tickets), `CopyIssued` (copies), `SessionClosed` (closings), `XRead`
(technical). Their `seal` field is the place of the signature by the till's key.

The chain: `hash = SHA-256(prev_hash || head || body)`, head being the entry's other columns written one way only and
body the fact as canonical JSON. The body's bytes are stored as they were hashed.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final, Literal, get_args

import msgspec

from appliance.domain.card import CardOutcome, CardRequest
from appliance.domain.catalog import TenderMode
from appliance.domain.closing import Totals
from appliance.domain.customer import Group
from appliance.domain.ticket import Line, Tender, Ticket, VatRow
from appliance.domain.wallet import Holding, Purse

GENESIS: Final = bytes(32)
"""`prev_hash` of the first entry."""


class Fact(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", gc=False):
    """Base of every kind of entry; the tag is the entry's kind."""


# register and people
class RegisterCreated(Fact, tag="RegisterCreated"):
    """First entry of a journal: whose till this is and under which rules it sells."""

    till: str
    currency: str
    profile: str
    software: str


class SellerSignedIn(Fact, tag="SellerSignedIn"):
    seller: str
    name: str
    by_badge: bool = False


class SellerLocked(Fact, tag="SellerLocked"):
    seller: str


class ActionApproved(Fact, tag="ActionApproved"):
    """A manager allowed one action of a seller: both names are recorded (feature U-03)."""

    right: str
    seller: str
    manager: str


class ClockCorrected(Fact, tag="ClockCorrected"):
    """The clock went back behind the newest entry; numbers and order go on (feature Z-19)."""

    seconds_back: int


# session
class SessionOpened(Fact, tag="SessionOpened"):
    session: int
    service: int
    """1, 2, ... within the business day (feature Z-01)."""
    business_date: str
    float_minor: int
    expected_minor: int
    counts: dict[int, int] = {}
    reason: str = ""
    by: str = ""
    """Name of who opened."""


class SessionClosed(Fact, tag="SessionClosed"):
    """The Z: sealed, numbered, never reopened."""

    number: int
    session: int
    business_date: str
    totals: Totals
    expected_minor: int
    counted_minor: int
    counts: dict[int, int]
    leave_minor: int
    perpetual_minor: int
    """Turnover since the register was created, refunds subtracted, and with refunds added."""
    perpetual_absolute_minor: int
    reason: str = ""
    held: tuple[int, ...] = ()
    """Notes that go over to the next session."""
    by: str = ""
    approved_by: str = ""
    """Manager who allowed it; "" where the seller had the right."""
    seal: str = ""


class XRead(Fact, tag="XRead"):
    number: int
    session: int
    totals: Totals
    expected_minor: int
    seal: str = ""


# ticket
class TicketOpened(Fact, tag="TicketOpened"):
    ticket: int
    mode: str


class LineAdded(Fact, tag="LineAdded"):
    ticket: int
    line: Line


class QuantityChanged(Fact, tag="QuantityChanged"):
    ticket: int
    line: int
    delta_milli: int


class PriceChanged(Fact, tag="PriceChanged"):
    ticket: int
    line: int
    old_minor: int
    new_minor: int


class LineDiscounted(Fact, tag="LineDiscounted"):
    ticket: int
    line: int
    rate_bp: int = 0
    amount_minor: int = 0


class LineOffered(Fact, tag="LineOffered"):
    """`reason` "" takes the offer back."""

    ticket: int
    line: int
    reason: str
    amount_minor: int


class LineCommented(Fact, tag="LineCommented"):
    ticket: int
    line: int
    comment: str


class LineRemoved(Fact, tag="LineRemoved"):
    ticket: int
    line: int
    quantity_milli: int
    amount_minor: int


class LineRestored(Fact, tag="LineRestored"):
    """A removed line came back at its place."""

    ticket: int
    line: Line
    index: int


class TicketDiscounted(Fact, tag="TicketDiscounted"):
    ticket: int
    rate_bp: int = 0
    amount_minor: int = 0


class ModeChanged(Fact, tag="ModeChanged"):
    """The sale mode changed: each line got the rate and, where the price list says so, the price of the new mode."""

    ticket: int
    mode: str
    rates: dict[int, int]
    prices: dict[int, int] = {}


class TicketNamed(Fact, tag="TicketNamed"):
    ticket: int
    name: str


class TicketHeld(Fact, tag="TicketHeld"):
    ticket: int
    at: str


class TicketRecalled(Fact, tag="TicketRecalled"):
    ticket: int


class TicketVoided(Fact, tag="TicketVoided"):
    ticket: int
    reason: str
    total_minor: int
    lines: int


class TicketRestored(Fact, tag="TicketRestored"):
    """A voided ticket came back within its time to undo; the void stays on record."""

    ticket: Ticket


class SplitStarted(Fact, tag="SplitStarted"):
    """A note is divided: its own discount became part of its lines' amounts."""

    ticket: int
    amounts: dict[int, int] = {}


class PartOpened(Fact, tag="PartOpened"):
    ticket: int
    of: int
    part: int


class UnitsMoved(Fact, tag="UnitsMoved"):
    """Goods went from one part of a split note to another; the two lines together are worth what they were."""

    source: int
    line: int
    quantity_milli: int
    left_fixed_minor: int | None
    left_full_minor: int | None
    target: int
    arrived: Line
    """The line as it arrived, or whose quantity was added to the line `joined` of the target."""
    joined: int = 0


class NoteDivided(Fact, tag="NoteDivided"):
    """What was left of a note became equal shares, one ticket each."""

    ticket: int
    shares: tuple[Ticket, ...]


class TicketEmptied(Fact, tag="TicketEmptied"):
    """A split note or an unused part without lines is gone."""

    ticket: int


# payment
class TenderTaken(Fact, tag="TenderTaken"):
    """A means of payment that does not close its ticket; the one that does is in `TicketClosed` (feature P-17)."""

    ticket: int
    tender: Tender


class TenderRemoved(Fact, tag="TenderRemoved"):
    ticket: int
    tender: int
    amount_minor: int


class TicketClosed(Fact, tag="TicketClosed"):
    """The sealed document of a sale: goods, tax and tenders in one (feature N-04)."""

    document: int
    ticket: int
    session: int
    mode: str
    seller: str
    lines: tuple[Line, ...]
    """As they stood on the ticket (CGI: label, quantity, unit price, rate, discounts)."""
    amounts: tuple[int, ...]
    """What each line cost, in line order, before the ticket's own discount."""
    vat: tuple[VatRow, ...]
    tenders: tuple[Tender, ...]
    full_minor: int
    total_minor: int
    shares: tuple[int, ...] = ()
    """Each line's part of the ticket's own discount; empty when there is none."""
    discount_minor: int = 0
    discount_bp: int = 0
    name: str = ""
    part_of: int = 0
    part: int = 0
    corrects: int = 0
    drawer: bool = False
    """The drawer is opened for this sale, once, after the commit."""
    customer: str = ""
    group: str = ""
    """Label of the customer's group."""
    group_minor: int = 0
    """That discount, positive; taken off before the ticket's own."""
    group_shares: tuple[int, ...] = ()
    """Each line's part of it; empty when there is none."""
    wallet: Holding | None = None
    """Image of the customer's wallet after what it paid here; None when it paid nothing."""
    seal: str = ""

    @property
    def rounding_minor(self) -> int:
        return sum(tender.rounding_minor for tender in self.tenders)

    @property
    def change_minor(self) -> int:
        return sum(tender.change_minor for tender in self.tenders)


class SettlementReversed(Fact, tag="SettlementReversed"):
    """The exact negative of a sealed ticket, sealed itself; the basket is open again as `reopened`."""

    document: int
    of: TicketClosed
    reopened: Ticket
    wallet: Holding | None = None
    """Image of the wallet after what it had paid came back; None when it had paid nothing."""
    seal: str = ""


# customers: audit only, without a name, a phone number or a code (those can be erased, the journal cannot)
class CustomerCreated(Fact, tag="CustomerCreated"):
    customer: str
    """Opaque id: `c-` and 12 letters."""


class CustomerChanged(Fact, tag="CustomerChanged"):
    customer: str


class CustomerErased(Fact, tag="CustomerErased"):
    customer: str


class CardLinked(Fact, tag="CardLinked"):
    """A code became one of the customer's; `card` is its last four characters."""

    customer: str
    card: str


class CardBlocked(Fact, tag="CardBlocked"):
    customer: str
    card: str
    reason: str = ""


class CardReplaced(Fact, tag="CardReplaced"):
    """The old card attaches nobody any more, the new one does."""

    customer: str
    card: str
    old: str
    reason: str = ""


class CustomerAttached(Fact, tag="CustomerAttached"):
    """The ticket is this customer's, in place of whoever it was before."""

    ticket: int
    customer: str
    group: str = ""
    rates: dict[int, int] = {}
    """Discount of the group by line; a line that is not named gets none."""


class CustomerDetached(Fact, tag="CustomerDetached"):
    ticket: int


# wallets: each movement carries the image of the wallet after it, which replaying must find again
class WalletCredited(Fact, tag="WalletCredited"):
    """Sealed: money became a customer's credit. No turnover, no tax: that comes when it is spent (feature W-07)."""

    document: int
    session: int
    customer: str
    part: Purse
    """What was paid and what was given on top."""
    tenders: tuple[Tender, ...]
    """How it was paid; their amounts sum to the paid part."""
    before_minor: int
    after: Holding
    ticket: int = 0
    """Ticket that was in hand; it stays as it is."""
    change_of: int = 0
    """Document of the sale whose change was put on the wallet; 0 otherwise."""
    drawer: bool = False
    seller: str = ""
    seal: str = ""


class WalletCreditCancelled(Fact, tag="WalletCreditCancelled"):
    """Sealed: an unspent part of one credit was given back by the means that had paid it."""

    document: int
    session: int
    customer: str
    of: int
    """Document of the credit."""
    part: Purse
    """Paid out, and given credit that was taken back with it; both positive."""
    tenders: tuple[Tender, ...]
    """Money that goes out: negative amounts; cash rounding is here, never on the wallet."""
    before_minor: int
    after: Holding
    ticket: int = 0
    drawer: bool = False
    seller: str = ""
    reason: str = ""
    seal: str = ""


class WalletRefunded(Fact, tag="WalletRefunded"):
    """Sealed: the balance was paid out, given credit cancelled; the wallet is empty (feature W-35)."""

    document: int
    session: int
    customer: str
    part: Purse
    tenders: tuple[Tender, ...]
    before_minor: int
    after: Holding
    ticket: int = 0
    drawer: bool = False
    seller: str = ""
    reason: str = ""
    seal: str = ""


class WalletAdjusted(Fact, tag="WalletAdjusted"):
    """A correction by right and with a reason, plus or minus; what is added counts as given (feature W-31)."""

    customer: str
    part: Purse
    """Both negative, or both positive."""
    before_minor: int
    after: Holding
    reason: str
    by: str = ""


class WalletTransferred(Fact, tag="WalletTransferred"):
    source: str
    target: str
    part: Purse
    source_after: Holding
    target_after: Holding
    reason: str = ""


class WalletBlocked(Fact, tag="WalletBlocked"):
    customer: str
    reason: str


class WalletUnblocked(Fact, tag="WalletUnblocked"):
    customer: str
    reason: str = ""


# rights to wallets that head office holds for several tills; like every movement with the image after it
class RightsGranted(Fact, tag="RightsGranted"):
    """Head office put a part of a wallet into this till's hands. An empty part: only the shop's float changed."""

    customer: str
    part: Purse
    after: Holding


class RightsReturned(Fact, tag="RightsReturned"):
    """Free rights went back, because head office asked for them. That this is on the disk is the answer."""

    customer: str
    part: Purse
    after: Holding


class WalletsFenced(Fact, tag="WalletsFenced"):
    """Head office ended this till's epoch: it holds no rights any more."""

    code: str
    """`lost`, `replaced`, `fork`, `restored`."""
    wallets: dict[str, Holding] = {}
    """Each wallet as it stood: the closing report."""


class TillEnrolled(Fact, tag="TillEnrolled"):
    """From here on this till belongs to a head office, under that name."""

    chain: str
    till: str
    office: str = ""
    """Id of the key that head office seals with."""


# set-up: what a manager changed in Mes Données; `by` is who allowed it, the entry's actor who did it
class TenderModeChanged(Fact, tag="TenderModeChanged"):
    mode: TenderMode
    before: TenderMode | None = None
    """None: the means of payment is new."""
    by: str = ""


class TenderModesOrdered(Fact, tag="TenderModesOrdered"):
    """The order at Encaissement, by id."""

    modes: tuple[str, ...]
    by: str = ""


class GroupChanged(Fact, tag="GroupChanged"):
    """A group of customers was made, named otherwise, or got other discounts."""

    group: Group
    before: Group | None = None
    by: str = ""


class GroupDeleted(Fact, tag="GroupDeleted"):
    """Its customers went to another group, all in one (feature C-09)."""

    group: Group
    moved_to: str = ""
    """Id of the other group; "" for none."""
    customers: int = 0
    by: str = ""


# card terminal
class CardRequested(Fact, tag="CardRequested"):
    """The terminal is about to be asked to move money: on the disk before the first byte leaves."""

    request: CardRequest


class CardUnknown(Fact, tag="CardUnknown"):
    """Money may have moved and no answer came; the request stays open until the terminal or a person tells."""

    request: str
    reason: str


class CardAnswered(Fact, tag="CardAnswered"):
    """The outcome of the open request. What follows from it (a tender, a sealed sale, a reversal) comes right after."""

    request: str
    outcome: CardOutcome
    by: Literal["terminal", "person"] = "terminal"
    reason: str = ""
    authorisation: str = ""
    card: str = ""
    """Kind of card, such as Visa; never its number."""
    reference: str = ""


class CardVerified(Fact, tag="CardVerified"):
    """The terminal answered after a person had answered for it: it says the same, or the contrary."""

    request: str
    accepted: bool
    contradicts: bool = False
    reference: str = ""


class CardDoubtEnded(Fact, tag="CardDoubtEnded"):
    """A contradiction was put right: the settlement was opened again, or the money given back."""

    request: str


# paper and drawer
PaperKind = Literal["ticket", "x", "z"]


class CopyIssued(Fact, tag="CopyIssued"):
    """A paper was asked for: 0 is the original, n the n-th DUPLICATA (features H-15, Z-12).

    Of a Z only copies have this fact: its original is ordered with the closing itself.
    """

    of_document: int
    """Number of the sealed ticket, or of the X or Z."""
    copy: int
    number: int
    """Gap-free number in the register of copies."""
    seal: str = ""
    paper: PaperKind = "ticket"
    shop_papers: int = 0
    """Papers for the shop that went with the original."""


class ReceiptDeclined(Fact, tag="ReceiptDeclined"):
    """A paper that was asked for never left the queue: one fact for each."""

    of_document: int
    copy: int | None = None
    """As its `CopyIssued` says: asked for again, it has this count. None in entries from before that was kept: the
    newest one."""


class DrawerOpened(Fact, tag="DrawerOpened"):
    """A pulse was ordered without closing a ticket: by a person with a reason, or to give money back (feature H-11).

    Pulses of sales stand in `TicketClosed.drawer`.
    """

    reason: str
    ticket: int = 0


class DrawerFailed(Fact, tag="DrawerFailed"):
    """An opening that was ordered did not happen, as far as anybody can tell."""

    reason: str
    ticket: int = 0
    pulsed: bool = True
    """False: no pulse could be sent. True: it was sent twice and the sensor says closed (stuck)."""


class DrawerForced(Fact, tag="DrawerForced"):
    """The drawer opened without an order of the till: by its key, or by force."""


class DrawerLeftOpen(Fact, tag="DrawerLeftOpen"):
    """Somebody was told that the drawer stands open; once an opening (feature H-12)."""

    reason: str
    seconds: int
    ticket: int = 0


class DrawerShut(Fact, tag="DrawerShut"):
    """The end of an opening, where the drawer tells; `reason` as it was opened, `forced` when nobody ordered it."""

    reason: str
    open_ms: int
    ticket: int = 0


class ProductCreated(Fact, tag="ProductCreated"):
    """A manager put an article on the shelves at this till, by the code that nobody knew."""

    product: int
    code: str
    name: str
    price_minor: int
    tax_class: str
    category: int | None = None
    by: str = ""
    """Id of the manager."""


class CodeLinked(Fact, tag="CodeLinked"):
    """One more code of an article that was there already."""

    product: int
    code: str
    by: str = ""


class SettingChanged(Fact, tag="SettingChanged"):
    """Somebody changed one setting on this till; what head office says is in `SettingsAdopted`."""

    key: str
    value: bool | int | str | tuple[int, ...] | None = None
    """None: back to what it inherits."""
    before: bool | int | str | tuple[int, ...] | None = None
    by: str = ""


class SettingsAdopted(Fact, tag="SettingsAdopted"):
    """A document of head office holds from here on, or a part of it whose time had come."""

    version: int
    before: int = 0
    """Version that held until then; 0 for none."""
    changed: tuple[str, ...] = ()
    """Settings that hold another value than before."""
    by: str = ""
    """Its author at head office."""


class SettingsRolledBack(Fact, tag="SettingsRolledBack"):
    """A document did not do well, and the last good one holds again."""

    version: int
    to: int = 0
    """0: none of head office's."""
    reason: str = ""


AnyFact = (
    RegisterCreated | SellerSignedIn | SellerLocked | ActionApproved | ClockCorrected
    | SessionOpened | SessionClosed | XRead
    | TicketOpened | LineAdded | QuantityChanged | PriceChanged | LineDiscounted | LineOffered | LineCommented
    | LineRemoved | LineRestored | TicketDiscounted | ModeChanged | TicketNamed | TicketHeld | TicketRecalled
    | TicketVoided | TicketRestored | SplitStarted | PartOpened | UnitsMoved | NoteDivided | TicketEmptied
    | TenderTaken | TenderRemoved | TicketClosed | SettlementReversed
    | CustomerCreated | CustomerChanged | CustomerErased | CardLinked | CardBlocked | CardReplaced
    | CustomerAttached | CustomerDetached
    | WalletCredited | WalletCreditCancelled | WalletRefunded | WalletAdjusted | WalletTransferred
    | WalletBlocked | WalletUnblocked
    | RightsGranted | RightsReturned | WalletsFenced | TillEnrolled
    | TenderModeChanged | TenderModesOrdered | GroupChanged | GroupDeleted
    | ProductCreated | CodeLinked
    | SettingChanged | SettingsAdopted | SettingsRolledBack
    | CardRequested | CardUnknown | CardAnswered | CardVerified | CardDoubtEnded
    | CopyIssued | ReceiptDeclined | DrawerOpened | DrawerFailed | DrawerForced | DrawerLeftOpen
    | DrawerShut
)  # fmt: skip

DURABLE: Final = frozenset((
    RegisterCreated, SessionOpened, SessionClosed, XRead, TenderTaken, TenderRemoved, TicketClosed, SettlementReversed,
    CopyIssued, ReceiptDeclined, DrawerOpened, TicketVoided, TicketHeld, NoteDivided,
    CardRequested, CardUnknown, CardAnswered, CardVerified, CardDoubtEnded,
    CustomerCreated, CustomerChanged, CustomerErased, CardLinked, CardBlocked, CardReplaced,
    WalletCredited, WalletCreditCancelled, WalletRefunded, WalletAdjusted, WalletTransferred,
    WalletBlocked, WalletUnblocked,
    RightsGranted, RightsReturned, WalletsFenced, TillEnrolled,
    TenderModeChanged, TenderModesOrdered, GroupChanged, GroupDeleted, ProductCreated, CodeLinked,
    SettingChanged, SettingsAdopted, SettingsRolledBack,
))  # fmt: skip
"""Facts that are answered only after their own commit; all others may follow within 100 ms."""

WalletPaper = WalletCredited | WalletCreditCancelled | WalletRefunded
"""Sealed documents of a wallet."""
SealedPaper = TicketClosed | WalletPaper
"""What a receipt can be printed of."""
ShopNote = (
    TenderModeChanged | TenderModesOrdered | GroupChanged | GroupDeleted | ProductCreated | CodeLinked
    | SettingChanged | SettingsAdopted | SettingsRolledBack
)  # fmt: skip
CustomerNote = CustomerCreated | CustomerChanged | CustomerErased | CardLinked | CardBlocked | CardReplaced

_encoder = msgspec.json.Encoder(order="sorted")
KINDS: Final = frozenset(str(fact.__struct_config__.tag) for fact in get_args(AnyFact))
"""Names of all facts, as the rows of a journal have them."""
_decoder = msgspec.json.Decoder(AnyFact)


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One row of the journal as it is stored."""

    seq: int
    epoch: str
    kind: str
    at: str
    """UTC, ISO 8601 with milliseconds."""
    actor: str
    """Id of the seller; "" for the till itself."""
    origin: str
    """Id of the order that caused it, on the last entry of that order; "" otherwise."""
    body: bytes
    """The fact as canonical JSON, exactly the bytes that were hashed."""
    prev_hash: bytes
    hash: bytes

    @property
    def fact(self) -> AnyFact:
        """Raises `msgspec.DecodeError` when the body is not a fact this version knows."""
        fact: AnyFact = _decoder.decode(self.body)
        return fact


_NUMBER_KEYED: Final = frozenset((
    SessionOpened, SessionClosed, XRead, ModeChanged, SplitStarted, NoteDivided, TicketRestored, SettlementReversed,
    CustomerAttached,
))  # fmt: skip
"""Facts with tables keyed by numbers, which JSON writes as text."""


def canonical(fact: AnyFact) -> bytes:
    """The fact as JSON with sorted keys, no spaces, defaults left out: equal facts have equal bytes."""
    if type(fact) in _NUMBER_KEYED:
        return _encoder.encode(msgspec.to_builtins(fact, str_keys=True, order="sorted"))
    return _encoder.encode(fact)


def entry_hash(
    prev_hash: bytes, seq: int, epoch: str, kind: str, at: str, actor: str, origin: str, body: bytes
) -> bytes:
    """The link of the chain. Fields are separated by a unit separator, which none of them can contain."""
    head = f"{seq}\x1f{epoch}\x1f{kind}\x1f{at}\x1f{actor}\x1f{origin}\x1f".encode()
    return sha256(prev_hash + head + body).digest()


def chain(
    facts: list[AnyFact],
    *,
    seq: int,
    prev_hash: bytes,
    epoch: str,
    at: str,
    actor: str,
    origin: str = "",
    bodies: list[bytes] | None = None,
) -> list[Entry]:
    """The entries that append facts after entry `seq`, whose hash is `prev_hash`; the last one carries the origin.

    `bodies` are the facts as `canonical` wrote them, where that was done before.
    """
    entries: list[Entry] = []
    last = len(facts) - 1
    for i, fact in enumerate(facts):
        seq += 1
        body = canonical(fact) if bodies is None else bodies[i]
        kind = type(fact).__name__
        cause = origin if i == last else ""
        link = entry_hash(prev_hash, seq, epoch, kind, at, actor, cause, body)
        entries.append(Entry(seq, epoch, kind, at, actor, cause, body, prev_hash, link))
        prev_hash = link
    return entries
