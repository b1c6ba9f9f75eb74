"""What the shop sells and how: products, keys, modes, tenders, sellers; hides how a code or a word finds its product.

Two values leave this module. `Shop` is what a manager sets up (modes, rates, tenders, reasons, sellers): small,
eager. `Catalog` is what is on the shelves: up to 100,000 products, looked up by code, by word as it is typed, and by
category.

Theory of operation. Products are numbered by *rank*: favourites first, then popularity, then name. Everything else
is arrays of ranks, so any list of hits that is read in ascending order is already in the order the screen shows.

1. Codes: one dict from canonical code to rank. EAN-8, UPC-A and EAN-13 differ by leading zeros only (GS1 General
   Specifications, section 1.4: a GTIN is the same number right-justified in 14 digits); see `canonical_code`.
2. Words: a sorted vocabulary and, in the same order, one flat array of ranks. The words that share a prefix are
   neighbours, so a prefix is one slice of that array. Slices too long to sort while somebody types ("p") are kept as
   bit sets, built together with the index.
3. Typing errors: a word that is the beginning of nothing is replaced by the words one edit away, then two.

The rows themselves are any sequence: a tuple in tests and in the day player, packed bytes in the store.
"""

import copy
import re
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, Protocol, TypeVar

import msgspec

from appliance.domain.code_rule import CodeRule, check_table
from appliance.domain.gtin import canonical_code as canonical_code
from appliance.domain.gtin import check_digit as check_digit
from appliance.domain.gtin import is_gtin as is_gtin
from appliance.domain.wallet import SpendFirst

Unit = Literal["piece", "kg"]
PriceKind = Literal["fixed", "free"]
Hue = Literal["pain", "viennoiserie", "patisserie", "sale", "chaud", "froid", "epicerie", "frais", "neutre"]
TenderKind = Literal["cash", "card", "cheque", "voucher", "wallet", "other"]
ReasonKind = Literal["offer", "discount", "void", "drawer", "float", "closing"]

HUES: Final[tuple[Hue, ...]] = (
    "pain", "viennoiserie", "patisserie", "sale", "chaud", "froid", "epicerie", "frais", "neutre",
)  # fmt: skip
KEY_LABEL_LINES: Final = 2
KEY_LABEL_WIDTH: Final = 16
FAVOURITES: Final = 0
"""Category id of *Favoris*: a page of tiles chosen by the merchant, never a product's own category."""


