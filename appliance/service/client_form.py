"""The form of a customer while somebody fills it: letters in, a `Customer` and its faults out.

Pure: nothing here asks the disk. Hides how the few fields of the screen and the many of a customer belong together: one
phone of several, one card, one address as two fields, one number that is an IDE, a SIREN or a SIRET.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from appliance.domain.customer import Address, Consent, Consents, Customer, CustomerCode, FieldFault, code_key
from appliance.domain.meaning import Holder
from appliance.protocol import view as v
from appliance.store.customers import Duplicate

Kind = Literal["person", "company"]
FIELDS: Final = (
    "name", "first_name", "company", "contact", "phone", "code", "email", "street", "place", "account", "business",
    "vat",
)  # fmt: skip
_FIELD_OF_FAULT: Final = {
    "first_name": "first_name", "company": "company", "phones": "phone", "email": "email", "codes": "code",
    "account": "account", "vat_number": "vat", "uid": "business", "siren": "business", "siret": "business",
    "group": "group",
}  # fmt: skip


CONSENTS: Final = Consents.__struct_fields__


class Form(msgspec.Struct, frozen=True):
    """As it stands on the screen."""

    serial: int
    kind: Kind = "person"
    title: str = ""
    group: str = ""
    """Id of the group."""
    texts: dict[str, str] = {}
    editions: dict[str, int] = {}
    """How often the till itself has written in a field."""
    errors: dict[str, tuple[str, dict[str, str | int]]] = {}
    note: v.FormNote | None = None
    answers: dict[str, bool] = {}
    """Consents that were given or taken back in this form."""
    ticket: int = 0
    back: v.Screen = "sale"
    """Screen that it was opened from."""
    for_wallet: bool = False
    """Opened from "Pour quel client ?": the wallet's tender goes on with who is created."""
    original: Customer | None = None

    @property
    def customer(self) -> str:
        """Id of who is changed; "" for a new one."""
        return "" if self.original is None else self.original.id

    def consent(self, name: str) -> Consent:
        """The answer as it is stored, or as it was just given, which has no time yet."""
        kept: Consent = getattr(self.original.consents, name) if self.original is not None else Consent()
        given = self.answers.get(name, kept.given)
        return kept if given == kept.given else Consent(given)


def blank(serial: int, kind: str, ticket: int, back: v.Screen) -> Form:
    """Nouveau client."""
    return Form(serial, "company" if kind == "company" else "person", ticket=ticket, back=back)


def with_name(form: Form, name: str) -> Form:
    """The name that was searched in vain: "favre élo" is a last name and a first one, digits a phone number or card."""
    if not name:
        return form
    digits = "".join(char for char in name if char.isdigit())
    if digits and not any(char.isalpha() for char in name):
        return write(form, "phone" if digits.startswith("0") else "code", name)
    if form.kind == "company":
        return write(form, "company", name[:1].upper() + name[1:])
    last, _, first = name.partition(" ")
    form = write(form, "name", _capital(last))
    return write(form, "first_name", _capital(first)) if first else form


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def filled(serial: int, customer: Customer, back: v.Screen) -> Form:
    """Modifier."""
    address = customer.default_address or Address()
    place = " ".join(word for word in (address.postcode, address.place) if word)
    contact = f"{customer.first_name} {customer.last_name}".strip() if customer.kind == "company" else ""
    texts = {
        "name": "" if contact else customer.last_name,
        "first_name": "" if contact else customer.first_name,
        "company": customer.company,
        "contact": contact,
        "phone": customer.phones[0] if customer.phones else "",
        "code": customer.active_codes[0] if customer.active_codes else "",
        "email": customer.email,
        "street": address.street,
        "place": place,
        "account": customer.account,
        "business": customer.uid or customer.siret or customer.siren,
        "vat": customer.vat_number,
    }
    editions = {field: 1 for field, text in texts.items() if text}
    return Form(serial, customer.kind, customer.civility, customer.group, texts, editions, back=back, original=customer)


# --- changing -------------------------------------------------------------------------------------------------------


def fill(form: Form, field: str, text: str) -> Form:
    """What somebody typed or chose; what was wrong there is not said any more."""
    if field == "kind":
        return msgspec.structs.replace(form, kind="company" if text == "company" else "person", errors={}, note=None)
    if field == "title":
        return msgspec.structs.replace(form, title=text if text in ("madam", "sir") else "")
    if field == "group":
        return msgspec.structs.replace(form, group=text)
    if field in CONSENTS:
        return msgspec.structs.replace(form, answers={**form.answers, field: text == "yes"})
    errors = {name: error for name, error in form.errors.items() if name != field}
    keeps = form.note is not None and form.note.level == "info" and field != "code"
    return msgspec.structs.replace(
        form, texts={**form.texts, field: text}, errors=errors, note=form.note if keeps else None
    )


def write(form: Form, field: str, text: str) -> Form:
    """What the till itself writes in a field, over the letters of the kiosk."""
    form = fill(form, field, text)
    return msgspec.structs.replace(form, editions={**form.editions, field: form.editions.get(field, 0) + 1})


def with_note(form: Form, note: v.FormNote) -> Form:
    return msgspec.structs.replace(form, note=note)


def with_holder(form: Form, holder: Holder) -> Form:
    """The card is somebody else's."""
    errors = {**form.errors, "code": ("client.code_taken", {"holder": holder.name})}
    note = v.FormNote("client.code_taken", {"holder": holder.name}, "error", "open", holder.customer)
    return msgspec.structs.replace(form, errors=errors, note=note)


