"""Views of the day: counting the drawer at the opening and the closing, and the figures of X and Z."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.domain.cash import COINS
from appliance.domain.closing import Tally, Totals, all_offers, wallet_rows
from appliance.domain.journal import XRead
from appliance.protocol import view as v
from appliance.service.day import (
    closing_reasons,
    counted_notes,
    counted_values,
    difference_minor,
    expected_float,
    leave_minor,
    needs_reason,
)

if TYPE_CHECKING:
    from appliance.service.till import Till


def _rows(till: Till, expected_minor: int) -> tuple[tuple[v.CountRow, ...], tuple[v.CountRow, ...]]:
    counts, currency = till.desk.drawer.counts, till.state.currency
    notes = tuple(v.CountRow(value, counts.get(value, 0)) for value in counted_notes(till, expected_minor))
    coins = tuple(v.CountRow(value, counts.get(value, 0)) for value in sorted(COINS[currency], reverse=True))
    return notes, coins


def opening_view(till: Till) -> v.OpeningView:
    notes, coins = _rows(till, expected_float(till))
    last = till.state.last_day
    notes_minor = sum(row.amount_minor for row in notes)
    coins_minor = sum(row.amount_minor for row in coins)
    return v.OpeningView(
        notes=notes,
        coins=coins,
        notes_minor=notes_minor,
        coins_minor=coins_minor,
        counted_minor=notes_minor + coins_minor,
        expected_minor=expected_float(till),
        left_by=last.by if last is not None else "",
        left_minor=expected_float(till),
        session=till.state.next_session,
        focus_minor=till.desk.drawer.focus_minor or counted_values(till.state.currency)[0],
    )


def closing_view(till: Till, held: tuple[v.NoteCard, ...], waiting_receipts: int) -> v.ClosingView | None:
    session, desk = till.state.session, till.desk
    if session is None:
        return None
    notes, coins = _rows(till, session.totals.expected_minor)
    notes_minor = sum(row.amount_minor for row in notes)
    coins_minor = sum(row.amount_minor for row in coins)
    counted = notes_minor + coins_minor
    blind = till.config.blind_count and desk.closing_step == "count"
    leave = leave_minor(till)
    reasons = closing_reasons(till) if needs_reason(till) or desk.closing_reason else ()
    return v.ClosingView(
        step=desk.closing_step,
        session=session.number,
        opened_at=till.local_time(session.opened_at)[11:16],
        notes=notes,
        coins=coins,
        notes_minor=notes_minor,
        coins_minor=coins_minor,
        counted_minor=counted,
        leave_minor=leave,
        safe_minor=counted - leave,
        cash=_cash_book(session.totals, blind),
        difference_minor=None if blind else difference_minor(till),
        tenders=_others(session.totals),
        held_count=len(held),
        unsure=_total(session.totals.unsure),
        by_hand=_total(session.totals.by_hand),
        focus_minor=desk.drawer.focus_minor,
        reasons=tuple(v.ReasonKey(reason.id, reason.label) for reason in reasons),
        reason=desk.closing_reason,
        held=held,
        report=_figures(till, "Z", till.state.next_z, session.totals, till.ledger.moment().at)
        if desk.closing_step == "confirm"
        else None,
        waiting_receipts=waiting_receipts,
    )


def report_view(till: Till) -> v.ReportView | None:
    report, at = till.desk.report, till.desk.report_at
    if report is None:
        return None
    return _figures(till, "X" if isinstance(report, XRead) else "Z", report.number, report.totals, at)


def _cash_book(totals: Totals, blind: bool) -> v.CashBook:
    return v.CashBook(
        float_minor=totals.float_minor,
        sales_minor=0 if blind else totals.cash_minor,
        wallet_credits_minor=0 if blind else totals.wallets.cash_in_minor,
        wallet_refunds_minor=0 if blind else totals.wallets.cash_out_minor,
        expected_minor=None if blind else totals.expected_minor,
    )


def _tenders(totals: Totals) -> tuple[v.TenderTotal, ...]:
    return tuple(
        v.TenderTotal(tally.name, tally.count, tally.amount_minor, tally.kind) for tally in totals.tenders.values()
    )


def _others(totals: Totals) -> tuple[v.TenderTotal, ...]:
    """All but cash, with what cagnottes were credited and given back by: the terminal counts both. Wallets are last."""
    wallets, found = totals.wallets, dict[str, v.TenderTotal]()
    for tallies, is_wallet in ((totals.tenders, False), (wallets.tenders, True), (wallets.out, True)):
        for mode, tally in tallies.items():
            if tally.kind == "cash":
                continue
            row = found.get(mode) or v.TenderTotal(tally.name, 0, 0, tally.kind)
            found[mode] = v.TenderTotal(
                row.name,
                row.count + tally.count,
                row.amount_minor + tally.amount_minor,
                row.kind,
                row.wallet_minor + (tally.amount_minor if is_wallet else 0),
            )
    return tuple(sorted(found.values(), key=lambda row: row.kind == "wallet"))


def _total(tally: Tally) -> v.ReasonTotal | None:
    """None when nothing was counted."""
    return v.ReasonTotal("", tally.count, tally.amount_minor) if tally.count else None


def _figures(till: Till, kind: v.ReportKind, number: int, totals: Totals, at: str) -> v.ReportView:
    session = till.state.session
    held = till.held_tickets()
    offers = all_offers(totals)
    return v.ReportView(
        kind=kind,
        number=number,
        session=session.number if session is not None else 0,
        opened_at=till.local_time(session.opened_at)[11:16] if session is not None else "",
        at=till.local_time(at)[11:16],
        business_date=session.business_date if session is not None else "",
        tickets=totals.tickets,
        turnover_minor=totals.turnover_minor,
        rates=tuple(
            v.VatNote(rate_bp, rate.vat_minor, rate.gross_minor, rate.gross_minor - rate.vat_minor)
            for rate_bp, rate in sorted(totals.rates.items())
        ),
        tenders=_tenders(totals),
        sellers=tuple(
            v.SellerTotal(till.operators.name_of(seller), tally.count, tally.amount_minor)
            for seller, tally in totals.sellers.items()
        ),
        cash=_cash_book(totals, blind=False),
        collected_minor=totals.collected_minor,
        rounding_minor=totals.rounding_minor,
        discounts=v.ReasonTotal("", totals.discounts.count, totals.discounts.amount_minor),
        offers=v.ReasonTotal("", offers.count, offers.amount_minor),
        offers_by_reason=tuple(
            v.ReasonTotal(till.reason_label(reason), tally.count, tally.amount_minor)
            for reason, tally in totals.offers.items()
        ),
        voids=v.ReasonTotal("", totals.voids.count, totals.voids.amount_minor),
        corrections=v.ReasonTotal("", totals.corrections.count, totals.corrections.amount_minor),
        drawer_openings=totals.drawer_openings,
        drawer_forced=totals.drawer_forced,
        drawer_left_open=totals.drawer_left_open,
        copies=totals.copies,
        held=v.ReasonTotal("", len(held), till.held_minor()),
        unsure=_total(totals.unsure),
        by_hand=_total(totals.by_hand),
        seller=till.operators.name_of(till.state.seller),
        wallet_rows=_wallets(till, totals),
        wallet_rounding_minor=totals.wallets.rounding_minor,
    )


def _wallets(till: Till, totals: Totals) -> tuple[tuple[str, int, int], ...]:
    """Nothing where cagnottes are off and none moved today."""
    rows = tuple(wallet_rows(totals.wallets))
    is_on = till.shop.wallet_rules_in(till.config.profile).enabled
    return rows if is_on or any(count or minor for _, count, minor in rows) else ()
