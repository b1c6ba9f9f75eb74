"""Head office's books in a test, and a shop in them.

async with books(url) as database: ...
await a_shop(database, {"caisse-1": key.public})
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from appliance.protocol.envelope import PublicKey
from headoffice.database import Database, open_database

CHAIN = "fournil"
WHEN = "2026-11-21T07:00:00.000Z"


@asynccontextmanager
async def books(url: str) -> AsyncIterator[Database]:
    database = await open_database(url)
    try:
        yield database
    finally:
        await database.close()


async def a_shop(database: Database, tills: Mapping[str, PublicKey], float_minor: int = 0) -> None:
    """A chain with one shop, and its tills, enrolled."""
    async with database.transaction() as tx:
        await tx.insert("chain", [(CHAIN, "Au Fournil", "CHF", "CH", "Europe/Zurich")])
        await tx.insert("establishment", [("vevey", "Vevey")])
        await tx.insert("point_of_sale", [("vevey-1", "vevey", "Comptoir")])
        for at, (name, key) in enumerate(tills.items()):
            await tx.insert(
                "till",
                [(name, "vevey-1", name, at, key.hex, "active", "", float_minor, float_minor, WHEN)],
            )