def with_faults(form: Form, faults: tuple[FieldFault, ...]) -> Form:
    """Each under its field; the first of a field counts."""
    errors: dict[str, tuple[str, dict[str, str | int]]] = {}
    note = None
    for fault in faults:
        errors.setdefault(field_of(form, fault.field), (fault.code, dict(fault.params)))
        if fault.code == "customer.code_taken":
            params: dict[str, str | int] = {"holder": fault.params["holder"]}
            note = v.FormNote("client.code_taken", params, "error", "open", fault.params["holder_id"])
    return msgspec.structs.replace(form, errors=errors, note=note)


def with_twin(form: Form, twin: Duplicate) -> Form:
    """Somebody with the same phone, e-mail or name is there already."""
    row = twin.row
    name = row.company or f"{row.first_name} {row.last_name}".strip()
    digits = "".join(char for char in row.phone if char.isdigit())
    params: dict[str, str | int] = {"name": name}
    code = "client.twin"
    if len(digits) > 6:
        code, params = "client.twin_phone", {"name": name, "start": digits[:3], "ending": digits[-2:]}
    return msgspec.structs.replace(form, errors={}, note=v.FormNote(code, params, "warn", "choose", row.id))


def field_of(form: Form, fault: str) -> str:
    """The field of the screen that a fault of a `Customer` belongs to."""
    head = fault.partition(".")[0]
    if head == "last_name":
        return "contact" if form.kind == "company" else "name"
    if head == "addresses":
        return "street" if fault.endswith(".street") else "place"
    return _FIELD_OF_FAULT.get(head, "company" if form.kind == "company" else "name")


# --- what it makes --------------------------------------------------------------------------------------------------


def customer_of(form: Form, at: str) -> Customer:
    """The customer as the form says; what it does not show stays as it was. `at`: UTC time of now."""
    old = form.original or Customer("")
    text = {field: form.texts.get(field, "").strip() for field in FIELDS}
    is_company = form.kind == "company"
    changes: dict[str, Any] = {
        "kind": form.kind,
        "civility": form.title,
        "last_name": text["contact"] if is_company else text["name"],
        "first_name": "" if is_company else text["first_name"],
        "company": text["company"] if is_company else "",
        "phones": _with_first(old.phones, text["phone"]),
        "email": text["email"],
        "codes": _with_code(old, text["code"], at),
        "account": text["account"],
        "group": form.group,
        "addresses": _with_address(old, text["street"], text["place"]),
        "consents": Consents(*(_answered(form, old, name, at) for name in CONSENTS)),
        **_numbers(text["business"] if is_company else "", text["vat"] if is_company else ""),
    }
    if is_company and old.kind == "company" and text["contact"] == f"{old.first_name} {old.last_name}".strip():
        changes["last_name"], changes["first_name"] = old.last_name, old.first_name
    return msgspec.structs.replace(old, **changes)


def _answered(form: Form, old: Customer, name: str, at: str) -> Consent:
    consent: Consent = getattr(old.consents, name)
    given = form.answers.get(name, consent.given)
    return consent if given == consent.given else Consent(given, at)


def _with_first(old: tuple[str, ...], first: str) -> tuple[str, ...]:
    rest = tuple(each for each in old[1:] if each != first)
    return (first, *rest) if first else rest


def _with_code(old: Customer, code: str, at: str) -> tuple[CustomerCode, ...]:
    """The card of the form comes first; the one it stands for is replaced, or blocked where none takes its place. It
    attaches nobody any more and stays with its customer: nobody else gets it (feature W-22)."""
    active = old.active_codes[0] if old.active_codes else ""
    if code_key(code) == code_key(active):
        return old.codes
    rest = [each for each in old.codes if each.code != active and code_key(each.code) != code_key(code)]
    if active:
        rest.append(CustomerCode(active, "replaced" if code else "blocked", at))
    return (CustomerCode(code, "active", at), *rest) if code else tuple(rest)


def ends_card(old: Customer, made: Customer) -> bool:
    """Whether a card stops standing for the customer, or one that had stopped does so again."""
    before, after = _active(old), _active(made)
    dead = {code_key(row.code) for row in old.codes if row.state != "active"}
    return bool(before - after or dead & after)


def _active(customer: Customer) -> set[str]:
    return {code_key(row.code) for row in customer.codes if row.state == "active"}


def country_of(postcode: str) -> str:
    """Four digits are Swiss, five French."""
    return "FR" if len(postcode) == 5 else "CH"


def _with_address(old: Customer, street: str, place: str) -> tuple[Address, ...]:
    postcode, _, town = place.partition(" ")
    if place and not postcode[:1].isdigit():
        postcode, town = "", place
    before = old.default_address
    rest = tuple(address for address in old.addresses if address is not before)
    if not (street or place):
        return rest
    kept = before or Address(country=country_of(postcode), is_default=True)
    country = kept.country if before and before.postcode == postcode else country_of(postcode)
    changed = msgspec.structs.replace(kept, street=street, postcode=postcode, place=town.strip(), country=country)
    return (changed, *rest)


def _numbers(business: str, vat: str) -> dict[str, str]:
    digits = "".join(char for char in business if char.isdigit())
    is_french = business and not business.upper().startswith("CHE") and len(digits) in (9, 14)
    field = ("siret" if len(digits) == 14 else "siren") if is_french else "uid"
    return {"uid": "", "siren": "", "siret": "", field: business, "vat_number": vat}
