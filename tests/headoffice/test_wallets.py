"""Wallets of several tills at head office: asked for, called back, adjusted, written off; to the cent."""

import asyncio
import random

import msgspec
import pytest

from appliance.domain.errors import Refusal
from appliance.domain.wallet import Purse, Rights
from appliance.protocol import wire
from appliance.protocol.envelope import SealingKey
from headoffice import adjusting, liability, requests
from headoffice.ingest import journal, presence
from headoffice.ingest.questions import Desk
from headoffice.ingest.wallets import Pools, key_of
from tests.support.books import WHEN, a_shop, books
from tests.support.wallet_till import WalletTill

KEY = SealingKey.from_bytes(b"\1" * 32).public
ANNE = "c-anneanneanne"


class Office:
    """Head office without a wire: batches and questions in, answers out."""

    def __init__(self, database):
        self.database, self.desk = database, Desk()

    async def takes(self, till, batch=None):
        async with self.database.transaction() as tx:
            taken = await journal.take(tx, journal.Post(till.name, batch or till.batch(), b"", WHEN))
        async with self.database.transaction() as tx:
            back = await self.desk.returned(tx, taken.wallets, 0)
        return taken, back

    async def asked(self, till, need):
        async with self.database.transaction() as tx:
            return await self.desk.need(tx, till.name, need, 0)

    async def is_online(self, till, online=True, conn=1):
        async with self.database.transaction() as tx:
            await presence.take_state(tx, till.name, wire.TillState(conn, online), WHEN)

    async def wallet(self, name=ANNE):
        async with self.database.transaction() as tx:
            return await Pools(tx).get(name)

    async def changes(self, act, name=ANNE):
        async with self.database.transaction() as tx:
            pools = Pools(tx)
            result = act(await pools.get(name))
            await pools.save()
        return result

    async def known(self):
        async with self.database.transaction() as tx:
            return await liability.now(tx)

    async def said(self):
        async with self.database.transaction() as tx:
            return await liability.at(tx, "9999")


def office_test(url, scenario, float_minor=0):
    async def run():
        async with books(url) as database:
            await a_shop(database, {"caisse-1": KEY, "caisse-2": KEY}, float_minor)
            await scenario(Office(database), WalletTill("caisse-1"), WalletTill("caisse-2", "e2"))

    asyncio.run(run())


def test_credited_here_called_back_and_spent_there(url):
    async def scenario(office, one, two):
        one.credits(ANNE, 5000, 500)
        await office.takes(one)
        await office.takes(two)
        await office.is_online(one)
        (answer, recall) = await office.asked(two, two.question(ANNE, 2000))
        assert (answer.message.granted_minor, answer.message.elsewhere_minor, answer.message.since) == (0, 5500, "")
        assert (recall.till, recall.topic, recall.message.returned_minor) == ("caisse-1", "down", 2000)
        one.gives_back(recall.message)
        _, (late,) = await office.takes(one)
        assert (late.till, late.message.id) == ("caisse-2", "q1")
        assert (late.message.granted_minor, late.message.gifted_minor) == (2000, 500)
        two.takes(late.message)
        two.spends(ANNE, 1900)
        with pytest.raises(Refusal):
            two.spends(ANNE, 200)
        await office.takes(two)
        wallet = await office.wallet()
        assert wallet.balance_minor == 3600 == one.free(ANNE) + two.free(ANNE)
        assert await office.known() == await office.said() == Purse(3600, 0)

    office_test(url, scenario)


def test_what_is_elsewhere_and_away_is_said_with_its_till(url):
    async def scenario(office, one, two):
        one.credits(ANNE, 5000)
        await office.takes(one)
        await office.takes(two)
        (answer,) = await office.asked(two, two.question(ANNE, 2000))
        assert isinstance(answer.message, wire.Deny)
        assert (answer.message.code, answer.message.elsewhere) == ("wallet.elsewhere", "caisse-1")
        (unknown,) = await office.asked(two, two.question("c-nobodynobody", 1))
        assert unknown.message.code == "wallet.unknown"
        await office.changes(lambda wallet: setattr(wallet, "blocked", "lost"))
        (blocked,) = await office.asked(two, two.question(ANNE, 2000))
        assert blocked.message.code == "wallet.blocked"

    office_test(url, scenario)


