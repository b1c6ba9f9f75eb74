"""`python -m tests.faults.wallet_shop FOLDER`: a till's ledger on a real disk, without its screens, to be killed.

Reads one order a line (its id) from standard input, decides and commits it, and writes the id back once it is durable.
An order that was done before is answered and not done again, as the daemon does. Every fifth entry a snapshot is kept.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from pathlib import Path

from appliance.clock import SystemClock
from appliance.domain import intent as i
from appliance.domain.state import TillState
from appliance.service import ledger as module
from appliance.service.ledger import Ledger
from appliance.store.database import Database
from tests.support.core import CARD, CASH, FREE, LEFEVRE, ROCHAT, WALLET

DAY = "2026-11-21"


def orders(state: TillState) -> list[i.Intent]:
    """The day, order by order; only what earlier orders made known is looked up."""
    first = (
        state.wallets[ROCHAT].credits[0].document if ROCHAT in state.wallets and state.wallets[ROCHAT].credits else 0
    )
    return [
        i.CreateRegister("till-1", "CHF", "CH", "0"),
        i.SignIn("camille", "Camille"),
        i.OpenSession(DAY, 20_000, 20_000, {1000: 20}),
        i.CreditWallet(ROCHAT, 5000, (i.Payment(CASH, 2000), i.Payment(CARD)), FREE, 500),
        i.OpenTicket("take-away"),
        i.AttachCustomer(ROCHAT),
        i.AddGoods(None, "Panier", 1000, 3333, "food", 260),
        i.Tend(WALLET, 2000),
        i.CreditWallet(LEFEVRE, 2000, (i.Payment(CASH),), FREE),
        i.Tend(CASH),
        i.CorrectPayment(),
        i.Tend(WALLET, 1500),
        i.Tend(CASH, 2500),
        i.CreditChange(CASH, FREE, amount_minor=500),
        i.CancelCredit(ROCHAT, first, 1000, 5),
        i.TransferWallet(LEFEVRE, ROCHAT, "new card", 1500),
        i.AdjustWallet(LEFEVRE, 250, "Geste commercial", "nadia"),
        i.BlockWallet(LEFEVRE, "lost"),
        i.UnblockWallet(LEFEVRE),
        i.RequestCardCredit("r1", i.CreditWallet(ROCHAT, 4000, (i.Payment(CARD),), FREE)),
        i.AnswerCard("r1", "accepted", reference="poi-1"),
        i.RefundBalance(LEFEVRE, CASH, "closed"),
        i.OpenTicket("take-away"),
        i.AttachCustomer(ROCHAT),
        i.AddGoods(None, "Panier", 1000, 1000, "food", 260),
        i.Tend(WALLET),
    ]


async def main(folder: Path) -> None:
    module.SNAPSHOT_EVERY = 5  # type: ignore[misc]
    clock = SystemClock()
    ledger = Ledger(Database(folder / "till.db", clock), clock, _local)
    done = set(await ledger.open("e"))
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while name := (await lines.readline()).decode().strip():
        if name not in done:
            ledger.do(orders(ledger.state)[int(name.removeprefix("order-"))], name)
            await ledger.settle()
            done.add(name)
        sys.stdout.write(name + "\n")
        sys.stdout.flush()
        await ledger.snapshot_if_due()
    await ledger.close()


def _local(now: datetime) -> str:
    return now.isoformat("T", "seconds")[:19]


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
