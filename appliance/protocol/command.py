"""What the kiosk asks of the daemon: one tagged struct per verb.

A command says what the person meant (`AddProduct`, `TakeCash`), never where the finger was. Amounts are minor units,
quantities thousandths, rates basis points. Text is bounded here and cleaned again where it is used.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Amount = Annotated[int, Meta(ge=0, le=99_999_999)]
Total = Annotated[int, Meta(ge=-99_999_999, le=99_999_999)]
Quantity = Annotated[int, Meta(ge=0, le=999_000)]
Rate = Annotated[int, Meta(ge=0, le=10_000)]
Id = Annotated[int, Meta(ge=0, le=2**53)]
Name = Annotated[str, Meta(max_length=40)]
Comment = Annotated[str, Meta(max_length=80)]
Code = Annotated[str, Meta(max_length=512)]
Word = Annotated[str, Meta(max_length=32)]
Pin = Annotated[str, Meta(max_length=8, pattern=r"^[0-9]*$")]
Count = Annotated[int, Meta(ge=0, le=99_999)]
CustomerId = Annotated[str, Meta(max_length=40)]
Entry = Annotated[str, Meta(max_length=120)]


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="do", gc=False):
    """Base of every command."""


# people and session
class SelectSeller(Command, tag="SelectSeller"):
    seller: Word


class SignIn(Command, tag="SignIn"):
    seller: Word
    pin: Pin


class Lock(Command, tag="Lock"):
    pass


class SetCount(Command, tag="SetCount"):
    """Opening or closing: how many of one note or coin lie in the drawer; also moves the focus there."""

    value_minor: Amount
    count: Count


class FocusCount(Command, tag="FocusCount"):
    value_minor: Amount


class KeepFloat(Command, tag="KeepFloat"):
    """ "Reprendre 200.00 sans compter"."""


class OpenSession(Command, tag="OpenSession"):
    reason: Word = ""


# moving about
class GoHome(Command, tag="GoHome"):
    pass


class GoBack(Command, tag="GoBack"):
    pass


class ShowCategory(Command, tag="ShowCategory"):
    category: Id


class ShowPage(Command, tag="ShowPage"):
    """Next page of tiles, notes, sellers or home cards, whichever is on the screen."""

    page: Id


class Arm(Command, tag="Arm"):
    """× n for the next tile or scan; the same n again disarms."""

    count: Annotated[int, Meta(ge=1, le=99)]


class Search(Command, tag="Search"):
    """Search as typed; None leaves the search."""

    text: Annotated[str, Meta(max_length=64)] | None


class OpenSheet(Command, tag="OpenSheet"):
    sheet: Literal[
        "menu", "code_entry", "free_price", "notes", "modes", "print_help", "void", "open_drawer", "client_picker",
        "client_menu", "client_groups", "client_consents", "product_tax", "product_category", "unknown_code",
    ]  # fmt: skip


class EditLine(Command, tag="EditLine"):
    """Opens the line editor on a field."""

    line: Id
    field: Literal["quantity", "price", "discount_rate", "discount_amount"] = "quantity"


class SetScope(Command, tag="SetScope"):
    scope: Literal["line", "ticket"]


class CloseSheet(Command, tag="CloseSheet"):
    pass


class DismissMessage(Command, tag="DismissMessage"):
    pass


class NextMessage(Command, tag="NextMessage"):
    """Where several stand behind each other: the next one; the one that was shown goes to the end."""


class ActOnMessage(Command, tag="ActOnMessage"):
    """One of the message's own buttons."""

    action: Word


class Undo(Command, tag="Undo"):
    undo: Id


class SetProfile(Command, tag="SetProfile"):
    """The kiosk says how many tile slots its window has, so that pages are cut right."""

    columns: Annotated[int, Meta(ge=2, le=8)]
    rows: Annotated[int, Meta(ge=2, le=10)]


# the ticket
class NewTicket(Command, tag="NewTicket"):
    mode: Word = ""
    """"" is the default mode."""


class AddProduct(Command, tag="AddProduct"):
    product: Id
    despite: Literal["", "sold_out", "age"] = ""
    code: Code = ""
    """The code that was scanned when a scan led to the question: a pack stays a pack."""


