"""What stands on paper: receipts, X and Z as printer-independent blocks, in the shop's language.

Layout only. A receipt shows what the law asks for (CGI art. 286 and its doctrine; Swiss LTVA art. 26): who sold,
number and date, every line, discounts per rate, the total, the means, the tax table. A top-up never passes here. Names
are cleaned by the printer's encoder; nothing on this page knows a byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from appliance import i18n
from appliance.domain.catalog import Shop
from appliance.domain.closing import Totals, all_offers, wallet_rows
from appliance.domain.customer import Customer
from appliance.domain.journal import SessionClosed, TicketClosed, XRead
from appliance.domain.meaning import receipt_code
from appliance.domain.money import line_amount
from appliance.domain.ticket import Line, discount_per_rate
from appliance.hal.device import (
    Align,
    Barcode,
    BarcodeKind,
    Block,
    Columns,
    Cut,
    DeviceKind,
    Feed,
    Logo,
    Paper,
    Qr,
    Row,
    Rule,
    Text,
)
from appliance.service.equipment import ROLES
from appliance.service.operators import Operators

GROUP_SHARES = (6, 2, 4)
"""Name, count and amount in X and Z."""
VAT_SHARES = (6, 9, 11, 9, 11, 2)
"""The last one is the column of the VAT letters, so that all amounts of a receipt end below each other."""
INDENT = 3
"""An article's name stands behind its quantity, on its further lines too."""


class Letterhead:
    """The shop's words and numbers for every paper of this till."""

    def __init__(self, shop: Shop, operators: Operators, zone: ZoneInfo, locale: str, language: str, till: str) -> None:
        self.shop = shop
        self.operators = operators
        self.zone = zone
        self.locale = locale
        self.language = language
        self.till = till
        self.customer_of: Callable[[str], Customer | None] = lambda customer: None
        """Who a customer's id is today; None for nobody and for who was erased."""
        self.ticket_of: Callable[[int], int] = lambda document: 0
        """Number of the ticket that a document sealed; 0 for none."""
        self.client: Literal["no", "name", "address"] = "name"
        """What of the client stands on the receipt of a sale (feature C-13)."""

    def t(self, code: str, **params: object) -> str:
        return i18n.t(code, self.language, **params)

    def amount(self, minor: int) -> str:
        return i18n.amount(minor, self.locale)

    def when(self, at: str) -> str:
        local = datetime.fromisoformat(at).astimezone(self.zone)
        return f"{i18n.short_date(local.date(), self.locale)} {local:%H:%M}"

    def addressed(self, customer: Customer) -> str:
        """Mme Anne Rochat"""
        if customer.kind == "company" or not customer.civility:
            return customer.name
        return self.t(f"client.addressed.{customer.civility}", name=customer.name)

    def head(self) -> list[Block]:
        shop = self.shop
        lines: list[Block] = [Logo(), Text(shop.name.upper(), bold=True, tall=True, align=Align.CENTER)]
        lines += [Text(line, align=Align.CENTER) for line in shop.address]
        lines += [Text(line, align=Align.CENTER) for line in (shop.phone, shop.vat_number) if line]
        return [*lines, Rule()]


def receipt(
    head: Letterhead,
    closed: TicketClosed,
    at: str,
    copy: int,
    printed_at: str,
    by: str = "",
    balance_minor: int | None = None,
    kept_minor: int = 0,
) -> Paper:
    """The receipt of a sealed ticket. A copy says DUPLICATA, its count, when and by whom it was printed, and changes
    nothing else. `balance_minor` is what the client's wallet has left; None where that is not to be printed.
    `kept_minor`: change that was put there instead of being handed out."""
    t, amount = head.t, head.amount
    blocks = head.head()
    if copy:
        blocks += copy_mention(head, copy, printed_at, by)
    blocks += [
        Columns(t("receipt.ticket", number=f"{closed.ticket:04d}"), head.when(at)),
        Columns(f"{head.shop.register_name}, {head.operators.name_of(closed.seller)}", _mode_name(head, closed.mode)),
        *([Text(t("receipt.note", name=closed.name))] if closed.name else []),
        *([Text(t("receipt.corrects", number=f"{closed.corrects:06d}"))] if closed.corrects else []),
        Rule(),
        *_lines(head, closed),
        Rule(),
        Columns(
            t("receipt.total", currency=head.shop.currency), f"{amount(closed.total_minor)}  ", bold=True, tall=True
        ),
        *_tenders(head, closed, kept_minor),
        Rule(),
        *_vat_table(head, closed),
        Rule(),
        *_client(head, closed),
        *([Columns(t("receipt.wallet_balance"), amount(balance_minor))] if balance_minor is not None else []),
        Columns(
            t("receipt.articles", count=_articles(closed.lines)), t("receipt.document", number=f"{closed.document:06d}")
        ),
        *[Text(line, align=Align.CENTER) for line in head.shop.footer],
        Feed(1),
        Barcode(receipt_code(head.till, closed.document), BarcodeKind.CODE128),
        Cut(),
    ]
    return Paper(tuple(blocks))


