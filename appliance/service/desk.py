"""What is on the cashier's screen and not in the books: which screen, which page, what is armed or asked.

Everything here may be lost with the process; the tickets may not, and are the ledger's. A restart comes back on the
ticket in hand, on the sale screen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from appliance.domain.catalog import FAVOURITES
from appliance.domain.intent import Intent
from appliance.domain.journal import SessionClosed, TicketClosed, XRead
from appliance.domain.meaning import Meaning
from appliance.domain.wallet import Holding
from appliance.protocol import view as v
from appliance.protocol.command import AnyCommand, SettingsSection

if TYPE_CHECKING:
    from appliance.service.client_form import Form
    from appliance.service.directory import Looked
    from appliance.service.masters_draft import GroupDraft, ModeDraft
    from appliance.service.past_sale import PastSale
    from appliance.service.wallet_draft import CreditDraft, Deed, HandOut
    from appliance.store.credit_parts import Parts
    from appliance.store.movements import WalletEntry

UNDO_S: Final = 6.0
"""So long "Annuler" is offered."""
ARMED_S: Final = 10.0
"""So long the next article counts as often as was armed."""

Field = Literal["quantity", "price", "discount_rate", "discount_amount"]


class Undoable(msgspec.Struct):
    """What "Annuler" does while it is offered."""

    id: int
    code: str
    params: dict[str, str | int]
    intent: Intent | AnyCommand
    ghost_index: int = -1
    ghost_name: str = ""
    ghost_milli: int = 0


class Notice(msgspec.Struct):
    """A message of the top bar, and the command its buttons stand for."""

    code: str
    params: dict[str, str | int]
    level: v.Level
    actions: tuple[str, ...] = ()
    retry: AnyCommand | None = None
    """What "Vendre quand même" and the like do."""
    source: str = ""
    """Device or subject it speaks of: a newer one of the same source replaces it."""
    sticky: bool = False
    """Stays until solved or closed; others fold away after ten seconds."""
    on_close: Callable[[Any], None] | None = None
    """What is written once somebody has read and closed it, given the connection."""


class FailedCard(msgspec.Struct):
    """A card payment or refund as it was asked for, and why it came to nothing."""

    phase: Literal["refused", "away"]
    purpose: Literal["debit", "refund"]
    number: int
    amount_minor: int
    mode: str
    in_hand: int
    """Number of the ticket in hand when it was asked for, 0 for none: with another one in hand it is over."""
    typed_minor: int | None = None
    """None: all that remained."""
    tender: int = 0
    document: int = 0
    doubt: str = ""
    reason: str = ""
    steps: dict[Any, str] = {}
    is_by_hand: bool = False
    """The amount is being typed into the terminal by hand."""
    credit: CreditDraft | None = None
    """The wallet's credit, or its cancellation, that it was asked for; None for a sale."""


class Drawer(msgspec.Struct):
    """Coins and notes being counted, at the opening or the closing."""

    counts: dict[int, int] = {}
    focus_minor: int = 0


