"""Customers, their wallets and Mes Données in a day: what each act asks of the till, and what a day expects of them.

A customer goes by name ("Anne Rochat", a company's name) or by one of their cards. Hides that several touches make one
credit: a sheet is opened, a means chosen, an amount typed, the money taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from appliance.domain.catalog import fold
from appliance.domain.customer import Group
from appliance.domain.ticket import price as price_of
from appliance.domain.wallet import Holding
from appliance.play import expects
from appliance.play.acts import NOTATION, Steps, pick, tender_of
from appliance.play.notation import Unfit
from appliance.play.steps import Scan, Terminal
from appliance.protocol import command as c
from appliance.store import customers as store

if TYPE_CHECKING:
    from appliance.play.player import Player

form = NOTATION.form
MOVED = ("credited", "gifted", "cancelled", "refunded", "spent", "adjusted")
"""What wallets did in a session, as the Z says it."""


def customer_of(p: Player, word: str) -> str:
    """Id of the customer with this name or card; nobody may share the name."""
    holder = p.till.directory.holder_of(word)
    if holder is not None:
        return holder.customer
    found = p.till.ledger.read_now(lambda conn: store.search(conn, word))
    same = [row for row in found.rows if fold(word) in _names(row)]
    if len(same) != 1:
        near = ", ".join(row.listed_name for row in found.rows[:3]) or "nobody like it"
        raise Unfit("day.no_customer", f"{word!r} is not the name of one customer; there is: {near}")
    return str(same[0].id)


def _names(row: store.CustomerRow) -> tuple[str, ...]:
    if row.kind == "company":
        return (fold(row.company),)
    return (fold(f"{row.first_name} {row.last_name}".strip()), fold(row.listed_name))


def group_of(p: Player, word: str) -> str:
    return str(pick(p.till.directory.groups(), word, "label", "day.no_group").id)


# --- customers ------------------------------------------------------------------------------------------------------


@form("customer CUSTOMER")
def attach(p: Player, customer: str) -> Steps:
    """Chosen in the list, for the ticket in hand."""
    if p.till.ticket is None or p.till.desk.screen not in ("split", "payment"):
        yield c.OpenSheet("client_picker")
    yield c.AttachCustomer(customer_of(p, customer))


@form("sale for CUSTOMER")
def new_sale(p: Player, customer: str) -> Steps:
    """ "Nouvelle vente" on the customer's card."""
    yield c.AttachCustomer(customer_of(p, customer), is_new_sale=True)


@form("detach")
def detach(p: Player) -> Steps:
    yield c.DetachCustomer()


@form("terminal reads CODE")
def terminal_reads(p: Player, code: str) -> Steps:
    """⋮, "Code Barre", "SCAN": the terminal reads the code that the customer shows it."""
    if p.terminal is None:
        yield Terminal("ready")
    assert p.terminal is not None
    p.terminal.code = code
    yield c.OpenSheet("code_entry")
    yield c.StartScan()


@form("customers")
def show_tab(p: Player) -> Steps:
    """The tab Clients."""
    yield c.ShowTab("clients")


@form("show CUSTOMER")
def show(p: Player, customer: str) -> Steps:
    yield c.ShowCustomer(customer_of(p, customer))


@form("new customer", "new customer NAME", "new customer NAME FIRST", "new customer NAME FIRST CODE")
def new_customer(p: Player, name: str = "", first: str = "", code: str = "") -> Steps:
    """The form; with a first name it is filled in and saved: name, first name, card."""
    yield c.NewCustomer(name)
    if first:
        yield c.FillCustomer("first_name", first)
    if code:
        yield Scan(code)
    if first:
        yield from _save(p)


@form("new company NAME")
def new_company(p: Player, name: str) -> Steps:
    yield c.NewCustomer()
    yield c.FillCustomer("kind", "company")
    yield c.FillCustomer("company", name)
    yield from _save(p)


@form("edit customer CUSTOMER")
def edit_customer(p: Player, customer: str) -> Steps:
    yield c.EditCustomer(customer_of(p, customer))


@form("fill FIELD TEXT")
def fill(p: Player, field: str, text: str) -> Steps:
    """A field of the form; a group goes by its label."""
    if field not in get_args(c.CustomerField):
        raise Unfit("day.no_field", f"{field!r} is none of: " + ", ".join(get_args(c.CustomerField)))
    yield c.FillCustomer(field, group_of(p, text) if field == "group" and text else text)  # type: ignore[arg-type]


@form("save customer")
def save_customer(p: Player) -> Steps:
    yield from _save(p)


def _save(p: Player) -> Steps:
    """Raises Unfit when a field is wrong; somebody who is known already is proposed instead."""
    yield c.SaveCustomer()
    written = p.till.desk.client_form
    if written is not None and written.errors:
        raise Unfit("day.form", ", ".join(f"{field}: {said[0]}" for field, said in sorted(written.errors.items())))


