"""A finger that taps twice (feature P-09): a thousand times, 30 milliseconds apart, on every key that takes money."""

import tempfile
from datetime import timedelta
from itertools import cycle
from pathlib import Path

from appliance.domain.journal import TicketClosed
from appliance.protocol import command as c
from tests.support.till import RAM, a_till

TAPS = 1_000
APART = timedelta(milliseconds=30)
KEYS: tuple[c.AnyCommand, ...] = (
    c.TakeCash(0),
    c.TakeCash(2000),
    c.TakeCard(),
    c.AddTender("twint"),
    c.AddTender("card"),
)


def test_a_thousand_double_taps_are_a_thousand_sales_with_one_tender_each(run):
    async def day():
        with tempfile.TemporaryDirectory(dir=RAM) as folder:
            async with a_till(Path(folder)) as till:
                for number, key in zip(range(TAPS), cycle(KEYS), strict=False):
                    await till.do(c.NewTicket(), c.AddProduct(201))
                    first = await till.order(key, f"tap-{number}")
                    await till.waits(APART)
                    again = await till.order(key, f"tap-{number}" if number % 2 else "")
                    assert first.ok
                    assert again.ok is bool(number % 2), "the same tap is answered, another one is refused"
                sealed = await till.facts(TicketClosed)
                assert len(sealed) == till.state.session.totals.tickets == TAPS
                assert all(len(document.tenders) == 1 for document in sealed)
                assert till.state.session.totals.turnover_minor == TAPS * 160

    run(day(), timeout_s=120)
