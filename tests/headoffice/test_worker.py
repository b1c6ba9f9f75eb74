"""A worker of head office behind a real mosquitto: what a till sold arrives, once, whatever is lost on the way."""

import asyncio
import random
import sys
from contextlib import asynccontextmanager

import pytest

from appliance.clock import SystemClock
from appliance.domain.wallet import Purse
from appliance.protocol import wire
from appliance.protocol.envelope import SealingKey
from appliance.protocol.wire import OFFICE
from appliance.sync.session import Letter
from headoffice import adjusting, broker, configuration, keys
from headoffice.ingest import feed, presence
from headoffice.ingest.wallets import Pools
from headoffice.ingest.worker import Worker
from headoffice.settings import Office, Settings
from tests.support.books import CHAIN, WHEN, a_shop, books
from tests.support.counter_till import Sender
from tests.support.till import a_till
from tests.support.wallet_till import WalletTill
from tests.support.wire_peer import linked
from tests.sync.conftest import need_mosquitto, quick_line

ANNE = "c-anneanneanne"
OFFICE_KEY, TILL_KEY, OTHER_KEY = (SealingKey.from_bytes(bytes([n]) * 32) for n in (1, 2, 3))


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    need_mosquitto()
    port = broker.free_port()
    listeners = [broker.Listener(port)]
    with broker.Broker(tmp_path_factory.mktemp("broker"), CHAIN, listeners, (OFFICE, "ho-2")) as started:
        yield started, port


@pytest.fixture(scope="module")
def sold(tmp_path_factory):
    """The journal of a real day: 60 sales."""
    return asyncio.run(_sell(tmp_path_factory.mktemp("till")))


async def _sell(folder):
    async with a_till(folder) as till:
        for number in range(60):
            await till.sells(f"{1 + number % 3} croissant, 1 coffee | cash 50.00")
        await till.closes_the_day()
        return await till.entries()


@asynccontextmanager
async def a_worker(database, port, name=OFFICE, partitions=()):
    settings = Settings(Office(CHAIN, name=name, partitions=partitions, plain=True))
    worker = Worker(settings, database, OFFICE_KEY, SystemClock(), line=quick_line(port, name))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(worker.run(), name=name)
        try:
            yield worker
        finally:
            task.cancel()


def a_peer(port, sender):
    return linked(quick_line(port, sender.till), sender.topics.read)


async def in_books(database, sql, *values):
    async with database.transaction() as tx:
        return [tuple(row) for row in await tx.rows(sql, *values)]


async def is_byte_for_byte(database, entries, till="caisse-1"):
    rows = await in_books(
        database,
        "SELECT e.seq, e.kind, e.body, e.hash FROM entry e JOIN journal j ON j.number = e.journal"
        " WHERE j.till = $1 ORDER BY e.seq",
        till,
    )
    return [(seq, kind, bytes(body), bytes(link)) for seq, kind, body, link in rows] == [
        (entry.seq, entry.kind, entry.body, entry.hash) for entry in entries
    ]


def test_a_journal_arrives_and_is_acknowledged(running, url, sold):
    async def scenario():
        async with books(url) as database:
            await a_shop(database, {"caisse-1": TILL_KEY.public})
            sender = Sender(sold, TILL_KEY, office=OFFICE_KEY.public)
            async with a_worker(database, running[1]), a_peer(running[1], sender) as peer:
                await sender.until(peer, lambda told: isinstance(told, wire.OfficeState) and told.online)
                await sender.drain(peer)
            assert await is_byte_for_byte(database, sold)
            (total,) = await in_books(database, "SELECT COUNT(*), SUM(total_minor) FROM document")
            (paid,) = await in_books(database, "SELECT SUM(amount_minor) FROM tender")
            (lines,) = await in_books(database, "SELECT COUNT(*), SUM(amount_minor) FROM line")
            assert total[0] == 60
            assert total[1] == paid[0] == lines[1]
            assert lines[0] == 120
            assert sender.replies[-1].hash == sold[-1].hash.hex()

    asyncio.run(scenario())


def test_lost_repeated_and_shuffled_batches_arrive_once(running, url, sold):
    async def scenario():
        chance = random.Random(7)
        async with books(url) as database:
            await a_shop(database, {"caisse-1": TILL_KEY.public})
            sender = Sender(sold, TILL_KEY, office=OFFICE_KEY.public)
            async with a_worker(database, running[1]), a_peer(running[1], sender) as peer:
                await sender.until(peer, lambda told: isinstance(told, wire.OfficeState) and told.online)
                storm = [letter for size in (3, 7, 20) for letter in sender.letters(0, size) if chance.random() < 0.7]
                chance.shuffle(storm)
                for letter in storm:
                    await peer.publish(letter)
                await sender.drain(peer)
            assert await is_byte_for_byte(database, sold)
            assert await in_books(database, "SELECT COUNT(*) FROM gap") != [(0,)]

    asyncio.run(scenario())


