"""A code that nobody knows: what its form says, the four choices, and the article that is made of it (mock-up 34).

The code is remembered when it is read and stays until somebody has chosen, or another one is read. The ticket in hand
is only ever touched at the end, by the article or the customer that the choice gave. An article or a code is written in
the transaction of the fact that tells of it, and is on the shelves from that moment on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from appliance.domain import customer as people
from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain.catalog import FAVOURITES, Product, wrap_label
from appliance.domain.code import GS, Reading
from appliance.domain.customer import CODE_MAX as CARD_MAX
from appliance.domain.customer import COUNTER_ID, CustomerCode
from appliance.domain.errors import Refusal
from appliance.domain.gtin import is_gtin
from appliance.domain.meaning import Meaning, interpret, may_be_card
from appliance.protocol import command as c
from appliance.protocol import view as v
from appliance.service import clients, selling
from appliance.service.people import land, require_session
from appliance.service.text import clean
from appliance.store import catalog as store
from appliance.store import customers as folk

if TYPE_CHECKING:
    from appliance.service.till import Till

RIGHT: Final = "catalog"
LISTED: Final = 60
SEARCH_MAX: Final = 200
PRESS: Final = ("977", "978", "979")
"""GS1 prefixes of newspapers and books."""
SWISS: Final = "76"
"""GS1 prefixes 760 to 769: Switzerland and Liechtenstein."""
_PRICE: Final = re.compile(r"([0-9]{1,6})(?:[.,]([0-9]{1,2}))?")
_PRODUCT_CODE: Final = re.compile(r"[0-9A-Za-z._/+-]{1,48}")
_SUGGESTED: Final[dict[str, v.CodeChoice | None]] = {
    "swiss_article": "new_product",
    "article": "new_product",
    "press": "new_product",
    "in_store": "product",
    "card": "new_customer",
    "misread": None,
    "other": None,
}


class Unknown(msgspec.Struct, frozen=True):
    """The code as it was read, and what can be made of it."""

    text: str
    symbology: str
    read_at: str
    """HH:MM."""
    form: v.CodeForm
    product_code: str
    """How an article has it: of a label with a weight only the article's part; "" when it can be none."""
    is_by_weight: bool = False

    @property
    def suggested(self) -> v.CodeChoice | None:
        """The choice that its form speaks for."""
        return _SUGGESTED[self.form]

    @property
    def can_be_card(self) -> bool:
        return len(self.text) <= CARD_MAX and GS not in self.text

    @property
    def shown(self) -> str:
        return self.text.replace(GS, " ")


class ProductForm(msgspec.Struct, frozen=True):
    """Créer un article, as it stands on the screen."""

    serial: int
    name: str = ""
    price: str = ""
    tax: str = ""
    category: int | None = None
    has_tax: bool = False
    """Somebody chose the groupe de TVA: the rubrique does not change it any more."""
    errors: dict[str, str] = {}
    by: str = ""
    """Id of the manager: who signed in, or who approved."""


# --- what its form says ---------------------------------------------------------------------------------------------


def form_of(reading: Reading) -> v.CodeForm:
    """What a code looks like that stands for nothing here."""
    text = reading.text
    if reading.fault == "scan.check_digit":
        return "misread"
    if reading.form == "in_store" or (reading.form == "gtin" and len(text) == 13 and text[0] == "2"):
        return "in_store"
    if reading.form in ("gs1", "link"):
        return "article"
    if is_gtin(text) and len(text) == 13:
        return "press" if text.startswith(PRESS) else "swiss_article" if text.startswith(SWISS) else "article"
    if reading.form == "gtin":
        return "article" if len(text) >= 12 else "other"
    return "card" if any(char.isdigit() for char in text) and len(text) <= CARD_MAX else "other"


def _product_code(reading: Reading) -> str:
    if reading.fault or not reading.keys:
        return ""
    code = reading.text if reading.form == "gtin" and is_gtin(reading.text) else reading.keys[0]
    return code if _PRODUCT_CODE.fullmatch(code) else ""


def meet(till: Till, meaning: Meaning) -> None:
    """Remember a code that was just read and stands for nothing."""
    reading = meaning.reading
    till.desk.unknown = Unknown(
        reading.text, reading.symbology, till.local().strftime("%H:%M"), form_of(reading), _product_code(reading),
        reading.weight_milli is not None,
    )  # fmt: skip