def _client(head: Letterhead, closed: TicketClosed) -> list[Block]:
    """Who bought, as far as the shop wants it on paper."""
    customer = head.customer_of(closed.customer) if closed.customer and head.client != "no" else None
    if customer is None or not customer.name:
        return []
    word = head.t("receipt.client_group", group=closed.group) if closed.group else head.t("receipt.client")
    rows: list[Block] = [Columns(word, head.addressed(customer))]
    address = customer.default_address
    if head.client == "address" and address is not None:
        lines = (address.street, f"{address.postcode} {address.place}".strip())
        rows += [Columns("", line) for line in lines if line]
    return rows


def copy_mention(head: Letterhead, copy: int, printed_at: str, by: str) -> list[Block]:
    when = head.when(printed_at)
    printed = head.t("receipt.copied_by", when=when, name=head.operators.name_of(by)) if by else when
    return [
        Text(head.t("receipt.duplicata", copy=copy), bold=True, tall=True, align=Align.CENTER),
        Text(printed, align=Align.CENTER),
        Rule(),
    ]


def as_copy(head: Letterhead, paper: Paper, was_copy: int, copy: int, printed_at: str, by: str) -> Paper:
    """A paper that was ordered before, with DUPLICATA `copy` below its letterhead in place of an older count.
    The shop's own papers, which had come with the original, do not come again."""
    mention = copy_mention(head, copy, printed_at, by)
    end = next((index for index, block in enumerate(paper.blocks) if isinstance(block, Rule)), -1) + 1
    last = next((index for index, block in enumerate(paper.blocks) if isinstance(block, Cut)), len(paper.blocks))
    rest = paper.blocks[end + (len(mention) if was_copy else 0) : last + 1]
    return Paper((*paper.blocks[:end], *mention, *rest))


def redirected(head: Letterhead, paper: Paper, role: str) -> Paper:
    """The same paper for the printer that stands in for another one: it says so first (feature H-10)."""
    notice = (
        Text(head.t("receipt.redirected"), bold=True, tall=True, align=Align.CENTER),
        Text(_redirected_from(head, role), align=Align.CENTER),
        Rule(),
    )
    return Paper((*notice, *paper.blocks))


def _redirected_from(head: Letterhead, role: str) -> str:
    """Whose paper it is, in the customer's words."""
    if role == ROLES[DeviceKind.PRINTER]:
        return head.t("receipt.redirected_from")
    return head.t("receipt.redirected_from_other", name=role.partition(".")[2])


def provisional(head: Letterhead, paper: Paper) -> Paper:
    """The same paper while the till cannot note that it came out: whoever holds two of them sees which one counts."""
    notice = (
        Text(head.t("receipt.provisional"), bold=True, tall=True, align=Align.CENTER),
        Text(head.t("receipt.provisional_why"), align=Align.CENTER),
        Rule(),
    )
    return Paper((*notice, *paper.blocks))


