"""Customers as a file: CSV in, CSV out; hides spellings, which line is whose, and that a fault writes nothing.

`read_customers` never raises on content: it answers with customers, opening balances and every fault by its line.
Nothing is written unless the whole file is right. Opening balances are handed on: they become dated entries of the
wallets where those are kept (docs/customers.md).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import msgspec

from appliance.domain import customer as domain
from appliance.domain.catalog import fold
from appliance.domain.customer import (
    Address,
    Consent,
    Consents,
    Customer,
    CustomerCode,
    code_key,
)
from appliance.store import customers as store
from appliance.store.catalog import CSV_BYTES_MAX, FAULTS_MAX, RowFault

COLUMNS: Final = (
    "id", "kind", "civility", "last_name", "first_name", "company", "phone", "phone_2", "email", "cards", "account",
    "group", "street", "postcode", "place", "country", "delivery_street", "delivery_postcode", "delivery_place",
    "delivery_country", "driver_note", "vat_number", "uid", "siren", "siret", "receipt_mail", "marketing",
    "wallet_notices", "notes", "created", "balance_paid", "balance_gifted", "balance_date",
)  # fmt: skip
FRENCH: Final = {
    "type": "kind", "civilite": "civility", "nom": "last_name", "prenom": "first_name", "raison sociale": "company",
    "telephone": "phone", "telephone 2": "phone_2", "e-mail": "email", "mail": "email", "reference": "cards",
    "references": "cards", "carte": "cards", "cartes": "cards", "compte": "account", "numero de compte": "account",
    "groupe": "group", "rue": "street", "npa": "postcode", "code postal": "postcode", "localite": "place",
    "ville": "place", "pays": "country", "tva": "vat_number", "ide": "uid", "remarque": "notes", "notes": "notes",
    "solde": "balance_paid", "solde paye": "balance_paid", "solde offert": "balance_gifted",
    "date du solde": "balance_date",
}  # fmt: skip
"""Headings of a merchant's own list, folded."""
BALANCE_MAX_MINOR: Final = 10_000_00
VALUE_MAX: Final = 48

_KINDS: Final = {
    "": "person", "person": "person", "personne": "person", "personne physique": "person", "particulier": "person",
    "company": "company", "societe": "company", "entreprise": "company", "personne morale": "company",
}  # fmt: skip
_CIVILITIES: Final = {
    "": "", "madam": "madam", "madame": "madam", "mme": "madam", "mme.": "madam",
    "sir": "sir", "monsieur": "sir", "m": "sir", "m.": "sir", "mr": "sir",
}  # fmt: skip
_AMOUNT: Final = re.compile(r"([0-9]{1,6})(?:[.,]([0-9]{1,2}))?")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ADDRESS: Final = ("street", "postcode", "place", "country")
_FIELDS: Final = {"phones": "phone", "codes": "cards"}
"""Columns whose field is called otherwise."""

Progress = Callable[[int, int], None]
"""Told how many rows of how many are done."""
MayBeCard = Callable[[str], bool]
"""Whether a code is not one of an article, a badge or a receipt already."""


class Opening(msgspec.Struct, frozen=True):
    """A balance from before this till: becomes a dated entry of the wallet."""

    line: int
    customer: str
    paid_minor: int
    gifted_minor: int
    date: str
    """Business date, "" for the day of the import."""


class CustomerReading(msgspec.Struct, frozen=True):
    """What a file holds: the customers as they would be stored, and everything that is wrong."""

    customers: tuple[Customer, ...]
    lines: tuple[int, ...]
    """Line of each customer."""
    openings: tuple[Opening, ...]
    faults: tuple[RowFault, ...]
    warnings: tuple[RowFault, ...]
    """Rows that may be somebody who is there already: `customer.duplicate` with `why` and `name`."""


class ImportReport(msgspec.Struct, frozen=True):
    """Answer of an import."""

    rows: int
    created: tuple[str, ...]
    changed: tuple[str, ...]
    """Ids."""
    openings: tuple[Opening, ...]
    faults: tuple[RowFault, ...]
    warnings: tuple[RowFault, ...]
    written: bool


