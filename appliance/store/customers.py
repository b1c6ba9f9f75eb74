"""Customers and their groups on disk; hides the word table that finds one among 100,000 while somebody types.

Functions that write are a part of the caller's transaction when one is open (a companion of the audit fact), and a
whole transaction otherwise. What they delete is overwritten with zeros (`PRAGMA secure_delete`, set by
`store/database.py: connect`), and `finish_erasure` sees to the rest, so that an erased name is gone from the file.

Search. Each customer has a few words (`domain/customer.py: search_words`), and everything is found by their beginnings.
What begins like the listed name comes first, the others follow by name. Up to `WIDE` carriers of a word are looked up
and intersected; what more people carry ("a", or the town) is tested on whom the other words find, or on everybody in
the order of the list until the screen is full: the more carry it, the sooner that is. A word that begins nothing is
tried with one typing error.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final, Literal

import msgspec

from appliance.domain import customer as domain
from appliance.domain.catalog import edits, fold, words_of
from appliance.domain.customer import (
    COUNTER,
    COUNTER_ID,
    Address,
    Consents,
    Customer,
    CustomerCode,
    CustomerKind,
    FieldFault,
    Group,
    GroupRate,
    InvalidCustomer,
    code_key,
    phone_digits,
    sort_key,
)
from appliance.domain.errors import Refusal
from appliance.store import spool
from appliance.store.erasure import PENDING

FOUND_MAX: Final = 1000
"""Up to so many are counted and sorted; of more, only the first rows are looked for."""
WIDE: Final = 20_000
"""A word that more carry is not looked up but tested, on those whom the other words find."""
TESTS_MAX: Final = 1500
"""Customers that one question is tested on."""
WORDS_MAX: Final = 8
"""Of a question; more than anybody types."""
DUPLICATES_MAX: Final = 5
_TABLES: Final = ("customer", "customer_code", "customer_address", "customer_word")
ERASURE_PARTS: Final = len(_TABLES) + 1


class CustomerRow(msgspec.Struct, frozen=True, gc=False):
    """A customer in a list. The balance is not here: it is in the till's state, under the same id."""

    id: str
    kind: CustomerKind
    civility: str
    last_name: str
    first_name: str
    company: str
    phone: str
    code: str
    """First active code as written, or ""."""
    place: str
    group: str
    """Id of the group, or ""."""

    @property
    def listed_name(self) -> str:
        return self.company if self.kind == "company" else f"{self.last_name} {self.first_name}".strip()

    @property
    def initials(self) -> str:
        return domain.initials_of(self.listed_name)


class Found(msgspec.Struct, frozen=True):
    """What a search found: the first rows, and how many there are."""

    rows: tuple[CustomerRow, ...]
    total: int
    is_exact: bool = True
    """False: there are more than `total`."""


class CodeHit(msgspec.Struct, frozen=True):
    """Whose code it is, and whether it still counts: a blocked or replaced one must not attach anybody."""

    customer: Customer
    code: CustomerCode


class Duplicate(msgspec.Struct, frozen=True):
    """Somebody who may be the same."""

    row: CustomerRow
    why: Literal["phone", "email", "name"]


# ---------------------------------------------------------------------------------------------------------------
# Reading


def get(conn: Any, customer_id: str) -> Customer | None:
    """The customer with this id, also an erased one; *Client comptoir* for its own id and for ""."""
    if customer_id in ("", COUNTER_ID):
        return COUNTER
    row = conn.execute(f"SELECT number, {_COLUMNS} FROM customer WHERE id = ?", (customer_id,)).fetchone()
    return None if row is None else _customer(conn, row)


def by_code(conn: Any, code: str) -> CodeHit | None:
    """Whose code was scanned or typed, in any spelling; also a blocked or replaced one."""
    row = conn.execute(
        "SELECT customer, written, state, since FROM customer_code WHERE key = ?", (code_key(code),)
    ).fetchone()
    if row is None:
        return None
    owner = conn.execute(f"SELECT number, {_COLUMNS} FROM customer WHERE number = ?", (row[0],)).fetchone()
    return CodeHit(_customer(conn, owner), CustomerCode(row[1], row[2], row[3]))


def count(conn: Any, kind: CustomerKind | None = None) -> int:
    """How many customers there are; who was erased is none."""
    sql = "SELECT count(*) FROM customer WHERE erased_at = ''" + (" AND kind = ?" if kind else "")
    return int(conn.execute(sql, (kind,) if kind else ()).fetchone()[0])


