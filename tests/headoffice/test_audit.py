"""The books made again from the entries alone: what somebody changed beside them is found."""

import asyncio

import pytest

from headoffice.audit import audit
from tests.headoffice.test_journal import batches, signed_in, sold, takes
from tests.headoffice.test_wallets import ANNE, KEY, Office
from tests.support.books import a_shop, books
from tests.support.wallet_till import WalletTill

__all__ = ["sold"]


def on(url, entries, spoil):
    """The codes of what is found after this was done to the books."""

    async def run():
        async with books(url) as database:
            await a_shop(database, {"caisse-1": KEY, "caisse-2": KEY})
            for batch in batches(entries):
                await takes(database, batch)
            till = WalletTill("caisse-2", "e2")
            till.credits(ANNE, 5000)
            till.spends(ANNE, 1200)
            await Office(database).takes(till)
            async with database.transaction() as tx:
                if spoil:
                    await tx.run(spoil)
                return sorted({finding.code for finding in await audit(tx)})

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("spoil", "codes"),
    [
        ("", []),
        ("UPDATE entry SET body = hash WHERE journal = 1 AND seq = 4", ["link", "rows"]),
        ("UPDATE entry SET actor = 'luca' WHERE journal = 1 AND seq = 4", ["link"]),
        ("DELETE FROM entry WHERE journal = 1 AND seq = 4", ["gap", "link", "rows"]),
        ("DELETE FROM tender WHERE journal = 1", ["rows"]),
        ("UPDATE journal SET seq = seq - 1 WHERE number = 1", ["cursor"]),
        ("UPDATE holding SET spent_minor = 0", ["liability", "wallet"]),
        ("UPDATE wallet SET pool_minor = 100", ["liability"]),
        ("UPDATE movement SET paid_minor = paid_minor + 1", ["liability"]),
    ],
)
def test_what_was_changed_is_found(url, sold, spoil, codes):
    assert on(url, sold, spoil) == codes


def test_many_pages(url):
    assert on(url, signed_in(4500), "") == []
