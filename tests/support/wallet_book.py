"""Wallets added up by somebody else: from the JSON of the journal alone, with no struct or function of the product.

Every movement must start from the balance before it, end at the image it carries, take nothing that is not there, and
pay out no more of a credit than was left of it. What came in and what went out of the drawer is summed up as well.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

COUNTED = ("credited", "gifted", "cancelled", "refunded", "spent", "adjusted")


class Account:
    """One wallet: money in both parts, and the two cumulative numbers of its rights."""

    def __init__(self) -> None:
        self.paid = self.given = self.topped_up = self.spent = self.granted = self.returned = 0

    @property
    def balance(self) -> int:
        return self.paid + self.given

    def move(self, paid: int, given: int) -> None:
        self.paid += paid
        self.given += given
        if paid + given > 0:
            self.topped_up += paid + given
        else:
            self.spent -= paid + given
        assert self.paid >= 0 and self.given >= 0, f"below zero: {self.paid} paid, {self.given} given"

    def hold(self, paid: int, given: int) -> None:
        """Rights that head office granted, or took back when negative."""
        self.paid += paid
        self.given += given
        if paid + given > 0:
            self.granted += paid + given
        else:
            self.returned -= paid + given
        assert self.paid >= 0 and self.given >= 0, f"below zero: {self.paid} paid, {self.given} given"

    def matches(self, image: dict[str, Any]) -> None:
        rights, purse = image.get("rights", {}), image.get("purse", {})
        found = [purse.get("paid_minor", 0), purse.get("gifted_minor", 0)]
        found += [rights.get("topped_up_minor", 0), rights.get("spent_minor", 0)]
        ours = [self.paid, self.given, self.topped_up, self.spent]
        assert found == ours, f"the image says {found}, the sum is {ours}"


class WalletBook:
    """All wallets of one till, and the figures of the session that runs."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = defaultdict(Account)
        self.credits: dict[int, dict[str, int]] = {}
        """By document: what was not given back yet, in all ("left") and of each tender ("t1")."""
        self.counted: dict[str, list[int]] = {}
        self.close_session()
        self.open_session()

    def open_session(self) -> None:
        adjusted = self.counted["adjusted"]
        self.close_session()
        self.counted["adjusted"] = adjusted
        self.cash = self.taken_back = self.rounding = 0
        self.used_changes: set[int] = set()

    def close_session(self) -> None:
        """Corrections from now on are on the next Z."""
        self.counted = {name: [0, 0] for name in COUNTED}

    def count(self, name: str, amount: int, sign: int = 1) -> None:
        self.counted[name][0] += sign
        self.counted[name][1] += sign * amount

    # --- facts ------------------------------------------------------------------------------------------------------

    def read_WalletCredited(self, fact: dict[str, Any]) -> None:
        account = self.starts(fact)
        paid, given = parts(fact["part"])
        assert paid > 0 and given >= 0
        assert sum(tender["amount_minor"] for tender in fact["tenders"]) == paid, "the tenders pay the credit"
        for tender in fact["tenders"]:
            assert tender["kind"] != "wallet", "a wallet never pays a credit"
            assert not tender.get("rounding_minor"), "a wallet is never rounded"
            kept = tender.get("kept_minor", 0)
            assert not kept or (fact.get("change_of") and kept == -tender["amount_minor"]), "the shop keeps nothing"
        account.move(paid, given)
        account.matches(fact["after"])
        if fact.get("change_of"):
            assert fact["change_of"] not in self.used_changes, "at most once a sale"
            self.used_changes.add(fact["change_of"])
        rows = {f"t{row['id']}": row["amount_minor"] for row in fact["tenders"]}
        self.credits[fact["document"]] = {"left": paid} | rows
        self.count("credited", paid)
        if given:
            self.count("gifted", given)
        self.money(fact["tenders"])

    def read_WalletCreditCancelled(self, fact: dict[str, Any]) -> None:
        paid, given = self.goes_out(fact)
        credit = self.credits[fact["of"]]
        credit["left"] -= paid
        assert credit["left"] >= 0, "more than the credit was"
        for tender in fact["tenders"]:
            credit[f"t{tender['id']}"] += tender["amount_minor"]
            assert credit[f"t{tender['id']}"] >= 0, "more than this means had paid"
        self.count("cancelled", paid)
        self.taken_back += given

    def read_WalletRefunded(self, fact: dict[str, Any]) -> None:
        paid, given = self.goes_out(fact)
        assert self.accounts[fact["customer"]].balance == 0, "the balance is refunded whole"
        self.count("refunded", paid)
        self.taken_back += given

    def read_WalletAdjusted(self, fact: dict[str, Any]) -> None:
        account = self.starts(fact)
        paid, given = parts(fact["part"])
        assert fact["reason"] and (paid + given) and paid * given >= 0
        account.move(paid, given)
        account.matches(fact["after"])
        self.count("adjusted", paid + given)

    def read_WalletTransferred(self, fact: dict[str, Any]) -> None:
        paid, given = parts(fact["part"])
        source, target = self.accounts[fact["source"]], self.accounts[fact["target"]]
        source.move(-paid, -given)
        target.move(paid, given)
        source.matches(fact["source_after"])
        target.matches(fact["target_after"])

    def read_RightsGranted(self, fact: dict[str, Any]) -> None:
        paid, given = parts(fact["part"])
        assert paid >= 0 and given >= 0
        account = self.accounts[fact["customer"]]
        account.hold(paid, given)
        account.matches(fact["after"])
        assert fact["after"]["rights"].get("granted_minor", 0) == account.granted

    def read_RightsReturned(self, fact: dict[str, Any]) -> None:
        paid, given = parts(fact["part"])
        assert paid >= 0 and given >= 0 and paid + given > 0
        account = self.accounts[fact["customer"]]
        account.hold(-paid, -given)
        account.matches(fact["after"])
        assert fact["after"]["rights"].get("returned_minor", 0) == account.returned

    def sale(self, sale: dict[str, Any], sign: int, image: dict[str, Any] | None) -> None:
        """The wallet's tenders of a sealed sale, or of its reversal."""
        rows = [tender for tender in sale["tenders"] if tender["kind"] == "wallet"]
        assert bool(rows) == (image is not None)
        for tender in rows if sign > 0 else reversed(rows):
            assert tender["wallet"] == sale["customer"], "the wallet of the ticket's customer"
            assert not tender.get("rounding_minor") and not tender.get("change_minor") and not tender.get("kept_minor")
            account = self.accounts[tender["wallet"]]
            given = tender.get("gifted_minor", 0)
            account.move(-sign * (tender["amount_minor"] - given), -sign * given)
            assert sign < 0 or account.balance == tender.get("balance_minor", 0)
            self.count("spent", tender["amount_minor"], sign)
        if image is not None:
            self.accounts[sale["customer"]].matches(image)

    # --- shared -----------------------------------------------------------------------------------------------------

    def starts(self, fact: dict[str, Any]) -> Account:
        account = self.accounts[fact["customer"]]
        assert fact["before_minor"] == account.balance
        return account

    def goes_out(self, fact: dict[str, Any]) -> tuple[int, int]:
        account = self.starts(fact)
        paid, given = parts(fact["part"])
        assert paid >= 0 and given >= 0
        assert -sum(tender["amount_minor"] for tender in fact["tenders"]) == paid, "the paid part goes out, no more"
        assert all(tender["amount_minor"] < 0 for tender in fact["tenders"])
        account.move(-paid, -given)
        account.matches(fact["after"])
        self.money(fact["tenders"])
        return paid, given

    def money(self, tenders: list[dict[str, Any]]) -> None:
        for tender in tenders:
            rounding = tender.get("rounding_minor", 0)
            assert 0 <= rounding < 5 and (not rounding or tender["kind"] == "cash")
            self.rounding += rounding
            is_cash = tender["kind"] == "cash"
            self.cash += tender["amount_minor"] + rounding if is_cash else -tender.get("change_minor", 0)

    def check(self, totals: dict[str, Any]) -> None:
        """The wallets of a report against ours."""
        said = totals.get("wallets", {})
        for name in COUNTED:
            row = said.get(name, {})
            assert [row.get("count", 0), row.get("amount_minor", 0)] == self.counted[name], f"wallets {name}"
        assert said.get("cash_in_minor", 0) - said.get("cash_out_minor", 0) == self.cash
        assert said.get("taken_back_minor", 0) == self.taken_back
        assert said.get("rounding_minor", 0) == self.rounding


def parts(part: dict[str, Any]) -> tuple[int, int]:
    return part.get("paid_minor", 0), part.get("gifted_minor", 0)