def test_a_repeated_question_grants_once(url):
    async def scenario(office, one, two):
        await office.takes(two)
        await office.changes(lambda wallet: wallet.credit(Purse(0, 3000)))
        need = two.question(ANNE, 2000)
        answers = [(await office.asked(two, need))[0].message for _ in range(3)]
        assert [answer.granted_minor for answer in answers] == [2000, 2000, 2000]
        assert (await office.wallet()).pool.pool_minor == 1000

    office_test(url, scenario)


def test_an_adjustment_takes_what_the_pool_has_and_never_more(url):
    async def scenario(office, one, two):
        await office.changes(lambda wallet: wallet.credit(Purse(700, 300)))
        assert await office.changes(lambda wallet: wallet.debit(400)) == Purse(100, 300)
        with pytest.raises(Refusal):
            await office.changes(lambda wallet: wallet.debit(700))
        wallet = await office.wallet()
        assert (wallet.balance_minor, wallet.purse) == (600, Purse(600, 0))

    office_test(url, scenario)


def test_images_that_no_honest_till_writes_are_set_aside(url):
    async def scenario(office, one, two):
        one.credits(ANNE, 1000)
        one.forged(ANNE, Rights(granted_minor=9000, topped_up_minor=1000), Purse(10_000))
        one.forged(ANNE, Rights(topped_up_minor=1000), Purse(5000))
        one.forged(ANNE, Rights(topped_up_minor=500), Purse(500))
        taken, _ = await office.takes(one)
        assert [aside.code for aside in taken.aside] == ["wallet.granted", "wallet.sum", "wallet.back"]
        assert isinstance(taken.reply, wire.Ack)
        assert taken.fence == "restored"
        assert (await office.wallet()).balance_minor == 1000

    office_test(url, scenario)


def test_a_lost_till_is_written_off_and_nets_when_it_comes_back(url):
    async def scenario(office, one, two):
        one.credits(ANNE, 5000)
        await office.takes(one)
        await office.takes(two)
        one.spends(ANNE, 3000)  # never reported before the write-off
        one.credits(ANNE, 200)
        await office.changes(lambda wallet: wallet.write_off(key_of("caisse-1", "e1")))
        async with office.database.transaction() as tx:
            await tx.run("UPDATE journal SET state = 'fenced', code = 'lost' WHERE epoch = 'e1'")
        (answer,) = await office.asked(two, two.question(ANNE, 4000))
        two.takes(answer.message)
        two.spends(ANNE, 4000)
        await office.takes(two)
        late, _ = await office.takes(one)
        assert (late.fence, (await office.wallet()).balance_minor) == ("lost", 1000)
        one.is_fenced("lost")
        await office.takes(one)
        wallet = await office.wallet()
        assert (wallet.pool.loss_minor, wallet.pool.suspense_minor, wallet.balance_minor) == (1800, 0, 0)
        assert await office.known() == await office.said()

    office_test(url, scenario)


def test_the_float_of_a_till_is_claimed_for_several_wallets_within_its_sum(url):
    async def scenario(office, one, two):
        await office.takes(one)
        for name in ("c-a", "c-b", "c-c"):
            await office.changes(lambda wallet: wallet.credit(Purse(0, 100)), name)
        floats = []
        for name in ("c-a", "c-b", "c-c"):
            (answer,) = await office.asked(one, one.question(name, 100))
            floats.append(answer.message.float_minor)
        assert floats == [5000, 0, 0]

    office_test(url, scenario, float_minor=5000)