def test_questions_are_answered_while_a_backlog_drains(running, url, sold):
    async def scenario():
        async with books(url) as database:
            await a_shop(database, {"caisse-1": TILL_KEY.public, "caisse-2": OTHER_KEY.public})
            async with database.transaction() as tx:
                pools = Pools(tx)
                (await pools.get(ANNE)).credit(Purse(0, 3000))
                await pools.save()
                await feed.put(tx, "reason", [feed.Change("r1", b'{"id":"r1"}')])
            sender = Sender(sold, TILL_KEY, office=OFFICE_KEY.public)
            till = WalletTill("caisse-2", "e2")
            other = Sender(till.entries, OTHER_KEY, "caisse-2", OFFICE_KEY.public)
            async with (
                a_worker(database, running[1]),
                a_peer(running[1], sender) as one,
                a_peer(running[1], other) as two,
            ):
                told = await other.until(two, lambda told: isinstance(told, wire.OfficeState) and told.online)
                assert told.feeds == {"reason": 1}
                for letter in sender.letters(0, 2):
                    await one.publish(letter)
                grant = await other.ask(two, till.question(ANNE, 1000))
                assert (grant.granted_minor, grant.known_minor, grant.gifted_minor) == (1000, 3000, 1000)
                page = await other.ask(two, wire.FeedAsk("f1", "reason", 0))
                assert [row.key for row in page.rows] == ["r1"]
                assert (await other.ask(two, wire.TimeAsk("t1", ""))).now > "2026"
                assert (await other.ask(two, wire.LogPart("l1", 1, 1, b""))).code == "unknown"
                await sender.drain(one)
            assert await is_byte_for_byte(database, sold)

    asyncio.run(scenario())


def test_rights_are_called_back_from_the_other_till_over_the_wire(running, url):
    async def scenario():
        async with books(url) as database:
            await a_shop(database, {"caisse-1": TILL_KEY.public, "caisse-2": OTHER_KEY.public})
            rich, poor = WalletTill("caisse-1", "e1"), WalletTill("caisse-2", "e2")
            rich.credits(ANNE, 5000)
            one = Sender(rich.entries, TILL_KEY, "caisse-1", OFFICE_KEY.public)
            two = Sender(poor.entries, OTHER_KEY, "caisse-2", OFFICE_KEY.public)
            async with (
                a_worker(database, running[1]),
                a_peer(running[1], one) as first,
                a_peer(running[1], two) as second,
            ):
                await one.until(first, lambda told: isinstance(told, wire.OfficeState) and told.online)
                await one.say(first, wire.TillState(1, True, "e1"))
                await one.drain(first)
                await two.drain(second)
                asked = await two.ask(second, poor.question(ANNE, 2000))
                assert (asked.granted_minor, asked.elsewhere_minor) == (0, 5000)
                recall = await one.until(first, lambda told: isinstance(told, wire.Recall))
                rich.gives_back(recall)
                one.entries = rich.entries
                await one.drain(first)
                late = await two.until(second, lambda told: isinstance(told, wire.Grant))
                assert (late.granted_minor, late.id) == (2000, "q1")

    asyncio.run(scenario())


def test_a_configuration_is_offered_to_a_till_that_is_there_once(running, url):
    async def scenario():
        async with books(url) as database:
            await a_shop(database, {"caisse-1": TILL_KEY.public})
            sender = Sender(WalletTill("caisse-1").entries, TILL_KEY, office=OFFICE_KEY.public)
            async with a_worker(database, running[1]), a_peer(running[1], sender) as peer:
                await sender.say(peer, wire.TillState(3, True, "e1"))
                async with database.transaction() as tx:
                    await configuration.say(tx, "chain", CHAIN, "theme", "dark", "nadia", WHEN)
                    await configuration.push(tx, "caisse-1", OFFICE_KEY, "nadia", "", WHEN)
                offer = await sender.until(peer, lambda told: isinstance(told, wire.ConfigOffer))
                assert offer.version == 1
                await sender.drain(peer)
                assert sender.replies[-1].config == 1

    asyncio.run(scenario())


