"""Who buys: customers, their groups, what a filled form must hold; hides the check digits of VAT and company numbers.

A customer is an opaque id in the journal and everywhere else a person. Names, numbers and addresses live in the store's
customer tables only, so that erasing them there erases them (docs/customers.md).

Sources: IDE (CHE) numbers: ordonnance sur l'IDE (SR 431.031), art. 3; Swiss VAT numbers: OTVA (SR 641.201); SIREN and
SIRET: Code de commerce, art. R123-221; European VAT numbers: directive 2006/112/CE, art. 215.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from appliance.domain.catalog import fold, words_of
from appliance.domain.gtin import canonical_code

CustomerKind = Literal["person", "company"]
Civility = Literal["", "madam", "sir"]
CodeState = Literal["active", "blocked", "replaced"]

ID_BYTES: Final = 8
TEXT_MAX: Final = 80
NOTES_MAX: Final = 1000
CODE_MAX: Final = 48
LIST_MAX: Final = 20
"""Phones, codes, addresses or rates of one customer or group."""
ACCOUNT_FORM: Final = r"[0-9A-Z][0-9A-Z._-]{0,19}"
"""Account number unless head office sets another form; a full match after capitals are made of it."""
ENDING_MIN: Final = 4
"""A phone number is found by any ending of at least so many digits."""


class Consent(msgspec.Struct, frozen=True, gc=False):
    """Yes or no to one purpose, and when it was said."""

    given: bool = False
    at: str = ""
    """UTC time of the answer; "" when nobody was asked."""


class Consents(msgspec.Struct, frozen=True, gc=False):
    """Three separate answers (nLPD art. 6; RGPD art. 7)."""

    receipt_mail: Consent = Consent()
    marketing: Consent = Consent()
    wallet_notices: Consent = Consent()


class CustomerCode(msgspec.Struct, frozen=True, gc=False):
    """*Référence*: a card or another code that stands for the customer."""

    code: str
    """As it is written on the card; two codes are the same when `code_key` says so."""
    state: CodeState = "active"
    since: str = ""
    """UTC time of the state."""


class Address(msgspec.Struct, frozen=True, gc=False):
    """One postal address."""

    street: str = ""
    postcode: str = ""
    place: str = ""
    country: str = "CH"
    label: str = ""
    """Such as *Bureau*; for a choice among several."""
    is_default: bool = False
    is_delivery: bool = False
    driver_note: str = ""
    """For who brings the goods; never on a receipt."""


class Customer(msgspec.Struct, frozen=True):
    """A *personne physique* or *personne morale*."""

    id: str
    """`c-` and twelve letters or digits made at the till; also the id of the wallet. "" before the first save."""
    kind: CustomerKind = "person"
    civility: Civility = ""
    last_name: str = ""
    first_name: str = ""
    company: str = ""
    """*Raison sociale*. A company's last and first name and civility are those of its contact."""
    phones: tuple[str, ...] = ()
    """As written; the first is shown in lists."""
    email: str = ""
    codes: tuple[CustomerCode, ...] = ()
    account: str = ""
    """*Numéro de compte* for the accounts (CompAuxNum)."""
    group: str = ""
    """Id of a `Group`; "" for none."""
    addresses: tuple[Address, ...] = ()
    vat_number: str = ""
    uid: str = ""
    """*IDE*, `CHE-123.456.788`."""
    siren: str = ""
    siret: str = ""
    consents: Consents = Consents()
    notes: str = ""
    created_at: str = ""
    changed_at: str = ""
    """UTC times."""
    erased_at: str = ""
    """Not "": everything personal is gone, only the id stays."""

    @property
    def is_erased(self) -> bool:
        return bool(self.erased_at)

    @property
    def can_own_wallet(self) -> bool:
        """*Client comptoir* and who was erased cannot."""
        return self.id != COUNTER_ID and not self.erased_at

    @property
    def name(self) -> str:
        """*Anne Rochat*, or the company. "" for *Client comptoir* and who was erased: the words are in the locale."""
        return self.company if self.kind == "company" else f"{self.first_name} {self.last_name}".strip()

    @property
    def listed_name(self) -> str:
        """*Rochat Anne*, or the company: as lists are sorted."""
        return self.company if self.kind == "company" else f"{self.last_name} {self.first_name}".strip()

    @property
    def initials(self) -> str:
        return initials_of(self.listed_name)

    @property
    def active_codes(self) -> tuple[str, ...]:
        return tuple(code.code for code in self.codes if code.state == "active")

    @property
    def default_address(self) -> Address | None:
        return next((address for address in self.addresses if address.is_default), None) or (
            self.addresses[0] if self.addresses else None
        )


