"""The catalogue on disk; hides the packed image that lets 100,000 products be ready in a few milliseconds.

The tables are the truth. `import_catalog` writes them and, in the same transaction, the *image*: the rows in rank
order as packed records, the codes as one sorted text, the word index as plain arrays. `load_catalog` reads the image
in about a hundred blobs and unpacks a product only when somebody asks for it. An image made by another version of
this module is not used: the catalogue is then built from the tables, slower, and written anew by the next import.

One article or one code more (`add_product`, `add_code`) goes into the tables and into `catalog_addition`; the image
stays as it is and both are read together. The next import takes the additions into its own rows, unless it has given
their codes to other articles: those are *displaced* (`displaced`).

CSV: `read_csv` never raises on content. It answers with products and with every fault, by line; the sentences are
made elsewhere from code and parameters. `import_csv` writes the whole file or nothing.
"""

import csv
import io
import re
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Protocol, TypeVar, get_args, overload

import msgspec

from appliance.domain import catalog as domain
from appliance.domain.catalog import Catalog, Category, Grid, PackCode, PriceKind, Product, Shop, Unit, WordIndex

IMAGE_FORMAT: Final = 2
"""Raised whenever `Product`, the word index or the packing changes."""
CHUNK: Final = 1024
"""Products per row of the image: a row of about 100 kB keeps the memory of an import small."""
FIRST_OWN_ID: Final = 1_000_000_001
"""Articles that a till creates itself are numbered from here, out of the way of every list that is imported."""
INSERT_PRODUCT: Final = f"INSERT INTO product VALUES ({','.join('?' * 16)})"
INSERT_CODE: Final = "INSERT INTO product_code VALUES (?, ?, ?, ?, ?, ?, ?)"


class Connection(Protocol):
    """The part of `sqlite3.Connection` used here; pysqlite3 gives the same."""

    @property
    def in_transaction(self) -> bool: ...

    def execute(self, sql: str, parameters: Any = ..., /) -> Any: ...

    def executemany(self, sql: str, parameters: Any, /) -> Any: ...


# ---------------------------------------------------------------------------------------------------------------
# Writing


def import_catalog(
    conn: Connection, products: Iterable[Product], categories: Iterable[Category], grids: Iterable[Grid]
) -> int:
    """Replace the whole catalogue in one transaction; number of products. ValueError when two products share a code.

    What this till added itself stays, where nothing of the import stands in its place.
    """
    products, categories = tuple(products), tuple(categories)
    with _transaction(conn):
        rows = _folded(conn, products, {row.id for row in categories})
        return _replace(conn, rows, categories, _own_tiles(grids, rows))


def _replace(
    conn: Connection, products: Iterable[Product], categories: Iterable[Category], grids: Iterable[Grid]
) -> int:
    rows = domain.ranked(products)
    catalog = domain.build_catalog(rows, categories, grids)
    shared = catalog_codes(rows)
    for table in ("catalog_image", "tile", "product_code", "product", "category"):
        conn.execute(f"DELETE FROM {table}")
    conn.executemany(
        "INSERT INTO category VALUES (?, ?, ?, ?)", [(c.id, c.name, c.hue, c.order) for c in catalog.categories]
    )
    conn.executemany(INSERT_PRODUCT, map(_product_row, rows))
    conn.executemany(INSERT_CODE, shared)
    conn.executemany("INSERT INTO tile VALUES (?, ?, ?)", _tile_rows(catalog.grids.values()))
    conn.executemany("INSERT INTO catalog_image VALUES (?, ?, ?)", _image(rows, catalog.words))
    return len(rows)


def _product_row(row: Product) -> tuple[object, ...]:
    return (
        row.id, row.name, row.key_label, row.category, row.price_minor, row.tax_class, row.unit, row.price_kind,
        row.free_min_minor, row.free_max_minor, int(row.sold_out), row.favourite, row.popularity, row.age_limit,
        row.name_plural, msgspec.json.encode(row.list_prices).decode(),
    )  # fmt: skip


