"""`TillView`: everything the kiosk draws, in one message.

The daemon pushes a complete view with a revision; the kiosk replaces what it had and never merges pieces. A view
carries codes, numbers and the shop's own words (product names), never a sentence: the view-models add the words of the
seller's language. Amounts are integer minor units of `shop.currency`, quantities thousandths, rates basis points,
times are ISO 8601 in the shop's local time.
"""

from __future__ import annotations

from typing import Literal

import msgspec


class Piece(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """Common form of every part of a view: immutable, small on the wire, strict when read."""


Screen = Literal[
    "starting", "lock", "opening", "home", "sale", "payment", "card", "split", "x_report", "closing", "devices",
    "clients", "client_form", "masters", "product_form", "settings", "sync",
]  # fmt: skip
Level = Literal["info", "warn", "error"]
Sound = Literal["scan_ok", "scan_refused", "sale_closed", "needs_you"]
ReceiptState = Literal[
    "on_demand", "queued", "printing", "printed", "waiting_paper", "waiting_printer", "uncertain", "none"
]
ReportKind = Literal["X", "Z"]
DeviceWord = Literal["scanner", "printer", "drawer", "terminal", "network", "sync", "display", "scale"]


class Shop(Piece):
    name: str
    till_name: str
    """For example "Caisse 1"."""
    currency: str = "CHF"
    locale: str = "fr-CH"


class DeviceLight(Piece):
    """One icon of the status strip."""

    device: DeviceWord
    level: Literal["ok", "warn", "error", "off"] = "ok"
    code: str = ""
    """Message id of the word shown when not ok ("status.paper_low"), and of the sentence ("printer.paper_out")."""
    count: int = 0
    """How many, where the word says it."""


class Message(Piece):
    """The sentence in the middle of the top bar."""

    code: str
    """Message id in the catalogue, for example "scan.unknown"."""
    params: dict[str, str | int] = {}
    level: Level = "info"
    actions: tuple[str, ...] = ()
    """At most two, in order: "free_price", "search", "retry_print", "print_help", "sell_anyway", "undo", ... And
    "unknown_code", which is no button: a touch on the sentence itself."""
    position: int = 1
    """This message's place among those waiting, and how many wait (shown as "1/2" when more than one)."""
    count: int = 1


class UndoOffer(Piece):
    """What "Annuler" would take back; it disappears with the next view that has none."""

    id: int
    code: str
    """"undo.line_removed", "undo.held", "undo.voided", "undo.offered", ..."""
    params: dict[str, str | int] = {}


class SellerChip(Piece):
    id: str
    name: str
    initials: str
    role: str = ""
    """Role word as data of the shop ("Vendeuse")."""
    is_manager: bool = False


class SaleModeKey(Piece):
    id: str
    name: str
    icon: str
    rate_bp: int | None = None
    """The rate of food in this mode; None when the key shows no rate."""
    is_default: bool = False
    note: str = ""
    """Message id of the small text when there is no rate."""


# --- ticket ---------------------------------------------------------------------------------------------------------


class LineView(Piece):
    id: int
    name: str
    quantity_milli: int
    unit: Literal["piece", "kg"]
    unit_price_minor: int
    amount_minor: int
    """What the customer pays for this line, before the ticket's own discount."""
    full_minor: int
    """Before the line's discount or offer; struck above the amount when it differs."""
    code: str = ""
    discount_bp: int = 0
    discount_minor: int = 0
    offered: str = ""
    """Label of the reason when the line is offered."""
    comment: str = ""
    is_selected: bool = False
    is_scanned: bool = False
    """Added by its code: then the code is shown under the name, else the unit price when there are several."""
    share_of: int = 0
    """n when this is the n-th part of a divided line ("1/3"); 0 for a whole line."""
    lot_milli: int = 0
    """Quantity that has one price as a whole, `lot_minor`: a pack, or what a label asks for; 0 for none."""
    lot_minor: int = 0
    shelf_minor: int | None = None
    """What the catalogue asks for that lot when the label on the goods says something else."""


class GhostLine(Piece):
    """A removed line, still shown at its place while it can be undone."""

    index: int
    """Position in the list, counting from 0, before which the ghost stands."""
    quantity_milli: int
    name: str
    undo_id: int


class VatNote(Piece):
    rate_bp: int
    vat_minor: int
    gross_minor: int = 0
    net_minor: int = 0
    letter: str = ""


class ClientChip(Piece):
    name: str
    initials: str
    wallet_minor: int | None = None
    group: str = ""
    group_discount_bp: int = 0
    is_blocked: bool = False
    """The wallet pays nothing until it is unblocked (feature W-22)."""


class CashKey(Piece):
    """One of the four one-touch cash keys: amount received; the first is exact."""

    amount_minor: int
    is_exact: bool = False


class TenderView(Piece):
    id: int
    name: str
    icon: str
    kind: str
    amount_minor: int
    is_removable: bool = True
    is_by_hand: bool = False
    """Typed into a terminal that did not answer the till."""


class TicketView(Piece):
    number: int
    mode: SaleModeKey
    lines: tuple[LineView, ...] = ()
    ghost: GhostLine | None = None
    name: str = ""
    """Name or table of the note."""
    client: ClientChip | None = None
    clients_enabled: bool = False
    """False: the till has no customers, and the client's place offers the note's name instead."""
    held_count: int = 0
    """Notes that wait: an empty ticket offers them where a full one is put aside."""
    article_count: int = 0
    subtotal_minor: int = 0
    line_discounts_minor: int = 0
    """Sum of line discounts and offers, not positive."""
    group_minor: int = 0
    """Automatic discount of the client's group, not positive; `group_bp` when every line has the same rate."""
    group_bp: int = 0
    group_label: str = ""
    discount_minor: int = 0
    """The ticket's own discount, not positive; `discount_bp` when given as a rate; `discount_label` a group's name."""
    discount_bp: int = 0
    discount_label: str = ""
    total_minor: int = 0
    vat: tuple[VatNote, ...] = ()
    cash_keys: tuple[CashKey, ...] = ()
    cash_due_minor: int = 0
    """What would be due in cash after rounding, and that rounding."""
    cash_rounding_minor: int = 0
    tenders: tuple[TenderView, ...] = ()
    remaining_minor: int = 0


class CoinCount(Piece):
    value_minor: int
    count: int


class ResultView(Piece):
    """The panel after a sale: what to give back, and the receipt on demand."""

    number: int
    document: str
    total_minor: int
    change_minor: int = 0
    coins: tuple[CoinCount, ...] = ()
    rounding_minor: int = 0
    received_minor: int = 0
    """Received in cash; 0 when no cash was used."""
    tenders: tuple[TenderView, ...] = ()
    receipt: ReceiptState = "on_demand"
    copies: int = 0
    """How many papers were asked for; from the second on they read DUPLICATA."""
    can_correct: bool = False
    can_email: bool = False
    wallet_change_minor: int = 0
    """Change that may still be put on the client's wallet; 0 for none."""
    wallet_kept_minor: int = 0
    """Change that was put there."""
    wallet_credited_minor: int = 0
    """The wallet was recharged with this for the sale; `change_minor` is what that leaves to give."""
    wallet_balance_minor: int | None = None
    """What the wallet that paid, or took the change, holds now; None where it has no part in the sale."""
    client: str = ""
    """Name of the client of the sale; "" for none."""
    past_at: str = ""
    """When a sale of the past that was opened by its receipt was closed, local ISO 8601; "" for the last sale."""
    part: int = 0
    """Number of the part when this sale was a part of a split note; `rest_minor` is what is still to pay."""
    rest_minor: int = 0
    mode: SaleModeKey | None = None
    """How it was sold; None when the shop has given up that mode since."""


# --- grid -----------------------------------------------------------------------------------------------------------


class CategoryKey(Piece):
    id: int
    name: str
    hue: str
    """One of the design's nine hues, "" for Favoris."""


class TileView(Piece):
    product: int
    label: tuple[str, ...]
    """At most two lines of 16 characters."""
    price_minor: int | None
    hue: str
    badge_milli: int = 0
    """Quantity of this product on the ticket; 0 shows no badge."""
    is_sold_out: bool = False
    is_free_price: bool = False


class GridView(Piece):
    categories: tuple[CategoryKey, ...]
    category: int
    tiles: tuple[TileView | None, ...] = ()
    """The page's slots in order; None is an empty slot. When there are more pages the last slot is the page key."""
    page: int = 1
    pages: int = 1
    armed: int = 1
    """× n for the next tile or scan; 1 when disarmed."""
    search: str | None = None
    """None: tiles of the category. A text (also ""): `tiles` are the results of that search."""
    hits: int = 0


# --- sheets over the sale -------------------------------------------------------------------------------------------


class ReasonKey(Piece):
    id: str
    label: str


class LineEditorSheet(Piece, tag="line_editor"):
    line: int
    field: Literal["quantity", "price", "discount_rate", "discount_amount"]
    scope: Literal["line", "ticket"] = "line"
    offers: tuple[ReasonKey, ...] = ()
    value: int | None = None
    """The field's value now: thousandths, minor units or basis points; None when unset."""
    may_change_price_lastingly: bool = False


class MenuSheet(Piece, tag="menu"):
    items: tuple[str, ...]
    """"code_entry", "notes", "reprint", "open_drawer", "split", "change_mode", "x_report", "void"; absent means not
    allowed."""
    held_count: int = 0
    last_number: int = 0
    last_total_minor: int = 0
    is_last_printed: bool = True
    """Its receipt was asked for before: what comes now is a DUPLICATA."""


class CodeEntrySheet(Piece, tag="code_entry"):
    terminal: Literal["ready", "reading", "unable", "away"] = "unable"
    """Whether the payment terminal can read codes; "unable" and "away" disable SCAN with their sentence."""
    note: Message | None = None
    proposed: str = ""
    """The check digit that would complete the twelve (or seven) digits typed."""
    verdict: Literal["", "good", "bad"] = ""
    """Of the check digit, once a whole EAN stands there."""
    has_terminal: bool = False
    """The till drives a payment terminal, whether or not it can read codes."""


class FreePriceGroup(Piece):
    id: str
    name: str
    icon: str
    rate_bp: int
    hint: str = ""
    asks_age: bool = False


class FreePriceSheet(Piece, tag="free_price"):
    groups: tuple[FreePriceGroup, ...]
    """Last used first."""
    names: tuple[str, ...]
    min_minor: int
    max_minor: int
    product: int | None = None
    """Set when a product of free or missing price was chosen: then only the amount is asked."""
    product_name: str = ""


ScaleWord = Literal["stable", "empty", "moving", "over_capacity", "under_zero", "fault", "by_hand"]


class WeighSheet(Piece, tag="weigh"):
    """An article that waits for its weight."""

    name: str
    price_minor: int
    """Of a kilogram."""
    state: ScaleWord
    """Only "stable" lets "Peser" be touched; "by_hand": no scale works, the weight is typed."""
    quantity_milli: int = 0
    """Net weight while stable, else 0."""
    amount_minor: int = 0
    tare_milli: int = 0
    """Container's weight the till takes off."""
    is_net: bool = False
    """The scale has taken off a container itself."""
    can_tare: bool = False


class NoteCard(Piece):
    number: int
    name: str
    since: str
    """Local time HH:MM."""
    is_late: bool
    contents: tuple[tuple[int, str], ...]
    """(quantity in thousandths, product name)."""
    mode: SaleModeKey
    total_minor: int
    client: str = ""
    open_elsewhere: str = ""
    """Name of the till that has the note open."""
    part: int = 0
    days: int = 0
    """How many days ago it was put aside."""


class NotesSheet(Piece, tag="notes"):
    cards: tuple[NoteCard, ...]
    count: int
    order: Literal["time", "table", "amount"] = "time"
    search: str = ""
    page: int = 1
    pages: int = 1


class ModeSheet(Piece, tag="modes"):
    modes: tuple[SaleModeKey, ...]


class ReasonSheet(Piece, tag="reasons"):
    """Asks why: before voiding a ticket, opening the drawer without a sale, opening with a difference."""

    purpose: Literal["void", "void_held", "open_drawer", "float_difference", "closing_difference"]
    reasons: tuple[ReasonKey, ...]
    number: int = 0
    """The note of "void_held"."""


class ApprovalSheet(Piece, tag="approval"):
    """ "Code d’un responsable": the command goes on by itself once approved."""

    right: str
    """Id of the right that is missing, for example "price_change"."""
    tries_left: int = 5
    locked_seconds: int = 0


class AgeSheet(Piece, tag="age"):
    name: str
    years: int


class ConfirmCloseSheet(Piece, tag="confirm_close"):
    """The one question of the closing: "Clôturer la session 0318 ? C’est définitif."."""

    session: int


class PrintHelpSheet(Piece, tag="print_help"):
    pass


class ClientRow(Piece):
    """One customer in a list."""

    id: str
    name: str
    """As it is filed: "Rochat Anne", or the company's."""
    initials: str
    phone: str = ""
    code: str = ""
    """Of the first card."""
    place: str = ""
    group: str = ""
    group_bp: int = 0
    wallet_minor: int | None = None
    """Balance; None where the wallet never moved, or cagnottes are off."""
    is_company: bool = False


class ClientPickerSheet(Piece, tag="client_picker"):
    """Choix du client, over the tiles (mock-up 10)."""

    rows: tuple[ClientRow, ...] = ()
    kind: Literal["person", "company"] = "person"
    search: str = ""
    hits: int = 0
    """How many match; `rows` may be fewer. `has_more`: they are more than that."""
    has_more: bool = False
    total: int = 0
    """All customers of this till."""
    chosen: str = ""
    """Id of the row that Enter takes."""
    purpose: Literal["", "wallet", "link"] = ""
    """ "wallet": asked by Cagnotte client ("Pour quel client ?"). "link": whose new card `code` is."""
    code: str = ""


CodeForm = Literal["swiss_article", "article", "press", "in_store", "card", "misread", "other"]
CodeChoice = Literal["new_product", "product", "new_customer", "customer"]


class UnknownCodeSheet(Piece, tag="unknown_code"):
    """What to do with a code that nobody knows, beside the ticket (mock-up 34)."""

    code: str
    read_at: str
    """HH:MM."""
    form: CodeForm
    """What it looks like."""
    suggested: CodeChoice | None = None
    """The choice that its form speaks for."""
    needs_manager: bool = False
    """The choices that change the catalogue ask for a manager first."""
    can_be_product: bool = True
    """No code for an article: misread, or longer than one may be."""
    can_be_card: bool = True


class ProductRow(Piece):
    """One article in a list."""

    id: int
    name: str
    price_minor: int | None
    unit: Literal["piece", "kg"] = "piece"
    category: str = ""
    code: str = ""
    """Its first code."""
    hue: str = "neutre"


class ProductPickerSheet(Piece, tag="product_picker"):
    """Associer à un article existant: the article that gets the code."""

    code: str
    rows: tuple[ProductRow, ...] = ()
    search: str = ""
    hits: int = 0
    has_more: bool = False
    total: int = 0


class ProductChoiceKey(Piece):
    """A groupe de TVA or a rubrique."""

    id: str
    name: str
    rate_bp: int | None = None
    hue: str = ""


class ProductChoiceSheet(Piece, tag="product_choice"):
    """A field of the form of an article that is chosen from a list."""

    field: Literal["tax", "category"]
    keys: tuple[ProductChoiceKey, ...]
    chosen: str = ""


class ClientMenuSheet(Piece, tag="client_menu"):
    """What can be done with the client on the ticket (mock-up 12)."""

    client: ClientRow
    has_wallets: bool = False
    """Cagnottes are on, and this client may have one."""
    name: str = ""
    """As one says it: "Anne Rochat"."""


class ClientDeleteSheet(Piece, tag="client_delete"):
    """ "Confirmer la suppression": of this client."""

    customer: str
    name: str
    """As one says it: "Mme Anne Rochat"."""


class ClientGroupKey(Piece):
    id: str
    name: str
    rate_bp: int = 0


class ClientGroupsSheet(Piece, tag="client_groups"):
    """The group of the client in the form."""

    groups: tuple[ClientGroupKey, ...]
    chosen: str = ""


class ConsentRow(Piece):
    """The client's answer to one purpose (feature C-16)."""

    id: Literal["receipt_mail", "marketing", "wallet_notices"]
    given: bool = False
    at: str = ""
    """Day of the answer, ISO; "" when nobody was asked, or the answer was just given."""
    is_asked: bool = False


class ClientConsentsSheet(Piece, tag="client_consents"):
    """What the client in the form agrees to."""

    rows: tuple[ConsentRow, ...]


TenderKind = Literal["cash", "card", "cheque", "voucher", "wallet", "other"]


class TenderModeSheet(Piece, tag="tender_mode"):
    """The editor of a means of payment (mock-up 24). A field that is None is not asked for this kind."""

    serial: int
    mode: str
    """Id; "" for a new one."""
    name: str
    kind: TenderKind
    place: int
    """Place in the list, 1 being the first, of how many."""
    places: int
    kinds: tuple[TenderKind, ...] = ()
    """What a new one may be."""
    opens_drawer: bool | None = None
    quick_key: bool | None = None
    overpayment: Literal["change", "refuse", "keep"] | None = None
    rounding_minor: int | None = None
    roundings_minor: tuple[int, ...] = ()
    needs_customer: bool | None = None
    funds_wallet: bool | None = None
    account: str = ""
    errors: dict[str, str] = {}
    """Field to message id."""


class ModeOffSheet(Piece, tag="mode_off"):
    """Wallets have balances: switch the means off all the same?"""

    mode: str
    name: str
    count: int
    amount_minor: int


class SettingSheet(Piece, tag="setting"):
    """The choices of one setting."""

    key: str
    value: str
    choices: tuple[str, ...]
    words: dict[str, str] = {}


class GroupRateRow(Piece):
    """One automatic discount."""

    rate_bp: int
    category: str = ""
    """Name of the category; "" for all."""
    effective_from: str = ""
    effective_to: str = ""
    """ISO days, both included; "" is open."""
    error: str = ""
    """Message id of what is wrong with it."""


class GroupSheet(Piece, tag="group_form"):
    """The editor of a group of customers."""

    serial: int
    group: str
    """Id; "" for a new one."""
    label: str
    rates: tuple[GroupRateRow, ...] = ()
    customers: int = 0
    error: str = ""
    """Message id of what is wrong with the label."""
    picking: int | None = None
    """The discount whose category is being chosen, with the categories."""
    categories: tuple[CategoryKey, ...] = ()
    can_add: bool = True


class GroupDeleteSheet(Piece, tag="group_delete"):
    """« Déplacer vers… »: where the customers of a group that goes away shall be."""

    group: str
    label: str
    customers: int
    others: tuple[ClientGroupKey, ...] = ()


class CreditRow(Piece):
    """A credit that can still be given back."""

    document: int
    at: str
    """Local time, ISO 8601."""
    modes: str
    """Names of the means that paid it."""
    amount_minor: int
    left_minor: int
    """At most this much can be given back."""


class WalletCreditSheet(Piece, tag="wallet_credit"):
    """Créditer la cagnotte, and Annuler un crédit with quantity -1 (mock-ups 14 and 15)."""

    customer: str
    name: str
    """With the form of address."""
    quantity: Literal[1, -1] = 1
    field: Literal["amount", "received"] = "amount"
    amount_minor: int = 0
    received_minor: int = 0
    presets: tuple[int, ...] = ()
    modes: tuple[TenderKey, ...] = ()
    """Means that may fund a wallet, in the merchant's order."""
    mode: str = ""
    """Id of the chosen one."""
    payments: tuple[TenderView, ...] = ()
    """Parts that were taken already."""
    balance_minor: int = 0
    new_balance_minor: int = 0
    remaining_minor: int = 0
    change_minor: int = 0
    credits: tuple[CreditRow, ...] = ()
    credit: int = 0
    """Document of the chosen one."""
    prints: bool = True
    """A receipt comes out by itself."""
    asks_amount: bool = False
    """Encaisser was touched before an amount was there: it is asked for now."""
    for_ticket_minor: int = 0
    """The ticket that is taken on the wallet afterwards; 0 when the credit stands alone."""
    too_old_days: int = 0
    """A card paid longer ago than this: it takes nothing back, coins are given. 0: the same means."""
    drawer_minor: int | None = None
    """What should lie in the drawer, where that is less than the coins to give."""
    repaid_minor: int = 0
    """Cancellation: what goes back, the rounding of coins included."""
    coins_minor: int = 0
    """How much of that is given in coins."""
    error: str = ""
    """Message id of what keeps Encaisser from working, with its parameters."""
    params: dict[str, str | int] = {}


class WalletShortSheet(Piece, tag="wallet_short"):
    """La cagnotte ne suffit pas (mock-up 17)."""

    total_minor: int
    balance_minor: int
    missing_minor: int
    presets: tuple[int, ...] = ()
    """Keys of Recharger: none below what is missing."""
    can_recharge: bool = True
    is_shared: bool = False
    """Head office keeps this wallet for several tills: what is here is not all there is (mock-up 39)."""
    is_asking: bool = False
    """Head office is being asked; the ticket goes on by itself when the rest comes."""
    is_offline: bool = False
    elsewhere_minor: int = 0
    """What other tills hold of it, as far as head office knew."""
    elsewhere: str = ""
    """Till that holds most of that."""
    away_since: str = ""
    """Local time; that till is away since then. "" when it is there."""
    known_minor: int | None = None
    """The whole balance as head office told it last, and when (local time)."""
    known_at: str = ""
    asked_at: str = ""
    """Local time of the newest question."""


class WalletMovementSheet(Piece, tag="wallet_movement"):
    """One movement that has a receipt: printed again, or a credit given back."""

    movement: WalletMovement
    customer: str
    can_cancel: bool = False
    """Something of this credit can still be given back."""


class WalletGivenSheet(Piece, tag="wallet_given"):
    """Money moved on a wallet and coins are to be given: how much, until the next touch or scan."""

    kind: Literal["credited", "cancelled", "refunded"]
    name: str
    """With the form of address."""
    document: int
    moved_minor: int
    """What went on the wallet, or off it."""
    out_minor: int
    """What is to be handed out."""
    coins: tuple[CoinCount, ...] = ()
    received_minor: int = 0
    """In coins and notes; 0 when nothing was received."""
    balance_minor: int = 0
    """What the wallet holds now."""
    paper: Literal["on_demand", "waiting", "out"] = "out"
    """How far its receipt is."""


class WalletActionSheet(Piece, tag="wallet_action"):
    """The rarer deeds on a wallet: the list of them, then what one of them needs."""

    customer: str
    name: str
    actions: tuple[str, ...] = ()
    """Names of `WalletAction` that are possible now."""
    action: str = ""
    """The chosen one; "" for the list."""
    balance_minor: int = 0
    paid_minor: int = 0
    gifted_minor: int = 0
    reasons: tuple[ReasonKey, ...] = ()
    modes: tuple[TenderKey, ...] = ()
    cards: tuple[str, ...] = ()
    scanned: str = ""
    """Card that was read for "replace_card"."""
    rows: tuple[ClientRow, ...] = ()
    """Who may get the balance, of "transfer"; searched with `SearchCustomers`."""
    search: str = ""
    drawer_minor: int | None = None
    """What should lie in the drawer, where that is less than a refund in coins."""


Sheet = (
    TenderModeSheet
    | ModeOffSheet
    | SettingSheet
    | GroupSheet
    | GroupDeleteSheet
    | ClientPickerSheet
    | UnknownCodeSheet
    | ProductPickerSheet
    | ProductChoiceSheet
    | ClientMenuSheet
    | ClientGroupsSheet
    | ClientConsentsSheet
    | ClientDeleteSheet
    | WalletCreditSheet
    | WalletShortSheet
    | WalletActionSheet
    | WalletMovementSheet
    | WalletGivenSheet
    | LineEditorSheet
    | MenuSheet
    | CodeEntrySheet
    | FreePriceSheet
    | WeighSheet
    | NotesSheet
    | ModeSheet
    | ReasonSheet
    | ApprovalSheet
    | AgeSheet
    | ConfirmCloseSheet
    | PrintHelpSheet
)

# --- whole screens --------------------------------------------------------------------------------------------------


class LockView(Piece):
    sellers: tuple[SellerChip, ...]
    selected: str | None = None
    open_since: str = ""
    """Local HH:MM; "" when no session is open."""
    tries_left: int = 5
    is_wrong: bool = False
    locked_seconds: int = 0
    date: str = ""
    """ISO date."""
    entered: int = 0
    """Digits already typed: only recorded views use it, the kiosk counts its own."""
    page: int = 1
    pages: int = 1


class CountRow(Piece):
    value_minor: int
    count: int

    @property
    def amount_minor(self) -> int:
        """What these notes or coins are worth together."""
        return self.value_minor * self.count


class OpeningView(Piece):
    notes: tuple[CountRow, ...]
    coins: tuple[CountRow, ...]
    notes_minor: int = 0
    coins_minor: int = 0
    counted_minor: int = 0
    expected_minor: int = 0
    left_by: str = ""
    left_minor: int = 0
    session: int = 0
    focus_minor: int = 0
    """Value of the coin or note whose quantity the keypad changes."""

    @property
    def difference_minor(self) -> int:
        """Counted less expected."""
        return self.counted_minor - self.expected_minor


class SessionCard(Piece):
    number: int
    opened_at: str
    """Local HH:MM."""
    opened_by: str
    float_minor: int
    business_date: str


class LastTicket(Piece):
    number: int
    at: str
    tender: str
    total_minor: int
    lines: tuple[tuple[str, int], ...]
    can_correct: bool = False


class HomeView(Piece):
    tabs: tuple[str, ...]
    """"sale", "orders", "clients", "masters": those this till has and this seller may use."""
    cards: tuple[NoteCard, ...] = ()
    note_count: int = 0
    page: int = 1
    pages: int = 1
    modes: tuple[SaleModeKey, ...] = ()
    last: LastTicket | None = None
    has_settings: bool = False
    orders_waiting: int = 0
    order: Literal["time", "table", "amount"] = "time"
    """Of the cards."""


class TenderKey(Piece):
    id: str
    name: str
    icon: str
    kind: str
    detail: str = ""
    """Message id of the second line ("tender.detail.rounding"), "" for none."""
    detail_minor: int | None = None
    """The `amount` in that second line, for example a wallet's balance; None when it has none."""
    is_enabled: bool = True
    faces: tuple[int, ...] = ()
    """Preset face values in minor units."""


class PaymentView(Piece):
    tenders: tuple[TenderKey, ...]
    quick_notes: tuple[int, ...] = ()
    """Amounts of the keypad's cash column, without "Juste"."""
    can_split: bool = False
    can_open_drawer: bool = False
    can_close: bool = False
    """Encaisser is live: nothing remains but the sale needs a word (total 0.00)."""
    part: int = 0


class CardStep(Piece):
    """One sentence of a card payment's progress."""

    code: str
    """Message id below "screen.card.step"."""
    state: Literal["done", "now", "todo", "failed", "lost"]
    at: str = ""
    """Local HH:MM:SS, "" when not known."""


class CardView(Piece):
    """A card payment or refund at the terminal: under way, without an answer, refused, or a terminal that is away."""

    phase: Literal["waiting", "unknown", "refused", "away"]
    purpose: Literal["debit", "refund"]
    number: int
    """Of the ticket; 0 for a credit of a wallet."""
    amount_minor: int
    client: ClientChip | None = None
    """Whose wallet it is for."""
    credit_minor: int = 0
    """All of the wallet's credit that this pays a part of; 0 where the card pays all of it."""
    credit_paid: tuple[TenderView, ...] = ()
    """Its other parts, which are in hand."""
    steps: tuple[CardStep, ...] = ()
    reason: str = ""
    """Why it came to nothing or is not known: message id below "screen.card.reason"."""
    can_abort: bool = False
    is_aborting: bool = False
    is_asking: bool = False
    """The terminal is being asked at this moment what became of it."""
    unknown_s: int = 0
    """Seconds since the answer got lost, and until the terminal is asked again by itself."""
    asks_in_s: int = 0
    can_by_hand: bool = False
    is_by_hand: bool = False
    """The amount is being taken on the terminal by hand, and waits for somebody's word."""


class SplitPart(Piece):
    number: int
    total_minor: int
    is_paid: bool = False
    is_open: bool = False


class SplitView(Piece):
    number: int
    name: str = ""
    rest: tuple[LineView, ...] = ()
    rest_minor: int = 0
    parts: tuple[SplitPart, ...] = ()
    open_part: int = 1
    whole_minor: int = 0
    others_minor: int = 0
    persons: int = 2
    shares: tuple[int, ...] = ()


class TenderTotal(Piece):
    name: str
    count: int
    amount_minor: int
    kind: str = ""
    wallet_minor: int = 0
    """Part of it at the closing: paid in for cagnottes, less what was given back by it."""


class SellerTotal(Piece):
    name: str
    count: int
    amount_minor: int


class ReasonTotal(Piece):
    label: str
    count: int
    amount_minor: int


class CashBook(Piece):
    """The drawer, line by line."""

    float_minor: int
    sales_minor: int
    pay_ins_minor: int = 0
    pay_outs_minor: int = 0
    wallet_credits_minor: int = 0
    wallet_refunds_minor: int = 0
    expected_minor: int | None = None
    """None while the drawer is counted blind."""


class ReportView(Piece):
    """Figures of an X or a Z."""

    kind: ReportKind
    number: int
    session: int
    opened_at: str
    at: str
    business_date: str
    tickets: int
    turnover_minor: int
    rates: tuple[VatNote, ...]
    tenders: tuple[TenderTotal, ...]
    sellers: tuple[SellerTotal, ...]
    cash: CashBook
    collected_minor: int = 0
    rounding_minor: int = 0
    discounts: ReasonTotal | None = None
    offers: ReasonTotal | None = None
    offers_by_reason: tuple[ReasonTotal, ...] = ()
    voids: ReasonTotal | None = None
    corrections: ReasonTotal | None = None
    drawer_openings: int = 0
    drawer_forced: int = 0
    """Without an order of the till."""
    drawer_left_open: int = 0
    copies: int = 0
    held: ReasonTotal | None = None
    unsure: ReasonTotal | None = None
    """Card payments to compare with the terminal's own list ("à vérifier"); None when there are none."""
    by_hand: ReasonTotal | None = None
    """Part of the card payments: typed into a terminal that did not answer the till."""
    seller: str = ""
    wallet_rows: tuple[tuple[str, int, int], ...] = ()
    """(code, count, amount); empty where cagnottes are off: then their card is absent."""
    wallet_rounding_minor: int = 0
    """Of coins, on cagnottes that were paid out in cash."""

    @property
    def net_minor(self) -> int:
        """Turnover without tax: the sum of the rates."""
        return sum(rate.net_minor for rate in self.rates)

    @property
    def vat_minor(self) -> int:
        """Tax of all rates."""
        return sum(rate.vat_minor for rate in self.rates)

    @property
    def tender_count(self) -> int:
        """How many tenders were taken."""
        return sum(tender.count for tender in self.tenders)

    @property
    def basket_minor(self) -> int:
        """Turnover of a ticket on average, to the nearest minor unit; 0 without a ticket."""
        return (2 * self.turnover_minor + self.tickets) // (2 * self.tickets) if self.tickets else 0


class ClosingView(Piece):
    step: Literal["count", "check", "confirm"]
    session: int
    opened_at: str
    notes: tuple[CountRow, ...]
    coins: tuple[CountRow, ...]
    notes_minor: int
    coins_minor: int
    counted_minor: int
    leave_minor: int
    """À laisser pour demain; `safe_minor` is what goes to the safe."""
    safe_minor: int
    cash: CashBook
    difference_minor: int | None
    tenders: tuple[TenderTotal, ...]
    """Other than cash, of sales and cagnottes together: what the terminal's own total is compared with."""
    held_count: int = 0
    unsure: ReasonTotal | None = None
    """Card payments to compare with the terminal's own list; None when there are none."""
    by_hand: ReasonTotal | None = None
    """Part of the card payments: typed into a terminal that did not answer the till."""
    focus_minor: int = 0
    reasons: tuple[ReasonKey, ...] = ()
    """Reason chips of step 2, when the difference is above the tolerance."""
    reason: str = ""
    held: tuple[NoteCard, ...] = ()
    report: ReportView | None = None
    """The figures of the Z to come, in step 3."""
    waiting_receipts: int = 0


class TestedCode(Piece):
    """ "Tester un scan": what was read, and what the router makes of it."""

    text: str
    """As it was read; separators of GS1 fields are shown as ␝."""
    form: Literal["plain", "gtin", "in_store", "gs1", "link"]
    kind: Literal["article", "badge", "receipt", "customer", "unknown", "refused"]
    symbology: str = ""
    """AIM identifier without `]`; "" when the scanner does not send it."""
    symbology_name: str = ""
    """Such as "EAN-13, UPC"; "" when unknown."""
    fault: str = ""
    """Message id of why it is not sold, with its parameters."""
    params: dict[str, str | int] = {}
    rule: str = ""
    """Name of the in-store rule that won."""
    is_rule_unproved: bool = False
    """That rule is still to be compared with labels of the scale."""
    name: str = ""
    """Article, seller of a badge, or customer of a card."""
    quantity_milli: int = 0
    unit: Literal["piece", "kg"] = "piece"
    unit_price_minor: int | None = None
    amount_minor: int | None = None
    """What the line would cost."""
    shelf_minor: int | None = None
    """What the catalogue asks instead, when the label says something else."""
    batch: str = ""
    expires: str = ""
    elements: tuple[tuple[str, str], ...] = ()
    """GS1 fields: application identifier and value."""
    steps: tuple[tuple[str, str], ...] = ()
    """What was asked in order (`aim`, `badge`, `receipt`, `catalogue`, `form`, `rule`, `key`), and what was found."""


class Cue(Piece):
    """A sound to play once: a kiosk plays it when the serial is new."""

    serial: int
    sound: Sound


# --- Périphériques --------------------------------------------------------------------------------------------------


CardLevel = Literal["ok", "warn", "error", "off"]


class DeviceFact(Piece):
    """One line of a device's card; exactly one of its values is set, or `at` and `word`: when, and with what end."""

    label: str
    """Message id."""
    text: str = ""
    """As it is: a model, an address, a code."""
    word: str = ""
    """Message id of a word."""
    count: int | None = None
    at: str = ""
    """Local time, ISO 8601."""


class DeviceCard(Piece):
    """One role and how it is (screens.md 25)."""

    role: str
    device: DeviceWord
    level: CardLevel
    state: str
    """Message id of the word beside the light."""
    message: str = ""
    """Message id of what is wrong and what helps; "" while nothing is."""
    facts: tuple[DeviceFact, ...] = ()
    tests: tuple[str, ...] = ()
    """What can be asked of it now: names of `TestDevice.test`."""
    is_looked_at: bool = False
    """The light of this device was touched."""


class UnusedDevice(Piece):
    """Something plugged in that serves no role."""

    label: str
    identity: str


class DevicesView(Piece):
    cards: tuple[DeviceCard, ...]
    unused: tuple[UnusedDevice, ...] = ()
    setup_code: str = ""
    """« Scannez ce code » is going on: what its label says; "" when it is not."""
    setup_role: str = ""
    listening: int = 0
    """How many devices are listened to for it."""


# --- clients --------------------------------------------------------------------------------------------------------


class WalletMovement(Piece):
    at: str
    """Local time, ISO 8601."""
    kind: str
    """Message id below "screen.clients.movement": "purchase", "credit", "credit_cancelled", "refund", ..."""
    amount_minor: int
    """Signed."""
    balance_minor: int
    number: int = 0
    """Ticket or document named beside the kind; 0 for none."""
    where: str = ""
    """Till, or the mode that paid."""
    document: int = 0
    """Number of its receipt, which can be looked at; 0 where there is none of the wallet."""


class ClientSale(Piece):
    """One line of Historique."""

    at: str
    number: int
    document: str
    articles: int
    tenders: str
    total_minor: int


class ClientCard(Piece):
    """The customer on the screen (mock-up 13)."""

    id: str
    name: str
    """With the form of address: "Mme Anne Rochat"."""
    initials: str
    is_company: bool = False
    is_feminine: bool = False
    since: str = ""
    """ISO date of the day the customer was created."""
    phone: str = ""
    email: str = ""
    codes: tuple[str, ...] = ()
    group: str = ""
    group_bp: int = 0
    account: str = ""
    address: tuple[str, ...] = ()
    contact: str = ""
    business: str = ""
    vat: str = ""
    wallet_minor: int = 0
    kept_minor: int = 0
    """What is on the wallet while cagnottes are off: to be read, and refunded by right."""
    gifted_minor: int = 0
    """Part of the balance that was given and not paid."""
    is_blocked: bool = False
    blocked_for: str = ""
    """Why the wallet is blocked."""
    last_credit_minor: int = 0
    """0 for none, with its local time."""
    last_credit_at: str = ""
    movements: tuple[WalletMovement, ...] = ()
    sales: tuple[ClientSale, ...] | None = None
    """Historique; None while the movements are shown."""
    is_counter: bool = False
    """Client comptoir: nobody in particular, without a wallet."""


class ClientsView(Piece):
    """Tab Clients."""

    tabs: tuple[str, ...]
    rows: tuple[ClientRow, ...] = ()
    search: str = ""
    hits: int = 0
    has_more: bool = False
    total: int = 0
    client: ClientCard | None = None
    has_wallets: bool = False
    has_statement: bool = False
    """The movements can be printed ("Relevé")."""
    orders_waiting: int = 0


class FormLine(Piece):
    """A field of the form."""

    field: str
    text: str = ""
    edition: int = 0
    """Counts what the till itself has written there; a kiosk keeps its own letters while it stays the same."""
    error: str = ""
    """Message id of what is wrong, with its parameters."""
    params: dict[str, str | int] = {}


class FormNote(Piece):
    """What the form says at its foot, with one answer."""

    code: str
    params: dict[str, str | int] = {}
    level: Level = "info"
    action: Literal["", "open", "choose"] = ""
    customer: str = ""


class ClientFormView(Piece):
    """Nouveau client, Modifier (mock-up 11)."""

    serial: int
    """Of this opening of the form: another one begins with its first field."""
    kind: Literal["person", "company"]
    title: str
    """Form of address: "madam", "sir", ""."""
    lines: tuple[FormLine, ...]
    customer: str = ""
    """Id of who is changed; "" for a new one."""
    ticket: int = 0
    """Number of the ticket the client goes on; 0 from the tab."""
    group: str = ""
    group_bp: int = 0
    consents: int = 0
    """How many of the three the client has given."""
    note: FormNote | None = None


class ProductFormView(Piece):
    """Créer un article, with the code that nobody knew (choice of mock-up 34)."""

    serial: int
    """Of this opening of the form."""
    code: str
    lines: tuple[FormLine, ...]
    """`name` and `price`, as typed."""
    tax: str
    """Name of the groupe de TVA."""
    tax_bp: int
    category: str = ""
    """Name of the rubrique; "" without one."""
    unit: Literal["piece", "kg"] = "piece"
    ticket: int = 0
    """Number of the ticket that it goes on."""
    note: FormNote | None = None


# --- Mes Données ----------------------------------------------------------------------------------------------------


class TenderModeRow(Piece):
    """One means of payment, in its place."""

    id: str
    name: str
    icon: str
    kind: TenderKind
    does: str
    """Message id of what it does, with its parameters; or the merchant's own words."""
    params: dict[str, str | int] = {}
    is_on: bool = True
    opens_drawer: bool = False
    quick_key: bool = False
    needs_customer: bool = False


class GroupRow(Piece):
    """One group of customers."""

    id: str
    label: str
    customers: int
    rates: tuple[GroupRateRow, ...] = ()


class MastersView(Piece):
    """Tab Mes Données: its sections that work, and what the chosen one lists."""

    tabs: tuple[str, ...]
    sections: tuple[str, ...]
    section: Literal["modes", "groups"]
    modes: tuple[TenderModeRow, ...] = ()
    groups: tuple[GroupRow, ...] = ()
    orders_waiting: int = 0


SettingOrigin = Literal["default", "box", "chain", "establishment", "point_of_sale", "till", "local"]


class SettingRow(Piece):
    """One setting as it holds now."""

    key: str
    kind: Literal["switch", "choice", "mode", "amount", "rate", "number", "text", "amounts"]
    section: str
    value: str
    """As `ChangeSetting` takes it."""
    default: str
    """The same of the profile's default."""
    origin: SettingOrigin
    unit: Literal["", "s", "ms", "d"] = ""
    is_locked: bool = False
    """Head office decides; it is shown and cannot be changed here."""
    is_here: bool = False
    """Changed on this till: `ResetSetting` takes that back."""
    words: dict[str, str] = {}
    """The shop's own words for a value, where it has them (names of sale modes)."""


class SettingsView(Piece):
    """Paramètres."""

    sections: tuple[str, ...]
    section: str
    only: Literal["all", "here", "locked"] = "all"
    counts: tuple[int, int, int] = (0, 0, 0)
    """All, changed here, locked: of the section."""
    search: str = ""
    rows: tuple[SettingRow, ...] = ()
    hint: str = ""
    """A word to search for when nothing was found."""
    version: int = 0
    """Of head office's document that holds; 0 for none."""
    received_at: str = ""
    """Local time, ISO 8601."""
    next_at: str = ""
    """Local time of the next change to come; "" for none."""
    next_count: int = 0
    is_waiting: bool = False
    """A document has come and waits for its time or for the end of the ticket."""
    fault: str = ""
    """Message id of why the newest document was not taken."""


class RefusedRow(Piece):
    """An entry of the journal that head office took and could make no sense of."""

    entry: int
    kind: str
    number: int = 0
    """Of the ticket, or of the document; 0 for an entry that has none."""
    at: str = ""
    """Local time, ISO 8601."""
    amount_minor: int | None = None
    reason: str = ""
    """Message id."""


class LinkSpan(Piece):
    """A part of the day with, or without, head office."""

    begins: str
    """Local time, ISO 8601."""
    is_online: bool


class NumbersRow(Piece):
    """How far one thing is, here and at head office."""

    name: Literal["sales", "wallets", "customers", "catalogue", "settings"]
    here: int
    there: int | None = None
    """None: head office has not said."""


class SyncView(Piece):
    """Synchronisation."""

    is_member: bool = False
    """This till belongs to a head office."""
    is_online: bool = False
    since: str = ""
    """Local time, ISO 8601, of the newest change."""
    hours_away: int = 0
    round_trip_ms: int = 0
    clock_off_minutes: int = 0
    waiting: int = 0
    first: int = 0
    """Numbers of the documents that wait, the first and the last one."""
    last: int = 0
    refused: tuple[RefusedRow, ...] = ()
    stopped: str = ""
    """Message id of why head office takes nothing more from this till; "" while it does."""
    spans: tuple[LinkSpan, ...] = ()
    heard_at: str = ""
    """Local time, ISO 8601; "" when head office was not heard since the start."""
    numbers: tuple[NumbersRow, ...] = ()


class TillView(Piece):
    rev: int
    at: str
    """Local wall clock, ISO 8601 to the second."""
    shop: Shop
    screen: Screen
    status: tuple[DeviceLight, ...] = ()
    seller: SellerChip | None = None
    session: SessionCard | None = None
    message: Message | None = None
    undo: UndoOffer | None = None
    sheet: Sheet | None = None
    ticket: TicketView | None = None
    result: ResultView | None = None
    grid: GridView | None = None
    lock: LockView | None = None
    opening: OpeningView | None = None
    home: HomeView | None = None
    payment: PaymentView | None = None
    card: CardView | None = None
    split: SplitView | None = None
    report: ReportView | None = None
    closing: ClosingView | None = None
    devices: DevicesView | None = None
    clients: ClientsView | None = None
    client_form: ClientFormView | None = None
    product_form: ProductFormView | None = None
    masters: MastersView | None = None
    settings: SettingsView | None = None
    sync: SyncView | None = None
    allowed: tuple[str, ...] = ()
    """Names of the commands the daemon would take now; others are drawn disabled."""
    tested: TestedCode | None = None
    """The newest code of "Tester un scan"; None when nothing was tested on this screen."""
    is_testing: bool = False
    """Scans are shown in `tested` and do nothing else."""
    cue: Cue | None = None
    theme: Literal["light", "dark"] = "light"
    profile: Literal["auto", "compact", "base", "large"] = "auto"
    tile_columns: int = 0
    tile_rows: int = 0
    """Of the grid of articles; 0 as the profile has them."""
    left_handed: bool = False
    language: str = "fr"