COUNTER_ID: Final = "c-000000000000"
"""Not a base32 id: none that is made can be it."""
COUNTER: Final = Customer(COUNTER_ID, kind="company")
"""*Client comptoir*: who bought when nobody was attached. Built in, never stored, never changed, owns no wallet."""


class GroupRate(msgspec.Struct, frozen=True, gc=False):
    """An automatic discount, from a day to a day."""

    rate_bp: int
    category: int | None = None
    """Rubrique it holds for; None: every one that has no rate of its own."""
    effective_from: str = ""
    effective_to: str = ""
    """Business dates, both included; "" is open."""


class Group(msgspec.Struct, frozen=True, gc=False):
    """*Groupe de clients*, such as VIP."""

    id: str
    """`g-` and twelve letters or digits. "" before the first save."""
    label: str
    rates: tuple[GroupRate, ...] = ()
    order: int = 0

    def rate_bp(self, category: int | None, business_date: str) -> int:
        """Discount on an article of a rubrique on a day; 0 for none.

        A rate of the rubrique goes before the general one; of several that hold, the one that began last.

        >>> Group("g-1", "VIP", (GroupRate(1000), GroupRate(0, category=3))).rate_bp(3, "2026-11-22")
        0
        """
        holding = [
            rate
            for rate in self.rates
            if rate.category in (None, category)
            and rate.effective_from <= business_date
            and (not rate.effective_to or business_date <= rate.effective_to)
        ]
        best = max(holding, key=lambda rate: (rate.category is not None, rate.effective_from), default=None)
        return 0 if best is None else best.rate_bp

    def default_rate_bp(self, business_date: str) -> int:
        """The rate that its label is shown with."""
        return self.rate_bp(None, business_date)


class FieldFault(msgspec.Struct, frozen=True):
    """One thing wrong with a form: where, and the code of the sentence under the field."""

    field: str
    """A field of `Customer` or `Group`; `codes.1` is the second code, `addresses.0.postcode` a part of an address."""
    code: str
    params: dict[str, str] = {}


class InvalidCustomer(ValueError):
    """A customer or group that cannot be stored."""

    def __init__(self, faults: Iterable[FieldFault]) -> None:
        self.faults = tuple(faults)
        super().__init__(", ".join(f"{fault.field}: {fault.code}" for fault in self.faults))


# ---------------------------------------------------------------------------------------------------------------
# Spellings


def make_id(prefix: Literal["c-", "g-"], entropy: bytes) -> str:
    """An id from eight random bytes. The same bytes make the same id.

    >>> make_id("c-", bytes(8))
    'c-aaaaaaaaaaaa'
    """
    if len(entropy) < ID_BYTES:
        raise ValueError("an id needs eight random bytes")
    return prefix + base64.b32encode(entropy[:ID_BYTES]).decode().lower()[:12]


def code_key(code: str) -> str:
    """One spelling for all spellings of a code: no spaces, capitals; a GTIN with or without its leading zeros.

    >>> code_key("2100 0042")
    '21000042'
    """
    return canonical_code("".join(code.split()).upper())