def catalog_codes(rows: Iterable[Product]) -> list[tuple[str, str, int, int, int, int, int | None]]:
    """Rows of product_code, ascending by canonical code. ValueError when two products or packs claim a code."""
    found: dict[str, tuple[str, str, int, int, int, int, int | None]] = {}
    for row in rows:
        singles = [(code, 0, 1, None) for code in row.codes]
        packs = [(pack.code, 1, pack.units, pack.price_minor) for pack in row.packs]
        for position, (code, is_pack, units, price_minor) in enumerate([*singles, *packs]):
            key = domain.canonical_code(code)
            if not code.isprintable() or not code:
                raise ValueError(f"code {code!r} cannot be printed")
            if key in found:
                raise ValueError(f"code {code} is given twice")
            found[key] = (key, code, row.id, position, is_pack, units, price_minor)
    return [found[key] for key in sorted(found)]


def _tile_rows(grids: Iterable[Grid]) -> Iterator[tuple[int, int, int | None]]:
    for grid in grids:
        for slot, product in enumerate(grid.slots):
            yield grid.category, slot, product


@contextmanager
def _transaction(conn: Connection) -> Iterator[None]:
    """One transaction; part of the caller's when one is open."""
    if conn.in_transaction:
        yield
        return
    conn.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        conn.execute("ROLLBACK")
        raise
    conn.execute("COMMIT")


# ---------------------------------------------------------------------------------------------------------------
# One article, one code


class Addition(msgspec.Struct, frozen=True):
    """A code that this till gave to an article itself."""

    code: str
    """Canonical."""
    spelling: str
    product: int
    is_new: bool
    """The article was created with it."""


def next_own_id(conn: Connection) -> int:
    """Id of the next article that this till creates; one that was used is never used again."""
    newest = conn.execute("SELECT value FROM meta WHERE key = 'own_product'").fetchone()
    return FIRST_OWN_ID if newest is None else int(newest[0]) + 1


def add_product(conn: Connection, product: Product) -> None:
    """One article more, in the caller's transaction. A database error when its id or a code is taken."""
    conn.execute(INSERT_PRODUCT, _product_row(product))
    conn.execute("INSERT OR REPLACE INTO meta VALUES ('own_product', ?)", (str(product.id),))
    for row in catalog_codes([product]):
        conn.execute(INSERT_CODE, row)
        _note_addition(conn, Addition(row[0], row[1], product.id, is_new=True))


def add_code(conn: Connection, product_id: int, code: str) -> None:
    """One code more for an article, in the caller's transaction. A database error when the code is taken."""
    last = conn.execute("SELECT max(position) FROM product_code WHERE product = ?", (product_id,)).fetchone()[0]
    key = domain.canonical_code(code)
    conn.execute(INSERT_CODE, (key, code, product_id, 0 if last is None else last + 1, 0, 1, None))
    _note_addition(conn, Addition(key, code, product_id, is_new=False))


def _note_addition(conn: Connection, made: Addition) -> None:
    conn.execute(
        "INSERT OR REPLACE INTO catalog_addition VALUES (?, ?, ?, ?, 'added')",
        (made.code, made.spelling, made.product, int(made.is_new)),
    )


def displaced(conn: Connection) -> list[str]:
    """Codes given at this till that an import has given to other articles, as they were read."""
    found = conn.execute("SELECT spelling FROM catalog_addition WHERE state = 'displaced' ORDER BY code")
    return [spelling for (spelling,) in found]


def forget_displaced(conn: Connection, code: str) -> None:
    """Somebody was told of this code, spelt as it was read."""
    conn.execute("DELETE FROM catalog_addition WHERE state = 'displaced' AND spelling = ?", (code,))


def _additions(conn: Connection, states: str) -> list[Addition]:
    found = conn.execute(f"SELECT code, spelling, product, is_new FROM catalog_addition WHERE state IN ({states})")
    return [Addition(code, spelling, product, bool(is_new)) for code, spelling, product, is_new in found]