class EnterCode(Command, tag="EnterCode"):
    """A code typed by hand; it takes the road of a scan."""

    code: Code


class TestScan(Command, tag="TestScan"):
    """ "Tester un scan": while `on`, and as long as this screen stays, scans say what they are and do nothing.

    The view answers in `tested`.
    """

    on: bool = True
    code: Code = ""
    """A code to explain at once, without a scanner."""
    symbology: Word = ""
    """AIM identifier of that code without `]`; "" when unknown."""


class TypeCode(Command, tag="TypeCode"):
    """The digits in the Code Barre sheet so far: the view answers with the check digit's verdict (feature S-06)."""

    text: Code


class AddFreePrice(Command, tag="AddFreePrice"):
    amount_minor: Amount
    group: Word
    name: Name = ""
    product: Id | None = None
    age_checked: bool = False


class Weigh(Command, tag="Weigh"):
    """Sell the article of the open sheet by what the scale says; the net weight is the one that was shown."""

    quantity_milli: Quantity


class TypeWeight(Command, tag="TypeWeight"):
    """The same by hand, net, where no scale works."""

    quantity_milli: Quantity


class Tare(Command, tag="Tare"):
    """Take off the container that lies on the scale; touched again, put it back."""


class SelectLine(Command, tag="SelectLine"):
    line: Id


class ChangeQuantity(Command, tag="ChangeQuantity"):
    """One more or one less of a line."""

    line: Id
    by: Literal[-1, 1]


class SetQuantity(Command, tag="SetQuantity"):
    line: Id
    quantity_milli: Quantity


class SetPrice(Command, tag="SetPrice"):
    line: Id
    price_minor: Amount


class DiscountLine(Command, tag="DiscountLine"):
    """A rate or an amount; both 0 takes the discount away."""

    line: Id
    rate_bp: Rate = 0
    amount_minor: Amount = 0


class DiscountTicket(Command, tag="DiscountTicket"):
    rate_bp: Rate = 0
    amount_minor: Amount = 0


class OfferLine(Command, tag="OfferLine"):
    """`reason` "" takes the offer back."""

    line: Id
    reason: Word


class CommentLine(Command, tag="CommentLine"):
    line: Id
    comment: Comment


class RemoveLine(Command, tag="RemoveLine"):
    line: Id


class NameTicket(Command, tag="NameTicket"):
    number: Id
    name: Name


class ChangeMode(Command, tag="ChangeMode"):
    mode: Word


class HoldTicket(Command, tag="HoldTicket"):
    pass


class RecallTicket(Command, tag="RecallTicket"):
    number: Id


class OrderNotes(Command, tag="OrderNotes"):
    order: Literal["time", "table", "amount"]
    search: Annotated[str, Meta(max_length=64)] = ""


class VoidTicket(Command, tag="VoidTicket"):
    reason: Word


# customers
class ShowTab(Command, tag="ShowTab"):
    """A tab of Accueil."""

    tab: Literal["sale", "orders", "clients", "masters"]
    section: Literal["", "modes", "groups"] = ""
    """Of Mes Données; "" is the first."""


# settings
SettingsSection = Literal["general", "notes", "payment", "wallet", "printing", "devices", "screen", "users"]
SettingKey = Annotated[str, Meta(max_length=60)]


class ShowSync(Command, tag="ShowSync"):
    """Synchronisation."""


class SyncNow(Command, tag="SyncNow"):
    """Synchroniser maintenant, and Tester la liaison: no waiting for the next try, and a question to head office."""


class ResendRefused(Command, tag="ResendRefused"):
    """Renvoyer: an entry that head office could make no sense of goes again."""

    entry: Annotated[int, Meta(ge=1)]


class ExportRefused(Command, tag="ExportRefused"):
    """Exporter: entries of the journal as a file, for who looks into it; 0 is all that head office does not have."""

    entry: Annotated[int, Meta(ge=0)] = 0


class AskWalletAgain(Command, tag="AskWalletAgain"):
    """Redemander: is the rest of this wallet back?"""