def read_all(conn: Any) -> Iterator[Customer]:
    """Every customer by name, for exports."""
    rows = conn.execute(
        f"SELECT number, {_COLUMNS} FROM customer WHERE erased_at = '' ORDER BY sort, number"
    ).fetchall()
    for row in rows:
        yield _customer(conn, row)


_COLUMNS: Final = (
    "id, kind, civility, last_name, first_name, company, phones, email, account, group_id, vat_number, uid, siren,"
    " siret, consents, notes, created_at, changed_at, erased_at"
)


def _customer(conn: Any, row: Any) -> Customer:
    (
        number, id_, kind, civility, last, first, company, phones, email, account, group, vat, uid, siren, siret,
        consents, notes, created, changed, erased,
    ) = row  # fmt: skip
    codes = conn.execute(
        "SELECT written, state, since FROM customer_code WHERE customer = ? ORDER BY position", (number,)
    )
    addresses = conn.execute(
        "SELECT street, postcode, place, country, label, is_default, is_delivery, driver_note FROM customer_address"
        " WHERE customer = ? ORDER BY position",
        (number,),
    )
    return Customer(
        id_, kind, civility, last, first, company, msgspec.json.decode(phones, type=tuple[str, ...]), email,
        tuple(CustomerCode(*code) for code in codes), account, group,
        tuple(_address(row) for row in addresses),
        vat, uid, siren, siret, msgspec.json.decode(consents, type=Consents), notes, created, changed, erased,
    )  # fmt: skip


def _address(row: Any) -> Address:
    street, postcode, place, country, label, is_default, is_delivery, note = row
    return Address(street, postcode, place, country, label, bool(is_default), bool(is_delivery), note)


# ---------------------------------------------------------------------------------------------------------------
# Searching


_ROW: Final = (
    "c.id, c.kind, c.civility, c.last_name, c.first_name, c.company, COALESCE(json_extract(c.phones, '$[0]'), ''),"
    " COALESCE((SELECT written FROM customer_code k WHERE k.customer = c.number AND k.state = 'active'"
    " ORDER BY k.position LIMIT 1), ''),"
    " COALESCE((SELECT place FROM customer_address a WHERE a.customer = c.number"
    " ORDER BY a.is_default DESC, a.position LIMIT 1), ''), c.group_id"
)
_LAST: Final = "\U0010ffff"


def search(conn: Any, text: str = "", kind: CustomerKind | None = None, limit: int = 50, offset: int = 0) -> Found:
    """Customers whose words begin with every word of `text`, by name; all of them when it is empty.

    Accents and capitals do not matter, digits are searched without their spaces in phones and codes, and one typing
    error is forgiven when nothing else is found.
    """
    words = _question(text)
    if not words:
        rows = _rows(conn, kind, limit, offset)
        return Found(rows, count(conn, kind))
    found = _find(conn, [[word] for word in words], kind, limit, offset)
    if not found.rows and not offset:
        guessed = [_guesses(conn, word) for word in words]
        if guessed != [[word] for word in words] and all(guessed):
            found = _find(conn, guessed, kind, limit, offset)
    return found


def _question(text: str) -> list[str]:
    """The words to look for; neighbouring groups of digits are one number."""
    words: list[str] = []
    number = ""
    for chunk in [*text.split(), ""]:
        if chunk and not any(char.isalpha() for char in chunk) and any(char.isdigit() for char in chunk):
            number += chunk
            continue
        if number:
            words.append(_number(number))
            number = ""
        words += [fold(chunk)] if "@" in chunk else words_of(chunk)
    return [word for word in words if word][:WORDS_MAX]


def _number(text: str) -> str:
    """Digits as they are looked for: a number from abroad as it is dialled at home."""
    digits = "".join(char for char in text if char.isascii() and char.isdigit())
    return phone_digits(text) if text.startswith(("+", "00")) and len(digits) > domain.ENDING_MIN * 2 else digits