def test_a_late_will_says_nothing(url):
    async def scenario():
        async with books(url) as database:
            await a_shop(database, {"caisse-1": TILL_KEY.public})
            async with database.transaction() as tx:
                for conn, online, counts in (
                    (4, True, True),
                    (5, True, True),
                    (4, False, False),
                    (5, False, True),
                    (5, True, False),
                ):
                    assert await presence.take_state(tx, "caisse-1", wire.TillState(conn, online), WHEN) is counts
                assert await tx.value("SELECT online FROM presence") == 0

    asyncio.run(scenario())


def test_two_workers_share_the_tills_by_partition(running, url, sold):
    async def scenario():
        async with books(url) as database:
            await a_shop(database, {"caisse-1": TILL_KEY.public, "caisse-2": OTHER_KEY.public})
            one = Sender(sold, TILL_KEY, "caisse-1", OFFICE_KEY.public)
            two = Sender(sold, OTHER_KEY, "caisse-2", OFFICE_KEY.public)
            two.topics = wire.Topics(CHAIN, "caisse-2", 1)
            async with (
                a_worker(database, running[1], OFFICE, (0,)) as first,
                a_worker(database, running[1], "ho-2", (1,)) as second,
                a_peer(running[1], one) as here,
                a_peer(running[1], two) as there,
            ):
                await one.until(here, lambda told: isinstance(told, wire.OfficeState) and told.online)
                await asyncio.gather(one.drain(here), two.drain(there))
                assert (first.taken, second.taken) == (len(sold), len(sold))
                answers = [await two.ask(there, wire.TimeAsk(f"t{number}", "")) for number in range(3)]
                assert len(answers) == 3
                assert not [told for told in two.others if isinstance(told, wire.TimeTold)]
            assert await is_byte_for_byte(database, sold, "caisse-2")

    asyncio.run(scenario())


def test_what_nobody_vouched_for_is_noted_and_not_answered(running, url, sold):
    async def scenario():
        async with books(url) as database:
            await a_shop(database, {"caisse-1": TILL_KEY.public})
            liar = Sender(sold, OTHER_KEY, "caisse-1", OFFICE_KEY.public)
            honest = Sender(sold, TILL_KEY, "caisse-1", OFFICE_KEY.public)
            async with a_worker(database, running[1]), a_peer(running[1], liar) as peer:
                await liar.until(peer, lambda told: isinstance(told, wire.OfficeState) and told.online)
                for letter in liar.letters()[:2]:
                    await peer.publish(letter)
                await peer.publish(Letter(honest.topics.up, b"\0" * 500))
                await honest.drain(peer)
            assert await in_books(database, "SELECT till, code, times FROM unopened") == [("caisse-1", "BadSeal", 3)]
            assert await is_byte_for_byte(database, sold)

    asyncio.run(scenario())


def test_killed_again_and_again_nothing_is_lost_or_doubled(running, url, sold, tmp_path):
    """The real process, with SIGKILL in the middle of its work."""
    keys.development(tmp_path / "keys", CHAIN, ["caisse-1"], SystemClock().now())
    (tmp_path / "keys" / "ho.seal").write_text(OFFICE_KEY.to_bytes().hex())
    brokers = f'brokers = ["127.0.0.1:{running[1]}"]'
    (tmp_path / "office.toml").write_text(f'[office]\nchain = "{CHAIN}"\ndatabase = "{url}"\nplain = true\n{brokers}\n')

    async def scenario():
        async with books(url) as database:
            await a_shop(database, {"caisse-1": TILL_KEY.public})
            sender = Sender(sold, TILL_KEY, office=OFFICE_KEY.public)
            async with a_peer(running[1], sender) as peer:
                for upto in (20, 60, 100, 140, sold[-1].seq):
                    async with asyncio.timeout(30):
                        process = await asyncio.create_subprocess_exec(
                            sys.executable, "-m", "headoffice", "--config", str(tmp_path / "office.toml"), "ingest",
                            stderr=asyncio.subprocess.DEVNULL,
                        )  # fmt: skip
                        try:
                            while sender.cursor < min(upto, sold[-1].seq):
                                for letter in sender.letters(sender.cursor, 5)[: wire.WINDOW]:
                                    await peer.publish(letter)
                                await sender.follow(peer)
                            for letter in sender.letters(sender.cursor, 5)[:20]:
                                await peer.publish(letter)
                        finally:
                            process.kill()
                            await process.wait()
            assert await is_byte_for_byte(database, sold)
            assert await in_books(database, "SELECT COUNT(*) FROM document") == [(60,)]

    asyncio.run(scenario())