class PackCode(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A bar code on a carton: one scan sells `units` of the product."""

    code: str
    units: int
    price_minor: int | None = None
    """Price of the whole pack; None sells `units` at the unit price."""


class Product(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One article as the till sells it. Fields are only ever added at the end: stored rows are read by position."""

    id: int
    name: str
    key_label: str
    """Text of the tile: at most two lines of 16 characters, separated by a line feed."""
    category: int | None
    """None: shown under *Sans rubrique*."""
    codes: tuple[str, ...]
    price_minor: int | None
    """Price of one piece or one kilogram, VAT included. None: the price is missing and is asked for."""
    tax_class: str
    """Key into `Shop.tax_classes`; the sale mode turns it into a rate."""
    unit: Unit = "piece"
    price_kind: PriceKind = "fixed"
    free_min_minor: int = 0
    """Lowest amount the pad accepts when `price_kind` is free."""
    free_max_minor: int = 0
    """Highest amount the pad accepts when `price_kind` is free."""
    sold_out: bool = False
    favourite: int | None = None
    """Slot on *Favoris*, from 0; None: not a favourite."""
    popularity: int = 0
    """Pieces sold lately; only orders lists."""
    age_limit: int = 0
    """Years the buyer must have; 0: anybody."""
    packs: tuple[PackCode, ...] = ()
    name_plural: str = ""
    """Name for two and more on notes; empty: the name as it is."""
    list_prices: tuple[tuple[str, int], ...] = ()
    """(price list, price_minor) where a list differs from the base price."""

    def price_in(self, price_list: str) -> int | None:
        """Price of one unit in a price list; the base price where the list says nothing."""
        for name, price_minor in self.list_prices:
            if name == price_list:
                return price_minor
        return self.price_minor


class Category(msgspec.Struct, frozen=True, gc=False):
    """A key of the left rail."""

    id: int
    name: str
    hue: Hue
    order: int


class Grid(msgspec.Struct, frozen=True, gc=False):
    """The fixed tiles of one category. A slot keeps its product until the merchant moves it; None is an empty slot."""

    category: int
    slots: tuple[int | None, ...]


class TaxRate(msgspec.Struct, frozen=True, gc=False):
    """A rate and the letter that stands for it on receipts."""

    code: str
    rate_bp: int


class TaxClass(msgspec.Struct, frozen=True, gc=False):
    """A group of goods taxed alike (*groupe de TVA*); also one key of the free-price pad."""

    id: str
    name: str
    hint: str
    icon: str
    age_limit: int = 0


class DatedRate(msgspec.Struct, frozen=True, gc=False):
    """The rate of a tax class from a day on, until a later row of the same class."""

    tax_class: str
    rate_bp: int
    effective_from: str
    """ISO day, e.g. 2024-01-01."""


class SaleMode(msgspec.Struct, frozen=True, gc=False):
    """How the goods leave the shop; decides VAT and price list."""

    id: str
    name: str
    icon: str
    rates: tuple[DatedRate, ...]
    price_list: str = "base"
    is_default: bool = False
    note: str = ""
    """Line under the name on the key when it is not the rate (mock-up 03: *Commande prête*)."""

    def rate_bp(self, tax_class: str, day: str) -> int:
        """VAT rate of a class on an ISO day. KeyError when no rate was in force: the sale must be refused."""
        known = [row for row in self.rates if row.tax_class == tax_class and row.effective_from <= day]
        if not known:
            raise KeyError(tax_class, day)
        return max(known, key=lambda row: row.effective_from).rate_bp


class TenderMode(msgspec.Struct, frozen=True, gc=False):
    """A way to pay (*mode de règlement*), defined in data."""

    id: str
    name: str
    icon: str
    kind: TenderKind
    order: int
    note: str = ""
    opens_drawer: bool = False
    rounding_minor: int = 0
    """Smallest step that can be paid; 5 for Swiss cash, 0 or 1 for none."""
    overpayment: Literal["change", "refuse", "keep"] = "refuse"
    """Received more than due: give change, refuse the amount, or keep the difference (vouchers without change)."""
    face_values_minor: tuple[int, ...] = ()
    """Coins and notes, ascending; one-touch keys and the drawer count use them."""
    enabled: bool = True
    account: str = ""
    """Account number for the accountant."""
    quick_key: bool = False
    needs_customer: bool = False
    funds_wallet: bool = True
    """May credit a wallet, and put its change on one; not for meal vouchers, never for the wallet itself."""


class Reason(msgspec.Struct, frozen=True, gc=False):
    """Why a line was offered, discounted or removed, a drawer opened, or its money differs (morning, evening)."""

    id: str
    kind: ReasonKind
    label: str


class Seller(msgspec.Struct, frozen=True, gc=False):
    """Who stands at the till."""

    id: str
    name: str
    initials: str
    title: str
    """Word under the name: *Vendeuse*, *Responsable*."""
    role: Literal["seller", "manager"]
    pin_hash: str
    """argon2id in PHC format; never a PIN."""
    badge: str = ""
    """Code on the badge; empty: none."""
    hue: Hue = "neutre"


CASH_CEILING_MINOR: Final[Mapping[str, int]] = {"FR": 100_000}
"""Most that may be credited in cash, by profile: 1000.00 in France (CMF art. L112-6 and D112-3)."""


class WalletRules(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What a customer's wallet may do in this shop. A limit of 0 is none."""

    presets_minor: tuple[int, ...] = (2000, 5000, 10_000, 20_000)
    """Keys of the amounts offered for a credit."""
    min_minor: int = 0
    max_credit_minor: int = 0
    """Per credit."""
    max_adjust_minor: int = 0
    """Added or taken off by one correction of a balance; 0 is the most of a credit."""
    max_balance_minor: int = 0
    max_day_minor: int = 0
    """Credited per wallet and business day."""
    cash_ceiling_minor: int | None = None
    """Credited in cash per wallet and business day; None is what the profile's law says."""
    spend_first: SpendFirst = "gifted"
    receipt: Literal["", "auto", "on_demand"] = ""
    """Paper of a credit: by itself or when asked for; "" is the profile's way (CH auto, FR on demand)."""
    copies: int = 1
    """Papers of it: the client's, then the shop's own."""
    card_days: int = 30
    """So many days after a credit by card the card takes it back; later a manager gives coins. 0: for ever."""
    balance: Literal["always", "wallet", "never"] = "wallet"
    """On which receipts of sales the balance stands: all of the customer's, those paid by wallet, none (W-12)."""
    enabled: bool = True
    """Whether the shop has wallets at all: set by `Shop.wallet_rules_in` from the means of payment."""


class Shop(msgspec.Struct, frozen=True):
    """Everything a manager sets up for one till."""

    name: str
    register_name: str
    address: tuple[str, ...]
    phone: str
    vat_number: str
    currency: str
    footer: tuple[str, ...]
    tax_classes: tuple[TaxClass, ...]
    tax_rates: tuple[TaxRate, ...]
    sale_modes: tuple[SaleMode, ...]
    tenders: tuple[TenderMode, ...]
    reasons: tuple[Reason, ...]
    sellers: tuple[Seller, ...]
    free_price_min_minor: int = 5
    free_price_max_minor: int = 20000
    free_price_names: tuple[str, ...] = ()
    float_minor: int = 20000
    """Float left in the drawer overnight."""
    code_rules: tuple[CodeRule, ...] = ()
    """In-store codes with a weight, a price or a count; the first rule that fits wins."""
    wallet: WalletRules = WalletRules()
    """As the manager set them up; what holds is `wallet_rules_in`."""

    def __post_init__(self) -> None:
        check_table(self.code_rules)

    def sale_mode(self, mode_id: str) -> SaleMode:
        """Sale mode by id; KeyError when unknown."""
        return _by_id(self.sale_modes, mode_id)

    def default_sale_mode(self) -> SaleMode:
        """Mode a scan on the home screen starts."""
        return next((mode for mode in self.sale_modes if mode.is_default), self.sale_modes[0])

    def tender(self, tender_id: str) -> TenderMode:
        """Tender by id; KeyError when unknown."""
        return _by_id(self.tenders, tender_id)

    def cash_mode(self) -> TenderMode | None:
        """Cash as it is taken and given; None where it is switched off."""
        return next((mode for mode in self.tenders if mode.kind == "cash" and mode.enabled), None)

    def wallet_mode(self) -> TenderMode | None:
        """The means *Cagnotte client*, also while it is switched off; None when the shop has none."""
        return next((mode for mode in self.tenders if mode.kind == "wallet"), None)

    def wallet_rules_in(self, profile: str) -> WalletRules:
        """What holds for wallets today: the shop's own rules, and the profile's where the shop says nothing."""
        mode, rules = self.wallet_mode(), self.wallet
        ceiling = rules.cash_ceiling_minor
        return msgspec.structs.replace(
            rules,
            enabled=mode is not None and mode.enabled,
            cash_ceiling_minor=CASH_CEILING_MINOR.get(profile, 0) if ceiling is None else ceiling,
            receipt=rules.receipt or ("on_demand" if profile == "FR" else "auto"),
        )

    def seller(self, seller_id: str) -> Seller:
        """Seller by id; KeyError when unknown."""
        return _by_id(self.sellers, seller_id)

    def seller_by_badge(self, code: str) -> Seller | None:
        """Seller whose badge was scanned."""
        return next((seller for seller in self.sellers if seller.badge and seller.badge == code), None)

    def reasons_for(self, kind: ReasonKind) -> tuple[Reason, ...]:
        """Reasons of one kind, in the merchant's order."""
        return tuple(reason for reason in self.reasons if reason.kind == kind)

    def rate_letter(self, rate_bp: int) -> str:
        """Letter of a rate on receipts; empty when the rate has none."""
        return next((rate.code for rate in self.tax_rates if rate.rate_bp == rate_bp), "")


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


_Row = TypeVar("_Row", bound=_Identified)


def _by_id(rows: Iterable[_Row], wanted: str) -> _Row:
    for row in rows:
        if row.id == wanted:
            return row
    raise KeyError(wanted)


# ---------------------------------------------------------------------------------------------------------------
# Tiles


def wrap_label(name: str) -> str:
    """A key label made from a name: two lines of 16 characters, cut with an ellipsis.

    >>> wrap_label("Confiture d'abricots 370 g")
    "Confiture\\nd'abricots 370 g"
    """
    lines = [""]
    for word in name.split():
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) <= KEY_LABEL_WIDTH or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) > KEY_LABEL_LINES:
        lines = [*lines[: KEY_LABEL_LINES - 1], " ".join(lines[KEY_LABEL_LINES - 1 :])]
    return "\n".join(_cut(line, KEY_LABEL_WIDTH) for line in lines)


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"