def trial_page(head: Letterhead, role: str, at: str) -> Paper:
    """What *Tester* prints (feature H-24): everything a receipt may need, and nothing that looks like a sale."""
    t = head.t
    return Paper((
        *head.head(),
        Text(t("receipt.test_title"), bold=True, tall=True, align=Align.CENTER),
        Columns(role, head.when(at)),
        Rule(),
        Text(t("receipt.test_letters")),
        Text("€ é è ê ë ç à â ä ö ô ü ù î ï ß œ Œ æ ’ « » – …"),
        Columns("Œuf à l’échalote", "3,50 €"),
        Columns(t("receipt.test_bold"), "12.35", bold=True),
        Columns(t("receipt.test_tall"), "23.67", bold=True, tall=True),
        Text(t("receipt.test_wide"), wide=True),
        Rule(),
        Text(t("receipt.test_drawn")),
        Columns("Żurek śląski, Καφές, Хлеб, 面包", "4.80"),
        Rule(),
        Text(t("receipt.test_qr"), align=Align.CENTER),
        Feed(),
        Qr("https://example.org/tillbox?essai=1"),
        Barcode("7610807072341"),
        Text(t("receipt.test_question"), align=Align.CENTER),
        Cut(),
    ))  # fmt: skip


def setup_page(head: Letterhead, code: str) -> Paper:
    """The label of « Scannez ce code »: the scanner that reads it takes its place (features H-03, H-04)."""
    return Paper((
        Text(head.t("receipt.setup_title"), bold=True, tall=True, align=Align.CENTER),
        Text(head.t("receipt.setup_how"), align=Align.CENTER),
        Feed(),
        Barcode(code, BarcodeKind.CODE128),
        Feed(),
        Qr(code),
        Cut(),
    ))  # fmt: skip


def _mode_name(head: Letterhead, mode: str) -> str:
    return next((row.name for row in head.shop.sale_modes if row.id == mode), mode)


