"""The customers that are on a ticket or on the screen, as the store has them; hides the database.

Views are built many times a second and name the same few customers: those are kept here. What is about to be written is
kept too, so that a view between the decision and its commit shows it; a commit that fails makes everything be read
again (`forget_all`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import msgspec

from appliance.domain.customer import CODE_MAX, COUNTER_ID, Customer, Group
from appliance.domain.meaning import Holder
from appliance.service.ledger import Ledger
from appliance.store import customers as store

KEPT: Final = 256
LISTED: Final = 60
"""Rows of a list; who looks for another one types more letters."""


class Looked(msgspec.Struct, frozen=True):
    """What a search found, and among how many."""

    text: str
    kind: str
    rows: tuple[store.CustomerRow, ...]
    hits: int
    total: int
    has_more: bool = False
    """More than `hits` match."""


class Directory:
    """Customers and groups of this till."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: OrderedDict[str, Customer | None] = OrderedDict()
        self._groups: tuple[Group, ...] | None = None
        self.is_leaving: Callable[[str], bool] = lambda customer_id: False
        """Whether somebody is being deleted, which can still be taken back."""

    def get(self, customer_id: str) -> Customer | None:
        """The customer, or None for who never was or is erased."""
        if customer_id not in self._known:
            read = self._ledger.read_now(lambda conn: store.get(conn, customer_id))
            if read is None:  # nothing to keep
                return None
            self._keep(customer_id, read)
        self._known.move_to_end(customer_id)
        found = self._known[customer_id]
        return None if found is None or found.is_erased else found

    def _keep(self, customer_id: str, customer: Customer | None) -> None:
        self._known[customer_id] = customer
        while len(self._known) > KEPT:
            self._known.popitem(last=False)

    def put(self, customer: Customer) -> None:
        """This is what is being written."""
        self._keep(customer.id, customer)

    def drop(self, customer_id: str) -> None:
        """The customer is being erased."""
        self._keep(customer_id, None)

    def forget_all(self) -> None:
        """Customers or groups were changed behind this, or a commit failed: read them again."""
        self._known.clear()
        self._groups = None

    def holder_of(self, code: str) -> Holder | None:
        """Whose card a code is; asked with every scan that is no article as it was read."""
        if len(code) > CODE_MAX:
            return None
        hit = self._ledger.read_now(lambda conn: store.by_code(conn, code))
        return None if hit is None else Holder(hit.customer.id, hit.customer.name, hit.code.state)

    def groups(self) -> tuple[Group, ...]:
        if self._groups is None:
            self._groups = self._ledger.read_now(store.groups)
        return self._groups

    def group(self, group_id: str) -> Group | None:
        return next((group for group in self.groups() if group.id == group_id), None) if group_id else None

    def put_group(self, group: Group) -> None:
        """This is what is being written."""
        others = [other for other in self.groups() if other.id != group.id]
        self._groups = tuple(sorted([*others, group], key=lambda each: (each.order, each.label, each.id)))

    def drop_group(self, group_id: str, target: str) -> None:
        """The group is being deleted, its customers go to another one ("" for none)."""
        self._groups = tuple(group for group in self.groups() if group.id != group_id)
        for customer in list(self._known.values()):
            if customer is not None and customer.group == group_id:
                self.put(msgspec.structs.replace(customer, group=target))

    def group_of(self, customer_id: str) -> Group | None:
        """The group of a customer; None for nobody and for who has none."""
        if customer_id in ("", COUNTER_ID):
            return None
        customer = self.get(customer_id)
        return None if customer is None else self.group(customer.group)


def look(conn: object, text: str, kind: str) -> Looked:
    """Search; "" as `kind` is both. For the database's thread."""
    wanted = kind or None
    found = store.search(conn, text, wanted, limit=LISTED)  # type: ignore[arg-type]
    return Looked(text, kind, found.rows, found.total, store.count(conn), not found.is_exact)