def _find(conn: Any, words: list[list[str]], kind: CustomerKind | None, limit: int, offset: int) -> Found:
    """Who carries, for every place of the question, a word that begins like one of its spellings."""
    narrow: set[int] | None = None
    wide: list[list[str]] = []
    for spellings in words:
        carriers = _carriers(conn, spellings)
        if carriers is None:
            wide.append(spellings)
            continue
        narrow = carriers if narrow is None else narrow & carriers
        if not narrow:
            return Found((), 0)
    start = words[0][0]
    if narrow is not None and len(narrow) <= FOUND_MAX:
        numbers = [number for number in _sorted(conn, narrow, start, kind) if _carries_all(conn, number, wide)]
        return Found(_rows_of(conn, numbers[offset : offset + limit]), len(numbers))
    tested = (number for number in _walk(conn, start, kind) if narrow is None or number in narrow)
    passed = (number for number in islice(tested, TESTS_MAX if wide else None) if _carries_all(conn, number, wide))
    numbers = list(islice(passed, offset + limit))
    if len(numbers) < offset + limit:
        return Found(_rows_of(conn, numbers[offset:]), len(numbers), is_exact=narrow is not None and not wide)
    return Found(_rows_of(conn, numbers[offset:]), max(FOUND_MAX, len(numbers)), is_exact=False)


def _carriers(conn: Any, spellings: list[str]) -> set[int] | None:
    """Who carries a word that begins like one of the spellings; None when they are too many to look up."""
    within = f"FROM customer_word WHERE word BETWEEN ? AND ? LIMIT {WIDE + 1}"
    bounds = [(word, word + _LAST) for word in spellings]
    sizes = (conn.execute(f"SELECT count(*) FROM (SELECT 1 {within})", bound).fetchone()[0] for bound in bounds)
    if any(size > WIDE for size in sizes):
        return None
    return {row[0] for bound in bounds for row in conn.execute(f"SELECT customer {within}", bound)}


def _carries_all(conn: Any, number: int, words: list[list[str]]) -> bool:
    """Whether one customer carries a word for each place."""
    sql = "SELECT 1 FROM customer_word WHERE customer = ? AND word BETWEEN ? AND ?"
    return all(
        any(conn.execute(sql, (number, word, word + _LAST)).fetchone() for word in spellings) for spellings in words
    )


def _sorted(conn: Any, numbers: set[int], start: str, kind: CustomerKind | None) -> list[int]:
    """A few customers in the order of lists: names that begin with `start`, then all others."""
    rows = conn.execute(
        "SELECT sort, number, kind FROM customer WHERE number IN (SELECT value FROM json_each(?)) AND erased_at = ''",
        (msgspec.json.encode(sorted(numbers)).decode(),),
    ).fetchall()
    rows = [row for row in rows if kind in (None, row[2])]
    return [row[1] for row in sorted(rows, key=lambda row: (not row[0].startswith(start), row[0], row[1]))]


def _walk(conn: Any, start: str, kind: CustomerKind | None) -> Iterator[int]:
    """Everybody in the order of lists, straight from the index: names that begin with `start`, then all others."""
    which, params = (" AND kind = ?", (kind,)) if kind else ("", ())
    sql = "SELECT number FROM customer INDEXED BY customer_sort WHERE erased_at = ''"
    for part, bounds in (("sort BETWEEN ? AND ?", 2), ("sort < ?", 1), ("sort > ?", 1)):
        values = (start, start + _LAST)[:bounds] if part != "sort > ?" else (start + _LAST,)
        for (number,) in conn.execute(f"{sql} AND {part}{which} ORDER BY sort, number", (*values, *params)):
            yield number


def _rows(conn: Any, kind: CustomerKind | None, limit: int, offset: int) -> tuple[CustomerRow, ...]:
    which = " AND kind = ?" if kind else ""
    numbers = conn.execute(
        f"SELECT number FROM customer INDEXED BY customer_sort WHERE erased_at = ''{which}"
        " ORDER BY sort LIMIT ? OFFSET ?",
        (*((kind,) if kind else ()), limit, offset),
    )
    return _rows_of(conn, [row[0] for row in numbers])


def _rows_of(conn: Any, numbers: list[int]) -> tuple[CustomerRow, ...]:
    sql = f"SELECT {_ROW} FROM customer c WHERE c.number = ?"
    return tuple(CustomerRow(*conn.execute(sql, (number,)).fetchone()) for number in numbers)


GUESSES_MAX: Final = 12