class ShowSettings(Command, tag="ShowSettings"):
    """Paramètres, or another part of it."""

    section: SettingsSection | Literal[""] = ""
    """"" is the one shown last."""
    only: Literal["", "all", "here", "locked"] = ""
    """All settings, those changed on this till, those that head office locked; "" as it is."""
    search: Annotated[str, Meta(max_length=64)] = ""
    """Over all sections."""


class OpenSetting(Command, tag="OpenSetting"):
    """The choices of a setting."""

    key: SettingKey


class ChangeSetting(Command, tag="ChangeSetting"):
    """This till's own value, as typed: "1" and "0" of a switch, the word of a choice, an amount as written."""

    key: SettingKey
    value: Entry


class ResetSetting(Command, tag="ResetSetting"):
    """Back to what the setting inherits."""

    key: SettingKey


CustomerKind = Literal["person", "company"]


class SearchCustomers(Command, tag="SearchCustomers"):
    """Search as typed, in the picker or in the tab Clients; answered once the rows are there."""

    text: Annotated[str, Meta(max_length=64)] = ""
    kind: Literal["", "person", "company"] = ""
    """Personnes physiques or morales; "" both."""


class ShowCustomer(Command, tag="ShowCustomer"):
    """The customer's card in the tab Clients."""

    customer: CustomerId


class ShowHistory(Command, tag="ShowHistory"):
    """ "Historique": the sales of the customer on the screen in place of the movements of the wallet, and back."""

    on: bool = True


class AttachCustomer(Command, tag="AttachCustomer"):
    """On the ticket in hand; `is_new_sale`: on a new ticket ("Nouvelle vente")."""

    customer: CustomerId
    is_new_sale: bool = False


class DetachCustomer(Command, tag="DetachCustomer"):
    """ "Retirer du ticket"; the group's discount goes too."""


class NewCustomer(Command, tag="NewCustomer"):
    """Opens the form, with what is known already."""

    name: Entry = ""
    code: Code = ""


class EditCustomer(Command, tag="EditCustomer"):
    """ "Modifier": the form of a customer."""

    customer: CustomerId


CustomerField = Literal[
    "kind", "title", "group", "name", "first_name", "phone", "code", "email", "street", "place", "account", "company",
    "contact", "business", "vat", "receipt_mail", "marketing", "wallet_notices",
]  # fmt: skip
"""`name` of a person; `company` and `contact` of a company, with `business` (IDE, SIREN) and `vat` (TVA n°). The last
three are consents: "yes" or ""."""


class FillCustomer(Command, tag="FillCustomer"):
    """What stands in one field of the form now, as typed."""

    field: CustomerField
    text: Entry


class SaveCustomer(Command, tag="SaveCustomer"):
    """ "Créer et ajouter au ticket", "Créer le client", "Enregistrer"."""

    is_another: bool = False
    """The duplicate that was proposed is somebody else."""


class DeleteCustomer(Command, tag="DeleteCustomer"):
    """ "Supprimer": asks first. `confirmed`: gone from every list at once, and from the database when it can no longer
    be taken back."""

    customer: CustomerId
    confirmed: bool = False


class RestoreCustomer(Command, tag="RestoreCustomer"):
    """Takes a deletion back while that is offered."""

    customer: CustomerId


class OpenCredit(Command, tag="OpenCredit"):
    """ "Créditer cagnotte" of a customer; the ticket in hand is left as it is. `document`: that credit is to be given
    back."""

    customer: CustomerId
    document: Annotated[int, Meta(ge=0)] = 0


class PrintStatement(Command, tag="PrintStatement"):
    """ "Relevé": the movements of the customer's wallet, on paper."""

    customer: CustomerId


# wallets
class SetCreditQuantity(Command, tag="SetCreditQuantity"):
    """Of the open sheet: 1 credits, -1 gives a credit back ("Annuler un crédit")."""

    quantity: Literal[1, -1]


class FocusCredit(Command, tag="FocusCredit"):
    """What digits and presets go to: the amount, or what was received by the chosen means."""

    field: Literal["amount", "received"]


class TypeCredit(Command, tag="TypeCredit"):
    """The figure of the field in focus now."""

    amount_minor: Amount