def _articles(lines: Iterable[Line]) -> int:
    return sum(line.quantity_milli // 1000 if line.unit == "piece" else 1 for line in lines)


def _lines(head: Letterhead, closed: TicketClosed) -> list[Block]:
    blocks: list[Block] = []
    for line, amount_minor in zip(closed.lines, closed.amounts, strict=True):
        letter = head.shop.rate_letter(line.rate_bp)
        quantity = f"1/{line.share_of}" if line.share_of else i18n.quantity(line.quantity_milli, head.locale)
        count = "" if line.unit == "kg" and not line.share_of else quantity
        amount = f"{head.amount(line.full_minor)} {letter}"
        blocks.append(Columns(f"{count:>2} {line.name}", amount, indent=INDENT))
        blocks += [_below(text) for text in _how_much(head, line)]
        if line.offered:
            blocks.append(_below(_offer_label(head, line.offered), f"{head.amount(-line.full_minor)} {letter}"))
        elif amount_minor != line.full_minor:
            off = f"{head.amount(amount_minor - line.full_minor)} {letter}"
            blocks.append(_below(_discount_label(head, line), off))
        if line.comment:
            blocks.append(_below(line.comment))
    blocks += _group_discount(head, closed)
    discounts = discount_per_rate(closed.lines, closed.shares)
    for rate_bp, off_minor in sorted(discounts.items(), key=lambda row: head.shop.rate_letter(row[0])):
        rate = f" {i18n.rate(closed.discount_bp, head.locale)}" if closed.discount_bp else ""
        label = head.t("receipt.ticket_discount", rate=rate, letter=head.shop.rate_letter(rate_bp))
        blocks.append(_below(label, f"{head.amount(-off_minor)} {head.shop.rate_letter(rate_bp)}"))
    return blocks


def _group_discount(head: Letterhead, closed: TicketClosed) -> list[Block]:
    """The automatic discount of the client's group, by rate of tax (feature C-08)."""
    rows: list[Block] = []
    for rate_bp, off_minor in discount_per_rate(closed.lines, closed.group_shares).items():
        letter = head.shop.rate_letter(rate_bp)
        rates = {line.group_bp for line in closed.lines if line.rate_bp == rate_bp and line.group_bp}
        rate = f" {i18n.rate(rates.pop(), head.locale)}" if len(rates) == 1 else ""
        label = head.t("receipt.group_discount", group=closed.group, rate=rate, letter=letter)
        rows.append(_below(label, f"{head.amount(-off_minor)} {letter}"))
    return rows


def _below(text: str, amount: str = "") -> Block:
    """What is said of an article, below its name."""
    line = " " * INDENT + text
    return Columns(line, amount, indent=INDENT) if amount else Text(line, indent=INDENT)


def _how_much(head: Letterhead, line: Line) -> list[str]:
    """Quantity times price, where the amount is more than the price of one piece: weight, several, packs."""
    t, amount = head.t, head.amount
    quantity = i18n.quantity(line.quantity_milli, head.locale)
    each = amount(line.unit_price_minor)
    if line.share_of:
        return []
    if line.unit == "kg":
        if line.full_minor != line_amount(line.unit_price_minor, line.quantity_milli):
            return [t("receipt.weight_alone", quantity=quantity)]
        by_hand = " " + t("receipt.by_hand") if line.weighed == "hand" else ""
        rows = [t("receipt.weight", quantity=quantity, price=each) + by_hand]
        if line.tare_milli:
            rows.append(t("receipt.tare", quantity=i18n.quantity(line.tare_milli, head.locale)))
        return rows
    if line.lot is None or line.full_fixed_minor is not None:
        return [] if line.quantity_milli == 1000 else [f"{quantity} x {each}"]
    lots, rest_milli = divmod(line.quantity_milli, line.lot.quantity_milli)
    size = line.lot.quantity_milli // 1000
    rows = []
    if size > 1 and lots:
        rows.append(t("receipt.pack", count=lots, size=size, price=amount(line.lot.price_minor)))
    elif lots > 1:
        rows.append(f"{lots} x {amount(line.lot.price_minor)}")
    if rest_milli:
        rows.append(f"{rest_milli // 1000} x {each}")
    return rows


def _discount_label(head: Letterhead, line: Line) -> str:
    if line.discount_bp:
        return head.t("receipt.discount_rate", rate=i18n.rate(line.discount_bp, head.locale))
    return head.t("receipt.discount")


def _offer_label(head: Letterhead, reason: str) -> str:
    label = next((row.label for row in head.shop.reasons if row.id == reason), reason)
    return head.t("receipt.offered", reason=label)


def _tenders(head: Letterhead, closed: TicketClosed, kept_minor: int) -> list[Block]:
    t = head.t
    blocks: list[Block] = []

    def amount(minor: int) -> str:
        return f"{head.amount(minor)}  "

    for tender in closed.tenders:
        if tender.kind != "cash":
            blocks.append(Columns(tender.name, amount(tender.amount_minor + tender.change_minor + tender.kept_minor)))
            if tender.change_minor:
                blocks.append(Columns(t("receipt.change"), amount(tender.change_minor)))
            blocks += [Text(line, align=Align.CENTER) for line in tender.slip]
            continue
        if tender.rounding_minor:
            blocks.append(Columns(t("receipt.rounding"), amount(tender.rounding_minor)))
            due = tender.amount_minor + tender.rounding_minor
            blocks.append(Columns(t("receipt.due_in_cash"), amount(due), bold=True))
        blocks.append(Columns(t("receipt.received"), amount(tender.received_minor)))
        change_minor = tender.change_minor - min(kept_minor, tender.change_minor)
        if change_minor or (tender is closed.tenders[-1] and not kept_minor):
            blocks.append(Columns(t("receipt.change"), amount(change_minor)))
    if kept_minor:
        blocks.append(Columns(t("receipt.put_on_wallet"), amount(kept_minor)))
    if not closed.tenders:
        blocks.append(Text(t("receipt.nothing_to_pay")))
    return blocks


def _vat_table(head: Letterhead, closed: TicketClosed) -> list[Block]:
    t, amount = head.t, head.amount
    words = ("receipt.vat", "receipt.rate", "receipt.net", "receipt.vat", "receipt.gross")
    rows: list[Block] = [Row((*(t(word) for word in words), ""), VAT_SHARES)]
    for row in sorted(closed.vat, key=lambda row: head.shop.rate_letter(row.rate_bp)):
        cells = (
            head.shop.rate_letter(row.rate_bp), i18n.rate(row.rate_bp, head.locale),
            amount(row.net_minor), amount(row.vat_minor), amount(row.gross_minor), "",
        )  # fmt: skip
        rows.append(Row(cells, VAT_SHARES))
    vat = sum(row.vat_minor for row in closed.vat)
    total = ("", "", amount(closed.total_minor - vat), amount(vat), amount(closed.total_minor), "")
    return [*rows, Row(total, VAT_SHARES, bold=True)]


def report(head: Letterhead, figures: XRead | SessionClosed, opened_at: str, at: str) -> Paper:
    """The paper of a Lecture X or a Ticket Z (feature Z-11)."""
    t, totals = head.t, figures.totals
    is_z = isinstance(figures, SessionClosed)
    title = t("report.z" if is_z else "report.x", number=f"{figures.number:04d}")
    blocks: list[Block] = [
        *head.head(),
        Text(title, bold=True, tall=True, align=Align.CENTER),
        Columns(t("report.session", number=f"{figures.session:04d}"), head.shop.register_name),
        Columns(t("report.begin"), head.when(opened_at)),
        Columns(t("report.end"), head.when(at)),
        Rule(),
        Columns(t("report.turnover"), head.amount(totals.turnover_minor), bold=True, tall=True),
        Columns(t("report.tickets"), str(totals.tickets)),
        Rule(),
        *_report_rates(head, totals),
        Rule(),
        *_report_groups(head, totals),
        Rule(),
        *_report_wallets(head, totals),
        *_report_cash(head, figures),
        Rule(),
        *_report_watch(head, totals),
    ]
    if isinstance(figures, SessionClosed):
        blocks += [
            Rule(),
            Columns(t("report.perpetual"), head.amount(figures.perpetual_minor)),
            Columns(t("report.perpetual_absolute"), head.amount(figures.perpetual_absolute_minor)),
            Columns(t("report.documents"), f"{totals.first_document:06d}-{totals.last_document:06d}"),
            Text(t("report.closed_by", name=figures.by)),
            *([Text(t("report.approved_by", name=figures.approved_by))] if figures.approved_by else []),
        ]
    else:
        blocks.append(Text(t("report.nothing_reset")))
    return Paper((*blocks, Feed(1), Cut()))


def _report_rates(head: Letterhead, totals: Totals) -> list[Block]:
    t, amount = head.t, head.amount
    rows: list[Block] = [
        Row((t("receipt.rate"), t("receipt.net"), t("receipt.vat"), t("receipt.gross")), (4, 5, 4, 5), True)
    ]
    for rate_bp, rate in sorted(totals.rates.items()):
        net = rate.gross_minor - rate.vat_minor
        cells = (i18n.rate(rate_bp, head.locale), amount(net), amount(rate.vat_minor), amount(rate.gross_minor))
        rows.append(Row(cells, (4, 5, 4, 5)))
    return rows


def _report_groups(head: Letterhead, totals: Totals) -> list[Block]:
    t = head.t

    def group(title: str, rows: list[tuple[str, int, int]]) -> list[Block]:
        return [
            Text(t(title), bold=True),
            *[Row((name, str(count), head.amount(minor)), GROUP_SHARES) for name, count, minor in rows],
        ]

    tenders = [(tally.name, tally.count, tally.amount_minor) for tally in totals.tenders.values()]
    if totals.by_hand.count:
        cards = [place for place, tally in enumerate(totals.tenders.values(), 1) if tally.kind == "card"]
        by_hand = (t("report.card.by_hand"), totals.by_hand.count, totals.by_hand.amount_minor)
        tenders.insert(cards[-1] if cards else len(tenders), by_hand)
    modes = [(_mode_name(head, mode), tally.count, tally.amount_minor) for mode, tally in totals.modes.items()]
    sellers = [(head.operators.name_of(who), tally.count, tally.amount_minor) for who, tally in totals.sellers.items()]
    return [
        *group("report.by_tender", tenders),
        Columns(t("report.rounding"), head.amount(totals.rounding_minor)),
        *([Columns(t("report.kept"), head.amount(totals.kept_minor))] if totals.kept_minor else []),
        Rule(),
        *group("report.by_mode", modes),
        Rule(),
        *group("report.by_seller", sellers),
    ]


def _report_cash(head: Letterhead, figures: XRead | SessionClosed) -> list[Block]:
    t, amount, totals = head.t, head.amount, figures.totals
    rows: list[Block] = [
        Columns(t("report.float"), amount(totals.float_minor)),
        Columns(t("report.cash_sales"), i18n.signed(totals.cash_minor, head.locale)),
        *_wallet_cash(head, totals),
        Columns(t("report.expected"), amount(figures.expected_minor), bold=True),
    ]
    if isinstance(figures, SessionClosed):
        difference = figures.counted_minor - figures.expected_minor
        rows += [
            Columns(t("report.counted"), amount(figures.counted_minor), bold=True),
            Columns(t("report.difference"), i18n.signed(difference, head.locale), bold=True),
            *([Text(f"   {_reason_label(head, figures.reason)}")] if figures.reason not in ("", "tolerance") else []),
            Columns(t("report.leave"), amount(figures.leave_minor)),
            Columns(t("report.safe"), amount(figures.counted_minor - figures.leave_minor)),
        ]
    return rows


def _wallet_cash(head: Letterhead, totals: Totals) -> list[Block]:
    """Coins of credits lie in the drawer too."""
    wallets, rows = totals.wallets, list[Block]()
    if wallets.cash_in_minor:
        rows.append(Columns(head.t("report.wallet_cash_in"), i18n.signed(wallets.cash_in_minor, head.locale)))
    if wallets.cash_out_minor:
        rows.append(Columns(head.t("report.wallet_cash_out"), i18n.signed(-wallets.cash_out_minor, head.locale)))
    return rows


def _report_wallets(head: Letterhead, totals: Totals) -> list[Block]:
    """Cagnottes, apart from the turnover; nothing where none moved."""
    rows = wallet_rows(totals.wallets)
    if not any(count or minor for _, count, minor in rows):
        return []
    t = head.t
    blocks: list[Block] = [Text(t("report.wallets"), bold=True), Text(t("report.not_turnover"))]
    for code, count, minor in rows:
        indent = "   " if code.startswith(("credited_", "cancelled_")) else ""
        cells = (f"{indent}{t(f'report.wallet.{code}')}", str(count) if count else "", i18n.signed(minor, head.locale))
        blocks.append(Row(cells, GROUP_SHARES, code == "balance"))
    if totals.wallets.rounding_minor:
        blocks.append(Columns(t("report.wallet_rounding"), i18n.signed(totals.wallets.rounding_minor, head.locale)))
    return [*blocks, Rule()]


def _reason_label(head: Letterhead, reason: str) -> str:
    return next((row.label for row in head.shop.reasons if row.id == reason), reason)


def _drawer_rows(head: Letterhead, totals: Totals) -> list[Block]:
    """Openings without a sale, who ordered them, and what the drawer did by itself (features H-11, H-12)."""
    t = head.t
    rows: list[Block] = [Columns(t("report.drawer_openings"), str(totals.drawer_openings))]
    for seller, count in sorted(totals.drawer_openings_by.items()):
        rows.append(Columns(f"   {head.operators.name_of(seller)}", str(count)))
    if totals.drawer_forced:
        rows.append(Columns(t("report.drawer_forced"), str(totals.drawer_forced)))
    if totals.drawer_left_open:
        rows.append(Columns(t("report.drawer_left_open"), str(totals.drawer_left_open)))
    return rows


def _report_watch(head: Letterhead, totals: Totals) -> list[Block]:
    t, amount = head.t, head.amount
    offers = all_offers(totals)
    rows: list[Block] = [
        Columns(t("report.discounts", count=totals.discounts.count), amount(totals.discounts.amount_minor)),
        Columns(t("report.offers", count=offers.count), amount(offers.amount_minor)),
    ]
    for reason, tally in totals.offers.items():
        rows.append(Columns(f"   {_reason_label(head, reason)}, {tally.count}", amount(tally.amount_minor)))
    if totals.unsure.count:
        unsure = t("report.card.unsure", count=totals.unsure.count)
        rows.insert(0, Columns(unsure, amount(totals.unsure.amount_minor), bold=True))
    return [
        *rows,
        Columns(t("report.voids", count=totals.voids.count), amount(totals.voids.amount_minor)),
        Columns(t("report.removed", count=totals.removed.count), amount(totals.removed.amount_minor)),
        Columns(t("report.corrections", count=totals.corrections.count), amount(totals.corrections.amount_minor)),
        *_drawer_rows(head, totals),
        Columns(t("report.copies"), str(totals.copies)),
    ]