def _guesses(conn: Any, word: str) -> list[str]:
    """The word itself when something begins so, else what does one typing error away; empty when nothing does."""
    if _exists(conn, word):
        return [word]
    if word.isdigit():  # dialled from home or from abroad, or a card read without its first digits
        bare = word.lstrip("0")
        return [bare] if bare and _exists(conn, bare) else []
    if len(word) < 4:
        return []
    found = []
    for edit in edits(word):
        if _exists(conn, edit):
            found.append(edit)
            if len(found) == GUESSES_MAX:
                break
    return found


def _exists(conn: Any, word: str) -> bool:
    sql = "SELECT 1 FROM customer_word WHERE word BETWEEN ? AND ? LIMIT 1"
    return conn.execute(sql, (word, word + _LAST)).fetchone() is not None


def duplicates(conn: Any, customer: Customer) -> tuple[Duplicate, ...]:
    """Others with the same phone, e-mail or name, the surest first; at most `DUPLICATES_MAX`."""
    found: dict[str, Duplicate] = {}
    asks: list[tuple[Literal["phone", "email", "name"], str, str]] = []
    word = (
        "SELECT c.number FROM customer_word w JOIN customer c ON c.number = w.customer WHERE w.word = ? AND c.id <> ?"
    )
    for phone in customer.phones:
        if len(digits := phone_digits(phone)) > domain.ENDING_MIN:
            asks.append(("phone", f"{word} AND c.phones <> '[]'", digits))
    if customer.email:
        asks.append(("email", word, fold(customer.email)))
    if key := sort_key(customer):
        asks.append(("name", "SELECT number FROM customer WHERE sort = ? AND erased_at = '' AND id <> ?", key))
    for why, sql, value in asks:
        numbers = conn.execute(f"{sql} LIMIT {DUPLICATES_MAX}", (value, customer.id)).fetchall()
        for row in _rows_of(conn, [number for (number,) in numbers]):
            found.setdefault(row.id, Duplicate(row, why))
    return tuple(found.values())[:DUPLICATES_MAX]


def place_of(conn: Any, postcode: str, country: str = "CH") -> str:
    """*NPA fills the place*: what most customers of that postcode wrote, else a well-known town; "" when unknown."""
    row = conn.execute(
        "SELECT place FROM customer_address WHERE country = ? AND postcode = ? AND place <> ''"
        " GROUP BY place ORDER BY count(*) DESC, place LIMIT 1",
        (country, postcode),
    ).fetchone()
    return row[0] if row else _PLACES.get(postcode, "") if country == "CH" else ""


_PLACES: Final = {
    "1000": "Lausanne", "1003": "Lausanne", "1004": "Lausanne", "1005": "Lausanne", "1006": "Lausanne",
    "1007": "Lausanne", "1008": "Prilly", "1009": "Pully", "1010": "Lausanne", "1012": "Lausanne",
    "1018": "Lausanne", "1020": "Renens VD", "1022": "Chavannes-près-Renens", "1023": "Crissier",
    "1024": "Ecublens VD", "1030": "Bussigny", "1066": "Epalinges", "1071": "Chexbres", "1091": "Grandvaux",
    "1092": "Belmont-sur-Lausanne", "1093": "La Conversion", "1094": "Paudex", "1095": "Lutry", "1096": "Cully",
    "1098": "Epesses", "1110": "Morges", "1180": "Rolle", "1196": "Gland", "1197": "Prangins", "1200": "Genève",
    "1201": "Genève", "1202": "Genève", "1203": "Genève", "1204": "Genève", "1205": "Genève", "1206": "Genève",
    "1207": "Genève", "1208": "Genève", "1209": "Genève", "1213": "Petit-Lancy", "1217": "Meyrin", "1219": "Aïre",
    "1220": "Les Avanchets", "1227": "Carouge GE", "1260": "Nyon", "1290": "Versoix", "1400": "Yverdon-les-Bains",
    "1450": "Ste-Croix", "1510": "Moudon", "1530": "Payerne", "1580": "Avenches", "1607": "Palézieux",
    "1618": "Châtel-St-Denis", "1630": "Bulle", "1700": "Fribourg", "1800": "Vevey", "1801": "Le Mont-Pèlerin",
    "1802": "Corseaux", "1803": "Chardonne", "1804": "Corsier-sur-Vevey", "1805": "Jongny",
    "1806": "St-Légier-La Chiésaz",
    "1807": "Blonay", "1808": "Les Monts-de-Corsier", "1809": "Fenil-sur-Corsier", "1814": "La Tour-de-Peilz",
    "1815": "Clarens", "1816": "Chailly-Montreux", "1820": "Montreux", "1844": "Villeneuve VD", "1847": "Rennaz",
    "1860": "Aigle", "1870": "Monthey", "1880": "Bex", "1890": "St-Maurice", "1920": "Martigny", "1950": "Sion",
    "2000": "Neuchâtel", "2300": "La Chaux-de-Fonds", "2400": "Le Locle", "2500": "Biel/Bienne", "2502": "Biel/Bienne",
    "2740": "Moutier", "2800": "Delémont", "2900": "Porrentruy", "3000": "Bern", "3960": "Sierre", "4000": "Basel",
    "6000": "Luzern", "6900": "Lugano", "8000": "Zürich", "9000": "St. Gallen",
}  # fmt: skip


