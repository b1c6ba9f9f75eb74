"""A second computation of what a till must say: from the rows of the journal alone, with code of its own.

The auditor reads the JSON of each entry, never a struct or a function of the product. It recomputes each document from
its lines (amounts, discounts, VAT as exact fractions rounded half away from zero), adds the documents of a session up,
and compares every X and Z, and the running totals, with its own sums. `audit` raises AssertionError with the entry at
fault.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from tests.support.wallet_book import WalletBook


class Session:
    """What one session comes to, by the auditor's own count."""

    def __init__(self, float_minor: int) -> None:
        self.float = float_minor
        self.tickets = self.turnover = self.refunds = self.rounding = self.cash = self.cash_out = self.kept = 0
        self.gross: Counter[int] = Counter()
        self.vat: Counter[int] = Counter()
        self.counted: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
        """"tenders", "sellers", "modes", "offers" to who to [count, amount]."""
        self.discounts, self.voids, self.removed, self.corrections = [0, 0], [0, 0], [0, 0], [0, 0]
        self.drawer = self.copies = self.forced = self.left_open = 0
        self.documents: list[int] = []

    def count(self, table: str, key: str, amount: int, sign: int) -> None:
        row = self.counted[table][key]
        row[0] += sign
        row[1] += sign * amount


def half_away(value: Fraction) -> int:
    whole = int(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


def audit(rows: Iterable[tuple[str, bytes]]) -> list[Session]:
    """Check a journal given as (kind, body) in order; the sessions it holds."""
    auditor = Auditor()
    for number, (kind, body) in enumerate(rows, 1):
        try:
            auditor.read(kind, json.loads(body))
        except AssertionError as error:
            raise AssertionError(f"entry {number} {kind}: {error}") from error
    return auditor.sessions


class Auditor:
    """Reads one entry after the other. `audit` is the way to read them all."""

    def __init__(self) -> None:
        self.sessions: list[Session] = []
        self.is_open = False
        self.perpetual = self.perpetual_absolute = 0
        self.next_document = self.next_z = self.next_x = self.next_copy = 1
        self.lines: dict[tuple[int, int], int] = {}
        """Quantity of every line by its plus and minus entries: (ticket, line) to thousandths."""
        self.wallets = WalletBook()
        self.open_shares: dict[int, dict[int, int]] = {}

    @property
    def session(self) -> Session:
        assert self.is_open, "outside a session"
        return self.sessions[-1]

    def read(self, kind: str, fact: dict[str, Any]) -> None:
        assert fact.pop("kind") == kind
        handler = getattr(self, f"read_{kind}", None)
        if handler is not None:
            handler(fact)

    # --- sessions and reports -----------------------------------------------------------------------------------

    def read_SessionOpened(self, fact: dict[str, Any]) -> None:
        assert not self.is_open
        assert fact["session"] == len(self.sessions) + 1
        assert sum(int(value) * count for value, count in fact.get("counts", {}).items()) == fact["float_minor"]
        assert fact["float_minor"] == fact["expected_minor"] or fact["reason"]
        self.sessions.append(Session(fact["float_minor"]))
        self.wallets.open_session()
        self.is_open = True

    def read_SessionClosed(self, fact: dict[str, Any]) -> None:
        assert fact["number"] == self.next_z
        self.next_z += 1
        self.compare(fact)
        assert fact["counted_minor"] == sum(int(value) * count for value, count in fact["counts"].items())
        assert fact["counted_minor"] == fact["expected_minor"] or fact["reason"]
        assert fact["leave_minor"] <= fact["counted_minor"]
        assert (fact["perpetual_minor"], fact["perpetual_absolute_minor"]) == (self.perpetual, self.perpetual_absolute)
        self.wallets.close_session()
        self.is_open = False

    def read_XRead(self, fact: dict[str, Any]) -> None:
        assert fact["number"] == self.next_x
        self.next_x += 1
        self.compare(fact)

    def compare(self, fact: dict[str, Any]) -> None:
        """Every figure of a report against our own."""
        assert fact["session"] == len(self.sessions)
        assert fact["expected_minor"] == self.session.float + self.session.cash + self.wallets.cash
        check_totals(self.session, fact["totals"])
        self.wallets.check(fact["totals"])

    # --- documents ----------------------------------------------------------------------------------------------

    def read_TicketClosed(self, fact: dict[str, Any]) -> None:
        assert fact["session"] == len(self.sessions)
        self.number(fact)
        check_document(fact)
        self.book(fact, 1)
        self.wallets.sale(fact, 1, fact.get("wallet"))
        self.perpetual += fact["total_minor"]
        self.perpetual_absolute += fact["total_minor"]

    def read_SettlementReversed(self, fact: dict[str, Any]) -> None:
        self.number(fact)
        of = fact["of"]
        check_document(of)
        self.book(of, -1)
        self.wallets.sale(of, -1, fact.get("wallet"))
        session = self.session
        session.refunds += of["total_minor"]
        session.corrections[0] += 1
        session.corrections[1] -= of["total_minor"]
        self.perpetual -= of["total_minor"]
        self.perpetual_absolute += of["total_minor"]

    def read_WalletCredited(self, fact: dict[str, Any]) -> None:
        self.number(fact)
        self.wallets.read_WalletCredited(fact)
        self.move_rest(fact)

    def read_WalletCreditCancelled(self, fact: dict[str, Any]) -> None:
        self.number(fact)
        self.wallets.read_WalletCreditCancelled(fact)
        self.move_rest(fact)

    def read_WalletRefunded(self, fact: dict[str, Any]) -> None:
        self.number(fact)
        self.wallets.read_WalletRefunded(fact)

    def read_WalletAdjusted(self, fact: dict[str, Any]) -> None:
        self.wallets.read_WalletAdjusted(fact)

    def read_RightsGranted(self, fact: dict[str, Any]) -> None:
        self.wallets.read_RightsGranted(fact)

    def read_RightsReturned(self, fact: dict[str, Any]) -> None:
        self.wallets.read_RightsReturned(fact)

    def read_WalletTransferred(self, fact: dict[str, Any]) -> None:
        self.wallets.read_WalletTransferred(fact)

    def move_rest(self, fact: dict[str, Any]) -> None:
        """What a voucher was worth above its sale is no longer the shop's, or is again."""
        for tender in fact["tenders"]:
            if tender.get("kept_minor"):
                self.session.kept += tender["kept_minor"]
                self.session.counted["tenders"][tender["mode"]][1] += tender["kept_minor"]

    def number(self, fact: dict[str, Any]) -> None:
        assert fact["document"] == self.next_document, "documents have no gap"
        self.next_document += 1
        self.session.documents.append(fact["document"])

    def book(self, sale: dict[str, Any], sign: int) -> None:
        session = self.session
        session.tickets += sign
        session.turnover += sign * sale["total_minor"]
        for row in sale["vat"]:
            session.gross[row["rate_bp"]] += sign * row["gross_minor"]
            session.vat[row["rate_bp"]] += sign * row["vat_minor"]
        session.count("modes", sale["mode"], sale["total_minor"], sign)
        session.count("sellers", sale["seller"], sale["total_minor"], sign)
        for tender in sale["tenders"]:
            self.book_tender(tender, sign)
        self.book_discounts(sale, sign)

    def book_tender(self, tender: dict[str, Any], sign: int) -> None:
        session = self.session
        rounding, change = tender.get("rounding_minor", 0), tender.get("change_minor", 0)
        kept = tender.get("kept_minor", 0)
        session.rounding += sign * rounding
        session.kept += sign * kept
        into_drawer = tender["amount_minor"] + rounding + kept
        if tender["kind"] == "cash":
            session.cash += sign * into_drawer
            session.count("tenders", tender["mode"], into_drawer, sign)
        else:
            session.cash -= sign * change
            session.cash_out += sign * change
            session.count("tenders", tender["mode"], into_drawer + change, sign)

    def book_discounts(self, sale: dict[str, Any], sign: int) -> None:
        for line, amount in zip(sale["lines"], sale["amounts"], strict=True):
            full = full_of(line)
            if line.get("offered"):
                self.session.count("offers", line["offered"], -full, sign)
            elif full != amount:
                self.session.discounts[0] += sign
                self.session.discounts[1] += sign * (amount - full)
        for name in ("group_minor", "discount_minor"):
            if sale.get(name):
                self.session.discounts[0] += sign
                self.session.discounts[1] -= sign * sale[name]

    # --- basket -------------------------------------------------------------------------------------------------

    def read_LineAdded(self, fact: dict[str, Any]) -> None:
        line = fact["line"]
        self.lines[fact["ticket"], line["id"]] = line.get("quantity_milli", 1000)

    def read_QuantityChanged(self, fact: dict[str, Any]) -> None:
        key = fact["ticket"], fact["line"]
        if key in self.lines:
            self.lines[key] += fact["delta_milli"]
            assert self.lines[key] > 0

    def read_LineRemoved(self, fact: dict[str, Any]) -> None:
        had = self.lines.pop((fact["ticket"], fact["line"]), None)
        assert had is None or had == -fact["quantity_milli"], "plus and minus sum to nothing"
        self.session.removed[0] += 1
        self.session.removed[1] += fact["amount_minor"]

    def read_LineRestored(self, fact: dict[str, Any]) -> None:
        line = fact["line"]
        self.lines[fact["ticket"], line["id"]] = line.get("quantity_milli", 1000)
        self.session.removed[0] -= 1
        self.session.removed[1] += amount_of(line)

    def read_TicketVoided(self, fact: dict[str, Any]) -> None:
        self.session.voids[0] += 1
        self.session.voids[1] -= fact["total_minor"]

    def read_TicketRestored(self, fact: dict[str, Any]) -> None:
        ticket = fact["ticket"]
        subtotal = sum(amount_of(line) for line in ticket.get("lines", []))
        subtotal -= group_discount(ticket.get("lines", []))
        off = ticket_discount(ticket, subtotal)
        self.session.voids[0] -= 1
        self.session.voids[1] += subtotal - off

    def read_UnitsMoved(self, fact: dict[str, Any]) -> None:
        self.lines.pop((fact["source"], fact["line"]), None)
        self.lines.pop((fact["target"], fact["joined"] if fact.get("joined") else fact["arrived"]["id"]), None)

    def read_NoteDivided(self, fact: dict[str, Any]) -> None:
        shares = fact["shares"]
        totals = [sum(amount_of(line) for line in share["lines"]) for share in shares]
        assert totals == sorted(totals, reverse=True) and totals[0] - totals[-1] <= 1, "equal to the centime"
        gross: Counter[int] = Counter()
        vat: Counter[int] = Counter()
        for share in shares:
            for line in share["lines"]:
                gross[line["rate_bp"]] += amount_of(line)
            for row in share.get("vat_fixed", []):
                vat[row["rate_bp"]] += row["vat_minor"]
        for rate, amount in gross.items():
            assert vat[rate] == half_away(Fraction(amount * rate, 10_000 + rate)), "the shares' VAT is the whole's"

    # --- paper and drawer ---------------------------------------------------------------------------------------

    def read_CopyIssued(self, fact: dict[str, Any]) -> None:
        assert fact["number"] == self.next_copy
        self.next_copy += 1
        if fact["copy"]:
            self.session.copies += 1

    def read_DrawerOpened(self, fact: dict[str, Any]) -> None:
        if self.is_open and not fact.get("ticket"):
            self.session.drawer += 1

    def read_DrawerFailed(self, fact: dict[str, Any]) -> None:
        assert not self.is_open or fact["reason"]

    def read_DrawerForced(self, fact: dict[str, Any]) -> None:
        if self.is_open:
            self.session.forced += 1

    def read_DrawerLeftOpen(self, fact: dict[str, Any]) -> None:
        if self.is_open:
            self.session.left_open += 1

    def read_DrawerShut(self, fact: dict[str, Any]) -> None:
        assert fact["open_ms"] >= 0


def full_of(line: dict[str, Any]) -> int:
    """Quantity times price."""
    if line.get("full_fixed_minor") is not None:
        return int(line["full_fixed_minor"])
    lot = line.get("lot")
    if lot is not None:
        whole, rest = divmod(line.get("quantity_milli", 1000), lot["quantity_milli"])
        return int(lot["price_minor"]) * int(whole) + half_away(Fraction(line["unit_price_minor"] * rest, 1000))
    return half_away(Fraction(line["unit_price_minor"] * line.get("quantity_milli", 1000), 1000))


def amount_of(line: dict[str, Any]) -> int:
    """What the line costs before the ticket's own discount."""
    if line.get("offered"):
        return 0
    if line.get("fixed_minor") is not None:
        return int(line["fixed_minor"])
    full = full_of(line)
    if line.get("discount_bp"):
        return full - half_away(Fraction(full * line["discount_bp"], 10_000))
    return full - min(int(line.get("discount_minor", 0)), full)


def ticket_discount(ticket: dict[str, Any], subtotal: int) -> int:
    if ticket.get("discount_bp"):
        return half_away(Fraction(subtotal * int(ticket["discount_bp"]), 10_000))
    return min(int(ticket.get("discount_minor", 0)), subtotal)


def group_discount(lines: list[dict[str, Any]]) -> int:
    """One rounding for each rate of the customer's group."""
    by_rate: Counter[int] = Counter()
    for line in lines:
        by_rate[line.get("group_bp", 0)] += amount_of(line)
    return sum(half_away(Fraction(amount * rate, 10_000)) for rate, amount in by_rate.items())


def check_document(sale: dict[str, Any]) -> None:
    """A sealed ticket by itself: lines make amounts, amounts make the total, the total is paid, VAT is in it."""
    lines = sale["lines"]
    amounts = [amount_of(line) for line in lines]
    assert amounts == sale["amounts"]
    assert sale["full_minor"] == sum(full_of(line) for line in lines)
    off, group = sale.get("discount_minor", 0), sale.get("group_minor", 0)
    assert group == group_discount(lines)
    if sale.get("discount_bp"):
        assert off == ticket_discount(sale, sum(amounts) - group)
    groups = sale.get("group_shares", []) or [0] * len(lines)
    shares = sale.get("shares", []) or [0] * len(lines)
    assert (sum(shares), sum(groups)) == (off, group)
    shares = [share + part for share, part in zip(shares, groups, strict=True)]
    assert all(0 <= share <= amount for share, amount in zip(shares, amounts, strict=True))
    assert sale["total_minor"] == sum(amounts) - off - group >= 0
    check_vat(sale, shares)
    check_tenders(sale)


def check_vat(sale: dict[str, Any], shares: list[int]) -> None:
    gross: Counter[int] = Counter()
    for line, amount, share in zip(sale["lines"], sale["amounts"], shares, strict=True):
        gross[line["rate_bp"]] += amount - share
    assert {row["rate_bp"]: row["gross_minor"] for row in sale["vat"]} == {rate: g for rate, g in gross.items() if g}
    leeway = 1 if any(line.get("share_of") for line in sale["lines"]) else 0
    for row in sale["vat"]:
        exact = half_away(Fraction(row["gross_minor"] * row["rate_bp"], 10_000 + row["rate_bp"]))
        assert abs(row["vat_minor"] - exact) <= leeway


def check_tenders(sale: dict[str, Any]) -> None:
    assert sum(tender["amount_minor"] for tender in sale["tenders"]) == sale["total_minor"]
    for n, tender in enumerate(sale["tenders"]):
        rounding, change = tender.get("rounding_minor", 0), tender.get("change_minor", 0)
        kept, received = tender.get("kept_minor", 0), tender.get("received_minor", 0)
        assert tender["amount_minor"] > 0
        if tender["kind"] == "cash":
            assert received - change == tender["amount_minor"] + rounding
            assert received % 5 == 0 and abs(rounding) <= 2
            assert not rounding or n == len(sale["tenders"]) - 1, "only the cash that closes is rounded"
        else:
            assert rounding == 0
            assert not received or received == tender["amount_minor"] + change + kept


def check_totals(session: Session, totals: dict[str, Any]) -> None:
    """The totals of a report, or of the running session, against the auditor's."""
    simple = {
        "tickets": session.tickets,
        "turnover_minor": session.turnover,
        "refunds_minor": session.refunds,
        "rounding_minor": session.rounding,
        "float_minor": session.float,
        "cash_minor": session.cash,
        "cash_out_minor": session.cash_out,
        "drawer_openings": session.drawer,
        "drawer_forced": session.forced,
        "drawer_left_open": session.left_open,
        "copies": session.copies,
        "first_document": session.documents[0] if session.documents else 0,
        "last_document": session.documents[-1] if session.documents else 0,
    }
    for name, ours in simple.items():
        assert totals.get(name, 0) == ours, (name, totals.get(name, 0), ours)
    for name in ("discounts", "voids", "removed", "corrections"):
        theirs = totals.get(name, {})
        assert [theirs.get("count", 0), theirs.get("amount_minor", 0)] == getattr(session, name), name
    rates = {int(rate): (row["gross_minor"], row["vat_minor"]) for rate, row in totals.get("rates", {}).items()}
    assert rates == {rate: (session.gross[rate], session.vat[rate]) for rate in session.gross}
    for name in ("tenders", "sellers", "modes", "offers"):
        tables = {key: [row["count"], row["amount_minor"]] for key, row in totals.get(name, {}).items()}
        assert tables == dict(session.counted[name]), name
    check_balance(session)


def check_balance(session: Session) -> None:
    """What was sold is what was taken in."""
    taken = sum(row[1] for row in session.counted["tenders"].values()) - session.cash_out
    assert taken == session.turnover + session.rounding + session.kept
    assert sum(session.gross.values()) == session.turnover
    for table in ("sellers", "modes"):
        assert sum(row[1] for row in session.counted[table].values()) == session.turnover
