"""What stands on the papers of a wallet: the receipt of a movement and the statement.

Layout only, as `receipt_text` does it for sales. A credit is no sale: such a paper never has a tax table and says why
(feature W-07). Whose name is on it comes from the directory, so what is printed after an erasure names nobody.
"""

from __future__ import annotations

from collections.abc import Sequence

from appliance import i18n
from appliance.domain.journal import WalletCreditCancelled, WalletCredited, WalletPaper, WalletRefunded
from appliance.domain.meaning import receipt_code
from appliance.domain.ticket import Tender
from appliance.hal.device import Align, Barcode, BarcodeKind, Block, Columns, Cut, Feed, Paper, Row, Rule, Text
from appliance.service.receipt_text import Letterhead, copy_mention
from appliance.store.movements import WalletEntry

MOVES_SHARES = (26, 11, 11)
MOVES_MAX = 60
"""The newest movements that a statement lists; what came before them is one row."""


def wallet_receipt(
    head: Letterhead, paper: WalletPaper, at: str, copy: int, printed_at: str, by: str = "", *, for_shop: bool = False
) -> Paper:
    """The receipt of a sealed movement. A copy says DUPLICATA, its count, when and by whom it was printed; the shop's
    own paper says whose it is and has room for the client's signature."""
    t, amount = head.t, head.amount
    blocks = head.head()
    if copy:
        blocks += copy_mention(head, copy, printed_at, by)
    if for_shop:
        blocks += [Text(t("receipt.wallet.for_shop"), bold=True, align=Align.CENTER)]
    blocks += [
        Text(t(_title(paper)), bold=True, tall=True, align=Align.CENTER),
        Columns(t("receipt.wallet.number", number=f"{paper.document:06d}"), head.when(at)),
        Columns(
            f"{head.shop.register_name}, {head.operators.name_of(paper.seller)}",
            t("receipt.wallet.session", number=f"{paper.session:04d}"),
        ),
        Rule(),
        *holder(head, paper.customer),
        Rule(),
        Columns(t("receipt.wallet.before"), amount(paper.before_minor)),
        *_movement(head, paper),
        Columns(
            t("receipt.wallet.after", currency=head.shop.currency),
            amount(paper.after.balance_minor),
            bold=True,
            tall=True,
        ),
        *(_gifted_left(head, paper)),
        Rule(),
        *_means(head, paper),
        Rule(),
        *([Text(t("receipt.wallet.signed")), Feed(3), Rule()] if for_shop else _closing_words(head, paper)),
        Columns("", t("receipt.document", number=f"{paper.document:06d}")),
        Feed(1),
        Barcode(receipt_code(head.till, paper.document), BarcodeKind.CODE128),
        Cut(),
    ]
    return Paper(tuple(blocks))


def _title(paper: WalletPaper) -> str:
    if isinstance(paper, WalletCredited):
        return "receipt.wallet.change" if paper.change_of else "receipt.wallet.credit"
    return "receipt.wallet.cancel" if isinstance(paper, WalletCreditCancelled) else "receipt.wallet.refund"


def holder(head: Letterhead, customer_id: str) -> list[Block]:
    """Whose wallet it is, and the end of the card's number."""
    customer = head.customer_of(customer_id)
    if customer is None:
        return [Columns(head.t("receipt.wallet.client"), head.t("receipt.wallet.nobody"))]
    rows: list[Block] = [Columns(head.t("receipt.wallet.client"), head.addressed(customer))]
    if customer.active_codes:
        rows.append(Columns(head.t("receipt.wallet.card"), masked(customer.active_codes[0])))
    return rows


def masked(code: str) -> str:
    """**** 0042: who finds the paper cannot make the card of it."""
    return f"**** {code[-4:]}"


def _movement(head: Letterhead, paper: WalletPaper) -> list[Block]:
    t = head.t

    def signed(minor: int) -> str:
        return i18n.signed(minor, head.locale)

    if isinstance(paper, WalletCredited):
        rows: list[Block] = [Columns(t("receipt.wallet.credited"), signed(paper.part.paid_minor))]
        if paper.part.gifted_minor:
            rows.append(Columns(t("receipt.wallet.gifted"), signed(paper.part.gifted_minor)))
        return rows
    is_refund = isinstance(paper, WalletRefunded)
    word = "receipt.wallet.paid_out" if is_refund else "receipt.wallet.cancelled"
    rows = [Columns(t(word), signed(-paper.part.paid_minor))]
    if paper.part.gifted_minor:
        rows.append(Columns(t("receipt.wallet.gift_cancelled"), signed(-paper.part.gifted_minor)))
    if isinstance(paper, WalletCreditCancelled):
        rows.insert(0, Columns(t("receipt.wallet.of"), f"{paper.of:06d}"))
    return rows