class ChooseCreditMode(Command, tag="ChooseCreditMode"):
    mode: Word


class ChooseCredit(Command, tag="ChooseCredit"):
    """Which credit is given back."""

    document: Id


class RemoveCreditPayment(Command, tag="RemoveCreditPayment"):
    payment: Id


class CollectCredit(Command, tag="CollectCredit"):
    """ "Encaisser" or "Rembourser": what was received pays all that remains, or a part of it."""


class UseWallet(Command, tag="UseWallet"):
    """ "Utiliser 15.40 de la cagnotte": the rest is paid otherwise."""


class RechargeWallet(Command, tag="RechargeWallet"):
    """ "Recharger la cagnotte maintenant"; 0 asks for another amount. Paid, the whole ticket is taken on the wallet."""

    amount_minor: Amount = 0


class ShowMovement(Command, tag="ShowMovement"):
    """A movement on the client's card was touched."""

    document: Id


class PrintMovement(Command, tag="PrintMovement"):
    """ "Imprimer", "Duplicata" of a wallet's document: its original where none was printed, else DUPLICATA n."""

    document: Id


class PutChangeOnWallet(Command, tag="PutChangeOnWallet"):
    """ "Mettre le reste sur la cagnotte"."""


WalletAction = Literal["block", "unblock", "replace_card", "transfer", "refund", "adjust"]


class OpenWalletAction(Command, tag="OpenWalletAction"):
    """One of the rarer deeds on the customer's card; without an action, the list of them."""

    customer: CustomerId
    action: WalletAction | None = None


class DoWalletAction(Command, tag="DoWalletAction"):
    """Carries out the open one. Only the fields of that action count."""

    reason: Word = ""
    amount_minor: Annotated[int, Meta(ge=-99_999_999, le=99_999_999)] = 0
    mode: Word = ""
    customer: CustomerId = ""
    """Whom the balance goes to."""
    code: Code = ""
    """The new card."""


# the code that nobody knows
class AssignCode(Command, tag="AssignCode"):
    """One of the four choices for the code that was read and is unknown: its form or its list opens, with the code."""

    code: Code
    """As the sheet shows it: another one that was read since is not meant."""
    to: Literal["new_product", "product", "new_customer", "customer"]


class FillProduct(Command, tag="FillProduct"):
    """What stands in one field of the form of an article now; `tax` and `category` by id."""

    field: Literal["name", "price", "tax", "category"]
    text: Entry


class SaveProduct(Command, tag="SaveProduct"):
    """ "Créer et ajouter au ticket"."""


class SearchProducts(Command, tag="SearchProducts"):
    """Search as typed, among the articles that the code could be linked to."""

    text: Annotated[str, Meta(max_length=64)] = ""


class LinkCode(Command, tag="LinkCode"):
    """The article that was chosen gets the code, and goes on the ticket."""

    product: Id


# payment
class StartPayment(Command, tag="StartPayment"):
    """ "Facturer"."""


class TakeCash(Command, tag="TakeCash"):
    """A one-touch cash key: closes the sale at once with this amount received."""

    amount_minor: Amount
    total_minor: Total | None = None
    """The total that stood there when the key was touched: with another one nothing is taken."""


class TakeCard(Command, tag="TakeCard"):
    """ "Carte" on the sale screen: the whole amount by card."""

    total_minor: Total | None = None
    """As for cash."""


class AddTender(Command, tag="AddTender"):
    """`amount_minor` None takes all that remains."""

    mode: Word
    amount_minor: Amount | None = None


class RemoveTender(Command, tag="RemoveTender"):
    tender: Id


class CloseTicket(Command, tag="CloseTicket"):
    """ "Encaisser": nothing remains to pay."""


class CorrectPayment(Command, tag="CorrectPayment"):
    """Reverses the last settlement by a counter-entry and reopens the same basket for payment."""


# Mes Données
class ShowSection(Command, tag="ShowSection"):
    """A section of Mes Données."""

    section: Literal["modes", "groups"]


class SwitchTenderMode(Command, tag="SwitchTenderMode"):
    """The switch of a means of payment. `confirmed` answers what is asked where wallets have balances."""

    mode: Word
    on: bool
    confirmed: bool = False