def page_tiles(slots: Sequence[int | None], per_page: int) -> tuple[tuple[int | None, ...], ...]:
    """Cut fixed slots into pages of tiles, never re-sorted.

    When one page is not enough, the last tile of every page is the key to the next page, so a page holds
    `per_page - 1` products: 24 slots on a page of 24 are one page, 25 slots are 23 + 2. Short pages are filled with
    None. `per_page`: 20 compact (4 x 5), 24 base (4 x 6), 30 large (5 x 6).
    """
    if per_page < 2:
        raise ValueError("a page needs room for one product and the page key")
    if len(slots) <= per_page:
        return (tuple(slots) + (None,) * (per_page - len(slots)),)
    room = per_page - 1
    pages = [tuple(slots[start : start + room]) for start in range(0, len(slots), room)]
    return tuple(page + (None,) * (room - len(page)) for page in pages)


# ---------------------------------------------------------------------------------------------------------------
# Words

_WORD: Final = re.compile("[0-9a-z]+")
_SPECIAL: Final = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d"})
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"
_TOKENS_MAX: Final = 8
_QUERY_MAX: Final = 64
_GUESSES_MAX: Final = 300
_CORRECTED_MAX: Final = 2
_LAST: Final = "\x7f"
"""Sorts after every character a folded word can hold."""


