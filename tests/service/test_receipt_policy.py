"""Printing policy (screens.md, 20): always, on demand, never. Each is set, and what was ordered is looked at."""

import pytest

from appliance.protocol import command as c
from tests.support.till import a_till


@pytest.mark.parametrize(("policy", "papers"), [("always", 1), ("on_demand", 0), ("never", 0)])
def test_what_prints_by_itself_and_on_demand(run, tmp_path, policy, papers):
    async def story():
        async with a_till(tmp_path, receipt_policy=policy) as till:
            await till.sells("1 croissant | cash 5.00")
            assert till.state.last_copies == papers
            if policy == "never":
                assert await till.refused(c.PrintReceipt()) == "receipt.never"
            else:
                await till.do(c.PrintReceipt())
                assert till.state.last_copies == papers + 1

    run(story())