class Desk(msgspec.Struct):
    screen: v.Screen = "lock"
    sheet: str = ""
    """Tag of the sheet that is open; "" for none."""
    # selling
    category: int = FAVOURITES
    page: int = 1
    armed: int = 1
    search: str | None = None
    selected: int = 0
    """Line id; 0 selects the last one."""
    columns: int = 4
    rows: int = 6
    opens_on: str = ""
    """Business date that a manager chose for the session to be opened; "" for the one that follows."""
    shows_result: bool = False
    past: PastSale | None = None
    """The result on the screen is this sale of the past, opened by its receipt; None for the last one."""
    discount_approved: dict[int, int] = {}
    """Share of discounts that was allowed, in basis points, by ticket or divided note."""
    last_group: str = ""
    """VAT group of the free-price pad used last."""
    free_product: int | None = None
    typed_code: str = ""
    scanned: str = ""
    """The article's code that was read last, as it is read again; "" when it was typed."""
    editor_line: int = 0
    editor_field: Field = "quantity"
    editor_scope: Literal["line", "ticket"] = "line"
    age: AnyCommand | None = None
    """The command that waits for "Âge vérifié ?", with its article's name and limit."""
    age_name: str = ""
    age_years: int = 0
    weighing: Any = None
    """The article that waits for its weight (`weighing.Weighing`), while the sheet "Peser" is open."""
    looked_at: str = ""
    """Device whose light was touched on the way to Périphériques."""
    test_on: str = ""
    """Screen on which scans are tested and not carried out; "" for none."""
    tested: Meaning | None = None
    # clients
    client: str = ""
    """Whose card is shown in the tab Clients; "" for nobody's."""
    client_kind: Literal["person", "company"] = "person"
    """What the picker lists."""
    client_purpose: Literal["", "wallet", "link"] = ""
    wallet_wanted_minor: int | None = None
    """What the wallet was to pay when the picker asked for its client; None for all that remains."""
    client_looked: Looked | None = None
    """Newest answer of the database, and the one that is shown."""
    client_found: Looked | None = None
    client_sales: tuple[tuple[str, TicketClosed], ...] | None = None
    """Historique: (UTC time, sale), newest first; None while movements are shown."""
    client_moves: tuple[WalletEntry, ...] = ()
    """Movements of that wallet, newest first, as they were read last."""
    client_moves_of: tuple[str, Holding] = ("", Holding())
    """Whose they are, and what it held when they were read."""
    client_form: Form | None = None
    next_form: int = 1
    client_doomed: str = ""
    """Whose deletion is asked about."""
    client_leaving: str = ""
    """Who is being deleted and can still be taken back."""
    # wallets
    credit: CreditDraft | None = None
    """What is typed on the sheet "wallet_credit"; kept while a manager or a card terminal is asked."""
    movement: int = 0
    """Document of the movement on the sheet "wallet_movement"."""
    deed: Deed | None = None
    """The same of the sheet "wallet_action"."""
    given: HandOut | None = None
    """What the sheet "wallet_given", or the panel after a sale, says is to be handed out."""
    # Mes Données
    masters_section: Literal["modes", "groups"] = "modes"
    masters_seller: str = ""
    """Who is on this visit of Mes Données."""
    masters_by: str = ""
    """Who allowed it."""
    mode_draft: ModeDraft | None = None
    mode_off: str = ""
    """Means of payment that is about to be switched off with balances."""
    group_draft: GroupDraft | None = None
    group_leaving: str = ""
    """Group that is about to be deleted."""
    group_members: dict[str, int] = {}
    """Customers by group, while its section is shown."""
    # Paramètres
    settings_section: SettingsSection = "notes"
    settings_only: Literal["all", "here", "locked"] = "all"
    settings_search: str = ""
    settings_seller: str = ""
    """Who is on this visit; "-" for nobody in particular, "" when there is none."""
    settings_by: str = ""
    """Who allowed changes; "" while nobody did."""
    devices_back: Literal["", "settings"] = ""
    """Périphériques was opened from there, and ← leads there again."""
    setting: str = ""
    """Whose choices are shown on the sheet "setting"."""
    # the code that nobody knows
    unknown: Any = None
    """The newest one (`unknown_code.Unknown`), until somebody has said what it is."""
    product_form: Any = None
    """The article that is being made of it (`unknown_code.ProductForm`)."""
    product_choice: Literal["tax", "category"] = "tax"
    goods_search: str = ""
    goods_by: str = ""
    """Id of the manager under whose right the catalogue is being changed."""
    # notes
    notes_order: Literal["time", "table", "amount"] = "time"
    notes_search: str = ""
    notes_page: int = 1
    home_page: int = 1
    # people
    picked_seller: str = ""
    wrong_pin: bool = False
    sellers_page: int = 1
    approval_right: str = ""
    approval_command: AnyCommand | None = None
    approver: str = ""
    """Manager who allowed something last."""
    reason_purpose: Literal["void", "void_held", "open_drawer", "float_difference", "closing_difference"] = "void"
    reason_note: int = 0
    """The held note that is being cancelled."""
    # card
    card: FailedCard | None = None
    """What the terminal did not do; shown until it is tried again or left."""
    asked: FailedCard | None = None
    """How the open request was asked for, so that it can be repeated."""
    code_note: str = ""
    """What the terminal has to say about reading a code."""
    parts: Parts | None = None
    """In hand for a credit, and in no book yet; as the disk has it."""
    # split
    split_note: int = 0
    persons: int = 2
    # the day
    drawer: Drawer = msgspec.field(default_factory=Drawer)
    closing_step: Literal["count", "check", "confirm"] = "count"
    closing_reason: str = ""
    closing_approver: str = ""
    """Manager who allowed this closing; "" where the seller has the right."""
    leave_minor: int | None = None
    report: XRead | SessionClosed | None = None
    report_at: str = ""
    # messages
    notices: list[Notice] = []
    undo: Undoable | None = None
    next_undo: int = 1
    cue: v.Cue | None = None

    @property
    def is_testing(self) -> bool:
        """Scans are shown and not carried out: as long as the screen stays on which that was asked for."""
        return bool(self.test_on) and self.test_on == self.screen and self.sheet != "approval"

    def copy(self) -> Desk:
        """As it is now, for an order that may not reach the disk."""
        drawer = Drawer(dict(self.drawer.counts), self.drawer.focus_minor)
        return msgspec.structs.replace(self, notices=list(self.notices), drawer=drawer)

    def close_sheet(self) -> None:
        self.sheet = ""
        self.free_product = None
        self.weighing = None
        self.typed_code = ""
        self.code_note = ""
        self.age = None
        self.approval_command = None

    def sound(self, sound: v.Sound) -> None:
        serial = 1 if self.cue is None else self.cue.serial + 1
        self.cue = v.Cue(serial, sound)

    def say(
        self, code: str, level: v.Level = "info", /, *, actions: tuple[str, ...] = (), source: str = "", **params: Any
    ) -> None:
        """Put a message on the top bar; the newest of a source replaces the older one."""
        self.notices = [notice for notice in self.notices if not source or notice.source != source]
        self.notices.insert(0, Notice(code, params, level, actions, None, source, sticky=level == "error"))
        del self.notices[8:]

    def hush(self, source: str) -> None:
        """What this source had to say is over."""
        if self.notices:
            self.notices = [notice for notice in self.notices if notice.source != source]

    def drop_stale(self, said: list[Notice], *, moved: bool) -> None:
        """Something else was done since: refusals are over, and so is what spoke of another screen."""
        old = {id(notice) for notice in said}
        self.notices = [
            notice
            for notice in self.notices
            if notice.sticky or id(notice) not in old or not (moved or notice.source == "refusal")
        ]

    def offer_undo(self, code: str, intent: Intent | AnyCommand, /, **params: str | int) -> Undoable:
        self.undo = Undoable(self.next_undo, code, params, intent)
        self.next_undo += 1
        return self.undo