# ---------------------------------------------------------------------------------------------------------------
# Writing


def new_id(conn: Any) -> str:
    """An id nobody has."""
    while True:
        made = domain.make_id("c-", secrets.token_bytes(domain.ID_BYTES))
        if conn.execute("SELECT 1 FROM customer WHERE id = ?", (made,)).fetchone() is None:
            return made


def check(conn: Any, customer: Customer) -> tuple[FieldFault, ...]:
    """What is wrong with a form as it was filled, field by field; empty when it can be saved.

    `customer.code_taken` names the holder: `holder` the name and `holder_id`, for who may open it.
    """
    customer = domain.tidy(customer)
    faults = list(domain.validate(customer))
    for at, code in enumerate(customer.codes):
        hit = by_code(conn, code.code)
        if hit is not None and hit.customer.id != customer.id:
            holder = {"holder": hit.customer.name, "holder_id": hit.customer.id}
            faults.append(FieldFault(f"codes.{at}", "customer.code_taken", holder))
    if customer.group and _group_row(conn, customer.group) is None:
        faults.append(FieldFault("group", "customer.group_unknown"))
    return tuple(faults)


def save_all(conn: Any, rows: Iterable[Customer], at: str) -> None:
    """Save those that were tidied and checked already, all in one transaction. Refuses nothing."""
    with _writing(conn):
        for row in rows:
            _save(conn, row, at)


def _save(conn: Any, customer: Customer, at: str) -> Customer:
    old = get(conn, customer.id) if customer.id else None
    made = msgspec.structs.replace(
        customer,
        id=customer.id or new_id(conn),
        created_at=old.created_at if old else customer.created_at or at,
        changed_at=at,
        codes=tuple(msgspec.structs.replace(code, since=code.since or at) for code in customer.codes),
    )
    _store(conn, made, old)
    if old is not None:
        _remember_former(conn, made, old)
    return made


def _store(conn: Any, made: Customer, old: Customer | None) -> None:
    values = (
        made.id, made.kind, made.civility, made.last_name, made.first_name, made.company,
        msgspec.json.encode(made.phones).decode(), made.email, made.account, made.group, made.vat_number, made.uid,
        made.siren, made.siret, msgspec.json.encode(made.consents).decode(), made.notes, made.created_at,
        made.changed_at, made.erased_at, sort_key(made),
    )  # fmt: skip
    columns = f"{_COLUMNS}, sort"
    if old is None:
        number = conn.execute(f"INSERT INTO customer ({columns}) VALUES ({','.join('?' * 20)})", values).lastrowid
    else:
        (number,) = conn.execute("SELECT number FROM customer WHERE id = ?", (made.id,)).fetchone()
        sets = ", ".join(f"{column.strip()} = ?" for column in columns.split(","))
        conn.execute(f"UPDATE customer SET {sets} WHERE number = ?", (*values, number))
    if old is None or old.codes != made.codes:
        conn.execute("DELETE FROM customer_code WHERE customer = ?", (number,))
        conn.executemany(
            "INSERT INTO customer_code VALUES (?, ?, ?, ?, ?, ?)",
            [(code_key(c.code), number, at, c.code, c.state, c.since) for at, c in enumerate(made.codes)],
        )
    if old is None or old.addresses != made.addresses:
        conn.execute("DELETE FROM customer_address WHERE customer = ?", (number,))
        conn.executemany(
            f"INSERT INTO customer_address VALUES ({','.join('?' * 10)})",
            [
                (
                    number,
                    at,
                    a.street,
                    a.postcode,
                    a.place,
                    a.country,
                    a.label,
                    a.is_default,
                    a.is_delivery,
                    a.driver_note,
                )
                for at, a in enumerate(made.addresses)
            ],
        )
    before = domain.search_words(old) if old else frozenset()
    after = frozenset() if made.is_erased else domain.search_words(made)
    conn.executemany(
        "DELETE FROM customer_word WHERE word = ? AND customer = ?", [(w, number) for w in sorted(before - after)]
    )
    conn.executemany("INSERT INTO customer_word VALUES (?, ?)", [(w, number) for w in sorted(after - before)])