class _Fault(Exception):
    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.params = {key: value[:VALUE_MAX] for key, value in params.items()}


def import_customers(
    conn: Any,
    body: bytes,
    at: str,
    *,
    dry_run: bool = False,
    progress: Progress = lambda done, total: None,
    may_be_card: MayBeCard = lambda code: True,
) -> ImportReport:
    """Create and change the customers of a file, all or none; a part of the caller's transaction when one is open.

    A row is the customer with its `id`, else the holder of its first card, else somebody new. `at` is the UTC time of
    now. Writes nothing on a dry run or when a row has a fault.
    """
    reading = read_customers(conn, body, at, progress, may_be_card)
    known = {row.id for row in reading.customers if store.get(conn, row.id) is not None}
    created = tuple(row.id for row in reading.customers if row.id not in known)
    changed = tuple(row.id for row in reading.customers if row.id in known)
    written = not (dry_run or reading.faults)
    if written:
        store.save_all(conn, reading.customers, at)
    return ImportReport(
        len(reading.customers), created, changed, reading.openings, reading.faults, reading.warnings, written
    )


def read_customers(
    conn: Any,
    body: bytes,
    at: str,
    progress: Progress = lambda done, total: None,
    may_be_card: MayBeCard = lambda code: True,
) -> CustomerReading:
    """Read customers from a file with a header row; separator `;`, `,` or tab; UTF-8 or Windows-1252.

    New customers have their id already. Reads the store, writes nothing.
    """
    reader = _Reader(conn, at, may_be_card)
    if len(body) > CSV_BYTES_MAX:
        reader.faults.append(RowFault(0, "csv.too_big"))
    else:
        reader.read(_decode(body), progress)
    return CustomerReading(
        tuple(reader.customers), tuple(reader.lines), tuple(reader.openings), reader.in_its_words(reader.faults),
        reader.in_its_words(reader.warnings),
    )  # fmt: skip