@form("somebody else")
def somebody_else(p: Player) -> Steps:
    """Saves although somebody like that is known."""
    yield c.SaveCustomer(is_another=True)


@form("delete customer CUSTOMER")
def delete_customer(p: Player, customer: str) -> Steps:
    """ "Supprimer", and "Confirmer la suppression"."""
    who = customer_of(p, customer)
    yield c.DeleteCustomer(who)
    yield c.DeleteCustomer(who, confirmed=True)


# --- Mes Données ----------------------------------------------------------------------------------------------------


def _masters(p: Player, section: str) -> Steps:
    if p.till.desk.screen != "masters":
        yield c.ShowTab("masters")
    yield c.ShowSection(section)  # type: ignore[arg-type]


@form("switch TENDER SWITCH")
def switch_mode(p: Player, tender: str, switch: bool) -> Steps:
    """ "Mes Données", "Modes de règlement": a means of payment on or off."""
    yield from _masters(p, "modes")
    yield c.SwitchTenderMode(tender_of(p, tender), switch, confirmed=True)
    yield c.ShowTab("sale")


@form("new group TEXT", "new group TEXT PERCENT")
def new_group(p: Player, text: str, percent: int = 0) -> Steps:
    yield from _masters(p, "groups")
    yield c.EditGroup()
    yield c.FillGroup("label", text)
    if percent:
        yield c.FillGroup("add")
        yield c.FillGroup("rate", f"{percent // 100}.{percent % 100:02d}")
    yield c.SaveGroup()
    yield c.ShowTab("sale")


@form("delete group TEXT", "delete group TEXT into TARGET")
def delete_group(p: Player, text: str, target: str = "") -> Steps:
    """With its customers moved to another group, or to none."""
    yield from _masters(p, "groups")
    yield c.DeleteGroup(group_of(p, text), group_of(p, target) if target else "")
    yield c.ShowTab("sale")


# --- wallets --------------------------------------------------------------------------------------------------------


@form("credit CUSTOMER AMOUNT by TENDER", "credit CUSTOMER AMOUNT")
def credit(p: Player, customer: str, amount: int, tender: str = "") -> Steps:
    """ "Créditer cagnotte", the means, the amount, "Encaisser". Without a means, `collect` pays it."""
    yield c.OpenCredit(customer_of(p, customer))
    yield from _credit(p, amount, tender)


@form("menu credit AMOUNT by TENDER", "menu credit AMOUNT")
def menu_credit(p: Player, amount: int, tender: str = "") -> Steps:
    """The same from the menu of the customer on the ticket."""
    ticket = p.till.ticket
    yield c.OpenSheet("client_menu")
    yield c.OpenCredit(ticket.customer if ticket is not None else "")
    yield from _credit(p, amount, tender)


def _credit(p: Player, amount: int, tender: str) -> Steps:
    if tender:
        yield c.ChooseCreditMode(tender_of(p, tender))
    yield c.FocusCredit("amount")
    yield c.TypeCredit(amount)
    if tender:
        yield c.CollectCredit()


@form("collect TENDER", "collect TENDER AMOUNT")
def collect(p: Player, tender: str, amount: int | None = None) -> Steps:
    """One means of payment of the credit that is open: all that remains, or this much received."""
    yield c.ChooseCreditMode(tender_of(p, tender))
    if amount is not None:
        yield c.FocusCredit("received")
        yield c.TypeCredit(amount)
    yield c.CollectCredit()


@form("take back credit")
def take_back_credit(p: Player) -> Steps:
    """The last payment of the credit that is open."""
    credit = p.till.desk.credit
    yield c.RemoveCreditPayment(len(credit.payments) if credit is not None else 0)


@form("cancel credit CUSTOMER AMOUNT by TENDER", "cancel credit CUSTOMER AMOUNT of DOCUMENT")
def cancel_credit(p: Player, customer: str, amount: int, tender: str = "", document: int = 0) -> Steps:
    """ "Créditer cagnotte", the same means as before, the quantity at -1, the amount, "Rembourser"."""
    yield c.OpenCredit(customer_of(p, customer))
    if tender:
        yield c.ChooseCreditMode(tender_of(p, tender))
    yield c.SetCreditQuantity(-1)
    if document:
        yield c.ChooseCredit(document)
    yield c.FocusCredit("amount")
    yield c.TypeCredit(amount)
    yield c.CollectCredit()


@form("use wallet")
def use_wallet(p: Player) -> Steps:
    """ "Utiliser 15.40 de la cagnotte": the rest is paid otherwise."""
    yield c.UseWallet()


@form("recharge wallet", "recharge wallet AMOUNT")
def recharge_wallet(p: Player, amount: int = 0) -> Steps:
    """ "Recharger la cagnotte maintenant"; `collect` pays it, then the whole ticket is taken on the wallet."""
    yield c.RechargeWallet(amount)


@form("change on wallet")
def change_on_wallet(p: Player) -> Steps:
    yield c.PutChangeOnWallet()