def _former(conn: Any, customer_id: str) -> frozenset[str]:
    """What the customer was called before, as papers may still have it."""
    row = conn.execute("SELECT former FROM customer WHERE id = ?", (customer_id,)).fetchone()
    return msgspec.json.decode(row[0], type=frozenset[str])


def _remember_former(conn: Any, made: Customer, old: Customer) -> None:
    dropped = domain.personal_phrases(old) - domain.personal_phrases(made)
    if dropped:
        kept = msgspec.json.encode(sorted(_former(conn, made.id) | dropped)).decode()
        conn.execute("UPDATE customer SET former = ? WHERE id = ?", (kept, made.id))


@contextmanager
def _writing(conn: Any) -> Iterator[None]:
    """One transaction, the caller's when one is open."""
    outer = conn.in_transaction
    try:
        if not outer:
            conn.execute("BEGIN IMMEDIATE")
        yield
        if not outer:
            conn.execute("COMMIT")
    except BaseException:
        if not outer and conn.in_transaction:
            conn.execute("ROLLBACK")
        raise


# ---------------------------------------------------------------------------------------------------------------
# Erasing and exporting


def erase(conn: Any, customer_id: str, at: str) -> None:
    """*Supprimer*: everything personal goes, from the tables and from the papers in the spool; the id stays.

    Whether the wallet is empty and no order is open is asked before, by who knows the state. After the commit
    `finish_erasure` empties the log. Raises Refusal `customer.unknown`, `customer.built_in`.
    """
    if customer_id in ("", COUNTER_ID):
        raise Refusal("customer.built_in")
    old = get(conn, customer_id)
    if old is None:
        raise Refusal("customer.unknown")
    if old.is_erased:
        return
    with _writing(conn):
        gone = Customer(old.id, old.kind, created_at=old.created_at, changed_at=at, erased_at=at)
        _store(conn, gone, old)
        phrases = domain.personal_phrases(old) | _former(conn, old.id)
        spool.scrub_papers(conn, old.id, lambda text: domain.redact(text, phrases))
        conn.execute("UPDATE customer SET former = '[]' WHERE id = ?", (old.id,))
        conn.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (PENDING, " ".join(_TABLES)),
        )


def finish_erasure(conn: Any) -> bool:
    """Make the file forget what was erased; False when another reader holds the log and it has to be asked again.

    SQLite zeroes what is deleted, but not the copies that stay in the free space of a page when its rows move to
    another. So the customers' tables are written anew, page by page, and the log is emptied. Costs some 0.1 s per 1,000
    customers, during which nothing else is written and this connection reads nothing. Not inside a transaction.
    """
    return any(finish_erasure_in_part(conn) for _ in range(ERASURE_PARTS))


def finish_erasure_in_part(conn: Any) -> bool:
    """One table of `finish_erasure`, or the log after the last one; True when nothing is left to do.

    For a till that is idle: the words of 20,000 customers, the biggest table, take about a second.
    """
    row = conn.execute("SELECT value FROM meta WHERE key = ?", (PENDING,)).fetchone()
    if row is None:
        return True
    left = row[0].split()
    if not set(left) <= set(_TABLES):  # a mark from before the tables were named
        left = list(_TABLES)
    if left:
        with _writing(conn):
            _write_anew(conn, left[0])
            conn.execute("UPDATE meta SET value = ? WHERE key = ?", (" ".join(left[1:]), PENDING))
        return False
    busy, _, _ = conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        return False
    conn.execute("DELETE FROM meta WHERE key = ?", (PENDING,))
    return True