@pytest.mark.parametrize("seed", range(3))
def test_two_tills_in_a_storm_end_to_the_cent(url, seed):
    """Messages lost, repeated, shuffled; at the end everything arrives, and all three books agree."""

    async def scenario(office, one, two):
        chance = random.Random(seed)
        tills = (one, two)
        for till in tills:
            await office.takes(till)
            await office.is_online(till)
        mails = []
        for step in range(250):
            till = chance.choice(tills)
            act = chance.randrange(6)
            if act == 0:
                till.credits(ANNE, chance.randrange(1, 3000), chance.randrange(0, 300))
            elif act == 1 and till.free(ANNE) > 0:
                till.spends(ANNE, chance.randrange(1, till.free(ANNE) + 1))
            elif act == 2:
                mails += await office.asked(till, till.question(ANNE, chance.randrange(1, 4000), f"q{step}"))
            elif act in (3, 4) and mails:
                mail = chance.choice(mails)
                who = next(till for till in tills if till.name == mail.till)
                if isinstance(mail.message, wire.Grant):
                    who.takes(mail.message)
                elif isinstance(mail.message, wire.Recall):
                    who.gives_back(mail.message)
                if chance.random() < 0.5:
                    mails.remove(mail)
            elif act == 5:
                sent = till.sent
                _, back = await office.takes(till) if till.sent < len(till.entries) else (None, [])
                mails += back
                if chance.random() < 0.3:
                    till.sent = sent  # it never heard of it
        for till in tills:
            till.sent = 0
            _, back = await office.takes(till)
            for mail in [*mails, *back]:
                if mail.till == till.name and isinstance(mail.message, wire.Grant):
                    till.takes(mail.message)
        for till in tills:
            till.sent = 0
            await office.takes(till)
        wallet = await office.wallet()
        assert wallet.balance_minor == wallet.pool.pool_minor + one.free(ANNE) + two.free(ANNE)
        known, said = await office.known(), await office.said()
        assert known.total_minor == said.total_minor == wallet.balance_minor
        assert not await _quarantined(office)

    office_test(url, scenario)


async def _quarantined(office):
    async with office.database.transaction() as tx:
        return await tx.rows("SELECT * FROM quarantine")


def test_a_wallet_with_numbers_beyond_all_money_is_set_aside(url):
    async def scenario(office, one, two):
        one.credits(ANNE, 1000)
        one.forged(ANNE, Rights(topped_up_minor=2**60), Purse(2**60))
        one.forged(ANNE, Rights(topped_up_minor=2**70), Purse(2**70))
        one.credits(ANNE, 500)
        taken, _ = await office.takes(one)
        assert [aside.code for aside in taken.aside] == ["number", "number"]
        assert (await office.wallet()).balance_minor == 1500

    office_test(url, scenario)


def test_two_persons_write_off_a_lost_till_and_close_it_as_known(url):
    async def scenario(office, one, two):
        one.credits(ANNE, 5000, 400)
        one.credits("c-bertbertbert", 700)
        await office.takes(one)
        async with office.database.transaction() as tx:
            number, would = await requests.ask(tx, "write_off", "caisse-1", "nadia", "volée", WHEN)
            assert would == {"wallets": 2, "amount_minor": 6100}
            with pytest.raises(Refusal, match="second_person"):
                await requests.confirm(tx, number, "Nadia", WHEN)
        async with office.database.transaction() as tx:
            done = await requests.confirm(tx, number, "luca", WHEN)
        assert (done["wallets"], done["amount_minor"]) == (2, 6100)
        wallet = await office.wallet()
        assert (wallet.purse, wallet.pool.suspense_minor, wallet.balance_minor) == (Purse(5000, 400), 5400, 5400)
        assert await office.known() == await office.said() == Purse(5700, 400)
        async with office.database.transaction() as tx:
            number, _ = await requests.ask(tx, "close_as_known", "caisse-1", "nadia", "jamais revenue", WHEN)
            await requests.confirm(tx, number, "luca", WHEN)
        assert (await office.wallet()).pool.suspense_minor == 0
        late, _ = await office.takes(two)
        assert late.fence == ""

    office_test(url, scenario)


def test_taking_off_what_tills_hold_calls_it_back_first(url):
    async def scenario(office, one, two):
        one.credits(ANNE, 5000)
        await office.takes(one)
        async with office.database.transaction() as tx:
            answer = await adjusting.adjust(tx, ANNE, -3000, "erreur", "nadia", WHEN)
        assert answer == adjusting.CalledBack(3000, ("caisse-1",))
        async with office.database.transaction() as tx:
            (row,) = await tx.rows("SELECT till, kind, body FROM letter")
        assert (row[0], row[1]) == ("caisse-1", "Recall")
        one.gives_back(msgspec.json.decode(bytes(row[2]), type=wire.Recall))
        await office.takes(one)
        async with office.database.transaction() as tx:
            assert await adjusting.adjust(tx, ANNE, -3000, "erreur", "nadia", WHEN) == 2000
        assert await office.known() == await office.said() == Purse(2000, 0)

    office_test(url, scenario)