def fold(text: str) -> str:
    """Lower case without accents: what a person types in a hurry. `Œufs à la coque` becomes `oeufs a la coque`."""
    text = text.lower()
    if text.isascii():
        return text
    spread = unicodedata.normalize("NFKD", text.translate(_SPECIAL))
    return "".join(char for char in spread if not unicodedata.combining(char))


def words_of(text: str) -> list[str]:
    """The folded words of a text, in order."""
    return _WORD.findall(fold(text))


class WordIndex(msgspec.Struct, frozen=True):
    """Which ranks carry which word. Built once per import; `build_words` makes it, the store keeps it."""

    words: Sequence[str]
    """The vocabulary, sorted."""
    starts: Sequence[int]
    """starts[i] .. starts[i + 1] is the part of `ranks` that belongs to words[i]."""
    ranks: Sequence[int]
    """Ranks of the products that carry each word, in vocabulary order, ascending inside a word."""
    letters: Sequence[int]
    """Bit set of the letters of each word; sorts out most of the vocabulary when a typing error is looked for."""
    wide: Mapping[str, bytes]
    """Prefixes with more than `WIDE` hits: little-endian bit set of ranks."""

    def span(self, prefix: str) -> tuple[int, int]:
        """Vocabulary positions of the words that begin with a prefix."""
        first = bisect_left(self.words, prefix)
        return first, bisect_left(self.words, prefix + _LAST, first)

    def begins(self, prefix: str) -> bool:
        """Whether any word begins with a prefix."""
        position = bisect_left(self.words, prefix)
        return position < len(self.words) and self.words[position].startswith(prefix)

    def hits(self, prefix: str) -> set[int]:
        """Ranks of the products with a word that begins with a prefix; not for wide prefixes."""
        first, last = self.span(prefix)
        return set(self.ranks[self.starts[first] : self.starts[last]])

    def corrections(self, word: str) -> list[str]:
        """What a mistyped word may have meant: prefixes one edit away, or else words two edits away."""
        if len(word) < 3 or word.isdigit():
            return []
        near = [edit for edit in edits(word) if self.begins(edit)]
        return near or (self._two_edits(word) if len(word) >= 6 else [])

    def _two_edits(self, word: str) -> list[str]:
        """Words with the same first letter whose beginning is two edits away; looks at the likeliest few hundred."""
        first, last = self.span(word[0])
        wanted = letter_bits(word)
        by_missing: tuple[list[int], ...] = ([], [], [])
        for position, letters in enumerate(self.letters[first:last], first):
            missing = (wanted & ~letters).bit_count()
            if missing <= 2:
                by_missing[missing].append(position)
        likely = [position for positions in by_missing for position in positions][:_GUESSES_MAX]
        return [self.words[position] for position in likely if _prefix_distance(word, self.words[position]) <= 2]