class MoveTenderMode(Command, tag="MoveTenderMode"):
    """To another place of the list, 0 being the first: the order at Encaissement."""

    mode: Word
    place: Count


class EditTenderMode(Command, tag="EditTenderMode"):
    """Opens the editor of a means of payment; "" is « Ajouter »."""

    mode: Word = ""


ModeField = Literal[
    "name", "kind", "place", "opens_drawer", "quick_key", "overpayment", "rounding_minor", "needs_customer",
    "funds_wallet", "account",
]  # fmt: skip


class FillTenderMode(Command, tag="FillTenderMode"):
    """One field of the editor: a text, a number written out, or "1" and "" for yes and no."""

    field: ModeField
    value: Entry = ""


class SaveTenderMode(Command, tag="SaveTenderMode"):
    """Enregistrer in the editor of a means of payment."""


class EditGroup(Command, tag="EditGroup"):
    """Opens the editor of a group of customers; "" is a new one."""

    group: CustomerId = ""


GroupField = Literal["label", "rate", "category", "from", "to", "add", "remove", "pick"]


class FillGroup(Command, tag="FillGroup"):
    """One field of the editor; `row` is the discount it belongs to. "add" and "remove" are about that row itself,
    "pick" opens its list of categories."""

    field: GroupField
    value: Entry = ""
    row: Count = 0


class SaveGroup(Command, tag="SaveGroup"):
    """Enregistrer in the editor of a group."""


class DeleteGroup(Command, tag="DeleteGroup"):
    """Deletes a group and moves its customers in one step; `move_to` None asks first, "" is no group."""

    group: CustomerId
    move_to: CustomerId | None = None


# card terminal
class AbortCard(Command, tag="AbortCard"):
    """ "Annuler sur le terminal": a wish; the outcome comes from the terminal all the same."""


class AskCard(Command, tag="AskCard"):
    """ "Redemander au terminal": what became of the payment; never debits."""


class ConfirmCard(Command, tag="ConfirmCard"):
    """ "Oui, accepté" or "Non": a person has read the terminal whose answer is lost."""

    is_accepted: bool


class RetryCard(Command, tag="RetryCard"):
    """ "Réessayer par carte", after a refusal or with a terminal that is back."""


class CardByHand(Command, tag="CardByHand"):
    """ "Encaisser à la main", on a terminal that does not answer the till: first the till says what to do there."""

    confirmed: bool = False
    """The amount was taken on the terminal."""


class ReopenCard(Command, tag="ReopenCard"):
    """ "Rouvrir": the terminal says the contrary of what a person had said; the books follow, or money goes back."""

    request: Word


class StartScan(Command, tag="StartScan"):
    """SCAN in the Code Barre sheet: the payment terminal reads one code."""


class StopScan(Command, tag="StopScan"):
    pass


# split
class StartSplit(Command, tag="StartSplit"):
    pass


class MoveToPart(Command, tag="MoveToPart"):
    line: Id
    quantity_milli: Quantity


class MoveBack(Command, tag="MoveBack"):
    """One unit of a line of the open part goes back to the note."""

    line: Id


class ShowPart(Command, tag="ShowPart"):
    """Opens a part; the number after the last one adds a part, 0 is the next part that is not paid."""

    part: Id


class SetPersons(Command, tag="SetPersons"):
    persons: Annotated[int, Meta(ge=2, le=20)]


class SplitEqually(Command, tag="SplitEqually"):
    pass


# paper, drawer, day
class PrintReceipt(Command, tag="PrintReceipt"):
    """The last ticket's receipt: the original if none was printed, else DUPLICATA n."""


class CancelReceipt(Command, tag="CancelReceipt"):
    """ "Sans reçu": takes a receipt that still waits out of the queue."""


class RetryPrinting(Command, tag="RetryPrinting"):
    pass


class OpenDrawer(Command, tag="OpenDrawer"):
    reason: Word


CalibrationStep = Literal["start", "open", "shut"]