def _with_additions(conn: Connection, catalog: Catalog) -> Catalog:
    """The image's catalogue and what was added since."""
    added = _additions(conn, "'added'")
    if not added:
        return catalog
    created = {row.product for row in added if catalog.product(row.product) is None}
    products = _read_products(conn, created)
    return catalog.with_added(products, [(row.spelling, row.product) for row in added if row.product not in created])


def _folded(conn: Connection, products: tuple[Product, ...], categories: set[int]) -> list[Product]:
    """The rows of an import, with what this till added and the import leaves room for."""
    added = _additions(conn, "'added', 'folded'")
    if not added:
        return list(products)
    rows = {row.id: row for row in products}
    taken = {key: row.id for row in products for key in _keys(row)}
    own = {row.id: row for row in _read_products(conn, {each.product for each in added})}
    for each in added:
        holder = taken.get(each.code)
        if holder is not None:
            _end_addition(conn, each, is_displaced=holder != each.product)
            continue
        if each.product in rows:
            rows[each.product] = _with_code(rows[each.product], each.spelling)
        elif each.product >= FIRST_OWN_ID and each.product in own:
            rows[each.product] = _alone(own[each.product], each.spelling, categories)
        else:  # the article is not sold any more
            _end_addition(conn, each, is_displaced=False)
            continue
        taken[each.code] = each.product
        conn.execute("UPDATE catalog_addition SET state = 'folded' WHERE code = ?", (each.code,))
    return list(rows.values())


def _own_tiles(grids: Iterable[Grid], rows: list[Product]) -> Iterator[Grid]:
    """The fixed tiles, and after those of its rubrique an article of the till's own."""
    own = [row for row in rows if row.id >= FIRST_OWN_ID]
    for grid in grids:
        more = [row.id for row in own if row.category == grid.category and row.id not in grid.slots]
        yield msgspec.structs.replace(grid, slots=(*grid.slots, *more)) if more else grid


def _keys(row: Product) -> list[str]:
    return [domain.canonical_code(code) for code in (*row.codes, *(pack.code for pack in row.packs))]


def _with_code(row: Product, code: str) -> Product:
    return msgspec.structs.replace(row, codes=(*row.codes, code))


def _alone(row: Product, code: str, categories: set[int]) -> Product:
    """An article of the till's own with one of its codes; without its rubrique where that is gone."""
    category = row.category if row.category in categories else None
    return msgspec.structs.replace(row, codes=(code,), category=category)


def _end_addition(conn: Connection, ended: Addition, *, is_displaced: bool) -> None:
    if is_displaced:
        conn.execute("UPDATE catalog_addition SET state = 'displaced' WHERE code = ?", (ended.code,))
    else:
        conn.execute("DELETE FROM catalog_addition WHERE code = ?", (ended.code,))


# ---------------------------------------------------------------------------------------------------------------
# The image


class _Head(msgspec.Struct, frozen=True):
    """First part of the image: whether the rest can be read."""

    format: int
    byte_order: str
    count: int


def _image(rows: Sequence[Product], words: WordIndex) -> Iterator[tuple[str, int, bytes]]:
    head = _Head(IMAGE_FORMAT, sys.byteorder, len(rows))
    yield "head", 0, msgspec.msgpack.encode(head)
    offsets = array("I", [0])
    for number, first in enumerate(range(0, len(rows), CHUNK)):
        chunk = [msgspec.msgpack.encode(row) for row in rows[first : first + CHUNK]]
        for record in chunk:
            offsets.append(offsets[-1] + len(record))
        yield "rows", number, b"".join(chunk)
    yield "offsets", 0, offsets.tobytes()
    yield from _image_of_keys(rows)
    yield from _image_of_words(words)