WIDE: Final = 3000
"""Prefixes with more hits than this get a bit set: sorting 3,000 ranks takes about 0.2 ms."""


def build_words(texts: Sequence[str]) -> WordIndex:
    """Index texts given in rank order. 100,000 names take about a second: done at import, never at start."""
    by_word: dict[str, list[int]] = {}
    for rank, text in enumerate(texts):
        for word in set(words_of(text)):
            by_word.setdefault(word, []).append(rank)
    words = sorted(by_word)
    starts, ranks = array("I", [0]), array("I")
    for word in words:
        ranks.extend(by_word[word])
        starts.append(len(ranks))
    letters = array("Q", [letter_bits(word) for word in words])
    index = WordIndex(words, starts, ranks, letters, {})
    return msgspec.structs.replace(index, wide=dict(_wide_prefixes(index, len(texts))))


def _wide_prefixes(index: WordIndex, count: int) -> Iterable[tuple[str, bytes]]:
    pending = list(_LETTERS)
    while pending:
        prefix = pending.pop()
        first, last = index.span(prefix)
        if index.starts[last] - index.starts[first] <= WIDE:
            continue
        bits = bytearray((count + 7) // 8)
        for rank in index.hits(prefix):
            bits[rank >> 3] |= 1 << (rank & 7)
        yield prefix, bytes(bits)
        pending.extend(prefix + letter for letter in _LETTERS)


def letter_bits(word: str) -> int:
    """Bit set of the letters and digits of a folded word."""
    bits = 0
    for char in word:
        bits |= 1 << (_LETTERS.index(char))
    return bits


def edits(word: str) -> Iterable[str]:
    """Everything one typing error away: two letters swapped, one wrong, one missing, one too many."""
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    seen = {word}
    swapped = (head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1)
    wrong = (head + letter + tail[1:] for head, tail in cuts if tail for letter in _LETTERS)
    missing = (head + letter + tail for head, tail in cuts if tail for letter in _LETTERS)
    doubled = (head + tail[1:] for head, tail in cuts if tail and len(word) > 3)
    for group in (swapped, doubled, wrong, missing):
        for edit in group:
            if edit not in seen:
                seen.add(edit)
                yield edit


def _prefix_distance(word: str, other: str) -> int:
    """Smallest edit distance between a word and any beginning of another (Myers 1999, bit-parallel)."""
    size = len(word)
    places: dict[str, int] = {}
    for at, char in enumerate(word):
        places[char] = places.get(char, 0) | 1 << at
    everything, top = (1 << size) - 1, 1 << (size - 1)
    plus, minus, score, best = everything, 0, size, size
    for char in other[: size + 2]:
        match = places.get(char, 0)
        diagonal = (((match & plus) + plus) ^ plus) | match | minus
        right_plus = minus | (everything & ~(diagonal | plus))
        right_minus = plus & diagonal
        if right_plus & top:
            score += 1
        elif right_minus & top:
            score -= 1
        right_plus = (right_plus << 1) | 1
        right_minus <<= 1
        plus = everything & (right_minus | ~(diagonal | right_plus))
        minus = right_plus & diagonal
        best = min(best, score)
    return best


# ---------------------------------------------------------------------------------------------------------------
# The catalogue

_CODE_QUERY_MIN: Final = 4
_CODE_HITS_MAX: Final = 4000


HASTEN_STEP: Final = 2_000


class Catalog:
    """The shelves of one shop: never changed, replaced as a whole by an import or by `with_added`.

    `rows` in rank order; every other argument speaks of ranks. `build_catalog` makes one from products, the store
    makes one from its packed image. What the till added since has no rank: a handful of articles beside the arrays,
    listed after all others until the next import gives them their place.
    """

    __slots__ = (
        "_added", "_added_codes", "_added_words", "_by_category", "_codes", "_ids", "_packs", "_rows", "_sorted_codes",
        "categories", "grids", "words",
    )  # fmt: skip

    def __init__(
        self,
        *,
        rows: Sequence[Product],
        ids: Mapping[int, int],
        codes: Mapping[str, int],
        packs: Mapping[str, tuple[int, PackCode]],
        by_category: Mapping[int | None, Sequence[int]],
        categories: tuple[Category, ...],
        grids: Mapping[int, Grid],
        words: WordIndex,
    ) -> None:
        """`codes` must be in ascending order of code: the search by digits reads its keys as a sorted list."""
        self._rows = rows
        self._ids = ids
        self._codes = codes
        self._sorted_codes = list(codes)
        self._packs = packs
        self._by_category = by_category
        self._added: dict[int, Product] = {}
        """Articles created, and those of the arrays that got one more code, as they are now."""
        self._added_codes: dict[str, int] = {}
        self._added_words: dict[int, tuple[str, ...]] = {}
        """What the search looks for in them."""
        self.grids = grids
        self.categories = categories
        self.words = words

    def __len__(self) -> int:
        """Number of products."""
        return len(self._rows) + len(self._created())

    def hasten(self) -> Iterator[None]:
        """Let codes be found as quickly as in a dict, which a till that starts has no time to build: a step is some two
        milliseconds."""
        quick: dict[str, int] = {}
        for first in range(0, len(self._sorted_codes), HASTEN_STEP):
            codes = self._sorted_codes[first : first + HASTEN_STEP]
            quick.update((code, self._codes[code]) for code in codes)
            yield
        self._codes = quick

    def with_added(self, products: Iterable[Product], codes: Iterable[tuple[str, int]] = ()) -> "Catalog":
        """This catalogue with articles of the till's own, and with further codes (code, product) for known ones.

        ValueError when a code or an id is another article's already.
        """
        made = copy.copy(self)
        made._added, made._added_codes = dict(self._added), dict(self._added_codes)
        made._added_words = dict(self._added_words)
        for product in products:
            if made.product(product.id) is not None:
                raise ValueError(f"product {product.id} is there already")
            for code in product.codes:
                made._claim(code, product.id)
            made._keep(product)
        for code, product_id in codes:
            known = made.product(product_id)
            if known is None:
                raise ValueError(f"product {product_id} is not there")
            made._claim(code, product_id)
            made._keep(msgspec.structs.replace(known, codes=(*known.codes, code)))
        return made

    def _claim(self, code: str, product_id: int) -> None:
        if self.product_by_code(code) is not None:
            raise ValueError(f"code {code} belongs to another product")
        self._added_codes[canonical_code(code)] = product_id

    def _keep(self, product: Product) -> None:
        codes = (*(canonical_code(code) for code in product.codes), *product.codes)
        self._added[product.id] = product
        self._added_words[product.id] = (*words_of(search_text(product)), *codes)

    def _created(self) -> list[Product]:
        """Articles that the arrays do not have."""
        return [row for row in self._added.values() if row.id not in self._ids] if self._added else []

    def _row(self, rank: int) -> Product:
        row = self._rows[rank]
        return self._added.get(row.id, row) if self._added else row

    def product(self, product_id: int) -> Product | None:
        """Product by id."""
        rank = self._ids.get(product_id)
        return self._added.get(product_id) if rank is None else self._row(rank)

    def product_by_code(self, code: str) -> tuple[Product, int] | None:
        """Product and units for a scanned or typed code: 1, or the content of a pack. None when unknown."""
        rank = self._codes.get(code)
        if rank is None:
            canonical = canonical_code(code)
            packed = self._packs.get(canonical)
            if packed is not None:
                return self._row(packed[0]), packed[1].units
            rank = self._codes.get(canonical)
            if rank is None:
                added = self._added_codes.get(canonical)
                return None if added is None else (self._added[added], 1)
        return self._row(rank), 1

    def pack_price_minor(self, code: str) -> int | None:
        """Price of the whole pack behind a code; None for single pieces and packs sold at the unit price."""
        packed = self._packs.get(canonical_code(code))
        return None if packed is None else packed[1].price_minor

    def best(self, limit: int) -> list[Product]:
        """The first in rank order, and what the till created, which has no rank yet."""
        created = self._created()[:limit]
        return [self._row(rank) for rank in range(min(len(self._rows), limit - len(created)))] + created

    def products_in(self, category: int | None, limit: int = 300) -> list[Product]:
        """Products of a category in rank order; None lists those without one (*Sans rubrique*)."""
        created = [row for row in self._created() if row.category == category][:limit]
        ranks = self._by_category.get(category, ())[: limit - len(created)]
        return [self._row(rank) for rank in ranks] + created

    def grid(self, category: int | None) -> Grid:
        """The fixed tiles of a category; a category nobody laid out shows its products in rank order.

        Articles that the till created stand after the tiles.
        """
        laid_out = self.grids.get(category) if category is not None else None
        if laid_out is not None:
            created = tuple(row.id for row in self._created() if row.category == category)
            return Grid(laid_out.category, (*laid_out.slots, *created)) if created else laid_out
        return Grid(-1 if category is None else category, tuple(row.id for row in self.products_in(category)))

    def search(self, query: str, limit: int = 24) -> list[Product]:
        """Products that carry the beginning of every typed word in name, key label or code, best rank first.

        Accents and case do not count. Of the `limit` best, a product whose code was typed in full comes first, then
        those whose name begins with what was typed. When a word begins
        nothing, its nearest words are used instead. Never raises, whatever was typed.
        """
        exact = self.product_by_code(query.strip())
        words = words_of(query[:_QUERY_MAX])[:_TOKENS_MAX]
        found = self._with_hits([self._row(rank) for rank in self._ranks(words, limit)], words, limit)
        beginning = fold(query.strip())
        found.sort(key=lambda row: not fold(row.name).startswith(beginning))
        if exact is None:
            return found
        return ([exact[0]] + [row for row in found if row.id != exact[0].id])[:limit]

    def _with_hits(self, found: list[Product], words: list[str], limit: int) -> list[Product]:
        """What the till added and carries every word, after the rest; before it where that was only guessed at."""
        if not self._added or not words:
            return found
        hits = [row for row in self._added.values() if _carries(self._added_words[row.id], words)]
        ids = {row.id for row in hits}
        others = [row for row in found if row.id not in ids]
        if all(word in self.words.wide or self._hits(word) for word in words):
            return others[: max(0, limit - len(hits))] + hits[:limit]
        return (hits + others)[:limit]

    def _ranks(self, words: list[str], limit: int) -> list[int]:
        narrow: set[int] | None = None
        wide: list[bytes] = []
        mistyped: list[str] = []
        for word in words:
            bits = self.words.wide.get(word)
            if bits is not None:
                wide.append(bits)
            elif hits := self._hits(word):
                narrow = hits if narrow is None else narrow & hits
            else:
                mistyped.append(word)
        if len(mistyped) > _CORRECTED_MAX:
            return []
        for word in mistyped:
            hits = self._corrected_hits(word)
            narrow = hits if narrow is None else narrow & hits
        if narrow is None:
            return _lowest(wide, limit)
        ranks = sorted(narrow)
        for bits in wide:
            ranks = [rank for rank in ranks if bits[rank >> 3] >> (rank & 7) & 1]
        return ranks[:limit]

    def _hits(self, word: str) -> set[int]:
        hits = self.words.hits(word)
        if len(word) >= _CODE_QUERY_MIN and word.isdigit():
            hits.update(self._code_hits(word))
        return hits

    def _corrected_hits(self, word: str) -> set[int]:
        hits: set[int] = set()
        for other in self.words.corrections(word):
            bits = self.words.wide.get(other)
            hits.update(self.words.hits(other) if bits is None else _lowest([bits], WIDE))
        return hits

    def _code_hits(self, digits: str) -> list[int]:
        codes = self._sorted_codes
        first = bisect_left(codes, digits)
        last = min(bisect_left(codes, digits + _LAST, first), first + _CODE_HITS_MAX)
        return [self._codes[code] for code in codes[first:last]]


def _carries(known: Sequence[str], words: list[str]) -> bool:
    """Whether every typed word begins one of an article's words or codes."""
    return all(any(each.startswith(word) for each in known) for word in words)


def _lowest(sets: list[bytes], limit: int) -> list[int]:
    """The lowest ranks that are in all bit sets."""
    if not sets:
        return []
    both = int.from_bytes(sets[0], "little")
    for other in sets[1:]:
        both &= int.from_bytes(other, "little")
    found: list[int] = []
    for at, byte in enumerate(both.to_bytes(len(sets[0]), "little")):
        if byte:
            found.extend(at * 8 + bit for bit in range(8) if byte >> bit & 1)
            if len(found) >= limit:
                break
    return found[:limit]


def ranked(products: Iterable[Product]) -> list[Product]:
    """Products in rank order: favourites by slot, then popularity, then name, then id."""
    return sorted(products, key=_rank_key)


def _rank_key(product: Product) -> tuple[int, int, str, int]:
    slot = 1_000_000 if product.favourite is None else product.favourite
    return slot, -product.popularity, fold(product.name), product.id


def search_text(product: Product) -> str:
    """What the word search looks into."""
    return f"{product.name} {product.key_label}"


def code_ranks(rows: Sequence[Product]) -> dict[str, int]:
    """Canonical code of single pieces to rank, ascending by code. ValueError when two products claim a code."""
    found: dict[str, int] = {}
    for rank, row in enumerate(rows):
        for code in row.codes:
            if found.setdefault(canonical_code(code), rank) != rank:
                raise ValueError(f"code {code} belongs to two products")
    return dict(sorted(found.items()))


def pack_ranks(rows: Sequence[Product]) -> dict[str, tuple[int, PackCode]]:
    """Canonical pack code to rank and pack."""
    return {canonical_code(pack.code): (rank, pack) for rank, row in enumerate(rows) for pack in row.packs}


def category_ranks(rows: Sequence[Product]) -> dict[int | None, "array[int]"]:
    """Ranks of each category, ascending; None collects the products without one."""
    found: dict[int | None, array[int]] = {}
    for rank, row in enumerate(rows):
        found.setdefault(row.category, array("I")).append(rank)
    return found


def build_catalog(
    products: Iterable[Product], categories: Iterable[Category] = (), grids: Iterable[Grid] = ()
) -> Catalog:
    """A catalogue in memory, for a few thousand products at most. ValueError when two products share a code."""
    rows = tuple(ranked(products))
    return Catalog(
        rows=rows,
        ids={row.id: rank for rank, row in enumerate(rows)},
        codes=code_ranks(rows),
        packs=pack_ranks(rows),
        by_category=category_ranks(rows),
        categories=tuple(sorted(categories, key=lambda category: category.order)),
        grids={grid.category: grid for grid in grids},
        words=build_words([search_text(row) for row in rows]),
    )