class ShowDevices(Command, tag="ShowDevices"):
    """Périphériques, by the gear or by a touch on the status strip."""

    device: Literal["", "scanner", "printer", "drawer", "terminal", "network", "sync", "display", "scale"] = ""
    """Whose light was touched."""


class TestDevice(Command, tag="TestDevice"):
    """A test or a help of a device's card. "check" is the test of what neither prints nor opens: terminal, scale,
    customer display. "all" prints and looks for everything again, and asks for no role."""

    test: Literal["print", "open", "check", "retry", "calibrate", "learn", "stop_learning", "print_setup", "all"]
    role: Name = ""


class CalibrateDrawer(Command, tag="CalibrateDrawer"):
    """Which level of the drawer's sensor means open: `start` asks to open it, `open` says that it is open and asks to
    shut it, `shut` says that it is shut."""

    step: CalibrationStep = "start"


class ReadX(Command, tag="ReadX"):
    pass


class PrintReport(Command, tag="PrintReport"):
    pass


class StartClosing(Command, tag="StartClosing"):
    pass


class SetLeave(Command, tag="SetLeave"):
    """À laisser pour demain."""

    amount_minor: Amount


class SetStep(Command, tag="SetStep"):
    step: Literal["count", "check", "confirm"]
    reason: Word = ""


class VoidHeld(Command, tag="VoidHeld"):
    """Step 2 of the closing: cancel one held note; without a reason the till asks for one."""

    number: Id
    reason: Word = ""


class CloseDay(Command, tag="CloseDay"):
    """`confirmed` answers the one question."""

    confirmed: bool = False


class Approve(Command, tag="Approve"):
    """A manager's code for the command that waits."""

    pin: Pin


class ConfirmAge(Command, tag="ConfirmAge"):
    is_adult: bool


AnyCommand = (
    SelectSeller | SignIn | Lock | SetCount | FocusCount | KeepFloat | OpenSession
    | GoHome | GoBack | ShowCategory | ShowPage | Arm | Search | OpenSheet | EditLine | SetScope | CloseSheet
    | DismissMessage | NextMessage | ActOnMessage | Undo | SetProfile
    | NewTicket | AddProduct | EnterCode | TypeCode | TestScan | AddFreePrice | SelectLine | ChangeQuantity
    | SetQuantity | SetPrice
    | DiscountLine | DiscountTicket | OfferLine | CommentLine | RemoveLine | NameTicket | ChangeMode | HoldTicket
    | Weigh | TypeWeight | Tare | CalibrateDrawer | ShowDevices | TestDevice
    | RecallTicket | OrderNotes | VoidTicket
    | ShowTab | SearchCustomers | ShowCustomer | ShowHistory | AttachCustomer | DetachCustomer | NewCustomer
    | EditCustomer | FillCustomer | SaveCustomer | DeleteCustomer | RestoreCustomer | OpenCredit | ShowMovement
    | PrintStatement | SetCreditQuantity | FocusCredit | TypeCredit | ChooseCreditMode | ChooseCredit
    | RemoveCreditPayment | CollectCredit | UseWallet | RechargeWallet | PutChangeOnWallet | PrintMovement
    | OpenWalletAction | DoWalletAction
    | ShowSync | SyncNow | ResendRefused | ExportRefused | AskWalletAgain
    | ShowSettings | OpenSetting | ChangeSetting | ResetSetting
    | ShowSection | SwitchTenderMode | MoveTenderMode | EditTenderMode | FillTenderMode | SaveTenderMode
    | EditGroup | FillGroup | SaveGroup | DeleteGroup
    | AssignCode | FillProduct | SaveProduct | SearchProducts | LinkCode
    | StartPayment | TakeCash | TakeCard | AddTender | RemoveTender | CloseTicket | CorrectPayment
    | AbortCard | AskCard | ConfirmCard | RetryCard | CardByHand | ReopenCard | StartScan | StopScan
    | StartSplit | MoveToPart | MoveBack | ShowPart | SetPersons | SplitEqually
    | PrintReceipt | CancelReceipt | RetryPrinting | OpenDrawer | ReadX | PrintReport | StartClosing | SetLeave
    | SetStep | VoidHeld | CloseDay | Approve | ConfirmAge
)  # fmt: skip