@form("refund wallet CUSTOMER by TENDER", "refund wallet CUSTOMER by TENDER REASON")
def refund_wallet(p: Player, customer: str, tender: str, reason: str = "") -> Steps:
    """ "Rembourser le solde": what was paid goes out, what was given is gone."""
    yield c.OpenWalletAction(customer_of(p, customer), "refund")
    yield c.DoWalletAction(mode=tender_of(p, tender), reason=reason)


@form("adjust wallet CUSTOMER SIGNED REASON")
def adjust_wallet(p: Player, customer: str, signed: int, reason: str) -> Steps:
    yield c.OpenWalletAction(customer_of(p, customer), "adjust")
    yield c.DoWalletAction(amount_minor=signed, reason=reason)


@form("block wallet CUSTOMER REASON")
def block_wallet(p: Player, customer: str, reason: str) -> Steps:
    yield c.OpenWalletAction(customer_of(p, customer), "block")
    yield c.DoWalletAction(reason=reason)


@form("unblock wallet CUSTOMER")
def unblock_wallet(p: Player, customer: str) -> Steps:
    yield c.OpenWalletAction(customer_of(p, customer), "unblock")
    yield c.DoWalletAction()


@form("transfer wallet CUSTOMER to TARGET")
def transfer_wallet(p: Player, customer: str, target: str) -> Steps:
    yield c.OpenWalletAction(customer_of(p, customer), "transfer")
    yield c.DoWalletAction(customer=customer_of(p, target))


@form("replace card CUSTOMER CODE")
def replace_card(p: Player, customer: str, code: str) -> Steps:
    yield c.OpenWalletAction(customer_of(p, customer), "replace_card")
    yield c.DoWalletAction(code=code)


# --- expectations ---------------------------------------------------------------------------------------------------


def holding_of(p: Player, customer: str) -> Holding:
    return p.till.state.holding(customer_of(p, customer))


@form("expect wallet CUSTOMER AMOUNT")
def wallet(p: Player, customer: str, amount: int) -> None:
    """The balance of a customer's wallet."""
    expects.same(p, f"wallet {customer}", amount, holding_of(p, customer).balance_minor, expects.amount)


@form("expect gifted CUSTOMER AMOUNT")
def gifted(p: Player, customer: str, amount: int) -> None:
    """How much of the balance was given and not paid."""
    expects.same(p, f"gifted {customer}", amount, holding_of(p, customer).purse.gifted_minor, expects.amount)


@form("expect free CUSTOMER AMOUNT")
def free(p: Player, customer: str, amount: int) -> None:
    """The balance less what open tickets have reserved."""
    found = p.till.state.available(customer_of(p, customer)).total_minor
    expects.same(p, f"free {customer}", amount, found, expects.amount)


@form("expect wallets WORD AMOUNT")
def moved(p: Player, word: str, amount: int) -> None:
    """What wallets did in the session: credited, gifted, cancelled, refunded, spent, adjusted."""
    if word not in MOVED:
        raise Unfit("day.word", f"{word!r} is none of: " + ", ".join(MOVED))
    tally = getattr(expects.session_totals(p, word).wallets, word)
    expects.same(p, f"wallets {word}", amount, tally.amount_minor, expects.amount)


@form("expect liability AMOUNT")
def liability(p: Player, amount: int) -> None:
    """What the shop owes on all wallets together."""
    found = sum(held.holding.balance_minor for held in p.till.state.wallets.values())
    expects.same(p, "liability", amount, found, expects.amount)


@form("expect customer CUSTOMER", "expect no customer")
def customer(p: Player, customer: str = "") -> None:
    """Who is on the ticket in hand."""
    ticket = p.till.ticket
    wanted = customer_of(p, customer) if customer else ""
    expects.same(p, "customer", wanted, ticket.customer if ticket is not None else "", lambda found: _name(p, found))


def _name(p: Player, customer: str) -> str:
    known = p.till.directory.get(customer) if customer else None
    return "nobody" if known is None else known.name


@form("expect group discount AMOUNT")
def group_discount(p: Player, amount: int) -> None:
    """The automatic discount of the customer's group on the ticket in hand."""
    ticket = p.till.ticket
    found = price_of(ticket).group_minor if ticket is not None else 0
    expects.same(p, "group discount", amount, found, expects.amount)


@form("expect customers NUMBER")
def customers(p: Player, number: int) -> None:
    """How many customers the till knows."""
    expects.same(p, "customers", number, p.till.ledger.read_now(store.count))


@form("expect members TEXT NUMBER")
def members(p: Player, text: str, number: int) -> None:
    """How many customers are in a group."""
    group = group_of(p, text)
    expects.same(p, f"members {text}", number, p.till.ledger.read_now(lambda conn: store.member_count(conn, group)))


@form("expect groups NUMBER")
def groups(p: Player, number: int) -> None:
    rows: tuple[Group, ...] = p.till.directory.groups()
    expects.same(p, "groups", number, len(rows))