def phone_digits(phone: str) -> str:
    """The digits of a number, a Swiss one as it is dialled at home, others with their country.

    >>> phone_digits("+41 79 555 01 42"), phone_digits("079 555 01 42"), phone_digits("0033 6 12 34 56 78")
    ('0795550142', '0795550142', '33612345678')
    """
    digits = "".join(char for char in phone if char.isascii() and char.isdigit())
    if phone.lstrip().startswith("+") or digits.startswith("00"):
        digits = digits.removeprefix("00")
        if digits.startswith("41"):
            digits = "0" + digits[2:].removeprefix("0")
    return digits


def initials_of(listed_name: str) -> str:
    """At most two letters.

    >>> initials_of("Rochat Anne")
    'RA'
    """
    letters = [word[0] for word in listed_name.split() if word[0].isalnum()]
    return "".join(letters[:2]).upper()


def sort_key(customer: Customer) -> str:
    """What lists are sorted by: folded words of the listed name."""
    return " ".join(words_of(customer.listed_name))


def search_words(customer: Customer) -> frozenset[str]:
    """Every word whose beginning finds the customer: names, company, places, e-mail, codes, phone endings."""
    texts = [customer.last_name, customer.first_name, customer.company, customer.account]
    texts += [f"{address.place} {address.postcode}" for address in customer.addresses]
    words = {word for text in texts for word in words_of(text)}
    if customer.email:
        words.add(fold(customer.email))
    if customer.account:
        words.update((fold(customer.account), "".join(words_of(customer.account))))
    for phone in customer.phones:
        digits = phone_digits(phone)
        words.update(digits[at:] for at in range(max(1, len(digits) - ENDING_MIN + 1)))
    for code in customer.codes:
        key = fold(code_key(code.code))
        words.update((key, key[-ENDING_MIN:]))
    return frozenset(word for word in words if word)


def redact(text: str, phrases: Iterable[str]) -> str:
    """A text with these folded phrases struck out, whatever its accents and capitals.

    >>> redact("Client VIP  Mme A. ROCHAT", personal_phrases(Customer("", last_name="Rochat", first_name="Anne")))
    'Client VIP  Mme A. •••'
    """
    phrases = set(phrases)
    if not phrases or not text:
        return text
    folded, places = "", []
    for at, char in enumerate(text):
        simple = fold(char)
        folded += simple
        places += [at] * len(simple)
    pattern = "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))
    struck, done = "", 0
    for hit in re.finditer(rf"(?<![a-z0-9])(?:{pattern})(?![a-z0-9])", folded):
        struck += text[done : places[hit.start()]] + STRUCK
        done = places[hit.end()] if hit.end() < len(places) else len(text)
    return struck + text[done:]


STRUCK: Final = "•••"


def personal_phrases(customer: Customer) -> frozenset[str]:
    """What may not be read on any paper once the customer is erased, folded.

    Names go word by word, everything else as it was written: the shop may be in the same street.
    """
    names = (customer.last_name, customer.first_name, customer.company)
    phrases = {word for name in names for word in words_of(name) if len(word) > 1} | {*names}
    phrases |= {customer.email, customer.account, customer.vat_number, customer.uid, customer.siren, customer.siret}
    phrases |= {*customer.phones, *(phone_digits(phone) for phone in customer.phones)}
    phrases |= {spelling for code in customer.codes for spelling in (code.code, code_key(code.code))}
    phrases |= {text for a in customer.addresses for text in (a.street, a.label, a.driver_note)}
    return frozenset(fold(phrase) for phrase in phrases if phrase.strip())


# ---------------------------------------------------------------------------------------------------------------
# Checks