def _write_anew(conn: Any, table: str) -> None:
    """The same rows on new pages, in their order; the old pages are zeroed as they are freed."""
    indexes = conn.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", (table,)
    ).fetchall()
    conn.execute(f"CREATE TEMP TABLE kept AS SELECT * FROM {table}")
    for name, _ in indexes:
        conn.execute(f"DROP INDEX {name}")
    conn.execute(f"DELETE FROM {table}")  # without a condition: whole pages are freed
    conn.execute(f"INSERT INTO {table} SELECT * FROM kept ORDER BY rowid")
    for _, sql in indexes:
        conn.execute(sql)
    conn.execute("DROP TABLE temp.kept")


def export_person(conn: Any, customer_id: str, parts: Mapping[str, object] | None = None) -> bytes:
    """Everything that is kept about one person, as JSON. `parts` are further sections such as `wallet` and `sales`.

    Raises Refusal `customer.unknown`, `customer.erased`, `customer.built_in`.
    """
    customer = get(conn, customer_id)
    if customer is None:
        raise Refusal("customer.unknown")
    if customer is COUNTER:
        raise Refusal("customer.built_in")
    if customer.is_erased:
        raise Refusal("customer.erased")
    label = next((group.label for group in groups(conn) if group.id == customer.group), "")
    papers = spool.papers_of(conn, customer_id)
    answer = {"format": "tillbox.person/1", "customer": customer, "group": label, "papers": papers, **(parts or {})}
    return msgspec.json.format(msgspec.json.encode(answer), indent=2)


# ---------------------------------------------------------------------------------------------------------------
# Groups


def groups(conn: Any) -> tuple[Group, ...]:
    """All groups in their order."""
    rows = conn.execute("SELECT id, label, rates, position FROM customer_group ORDER BY position, label, id")
    return tuple(_group(row) for row in rows)


def group(conn: Any, group_id: str) -> Group | None:
    row = _group_row(conn, group_id)
    return None if row is None else _group(row)


def _group_row(conn: Any, group_id: str) -> Any:
    return conn.execute("SELECT id, label, rates, position FROM customer_group WHERE id = ?", (group_id,)).fetchone()


def _group(row: Any) -> Group:
    return Group(row[0], row[1], msgspec.json.decode(row[2], type=tuple[GroupRate, ...]), row[3])


def member_count(conn: Any, group_id: str) -> int:
    sql = "SELECT count(*) FROM customer WHERE group_id = ? AND group_id <> ''"
    return int(conn.execute(sql, (group_id,)).fetchone()[0])


def member_counts(conn: Any) -> dict[str, int]:
    """How many customers are in each group that has some, by id."""
    sql = "SELECT group_id, count(*) FROM customer WHERE group_id <> '' GROUP BY group_id"
    return {str(row[0]): int(row[1]) for row in conn.execute(sql)}


def check_group(conn: Any, made: Group) -> tuple[FieldFault, ...]:
    """What is wrong with a group's form; empty when it can be saved."""
    faults = list(domain.validate_group(made))
    if any(other.id != made.id and fold(other.label) == fold(made.label.strip()) for other in groups(conn)):
        faults.append(FieldFault("label", "group.label_taken"))
    return tuple(faults)


def save_group(conn: Any, made: Group) -> Group:
    """Create, rename or change the rates of a group; what was stored. Raises InvalidCustomer."""
    if faults := check_group(conn, made):
        raise InvalidCustomer(faults)
    made = msgspec.structs.replace(
        made, id=made.id or domain.make_id("g-", secrets.token_bytes(domain.ID_BYTES)), label=made.label.strip()
    )
    write_group(conn, made)
    return made


def write_group(conn: Any, made: Group) -> None:
    """Store a group that was checked already. Refuses nothing."""
    with _writing(conn):
        conn.execute(
            "INSERT INTO customer_group VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE"
            " SET label = excluded.label, rates = excluded.rates, position = excluded.position",
            (made.id, made.label, msgspec.json.encode(made.rates).decode(), made.order),
        )


def drop_group(conn: Any, group_id: str, move_to: str) -> None:
    """Delete a group, its customers go to another one ("": to none). Refuses nothing."""
    with _writing(conn):
        conn.execute("UPDATE customer SET group_id = ? WHERE group_id = ?", (move_to, group_id))
        conn.execute("DELETE FROM customer_group WHERE id = ?", (group_id,))