def test_a_database_that_is_killed_and_comes_back_costs_time_only(running, cluster, sold):
    async def scenario():
        async with books(cluster.new_url()) as database:
            await a_shop(database, {"caisse-1": TILL_KEY.public})
            sender = Sender(sold, TILL_KEY, office=OFFICE_KEY.public)
            async with a_worker(database, running[1]), a_peer(running[1], sender) as peer:
                await sender.drain(peer, 30)
                for _ in range(2):
                    await asyncio.to_thread(cluster.stop, "immediate")
                    for letter in sender.letters(sender.cursor, 5)[:8]:
                        await peer.publish(letter)
                    await asyncio.to_thread(cluster.start)
                    await sender.drain(peer, min(sender.cursor + 40, sold[-1].seq))
                await sender.drain(peer)
            assert await is_byte_for_byte(database, sold)

    asyncio.run(scenario())


def test_a_page_that_is_too_big_to_be_sent_goes_in_halves(running, url):
    chance = random.Random(5)
    noise = [feed.Change(f"r{n}", b'{"x":"%s"}' % chance.randbytes(50_000).hex().encode()) for n in range(9)]
    huge = feed.Change("r9", b'{"x":"%s"}' % chance.randbytes(400_000).hex().encode())

    async def scenario():
        async with books(url) as database:
            await a_shop(database, {"caisse-1": TILL_KEY.public})
            async with database.transaction() as tx:
                await feed.put(tx, "message", [*noise, huge])
            sender = Sender(WalletTill("caisse-1").entries, TILL_KEY, office=OFFICE_KEY.public)
            async with a_worker(database, running[1]), a_peer(running[1], sender) as peer:
                await sender.until(peer, lambda told: isinstance(told, wire.OfficeState) and told.online)
                since = 0
                keys_seen: list[str] = []
                while len(keys_seen) < 9:
                    page = await sender.ask(peer, wire.FeedAsk(f"q{since}", "message", since))
                    keys_seen += [row.key for row in page.rows]
                    since = page.next
                assert keys_seen == [f"r{number}" for number in range(9)]
                assert (await sender.ask(peer, wire.FeedAsk("last", "message", since))).code == "forbidden"

    asyncio.run(scenario())


def test_an_adjustment_is_at_the_till_within_a_moment(running, url):
    """W-31: under five seconds online."""

    async def scenario():
        async with books(url) as database:
            await a_shop(database, {"caisse-1": TILL_KEY.public})
            till = WalletTill("caisse-1")
            till.credits(ANNE, 1000)
            sender = Sender(till.entries, TILL_KEY, office=OFFICE_KEY.public)
            async with a_worker(database, running[1]), a_peer(running[1], sender) as peer:
                await sender.until(peer, lambda told: isinstance(told, wire.OfficeState) and told.online)
                await sender.say(peer, wire.TillState(1, True, "e1"))
                await sender.drain(peer)
                async with database.transaction() as tx:
                    assert await adjusting.adjust(tx, ANNE, 500, "Geste commercial", "nadia", WHEN) == 1500
                async with asyncio.timeout(5):
                    grant = await sender.until(peer, lambda told: isinstance(told, wire.Grant))
                assert (grant.granted_minor, grant.gifted_minor, grant.known_minor) == (500, 500, 1500)

    asyncio.run(scenario())


def test_the_real_process_over_tls_with_certificates(tmp_path, sold):
    need_mosquitto()
    made = keys.development(tmp_path / "keys", CHAIN, ["caisse-1"], SystemClock().now())
    port = broker.free_port()
    url = f"sqlite:{tmp_path / 'office.db'}"
    brokers = f'brokers = ["localhost:{port}"]'
    (tmp_path / "office.toml").write_text(f'[office]\nchain = "{CHAIN}"\ndatabase = "{url}"\n{brokers}\n')
    listener = broker.Listener(port, made.broker, made.authority.revoked_path)

    async def scenario():
        async with books(url) as database:
            await a_shop(database, {"caisse-1": made.till_keys["caisse-1"].public})
            sender = Sender(sold, made.till_keys["caisse-1"], office=made.office_key.public)
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "headoffice", "--config", str(tmp_path / "office.toml"), "ingest",
                stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            try:
                async with linked(quick_line(port, "caisse-1", tls=made.tills["caisse-1"]), sender.topics.read) as peer:
                    await sender.drain(peer)
            finally:
                process.terminate()
                assert await process.wait() == 0
            assert await is_byte_for_byte(database, sold)

    with broker.Broker(tmp_path / "broker", CHAIN, [listener]):
        asyncio.run(scenario())