def tidy(customer: Customer) -> Customer:
    """The same customer as it is stored: no stray spaces, numbers in their usual spelling, one default address."""
    one = _one_line
    addresses = tuple(address for address in map(_tidy_address, customer.addresses) if address != _NO_ADDRESS)
    if addresses and sum(address.is_default for address in addresses) != 1:
        first = next((at for at, address in enumerate(addresses) if address.is_default), 0)
        addresses = tuple(msgspec.structs.replace(row, is_default=at == first) for at, row in enumerate(addresses))
    return msgspec.structs.replace(
        customer,
        last_name=one(customer.last_name),
        first_name=one(customer.first_name),
        company=one(customer.company) if customer.kind == "company" else "",
        phones=tuple(filter(None, map(one, customer.phones))),
        email=one(customer.email),
        codes=tuple(msgspec.structs.replace(code, code=one(code.code)) for code in customer.codes if code.code.strip()),
        account=one(customer.account).upper(),
        addresses=addresses,
        vat_number=_spelled("vat_number", one(customer.vat_number)),
        uid=_spelled("uid", one(customer.uid)),
        siren=_spelled("siren", one(customer.siren)),
        siret=_spelled("siret", one(customer.siret)),
        notes=customer.notes.strip(),
    )


_NO_ADDRESS: Final = Address(country="")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _tidy_address(address: Address) -> Address:
    one = _one_line
    street, postcode, place, note = map(one, (address.street, address.postcode, address.place, address.driver_note))
    if not (street or postcode or place or note):
        return _NO_ADDRESS
    country = one(address.country).upper() or "CH"
    return Address(street, postcode, place, country, one(address.label), address.is_default, address.is_delivery, note)


def validate(customer: Customer) -> tuple[FieldFault, ...]:
    """What is wrong with a tidied form, in the order of its fields; what only the store knows is `customers.check`."""
    faults: list[FieldFault] = []
    if customer.kind == "company":
        _need(faults, "company", customer.company)
    else:
        _need(faults, "last_name", customer.last_name)
        _need(faults, "first_name", customer.first_name)
    for field in ("last_name", "first_name", "company", "email", "account"):
        _check_text(faults, field, getattr(customer, field), TEXT_MAX)
    if len(customer.notes) > NOTES_MAX or not _is_printable(customer.notes.replace("\n", " ")):
        faults.append(FieldFault("notes", "customer.text_form"))
    for field, values in (("phones", customer.phones), ("codes", customer.codes), ("addresses", customer.addresses)):
        if len(values) > LIST_MAX:
            faults.append(FieldFault(field, "customer.too_many", {"most": str(LIST_MAX)}))
    for at, phone in enumerate(customer.phones):
        if not _PHONE.fullmatch(phone) or not 3 <= len(phone_digits(phone)) <= 15:
            faults.append(FieldFault(f"phones.{at}", "customer.phone_form"))
    if customer.email and not _EMAIL.fullmatch(customer.email):
        faults.append(FieldFault("email", "customer.email_form"))
    _check_codes(faults, customer)
    if customer.account and not re.fullmatch(ACCOUNT_FORM, customer.account):
        faults.append(FieldFault("account", "customer.account_form"))
    for at, address in enumerate(customer.addresses):
        _check_address(faults, at, address)
    faults += _number_faults(customer)
    return tuple(faults)


_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()./'’-]{1,30}")
_EMAIL: Final = re.compile(r"[^\s@,;<>\"]{1,64}@[^\s@,;<>\".]+(\.[^\s@,;<>\".]+)+")
_CODE: Final = re.compile(r"[0-9A-Za-z._/+ -]{1,48}")
_POSTCODES: Final = {"CH": r"[1-9][0-9]{3}", "LI": r"94[0-9]{2}", "FR": r"[0-9]{5}", "DE": r"[0-9]{5}"}


def _need(faults: list[FieldFault], field: str, value: str) -> None:
    if not value:
        faults.append(FieldFault(field, f"customer.{field}_missing"))


def _check_text(faults: list[FieldFault], field: str, value: str, most: int) -> None:
    if len(value) > most or not _is_printable(value):
        faults.append(FieldFault(field, "customer.text_form"))