WAYS_OUT: Final[dict[str, v.CodeChoice]] = {"new_customer": "new_customer", "link_customer": "customer"}
"""What a message offers for a new card that is read at Encaissement."""


def ways_out(till: Till, meaning: Meaning) -> tuple[str, ...]:
    """At Encaissement: a code that looks like a card may become a customer's, as long as nothing was paid."""
    if form_of(meaning.reading) != "card" or selling.in_hand(till).tenders:
        return ()
    meet(till, meaning)
    return tuple(WAYS_OUT)


# --- the sheet ------------------------------------------------------------------------------------------------------


def is_asked(till: Till) -> bool:
    """The choices for an unknown code are on the screen, or a list that one of them opened."""
    desk = till.desk
    if desk.sheet == "client_picker":
        return desk.client_purpose == "link"
    return desk.sheet in ("unknown_code", "product_picker")


def open_sheet(till: Till) -> None:
    """Que faire de ce code ? The ticket stays in sight and as it is."""
    desk = till.desk
    if desk.unknown is None:
        return
    require_session(till)
    if desk.screen not in ("sale", "split"):
        selling.ensure_ticket(till)
    desk.close_sheet()
    desk.sheet = "unknown_code"
    desk.hush("scan")


def _pending(till: Till) -> Unknown:
    """The code that was read, if it still stands for nothing. Raises Refusal with whose it is by now."""
    unknown: Unknown | None = till.desk.unknown
    if unknown is None:
        raise Refusal("unknown_code.gone")
    check_free(till, interpret(scanning.words_of(till), unknown.text, unknown.symbology or None))
    return unknown


def check_free(till: Till, meaning: Meaning) -> None:
    """Raises Refusal with the name of whom or what the code stands for."""
    if meaning.product is not None:
        raise Refusal("unknown_code.is_product", name=meaning.product.name)
    if meaning.holder is not None:
        raise Refusal("unknown_code.is_card", holder=meaning.holder.name)


def _assign(till: Till, command: c.AssignCode) -> None:
    require_session(till)
    desk, unknown = till.desk, _pending(till)
    if unknown.shown != command.code:
        raise Refusal("unknown_code.gone")
    if command.to in ("new_product", "product"):
        if not unknown.product_code:
            raise Refusal("unknown_code.not_for_product")
        if not till.require(RIGHT, command):
            return
        seller = till.state.seller
        desk.goods_by = seller if till.operators.may(seller, RIGHT) else desk.approver
        _open_form(till) if command.to == "new_product" else _open_picker(till)
        return
    _check_card(till, unknown)
    if command.to == "new_customer":
        desk.close_sheet()
        till.run(c.NewCustomer(code=unknown.text))
    else:
        clients.open_picker(till, "link")


def _check_card(till: Till, unknown: Unknown) -> None:
    if not (unknown.can_be_card and may_be_card(scanning.words_of(till), unknown.text, unknown.symbology or None)):
        raise Refusal("unknown_code.not_for_card")


def _done(till: Till) -> Unknown | None:
    """The code has its meaning now."""
    desk = till.desk
    unknown: Unknown | None = desk.unknown
    desk.unknown, desk.product_form, desk.goods_by = None, None, ""
    desk.close_sheet()
    desk.hush("scan")
    desk.hush("refusal")
    return unknown


# --- an article -----------------------------------------------------------------------------------------------------


def _open_form(till: Till) -> None:
    desk = till.desk
    desk.close_sheet()
    taxes = [group.id for group in till.shop.tax_classes]
    tax = desk.last_group if desk.last_group in taxes else taxes[0]
    desk.screen, desk.search = "product_form", None
    desk.product_form = ProductForm(desk.next_form, tax=tax, by=desk.goods_by)
    desk.next_form += 1
    desk.hush("scan")


def _form(till: Till) -> ProductForm | None:
    """The form on the screen; None once it is left: letters that come late mean nothing."""
    return till.desk.product_form if till.desk.screen == "product_form" else None