def _gifted_left(head: Letterhead, paper: WalletPaper) -> list[Block]:
    gifted = paper.after.purse.gifted_minor
    return [Columns(head.t("receipt.wallet.of_which_gifted"), head.amount(gifted))] if gifted else []


def _means(head: Letterhead, paper: WalletPaper) -> list[Block]:
    is_in = isinstance(paper, WalletCredited)
    if isinstance(paper, WalletCredited) and paper.change_of:  # nothing was received, nothing is given back
        word = head.t("receipt.wallet.kept_change", number=f"{head.ticket_of(paper.change_of):04d}")
        return [Columns(word, head.amount(paper.part.paid_minor))]
    return [block for tender in paper.tenders for block in (_paid(head, tender) if is_in else _given(head, tender))]


def _paid(head: Letterhead, tender: Tender) -> list[Block]:
    t, amount = head.t, head.amount
    if tender.kind != "cash":
        slip: list[Block] = [Text(line, align=Align.CENTER) for line in tender.slip]
        return [Columns(tender.name, amount(tender.amount_minor)), *slip]
    received = tender.received_minor or tender.amount_minor
    return [Columns(t("receipt.received"), amount(received)), Columns(t("receipt.change"), amount(tender.change_minor))]


def _given(head: Letterhead, tender: Tender) -> list[Block]:
    t, amount = head.t, head.amount
    if tender.kind != "cash":
        slip: list[Block] = [Text(line, align=Align.CENTER) for line in tender.slip]
        return [Columns(t("receipt.wallet.given_by", mode=tender.name), amount(-tender.amount_minor)), *slip]
    rows: list[Block] = []
    if tender.rounding_minor:
        rows.append(Columns(t("receipt.rounding"), amount(-tender.rounding_minor)))
    out = -(tender.amount_minor + tender.rounding_minor)
    return [*rows, Columns(t("receipt.wallet.given_cash"), amount(out), bold=True)]


def _closing_words(head: Letterhead, paper: WalletPaper) -> list[Block]:
    words = ["receipt.wallet.no_vat"]
    if isinstance(paper, WalletCredited):
        words += ["receipt.wallet.vat_later", "receipt.wallet.keep"]
    return [Text(head.t(word), align=Align.CENTER) for word in words]


def statement(
    head: Letterhead, customer_id: str, rows: Sequence[WalletEntry], balance_minor: int, printed_at: str
) -> Paper:
    """*Relevé de cagnotte* (feature W-13): the movements, the oldest first, with the balance after each, and where, by
    whom and by which document. `rows`: the newest ones; the balance before them is brought forward."""
    t, amount = head.t, head.amount
    shown: list[Block] = []
    before_minor = rows[0].balance_minor - rows[0].amount_minor if rows else 0
    if before_minor:
        shown.append(Row((t("receipt.statement.before"), "", amount(before_minor)), MOVES_SHARES))
    year = ""
    for row in rows:
        day = head.when(row.at)
        if day[6:10] != year:
            year = day[6:10]
            shown.append(Text(year, bold=True))
        shown += _moved(head, row, day[:5])
    titles = tuple(t(f"receipt.statement.{word}") for word in ("what", "amount", "balance"))
    return Paper((
        *head.head(),
        Text(t("receipt.statement.title"), bold=True, tall=True, align=Align.CENTER),
        Columns(head.shop.register_name, head.when(printed_at)),
        Rule(),
        *holder(head, customer_id),
        Rule(),
        Row(titles, MOVES_SHARES, True),
        *shown,
        Rule(),
        Columns(
            t("receipt.wallet.balance", currency=head.shop.currency), amount(balance_minor), bold=True, tall=True
        ),
        Feed(1),
        Cut(),
    ))  # fmt: skip


def _moved(head: Letterhead, row: WalletEntry, day: str) -> list[Block]:
    t = head.t
    word = t(f"screen.clients.movement.{row.kind}", number=f"{row.ticket:04d}")
    amounts = i18n.signed(row.amount_minor, head.locale), head.amount(row.balance_minor)
    place = head.shop.register_name if row.till == head.till else row.till
    why = t("receipt.document", number=f"{row.document:06d}") if row.document else row.reason
    details = [each for each in (why, place, head.operators.name_of(row.seller) if row.seller else "") if each]
    return [Row((f"{day} {word}", *amounts), MOVES_SHARES), Text(f"  {', '.join(details)}")]