def _is_printable(text: str) -> bool:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ").isprintable()


def _check_codes(faults: list[FieldFault], customer: Customer) -> None:
    seen: set[str] = set()
    for at, code in enumerate(customer.codes):
        key = code_key(code.code)
        if not _CODE.fullmatch(code.code):
            faults.append(FieldFault(f"codes.{at}", "customer.code_form"))
        elif key in seen:
            faults.append(FieldFault(f"codes.{at}", "customer.code_twice"))
        seen.add(key)


def _check_address(faults: list[FieldFault], at: int, address: Address) -> None:
    where = f"addresses.{at}"
    for field in ("street", "place", "label", "driver_note"):
        _check_text(
            faults, f"{where}.{field}", getattr(address, field), NOTES_MAX if field == "driver_note" else TEXT_MAX
        )
    if not (address.postcode and address.place):
        faults.append(FieldFault(where, "customer.address_incomplete"))
    elif not re.fullmatch(_POSTCODES.get(address.country, r"[0-9A-Z][0-9A-Z -]{1,11}"), address.postcode):
        faults.append(FieldFault(f"{where}.postcode", "customer.postcode_form"))
    if not re.fullmatch(r"[A-Z]{2}", address.country):
        faults.append(FieldFault(f"{where}.country", "customer.country_form"))


def _number_faults(customer: Customer) -> list[FieldFault]:
    faults = []
    for field in ("vat_number", "uid", "siren", "siret"):
        number = getattr(customer, field)
        if number and not _number_holds(field, number):
            faults.append(FieldFault(field, f"customer.{field}_form"))
    if not faults and customer.siren and customer.siret and not customer.siret.startswith(customer.siren):
        faults.append(FieldFault("siret", "customer.siret_other_siren"))
    return faults


def _number_holds(field: str, number: str) -> bool:
    """Whether form and check digits are right. The libraries are loaded by the first company that has a number."""
    if field == "uid":
        from stdnum.ch import uid

        return bool(uid.is_valid(number))
    if field == "vat_number":
        from stdnum.ch import vat as swiss
        from stdnum.eu import vat as european

        return bool(swiss.is_valid(number) if number.upper().startswith("CHE") else european.is_valid(number))
    if field == "siren":
        from stdnum.fr import siren

        return bool(siren.is_valid(number))
    from stdnum.fr import siret

    return bool(siret.is_valid(number))


def _spelled(field: str, number: str) -> str:
    """A number in its usual spelling when it holds, else as it was typed: the person sees what is wrong with it."""
    if not number or not _number_holds(field, number):
        return number
    if field == "uid":
        from stdnum.ch import uid

        return str(uid.format(number))
    if field == "vat_number":
        from stdnum.ch import vat as swiss

        if number.upper().startswith("CHE"):
            return str(swiss.format(swiss.compact(number)))
        return "".join(char for char in number.upper() if char.isalnum())
    return "".join(char for char in number if char.isdigit())


def validate_group(group: Group) -> tuple[FieldFault, ...]:
    """What is wrong with a group's form."""
    faults: list[FieldFault] = []
    if not group.label.strip():
        faults.append(FieldFault("label", "group.label_missing"))
    elif len(group.label) > TEXT_MAX or not _is_printable(group.label):
        faults.append(FieldFault("label", "customer.text_form"))
    for at, rate in enumerate(group.rates):
        if not 0 <= rate.rate_bp <= 10_000:
            faults.append(FieldFault(f"rates.{at}", "group.rate_form"))
        for day in (rate.effective_from, rate.effective_to):
            if day and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day):
                faults.append(FieldFault(f"rates.{at}", "group.date_form"))
        if rate.effective_to and rate.effective_to < rate.effective_from:
            faults.append(FieldFault(f"rates.{at}", "group.dates_reversed"))
    return tuple(faults)