def _fill(till: Till, command: c.FillProduct) -> None:
    form = _form(till)
    if form is None:
        return
    errors = {field: code for field, code in form.errors.items() if field != command.field}
    form = msgspec.structs.replace(form, errors=errors)
    if command.field == "name":
        form = msgspec.structs.replace(form, name=command.text[: store.NAME_MAX])
    elif command.field == "price":
        form = msgspec.structs.replace(form, price=command.text[:12])
    elif command.field == "tax":
        form = msgspec.structs.replace(form, tax=_known_tax(till, command.text), has_tax=True)
    else:
        form = _with_category(till, form, command.text)
    till.desk.product_form = form
    if command.field in ("tax", "category"):
        till.desk.close_sheet()


def _known_tax(till: Till, tax: str) -> str:
    till.rate_bp(till.shop.default_sale_mode().id, tax)
    return tax


def _with_category(till: Till, form: ProductForm, text: str) -> ProductForm:
    """The rubrique, and the groupe de TVA of what is in it, unless somebody chose that already."""
    category = next((row.id for row in rubriques(till) if str(row.id) == text), None)
    form = msgspec.structs.replace(form, category=category)
    like = till.catalog.products_in(category, 1) if category is not None and not form.has_tax else []
    return msgspec.structs.replace(form, tax=like[0].tax_class) if like else form


def rubriques(till: Till) -> list[Any]:
    """Categories that an article can be in."""
    return [row for row in till.catalog.categories if row.id != FAVOURITES]


def price_of(text: str) -> int | None:
    """Minor units of "4.50", "4,5" or "1'250"; None for anything else, and for nothing."""
    found = _PRICE.fullmatch("".join(char for char in text if char not in " '’\N{NO-BREAK SPACE}"))
    amount_minor = 0 if found is None else int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))
    return amount_minor or None


def _save(till: Till, command: c.SaveProduct) -> None:
    """On the shelves and on the ticket, in one transaction; what is missing is said under its field."""
    form = _form(till)
    if form is None:
        return
    unknown = _pending(till)
    if not unknown.product_code:
        raise Refusal("unknown_code.not_for_product")
    name, price_minor = clean(form.name, store.NAME_MAX), price_of(form.price)
    errors = {} if name else {"name": "unknown_code.name_missing"}
    if price_minor is None:
        errors["price"] = "unknown_code.price_form" if form.price.strip() else "unknown_code.price_missing"
    if errors or price_minor is None:
        till.desk.product_form = msgspec.structs.replace(form, errors=errors)
        till.desk.sound("scan_refused")
        return
    till.check_room()
    product = _made(till, form, unknown, name, price_minor)
    code = unknown.product_code
    fact = j.ProductCreated(product.id, code, name, price_minor, form.tax, form.category, form.by)
    till.do(i.NoteShop(fact))
    till.ledger.also(lambda conn: store.add_product(conn, product))
    till.take_catalog(till.catalog.with_added([product]))
    _sell(till, product, "unknown_code.created")


def _made(till: Till, form: ProductForm, unknown: Unknown, name: str, price_minor: int) -> Product:
    product_id = till.ledger.read_now(store.next_own_id)
    while till.catalog.product(product_id) is not None:  # decided, and on its way to the disk
        product_id += 1
    return Product(
        id=product_id,
        name=name,
        key_label=wrap_label(name),
        category=form.category,
        codes=(unknown.product_code,),
        price_minor=price_minor,
        tax_class=form.tax,
        unit="kg" if unknown.is_by_weight else "piece",
        age_limit=next((row.age_limit for row in till.shop.tax_classes if row.id == form.tax), 0),
    )


def _sell(till: Till, product: Product, said: Literal["unknown_code.created", "unknown_code.linked"]) -> None:
    """Back to the sale, with the article on it as its code says."""
    desk = till.desk
    unknown = _done(till)
    if desk.screen == "product_form":
        land(till)
    desk.sound("scan_ok")
    if unknown is not None:
        meaning = interpret(scanning.words_of(till), unknown.text, unknown.symbology or None)
        if meaning.product is not None and meaning.goods is not None:
            selling.add_product(till, meaning.product, goods=meaning.goods, code=scanning.again(meaning))
    desk.say(said, source="unknown_code", name=product.name)
    till.fold_messages()