def _image_of_keys(rows: Sequence[Product]) -> Iterator[tuple[str, int, bytes]]:
    by_id = sorted((row.id, rank) for rank, row in enumerate(rows))
    yield "ids", 0, array("q", [product_id for product_id, _ in by_id]).tobytes()
    yield "id_ranks", 0, array("I", [rank for _, rank in by_id]).tobytes()
    codes = domain.code_ranks(rows)
    yield "codes", 0, "\n".join(codes).encode()
    yield "code_ranks", 0, array("I", codes.values()).tobytes()
    yield "packs", 0, msgspec.msgpack.encode(domain.pack_ranks(rows))
    by_category = [(key, ranks.tobytes()) for key, ranks in domain.category_ranks(rows).items()]
    yield "by_category", 0, msgspec.msgpack.encode(by_category)


def _image_of_words(words: WordIndex) -> Iterator[tuple[str, int, bytes]]:
    yield "words", 0, "\n".join(words.words).encode()
    yield "starts", 0, array("I", words.starts).tobytes()
    yield "ranks", 0, array("I", words.ranks).tobytes()
    yield "letters", 0, array("Q", words.letters).tobytes()
    yield "wide", 0, msgspec.msgpack.encode(words.wide)


class StoredProducts(Sequence[Product]):
    """Products in rank order, unpacked when asked for: about a microsecond, so nothing is kept."""

    def __init__(self, chunks: Sequence[bytes], offsets: "array[int]") -> None:
        """`chunks`: the records in a row, `CHUNK` in each. `offsets`: where each begins, and where the last one ends,
        counted over all chunks."""
        self._chunks = chunks
        self._offsets = offsets
        self._decode = msgspec.msgpack.Decoder(Product).decode

    def __len__(self) -> int:
        return len(self._offsets) - 1

    @overload
    def __getitem__(self, index: int) -> Product: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Product, ...]: ...
    def __getitem__(self, index: int | slice) -> Product | tuple[Product, ...]:
        if isinstance(index, slice):
            return tuple(self[rank] for rank in range(*index.indices(len(self))))
        if index < 0:
            raise IndexError(index)
        offsets = self._offsets
        chunk, begin = self._chunks[index // CHUNK], offsets[index - index % CHUNK]
        return self._decode(chunk[offsets[index] - begin : offsets[index + 1] - begin])


_Key = TypeVar("_Key", int, str)


class _RankBy(Mapping[_Key, int]):
    """Product id or code to rank, in two sequences that lie ready: no dict is built, and a look-up costs 1 us."""

    def __init__(self, keys: Sequence[_Key], ranks: "array[int]") -> None:
        """`keys` in ascending order."""
        self._keys: Sequence[_Key] = keys
        self._ranks = ranks

    def __getitem__(self, key: _Key) -> int:
        at = bisect_left(self._keys, key)
        if at == len(self._keys) or self._keys[at] != key:
            raise KeyError(key)
        return self._ranks[at]

    def __iter__(self) -> Iterator[_Key]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


# ---------------------------------------------------------------------------------------------------------------
# Reading


def load_catalog(conn: Connection) -> Catalog:
    """The catalogue, from its image when there is one that this version can read, else from the tables."""
    rows = conn.execute("SELECT id, name, hue, position FROM category ORDER BY position").fetchall()
    categories = tuple(Category(*row) for row in rows)
    grids = _read_grids(conn)
    head = conn.execute("SELECT body FROM catalog_image WHERE part = 'head'").fetchone()
    if head is None or not _readable(head[0]):
        return domain.build_catalog(_read_products(conn), categories, grids.values())
    return _with_additions(conn, _read_image(conn, categories, grids))


def _read_image(conn: Connection, categories: tuple[Category, ...], grids: dict[int, Grid]) -> Catalog:
    words = _text_lines(_part(conn, "words"))
    codes = _text_lines(_part(conn, "codes"))
    return Catalog(
        rows=StoredProducts([body for (body,) in _parts(conn, "rows")], _array("I", _part(conn, "offsets"))),
        ids=_RankBy(_array("q", _part(conn, "ids")), _array("I", _part(conn, "id_ranks"))),
        codes=_RankBy(codes, _array("I", _part(conn, "code_ranks"))),
        packs=msgspec.msgpack.decode(_part(conn, "packs"), type=dict[str, tuple[int, PackCode]]),
        by_category=_read_by_category(_part(conn, "by_category")),
        categories=categories,
        grids=grids,
        words=WordIndex(
            words,
            _array("I", _part(conn, "starts")),
            _array("I", _part(conn, "ranks")),
            _array("Q", _part(conn, "letters")),
            msgspec.msgpack.decode(_part(conn, "wide"), type=dict[str, bytes]),
        ),
    )


def _readable(body: bytes) -> bool:
    try:
        head = msgspec.msgpack.decode(body, type=_Head)
    except msgspec.DecodeError:
        return False
    return head.format == IMAGE_FORMAT and head.byte_order == sys.byteorder


def _parts(conn: Connection, part: str) -> Iterable[tuple[bytes]]:
    found: Iterable[tuple[bytes]] = conn.execute(
        "SELECT body FROM catalog_image WHERE part = ? ORDER BY number", (part,)
    )
    return found


def _part(conn: Connection, part: str) -> bytes:
    return b"".join(body for (body,) in _parts(conn, part))


def _text_lines(body: bytes) -> list[str]:
    return body.decode().split("\n") if body else []


def _array(typecode: str, body: bytes) -> "array[int]":
    numbers: array[int] = array(typecode)
    numbers.frombytes(body)
    return numbers


def _read_by_category(body: bytes) -> dict[int | None, "array[int]"]:
    packed = msgspec.msgpack.decode(body, type=list[tuple[int | None, bytes]])
    return {category: _array("I", ranks) for category, ranks in packed}


def _read_grids(conn: Connection) -> dict[int, Grid]:
    slots: dict[int, list[int | None]] = {}
    for category, product in conn.execute("SELECT category, product FROM tile ORDER BY category, slot"):
        slots.setdefault(category, []).append(product)
    return {category: Grid(category, tuple(row)) for category, row in slots.items()}


def _read_products(conn: Connection, only: set[int] | None = None) -> list[Product]:
    """All articles of the tables, or those with these ids."""
    codes: dict[int, list[str]] = {}
    packs: dict[int, list[PackCode]] = {}
    these = "" if only is None else f" IN ({','.join(str(product_id) for product_id in sorted(only))})"
    where = these and f" WHERE product{these}"
    found = conn.execute(
        f"SELECT product, spelling, is_pack, units, price_minor FROM product_code{where} ORDER BY product, position"
    )
    for product, spelling, is_pack, units, price_minor in found:
        if is_pack:
            packs.setdefault(product, []).append(PackCode(spelling, units, price_minor))
        else:
            codes.setdefault(product, []).append(spelling)
    columns = (
        "id, name, key_label, category, price_minor, tax_class, unit, price_kind, free_min_minor, free_max_minor, "
        "sold_out, favourite, popularity, age_limit, name_plural, list_prices"
    )
    return [
        Product(
            row[0], row[1], row[2], row[3], tuple(codes.get(row[0], ())), row[4], row[5], row[6], row[7], row[8],
            row[9], bool(row[10]), row[11], row[12], row[13], tuple(packs.get(row[0], ())), row[14],
            msgspec.json.decode(row[15], type=tuple[tuple[str, int], ...]),
        )
        for row in conn.execute(f"SELECT {columns} FROM product{these and ' WHERE id' + these}")
    ]  # fmt: skip


def save_shop(conn: Connection, shop: Shop) -> None:
    """Replace the shop's set-up."""
    with _transaction(conn):
        conn.execute("INSERT OR REPLACE INTO shop (id, body) VALUES (1, ?)", (msgspec.json.encode(shop).decode(),))


def load_shop(conn: Connection) -> Shop | None:
    """The shop's set-up; None before the first one. msgspec.ValidationError when a stored value is not valid."""
    row = conn.execute("SELECT body FROM shop WHERE id = 1").fetchone()
    return None if row is None else msgspec.json.decode(row[0], type=Shop)


# ---------------------------------------------------------------------------------------------------------------
# CSV

CSV_BYTES_MAX: Final = 64 * 1024 * 1024
NAME_MAX: Final = 80
CODE_MAX: Final = 48
PRICE_MAX_MINOR: Final = 99_999_999
FAULTS_MAX: Final = 1000
"""After so many faults the rest of the file is not read."""

COLUMNS: Final = (
    "id", "name", "key_label", "code", "price", "category", "tax", "unit", "price_kind", "free_min", "free_max",
    "sold_out", "favourite", "slot", "popularity", "age_limit", "packs", "name_plural",
)  # fmt: skip
REQUIRED: Final = ("name", "price", "category", "tax")

_PRICE: Final = re.compile(r"([0-9]{1,7})(?:[.,]([0-9]{1,2}))?")
_CODE: Final = re.compile(r"[0-9A-Za-z._/+-]{1,48}")
_PACK: Final = re.compile(r"([0-9A-Za-z._/+-]{1,48})\*([0-9]{1,4})(?:@([0-9.,']+))?")
_YES: Final = frozenset(("1", "x", "oui", "ja", "yes", "si", "true"))


class RowFault(msgspec.Struct, frozen=True):
    """One thing wrong with a file. `line` counts from 1 and is 0 for the file as a whole."""

    line: int
    code: str
    """One of the `csv.*` ids of the message catalogue."""
    params: dict[str, str] = {}


class CsvReading(msgspec.Struct, frozen=True):
    """What a file holds: the good rows, and everything that is wrong with the others."""

    products: tuple[Product, ...]
    slots: tuple[tuple[int, int, int], ...]
    """(category, slot, product) for rows with a fixed tile in their own category."""
    faults: tuple[RowFault, ...]


class CsvReport(msgspec.Struct, frozen=True):
    """Answer of an import."""

    accepted: int
    faults: tuple[RowFault, ...]
    written: bool


class _Fault(Exception):
    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.params = {key: value[:CODE_MAX] for key, value in params.items()}


def import_csv(conn: Connection, body: bytes, tax_classes: Iterable[str], *, dry_run: bool = False) -> CsvReport:
    """Replace the products by those of a file; the categories stay. Writes nothing when a row is bad or on a dry run.

    A row without `id` keeps the id of the product that carries its code today.
    """
    old = load_catalog(conn)
    known = {category.name: category.id for category in old.categories}
    reading = read_csv(body, known, tax_classes, old)
    if dry_run or reading.faults:
        return CsvReport(len(reading.products), reading.faults, False)
    count = import_catalog(conn, reading.products, old.categories, csv_grids(reading))
    return CsvReport(count, (), True)


def csv_grids(reading: CsvReading) -> list[Grid]:
    """The fixed tiles a file lays out: *Favoris* and the `slot` column of each category."""
    slots: dict[int, dict[int, int]] = {}
    for product in reading.products:
        if product.favourite is not None:
            slots.setdefault(domain.FAVOURITES, {})[product.favourite] = product.id
    for category, slot, product_id in reading.slots:
        slots.setdefault(category, {})[slot] = product_id
    return [
        Grid(category, tuple(taken.get(slot) for slot in range(max(taken) + 1)))
        for category, taken in sorted(slots.items())
    ]


def read_csv(
    body: bytes, categories: Mapping[str, int], tax_classes: Iterable[str], old: Catalog | None = None
) -> CsvReading:
    """Read products from a file with a header row; separator `;`, `,` or tab; UTF-8 or Windows-1252.

    Never raises on content. A code given twice, in the file, is a fault of the second row.
    """
    if len(body) > CSV_BYTES_MAX:
        return CsvReading((), (), (RowFault(0, "csv.too_big"),))
    reader = _CsvReader(categories, frozenset(tax_classes), old)
    reader.read(_decode_text(body))
    return CsvReading(tuple(reader.products), tuple(reader.slots), tuple(reader.faults))


def _decode_text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


class _CsvReader:
    """Reads one file; remembers what its rows have claimed so far."""

    def __init__(self, categories: Mapping[str, int], tax_classes: frozenset[str], old: Catalog | None) -> None:
        self.products: list[Product] = []
        self.slots: list[tuple[int, int, int]] = []
        self.faults: list[RowFault] = []
        self._categories = {domain.fold(name): number for name, number in categories.items()}
        self._tax_classes = tax_classes
        self._old = old
        self._claimed: dict[str, int] = {}
        self._ids: set[int] = set()
        self._places: set[tuple[int, int]] = set()
        self._next_id = 1

    def read(self, text: str) -> None:
        heading = text.split("\n", 1)[0]
        separator = max(";,\t", key=heading.count)
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        header: list[str] | None = None
        line = 1
        while len(self.faults) < FAULTS_MAX:
            try:
                cells = next(rows)
            except StopIteration:
                break
            except csv.Error:
                self.faults.append(RowFault(line, "csv.unreadable"))
                break
            if header is None:
                header = self._header(cells)
                if header is None:
                    return
            elif any(cell.strip() for cell in cells):
                self._row(line, header, cells)
            line = rows.line_num + 1
        if header is None and not self.faults:
            self.faults.append(RowFault(0, "csv.empty"))

    def _header(self, cells: list[str]) -> list[str] | None:
        header = [cell.strip().lower() for cell in cells]
        for name in header:
            if name not in COLUMNS:
                self.faults.append(RowFault(1, "csv.column_unknown", {"column": name[:CODE_MAX]}))
        for name in REQUIRED:
            if name not in header:
                self.faults.append(RowFault(1, "csv.column_missing", {"column": name}))
        if len(set(header)) != len(header):
            self.faults.append(RowFault(1, "csv.column_twice"))
        return None if self.faults else header

    def _row(self, line: int, header: list[str], cells: list[str]) -> None:
        try:
            if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
                raise _Fault("csv.too_many_cells")
            row = dict.fromkeys(COLUMNS, "") | dict(zip(header, (cell.strip() for cell in cells), strict=False))
            self._claim(line, row)
        except _Fault as fault:
            self.faults.append(RowFault(line, fault.code, fault.params))

    def _claim(self, line: int, row: dict[str, str]) -> None:
        """Check a whole row, then take its codes, id and places: a bad row claims nothing."""
        product = self._product(row)
        keys = [domain.canonical_code(code) for code in (*product.codes, *(pack.code for pack in product.packs))]
        for at, key in enumerate(keys):
            if key in self._claimed or key in keys[:at]:
                raise _Fault("csv.code_twice", value=key, line=str(self._claimed.get(key, line)))
        places = [(domain.FAVOURITES, product.favourite)] if product.favourite is not None else []
        slot = _number(row["slot"], "slot", 0, 9999)
        if slot is not None and product.category is not None:
            places.append((product.category, slot))
        for place in places:
            if place in self._places:
                raise _Fault("csv.slot_twice", value=str(place[1]))
        self._places.update(places)
        self._claimed.update(dict.fromkeys(keys, line))
        self._ids.add(product.id)
        self.products.append(product)
        self.slots.extend((category, at, product.id) for category, at in places if category != domain.FAVOURITES)

    def _product(self, row: dict[str, str]) -> Product:
        name = row["name"]
        if not name:
            raise _Fault("csv.name_missing")
        if len(name) > NAME_MAX or not _is_printable(name):
            raise _Fault("csv.name_form", value=name)
        codes = tuple(_code(part) for part in row["code"].split())
        low, high = _price(row["free_min"], "free_min"), _price(row["free_max"], "free_max")
        kind = _one_of(row["price_kind"], get_args(PriceKind), "fixed", "price_kind")
        if kind == "free" and (low is None or high is None or low > high):
            raise _Fault("csv.free_bounds")
        return Product(
            id=self._id(row["id"], codes),
            name=name,
            key_label=_key_label(row["key_label"], name),
            category=self._category(row["category"]),
            codes=codes,
            price_minor=_price(row["price"], "price"),
            tax_class=_one_of(row["tax"], tuple(self._tax_classes), "", "tax"),
            unit=_one_of(row["unit"], get_args(Unit), "piece", "unit"),  # type: ignore[arg-type]
            price_kind=kind,  # type: ignore[arg-type]
            free_min_minor=low or 0,
            free_max_minor=high or 0,
            sold_out=domain.fold(row["sold_out"]) in _YES,
            favourite=_number(row["favourite"], "favourite", 0, 9999),
            popularity=_number(row["popularity"], "popularity", 0, 1_000_000) or 0,
            age_limit=_number(row["age_limit"], "age_limit", 0, 99) or 0,
            packs=tuple(_pack(part) for part in row["packs"].split()),
            name_plural=row["name_plural"][:NAME_MAX],
        )

    def _category(self, name: str) -> int | None:
        if not name:
            return None
        found = self._categories.get(domain.fold(name))
        if found is None:
            raise _Fault("csv.category_unknown", value=name)
        return found

    def _id(self, text: str, codes: tuple[str, ...]) -> int:
        given = _number(text, "id", 1, 2**31 - 1)
        if given is None and self._old is not None:
            found = [hit[0].id for code in codes if (hit := self._old.product_by_code(code)) is not None]
            given = next((product_id for product_id in found if product_id not in self._ids), None)
        if given is None:
            while self._next_id in self._ids or (self._old is not None and self._old.product(self._next_id)):
                self._next_id += 1
            return self._next_id
        if given in self._ids:
            raise _Fault("csv.id_twice", value=str(given))
        return given


def _is_printable(text: str) -> bool:
    """Nothing but what paper and screen can show; no-break spaces keep a number beside its unit."""
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ").isprintable()


def _key_label(text: str, name: str) -> str:
    """Key label of a row; `|` stands for the line break."""
    if not text:
        return domain.wrap_label(name)
    lines = text.split("|")
    too_long = len(lines) > domain.KEY_LABEL_LINES or any(len(line) > domain.KEY_LABEL_WIDTH for line in lines)
    if too_long or not all(_is_printable(line) for line in lines):
        raise _Fault("csv.label_form", value=text)
    return "\n".join(lines)


def _price(text: str, column: str) -> int | None:
    """Minor units of `1.60`, `1,60`, `1'250.00`; None when empty (the price is asked for at the till)."""
    if not text:
        return None
    match = _PRICE.fullmatch(text.replace("'", "").replace("’", ""))
    if match is None:
        raise _Fault("csv.price_form", column=column, value=text)
    amount_minor = int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))
    if amount_minor > PRICE_MAX_MINOR:
        raise _Fault("csv.price_form", column=column, value=text)
    return amount_minor


def _number(text: str, column: str, low: int, high: int) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and low <= int(text) <= high):
        raise _Fault("csv.number_form", column=column, value=text)
    return int(text)


def _one_of(text: str, allowed: tuple[str, ...], default: str, column: str) -> str:
    value = text or default
    if value not in allowed:
        raise _Fault("csv.value_unknown", column=column, value=text)
    return value


def _code(text: str) -> str:
    """A code as printed. EAN-13, UPC-A and GTIN-14 need the right check digit; eight digits may be the shop's own."""
    if _CODE.fullmatch(text) is None:
        raise _Fault("csv.code_form", value=text)
    if len(text) in (12, 13, 14) and text.isdigit() and not domain.is_gtin(text):
        raise _Fault("csv.check_digit", value=text, right=text[:-1] + domain.check_digit(text[:-1]))
    return text


def _pack(text: str) -> PackCode:
    """A pack: `7613100037741*6`, with its own price `7613100037741*6@4.80`."""
    match = _PACK.fullmatch(text)
    if match is None or int(match[2]) == 0:
        raise _Fault("csv.pack_form", value=text)
    return PackCode(_code(match[1]), int(match[2]), _price(match[3] or "", "packs"))