def _decode(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


_SAME: Final = {
    "phone": "customer.same_phone", "email": "customer.same_email", "name": "customer.same_name",
}  # fmt: skip


class _Reader:
    """Reads one file; remembers what its rows have claimed so far."""

    def __init__(self, conn: Any, at: str, may_be_card: MayBeCard) -> None:
        self.customers: list[Customer] = []
        self.lines: list[int] = []
        self.openings: list[Opening] = []
        self.faults: list[RowFault] = []
        self.warnings: list[RowFault] = []
        self._conn, self._at, self._may_be_card = conn, at, may_be_card
        self._groups = {fold(group.label): group.id for group in store.groups(conn)}
        self._codes: dict[str, int] = {}
        self._ids: dict[str, int] = {}
        self._headings: dict[str, str] = {}

    def in_its_words(self, faults: list[RowFault]) -> tuple[RowFault, ...]:
        """Columns as the file calls them."""
        return tuple(
            msgspec.structs.replace(fault, params={**fault.params, "column": self._headings[fault.params["column"]]})
            if fault.params.get("column") in self._headings
            else fault
            for fault in faults
        )

    def read(self, text: str, progress: Progress) -> None:
        heading = text.split("\n", 1)[0]
        separator = max(";,\t", key=heading.count)
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        total, line = max(0, text.count("\n") - 1), 1
        header: tuple[str, ...] = ()
        while len(self.faults) < FAULTS_MAX:
            try:
                cells = next(rows)
            except StopIteration:
                break
            except csv.Error:
                self.faults.append(RowFault(line, "csv.unreadable"))
                break
            if not header:
                header = self._header(cells)
                if self.faults:
                    return
            elif any(cell.strip() for cell in cells):
                self._row(line, header, cells)
            line = rows.line_num + 1
            if line % 100 == 0:
                progress(min(line, total), total)
        if not header:
            self.faults.append(RowFault(0, "csv.empty"))
        progress(total, total)

    def _header(self, cells: list[str]) -> tuple[str, ...]:
        names = [cell.strip().lower() for cell in cells]
        header = tuple(name if name in COLUMNS else FRENCH.get(fold(name), name) for name in names)
        self._headings = dict(zip(header, (cell.strip() for cell in cells), strict=True))
        for name in header:
            if name not in COLUMNS:
                self.faults.append(RowFault(1, "csv.column_unknown", {"column": name[:VALUE_MAX]}))
        if len(set(header)) != len(header):
            self.faults.append(RowFault(1, "csv.column_twice", {"column": _twice(header)}))
        if "last_name" not in header and "company" not in header:
            self.faults.append(RowFault(1, "csv.column_missing", {"column": "last_name"}))
        return header

    def _row(self, line: int, header: tuple[str, ...], cells: list[str]) -> None:
        try:
            if any(cell.strip() for cell in cells[len(header) :]):
                raise _Fault("csv.too_many_cells")
            row = dict(zip(header, (taken_back(cell.strip()) for cell in cells), strict=False))
            row = {name: row.get(name, "") for name in header}
            codes = _codes(row.get("cards", ""), self._at)
            old = self._old(row.get("id", ""), codes)
            made = domain.tidy(self._customer(row, codes, old))
            opening = _opening(line, made.id, row)
            self._claim(line, made, store.check(self._conn, made))
        except _Fault as fault:
            self.faults.append(RowFault(line, fault.code, fault.params))
            return
        if opening is not None:
            self.openings.append(opening)
        if old is None:
            self._warn(line, made)
        else:
            self._warn_of_another_name(line, row, old, made)

    def _claim(self, line: int, made: Customer, faults: Iterable[domain.FieldFault]) -> None:
        """Take the codes and the id of a right row: a bad one claims nothing."""
        found = [RowFault(line, fault.code, {"column": _column(fault.field), **fault.params}) for fault in faults]
        for code in made.codes:
            if code.state == "active" and not self._may_be_card(code.code):
                found.append(RowFault(line, "csv.not_for_card", {"column": "cards", "value": code.code}))
            if (first := self._codes.get(code_key(code.code))) is not None:
                found.append(RowFault(line, "csv.code_twice", {"value": code.code, "line": str(first)}))
        if made.id in self._ids:
            found.append(RowFault(line, "csv.id_twice", {"value": made.id, "line": str(self._ids[made.id])}))
        if found:
            self.faults += found
            return
        self._codes.update({code_key(code.code): line for code in made.codes})
        self._ids[made.id] = line
        self.customers.append(made)
        self.lines.append(line)

    def _warn(self, line: int, made: Customer) -> None:
        for other in store.duplicates(self._conn, made)[:1]:
            self.warnings.append(RowFault(line, _SAME[other.why], {"name": other.row.listed_name}))

    def _warn_of_another_name(self, line: int, row: dict[str, str], old: Customer, made: Customer) -> None:
        """A row that means a customer by the card alone may mean somebody else."""
        if not row.get("id") and fold(made.listed_name) != fold(old.listed_name):
            self.warnings.append(RowFault(line, "customer.renamed", {"name": old.listed_name}))

    def _old(self, customer_id: str, codes: tuple[CustomerCode, ...]) -> Customer | None:
        if customer_id:
            if not re.fullmatch(r"c-[a-z2-7]{12}", customer_id):
                raise _Fault("csv.value_unknown", value=customer_id, column="id")
            return store.get(self._conn, customer_id)
        for code in codes:
            hit = store.by_code(self._conn, code.code)
            if hit is not None:
                return hit.customer
        return None

    def _customer(self, row: dict[str, str], codes: tuple[CustomerCode, ...], old: Customer | None) -> Customer:
        """The customer of a row: columns that the file does not have keep what they were."""
        base = old or Customer(row.get("id") or store.new_id(self._conn))
        if base.is_erased:
            raise _Fault("customer.erased")
        changes: dict[str, Any] = {
            name: row[name]
            for name in ("last_name", "first_name", "company", "email", "account", "notes")
            if name in row
        }
        changes |= {name: row[name] for name in ("vat_number", "uid", "siren", "siret") if name in row}
        if "kind" in row:
            changes["kind"] = _one_of(_KINDS, row["kind"], "kind")
        elif old is None and row.get("company"):
            changes["kind"] = "company"
        if "civility" in row:
            changes["civility"] = _one_of(_CIVILITIES, row["civility"], "civility")
        if "phone" in row:
            changes["phones"] = tuple(filter(None, (row["phone"], row.get("phone_2", "")))) + base.phones[2:]
        if "cards" in row:
            changes["codes"] = codes
        if "group" in row:
            changes["group"] = self._group(row["group"])
        if any(name in row for name in (*_ADDRESS, "delivery_street")):
            changes["addresses"] = _addresses(row, base)
        if old is None and row.get("created"):
            changes["created_at"] = _time(row["created"], "created")
        changes["consents"] = _consents(row, base.consents, self._at)
        return msgspec.structs.replace(base, **changes)

    def _group(self, label: str) -> str:
        if not label:
            return ""
        found = self._groups.get(fold(label))
        if found is None:
            raise _Fault("customer.group_unknown", value=label, column="group")
        return found


def _twice(names: tuple[str, ...]) -> str:
    return next(name for name in names if names.count(name) > 1)[:VALUE_MAX]


def _column(field: str) -> str:
    """The column of a field, such as `addresses.0.postcode`."""
    parts = field.split(".")
    if parts[0] == "addresses":
        name = parts[2] if len(parts) > 2 else "place"
        return name if parts[1] == "0" or name == "driver_note" else f"delivery_{name}"
    return _FIELDS.get(parts[0], parts[0])


def _one_of(known: dict[str, str], text: str, column: str) -> str:
    if fold(text) not in known:
        raise _Fault("csv.value_unknown", value=text, column=column)
    return known[fold(text)]


def _codes(text: str, at: str) -> tuple[CustomerCode, ...]:
    """Cards separated by `|`; `!` before a blocked one, `~` before a replaced one."""
    states = {"!": "blocked", "~": "replaced"}
    found = []
    for part in filter(None, map(str.strip, text.split("|"))):
        state = states.get(part[0], "active")
        found.append(CustomerCode(part.lstrip("!~").strip(), state, at))  # type: ignore[arg-type]
    return tuple(found)


def _addresses(row: dict[str, str], base: Customer) -> tuple[Address, ...]:
    """The default and one for deliveries; further ones stay as they were."""
    home = msgspec.structs.replace(_address(row, ""), is_default=True)
    note = row.get("driver_note", "")
    away = msgspec.structs.replace(_address(row, "delivery_"), is_delivery=True, driver_note=note)
    if away.driver_note and not (away.street or away.place):
        home = msgspec.structs.replace(home, driver_note=away.driver_note, is_delivery=True)
        away = Address(is_delivery=True)
    others = tuple(one for one in base.addresses if not one.is_default and not one.is_delivery)
    return tuple(one for one in (home, away) if one.street or one.postcode or one.place) + others


def _address(row: dict[str, str], prefix: str) -> Address:
    street, postcode, place, country = (row.get(prefix + name, "") for name in _ADDRESS)
    return Address(street, postcode, place, country)


def _consents(row: dict[str, str], old: Consents, at: str) -> Consents:
    given = {name: _consent(row[name], name, at) for name in Consents.__struct_fields__ if row.get(name)}
    return msgspec.structs.replace(old, **given)


def _consent(text: str, column: str, at: str) -> Consent:
    """`oui`, `non`, each with a date after it or without; a date alone is a yes."""
    word, _, when = text.partition(" ")
    if _DAY.match(word):
        word, when = "oui", word
    if fold(word) not in ("oui", "non", "yes", "no", "1", "0"):
        raise _Fault("csv.value_unknown", value=text, column=column)
    return Consent(fold(word) in ("oui", "yes", "1"), _time(when, column) if when.strip() else at)


def _time(text: str, column: str) -> str:
    """A day, or a whole UTC time as an export writes it."""
    text = text.strip()
    if re.fullmatch(r"[0-9-]{10}T[0-9:.]{8,15}Z", text):
        return text
    if not _DAY.fullmatch(text):
        raise _Fault("csv.value_unknown", value=text, column=column)
    return f"{text}T00:00:00.000Z"


def _opening(line: int, customer: str, row: dict[str, str]) -> Opening | None:
    paid = _amount(row.get("balance_paid", ""), "balance_paid")
    gifted = _amount(row.get("balance_gifted", ""), "balance_gifted")
    day = row.get("balance_date", "")
    if day and not _DAY.fullmatch(day):
        raise _Fault("csv.value_unknown", value=day, column="balance_date")
    return Opening(line, customer, paid, gifted, day) if paid or gifted else None


def _amount(text: str, column: str) -> int:
    if not text:
        return 0
    match = _AMOUNT.fullmatch(text.replace("'", "").replace("’", ""))
    amount_minor = int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0")) if match else BALANCE_MAX_MINOR + 1
    if amount_minor > BALANCE_MAX_MINOR:
        raise _Fault("csv.price_form", column=column, value=text)
    return amount_minor


# ---------------------------------------------------------------------------------------------------------------
# Out


def export_customers(conn: Any, balances: Callable[[str], tuple[int, int]] = lambda customer: (0, 0)) -> Iterator[str]:
    """The lines of a file that `import_customers` reads again, header first; by name.

    `balances` tells paid and gifted credit of an id. Two addresses of a customer are kept: default and delivery.
    """
    yield ";".join(COLUMNS) + "\n"
    labels = {group.id: group.label for group in store.groups(conn)}
    for customer in store.read_all(conn):
        out = io.StringIO()
        row = _row_of(customer, labels.get(customer.group, ""), *balances(customer.id))
        csv.writer(out, delimiter=";", lineterminator="\n").writerow([inert(row.get(name, "")) for name in COLUMNS])
        yield out.getvalue()


_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_NUMBER: Final = re.compile(r"[+-]?[0-9][0-9 .,'()/-]*")
"""No formula, whatever it begins with: a phone number stays one."""


def inert(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: a quote before what could begin one. `taken_back` undoes it.

    >>> [inert(text) for text in ("=1+1", "'=1", "+41 79 200 00 00", "d'Arc")]
    ["'=1+1", "''=1", '+41 79 200 00 00', "d'Arc"]
    """
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def taken_back(text: str) -> str:
    """What a cell said before `inert`.

    >>> [taken_back(text) for text in ("'=1+1", "''=1", "'s Gravesande", "+41")]
    ['=1+1', "'=1", "'s Gravesande", '+41']
    """
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def _row_of(customer: Customer, group: str, paid_minor: int, gifted_minor: int) -> dict[str, str]:
    signs = {"active": "", "blocked": "!", "replaced": "~"}
    home = customer.default_address or Address(country="")
    away = next((one for one in customer.addresses if one.is_delivery and one is not home), Address(country=""))
    note = away.driver_note or home.driver_note
    row = {
        name: getattr(customer, name)
        for name in ("id", "kind", "civility", "last_name", "first_name", "company", "email", "account", "notes")
    }
    row |= {name: getattr(customer, name) for name in ("vat_number", "uid", "siren", "siret")}
    row |= {name: _said(getattr(customer.consents, name)) for name in Consents.__struct_fields__}
    row |= {name: getattr(home, name) for name in _ADDRESS}
    row |= {f"delivery_{name}": getattr(away, name) for name in _ADDRESS}
    row |= dict(zip(("phone", "phone_2"), customer.phones, strict=False))
    row |= {"cards": "|".join(signs[code.state] + code.code for code in customer.codes), "group": group}
    row |= {"created": customer.created_at, "driver_note": note}
    for name, amount_minor in (("balance_paid", paid_minor), ("balance_gifted", gifted_minor)):
        row[name] = f"{amount_minor // 100}.{amount_minor % 100:02}" if amount_minor else ""
    return row


def _said(consent: Consent) -> str:
    return f"{'oui' if consent.given else 'non'} {consent.at}" if consent.at else ""