def read_in_form(till: Till, meaning: Meaning) -> None:
    """Another unknown code while the form is filled: it is the article's now."""
    code = _product_code(meaning.reading)
    if not code:
        raise Refusal("unknown_code.not_for_product")
    meet(till, meaning)
    till.desk.sound("scan_ok")


# --- one more code --------------------------------------------------------------------------------------------------


def _open_picker(till: Till) -> None:
    desk = till.desk
    if desk.screen not in ("sale", "split"):
        selling.ensure_ticket(till)
    desk.close_sheet()
    desk.sheet, desk.goods_search = "product_picker", ""


def _search(till: Till, command: c.SearchProducts) -> None:
    till.desk.goods_search = command.text


def found(till: Till) -> list[Product]:
    """The articles to choose from: what was searched, else the best known."""
    text = till.desk.goods_search.strip()
    return till.catalog.search(text, SEARCH_MAX) if text else till.catalog.best(LISTED)


def _link(till: Till, command: c.LinkCode) -> None:
    desk = till.desk
    if desk.sheet != "product_picker" or not desk.goods_by:
        return
    unknown = _pending(till)
    if not unknown.product_code:
        raise Refusal("unknown_code.not_for_product")
    product = till.catalog.product(command.product)
    if product is None:
        raise Refusal("product.unknown")
    till.check_room()
    code, product_id = unknown.product_code, product.id
    till.do(i.NoteShop(j.CodeLinked(product_id, code, desk.goods_by)))
    till.ledger.also(lambda conn: store.add_code(conn, product_id, code))
    till.take_catalog(till.catalog.with_added([], [(code, product_id)]))
    _sell(till, product, "unknown_code.linked")


# --- a customer's card ----------------------------------------------------------------------------------------------


def link_card(till: Till, customer_id: str) -> None:
    """The code is one more card of this customer, who goes on the ticket. Raises Refusal with what is wrong."""
    unknown = _pending(till)
    _check_card(till, unknown)
    customer = till.directory.get(customer_id)
    if customer is None or customer_id == COUNTER_ID:
        raise Refusal("client.counter" if customer_id == COUNTER_ID else "client.gone")
    codes = (*customer.codes, CustomerCode(unknown.text, "active", clients.now(till)))
    made = people.tidy(msgspec.structs.replace(customer, codes=codes))
    faults = till.ledger.read_now(lambda conn: folk.check(conn, made))
    for fault in faults:
        if fault.field.startswith("codes"):
            raise Refusal(fault.code, **fault.params)
    till.check_room()
    clients.leave_form(till)
    if not clients.attach(till, customer_id):
        return
    clients.write(till, made, customer)
    _done(till)
    till.desk.say("unknown_code.card_linked", source="client", name=customer.name)
    till.fold_messages()


def customer_made(till: Till, codes: tuple[str, ...]) -> None:
    """A customer was created: the code that nobody knew may be this one's card now."""
    unknown = till.desk.unknown
    if unknown is not None and people.code_key(unknown.text) in {people.code_key(code) for code in codes}:
        _done(till)


# --- after an import ------------------------------------------------------------------------------------------------


def say_displaced(till: Till) -> None:
    """At a start: codes given here that an import has given to other articles. Said until it is closed."""
    for code in till.ledger.read_now(store.displaced)[:3]:
        till.desk.say("unknown_code.displaced", "warn", source=f"displaced {code}", code=code)
        till.desk.notices[0].sticky = True
        till.desk.notices[0].on_close = partial(store.forget_displaced, code=code)


def view_of(till: Till) -> v.UnknownCodeSheet | None:
    """The sheet."""
    unknown = till.desk.unknown
    if unknown is None:
        return None
    return v.UnknownCodeSheet(
        code=unknown.shown,
        read_at=unknown.read_at,
        form=unknown.form,
        suggested=unknown.suggested,
        needs_manager=not till.operators.may(till.state.seller, RIGHT),
        can_be_product=bool(unknown.product_code),
        can_be_card=unknown.can_be_card,
    )


from appliance.service import scanning  # noqa: E402  (a scan meets unknown codes, a code is read again once it is known)

HANDLERS: Final[dict[type, Callable[[Any, Any], None]]] = {
    c.AssignCode: _assign,
    c.FillProduct: _fill,
    c.SaveProduct: _save,
    c.SearchProducts: _search,
    c.LinkCode: _link,
}
