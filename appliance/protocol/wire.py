"""What goes between tills and head office: topics and messages, both ways; `envelope.py` seals them.

The broker is a wire and never a store: nothing here is taken for done because it was sent. Upwards the journal is the
log and head office's `Ack` the cursor; downwards the change feed is the log and the till's `FeedAsk` the cursor.
Every number about money is cumulative, every request an absolute target, every report a snapshot: a message that is
lost, repeated, late or out of order changes nothing.

    topic                  from   to     QoS  retained  kinds
    C/p/<n>/t/<till>/up    till   head   1    no        Batch, Closing
    C/t/<till>/ack         head   till   0    no        Ack, Gap, Refused
    C/t/<till>/rpc         till   head   1    no        Need, FeedAsk, TimeAsk, Renew, LogPart, CommandDone
    C/t/<till>/res         head   till   1    no        Grant, Deny, FeedPage, TimeTold, Renewed, Busy
    C/t/<till>/down        head   till   1    no        Grant, Recall, Fence, ConfigOffer, KeyChange, FeedMoved,
                                                        SetAside, Command
    C/t/<till>/state       till   head   1    yes+will  TillState
    C/ho/state             head   tills  1    yes+will  OfficeState
    https, once            till   head                  Enrol; answered by Enrolled or EnrolDenied, unsealed

Schema rule: a kind has a version `v`. Within a version only optional fields are added, and fields that are not known
are passed over. What breaks an older reader is a new kind, and a kind that is not known is kept as it came
(`envelope.Unknown`) and never stops the log. `tests/protocol/golden/` holds one file of every kind and version.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, ClassVar, Final, Literal

import msgspec
from msgspec import Meta

from appliance.domain.journal import Entry, entry_hash
from appliance.domain.wallet import Holding

OFFICE: Final = "ho"
"""Head office as sender, recipient and broker user; its further workers are `ho-<name>`. No till is called so."""
EVERYBODY: Final = "all"
"""Recipient of what every till may read."""
BATCH_ENTRIES: Final = 50
BATCH_BYTES: Final = 64_000
"""Bounds of a batch as the till cuts it; one entry alone may be bigger."""
WINDOW: Final = 4
"""Batches that may be under way without an `Ack`."""
RPC_EXPIRY_S: Final = 10
"""Questions and answers older than that are dropped by the broker: whoever asked has gone on."""
FEED_LIMIT: Final = 2_000
"""Rows of a page of the feed at most."""

Id = Annotated[str, Meta(pattern=r"^(?!-)[a-z0-9-]{1,48}(?<!-)\Z")]
"""Name of a chain, a till or a key: it stands in topics, certificates and access rules, so nothing else may."""
Text = Annotated[str, Meta(max_length=500)]
Word = Annotated[str, Meta(max_length=64)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Amount = Annotated[int, Meta(ge=-(2**53), le=2**53)]
Link = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
"""A link of the journal's chain: SHA-256 as 64 hexadecimal digits."""
Moment = Annotated[str, Meta(max_length=32)]
"""UTC, ISO 8601 with milliseconds; "" where none is known."""


# --- topics ----------------------------------------------------------------------------------------------------------


class Topics(msgspec.Struct, frozen=True):
    """Where the messages of one till go; `partition` says which worker of head office takes its journal."""

    chain: Id
    till: Id
    partition: Annotated[int, Meta(ge=0, le=999)] = 0

    @property
    def up(self) -> str:
        return f"{self.chain}/p/{self.partition}/t/{self.till}/up"

    @property
    def ack(self) -> str:
        return f"{self.chain}/t/{self.till}/ack"

    @property
    def rpc(self) -> str:
        return f"{self.chain}/t/{self.till}/rpc"

    @property
    def res(self) -> str:
        return f"{self.chain}/t/{self.till}/res"

    @property
    def down(self) -> str:
        return f"{self.chain}/t/{self.till}/down"

    @property
    def state(self) -> str:
        return f"{self.chain}/t/{self.till}/state"

    @property
    def office(self) -> str:
        return office_topic(self.chain)

    @property
    def read(self) -> tuple[str, ...]:
        """What a till subscribes to."""
        return self.ack, self.res, self.down, self.office


def office_topic(chain: str) -> str:
    return f"{chain}/{OFFICE}/state"


def office_reads(chain: str, partitions: Iterable[int] = ()) -> tuple[str, ...]:
    """What a worker of head office subscribes to: the journals of its partitions (none named: of all), and the rest."""
    ups = tuple(f"{chain}/p/{number}/t/+/up" for number in partitions) or (f"{chain}/p/+/t/+/up",)
    return *ups, f"{chain}/t/+/rpc", f"{chain}/t/+/state"


def till_of(topic: str) -> str:
    """The till that a topic belongs to; "" for one of none. The broker lets nobody else write there."""
    parts = topic.split("/")
    place = 4 if parts[1:2] == ["p"] else 2
    return parts[place] if len(parts) == place + 2 and parts[place - 1] == "t" else ""


# --- messages --------------------------------------------------------------------------------------------------------


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """Base of every kind; its name is the class's."""

    v: ClassVar[int] = 1
    """Highest version of the kind that this code knows, and the one it writes."""


class BrokenBatch(ValueError):
    """What a batch says does not make its own chain."""


class WireEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row of the journal. Its number, epoch and links follow from its place in the batch."""

    kind: Text
    at: Moment
    body: msgspec.Raw
    """The stored bytes, unchanged: they are what was hashed."""
    actor: Text = ""
    origin: Text = ""


class Batch(Message, frozen=True):
    """Entries in order, from `first` on, as they stand in the till's journal."""

    epoch: Word
    first: Annotated[int, Meta(ge=1, le=2**53)]
    prev: Link
    """Link of the entry before the first one."""
    last: Link
    """Link of the last one: what is recomputed from `prev` and the entries must end with it."""
    entries: Annotated[tuple[WireEntry, ...], Meta(min_length=1, max_length=1_000)]

    @property
    def upto(self) -> int:
        """Number of the last entry."""
        return self.first + len(self.entries) - 1


class Ack(Message, frozen=True):
    """Everything up to `seq` is on head office's disk. Cumulative: a lost one is made up by the next."""

    epoch: Word
    seq: Count
    now: Moment
    hash: Annotated[str, Meta(max_length=64)] = ""
    """Link of entry `seq` as head office has it; "" before the first entry. Another one here means a fork."""
    config: Count = 0
    """Version of the configuration that head office wants here; 0 where it has none."""
    lease_s: Count = 0
    """How long rights to wallets may be spent without another word from head office; 0: no end."""


class Gap(Message, frozen=True):
    """A batch came that does not follow: send again from `seq` + 1 on."""

    epoch: Word
    seq: Count
    now: Moment


class Refused(Message, frozen=True):
    """Nothing more is taken of this epoch until a person at head office has decided.

    Codes: `fork` (another entry stands at that number: a copied or restored disk), `chain` (links that do not follow),
    `epoch` (not the one this till has), `fenced` (the till was replaced or written off), `unreadable`.
    """

    epoch: Word
    code: Word
    seq: Count = 0
    now: Moment = ""


class SetAside(Message, frozen=True):
    """An entry was taken and acknowledged, but head office could not make sense of it: a person looks at it there."""

    epoch: Word
    seq: Count
    code: Word
    kind: Word = ""
    cleared: bool = False
    """It was put right."""


class Need(Message, frozen=True):
    """A till asks for rights to a wallet: the sum it wants granted in all, not what it lacks."""

    id: Word
    epoch: Word
    wallet: Word
    """Id of the customer."""
    target_minor: Count
    held: Holding = Holding()
    """What the till has, as its journal on the disk says."""
    seq: Count = 0
    """Entry that `held` follows from: head office takes it for true only when it has taken that entry."""


class Grant(Message, frozen=True):
    """Rights to a wallet, in all since the till's epoch; on `res` the answer to a `Need`, on `down` unasked."""

    epoch: Word
    wallet: Word
    granted_minor: Count
    float_minor: Count = 0
    """How much of the shop's own float may be claimed for it, in all."""
    gifted_minor: Count = 0
    """Part of what was granted that was given, not paid, in all: it is never paid out."""
    id: Word = ""
    """Of the `Need`."""
    known_minor: Amount = 0
    """The wallet's balance as head office knows it, wherever its rights are."""
    elsewhere_minor: Count = 0
    """What other tills hold of it."""
    elsewhere: Word = ""
    """Name of the till that holds most of that."""
    since: Moment = ""
    """That till is away since then; "" when it is there and was asked to give back."""


class Deny(Message, frozen=True):
    """A `Need` that gets nothing. Codes: `wallet.blocked`, `wallet.unknown`, `wallet.fenced`, `wallet.elsewhere`."""

    id: Word
    epoch: Word
    wallet: Word
    code: Word
    known_minor: Amount = 0
    elsewhere_minor: Count = 0
    elsewhere: Word = ""
    since: Moment = ""


class Recall(Message, frozen=True):
    """Give rights back, up to this sum in all since the till's epoch. The journal is the answer."""

    epoch: Word
    wallet: Word
    returned_minor: Count
    id: Word = ""


class Fence(Message, frozen=True):
    """This epoch is over: spend no rights any more, report what there was (`Closing`), begin another epoch."""

    epoch: Word
    code: Word
    """`lost`, `replaced`, `fork`, `restored`."""
    at: Moment = ""


class Closing(Message, frozen=True):
    """The one report of a fenced epoch: every wallet as it stood, in as many parts as it takes."""

    epoch: Word
    seq: Count
    """Last entry of the epoch."""
    wallets: Annotated[dict[Word, Holding], Meta(max_length=2_000)] = {}
    part: Annotated[int, Meta(ge=1, le=10_000)] = 1
    parts: Annotated[int, Meta(ge=1, le=10_000)] = 1


class FeedAsk(Message, frozen=True):
    """The next page of one table: what changed after `since`. From 0 on it is the first load."""

    id: Word
    table: Word
    """`product`, `customer`, `group`, `user`, `payment_mode`, `reason`, `message`, `config`, ..."""
    since: Count
    limit: Annotated[int, Meta(ge=1, le=2_000)] = 2_000


class FeedRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row as it is now; a row that changed twice comes once, with its newest `rev`."""

    rev: Count
    key: Text
    body: msgspec.Raw = msgspec.Raw(b"null")
    """JSON object of the table's own fields; null for a row that is gone."""
    gone: bool = False
    valid_from: Moment = ""
    """Not before; "" at once."""


class FeedPage(Message, frozen=True):
    """Rows by rising `rev`, to be applied with the cursor in one transaction."""

    id: Word
    table: Word
    since: Count
    """As it was asked."""
    next: Count
    """`since` of the next question."""
    head: Count
    """Newest `rev` of the table: there is more while `next` is below it."""
    rows: Annotated[tuple[FeedRow, ...], Meta(max_length=2_000)] = ()


class FeedMoved(Message, frozen=True):
    """New heads of tables, for one till; to all of them they are told by `OfficeState`."""

    feeds: Annotated[dict[Word, Count], Meta(max_length=100)]


class TillState(Message, frozen=True):
    """How a till is: newest value only, may be lost, never about money. `online` false is the will."""

    conn: Count
    """Counts the connections of this till, kept on its disk, the same in birth and will: a will that is older than
    the birth that was seen says nothing."""
    online: bool
    epoch: Word = ""
    boot: Word = ""
    """Id of this start of the daemon."""
    at: Moment = ""
    version: Word = ""
    journal: Count = 0
    """Number of the newest entry."""
    acked: Count = 0
    backlog: Count = 0
    feeds: Annotated[dict[Word, Count], Meta(max_length=100)] = {}
    """How far each table of the feed is applied."""
    config: Count = 0
    """Version that is in force."""
    config_next: Count = 0
    """Version that came in and is on its way; 0 when there is none."""
    config_state: Word = ""
    """`current`, `received`, `verified`, `staged`, `applied`, `rolled_back`, `refused`."""
    config_reason: Text = ""
    disk_free_mb: Count = 0
    clock_offset_ms: Amount = 0
    """Head office's clock minus this one."""
    round_trip_ms: Count = 0
    devices: Annotated[dict[Word, Word], Meta(max_length=100)] = {}
    """Role: state or fault."""
    warnings: Annotated[dict[Word, Count], Meta(max_length=100)] = {}
    """How often since the start, by code."""
    certificate_ends: Moment = ""


class OfficeState(Message, frozen=True):
    """Head office is there, and how far its tables go. `online` false is the will."""

    conn: Count
    online: bool
    now: Moment = ""
    feeds: Annotated[dict[Word, Count], Meta(max_length=100)] = {}
    worker: Word = ""


class ConfigDocument(Message, frozen=True):
    """The settings of one target. Sealed by head office's configuration key, kept and checked as those very bytes."""

    target: Id
    """A till, or `all`."""
    version: Annotated[int, Meta(ge=1, le=2**53)]
    body: msgspec.Raw
    """JSON object, read by `domain/settings.py`."""
    not_before: Moment = ""
    expires: Moment = ""
    locked: Annotated[tuple[Word, ...], Meta(max_length=1_000)] = ()
    """Settings that nobody at the till may change."""


class ConfigOffer(Message, frozen=True):
    """A `ConfigDocument`, sealed."""

    version: Count
    document: Annotated[bytes, Meta(max_length=400_000)]


class Command(Message, frozen=True):
    """One of a closed list of things to do; there is no shell. Done once per id, never after `expires`."""

    id: Word
    name: Literal[
        "collect_log", "test_printer", "screenshot", "restart", "resync", "rotate_key", "apply_config", "renew",
    ]  # fmt: skip
    expires: Moment
    parameters: Annotated[dict[Word, Text], Meta(max_length=20)] = {}


class CommandDone(Message, frozen=True):
    """What became of a command."""

    id: Word
    ok: bool
    code: Word = ""
    text: Text = ""


class LogPart(Message, frozen=True):
    """A piece of what a command collected."""

    id: Word
    """Of the command."""
    part: Annotated[int, Meta(ge=1, le=10_000)]
    parts: Annotated[int, Meta(ge=1, le=10_000)]
    content: Annotated[bytes, Meta(max_length=100_000)]
    """zlib."""


class TimeAsk(Message, frozen=True):
    id: Word
    at: Moment


class TimeTold(Message, frozen=True):
    id: Word
    now: Moment


class Renew(Message, frozen=True):
    """Another certificate before this one ends: the same name, a new key if one likes."""

    id: Word
    request: Annotated[str, Meta(max_length=8_000)]
    """Certificate signing request, PEM."""
    key: Annotated[str, Meta(max_length=64)] = ""
    """Public Ed25519 key that will seal from now on, 64 hexadecimal digits; "" for the one so far."""


class Renewed(Message, frozen=True):
    id: Word
    certificate: Annotated[str, Meta(max_length=16_000)] = ""
    """PEM; "" when it was refused."""
    code: Word = ""


class KeyChange(Message, frozen=True):
    """Another public key of head office. Counts only when a key that is pinned for that purpose has sealed it: the one
    in use, or the recovery key that head office keeps offline."""

    purpose: Literal["office", "config", "recovery"]
    key: Annotated[str, Meta(max_length=64)]
    """64 hexadecimal digits."""
    replaces: Annotated[str, Meta(max_length=64)]
    """Id of the key that it takes the place of; a key that is not pinned any more replaces nothing."""


class Enrol(Message, frozen=True):
    """A till that belongs to nobody asks in: the claim that a person typed, and the keys that it made itself."""

    claim: Word
    """One time, 15 minutes, 5 tries; head office keeps its hash only."""
    request: Annotated[str, Meta(max_length=8_000)]
    """Certificate signing request, PEM."""
    key: Annotated[str, Meta(max_length=64)]
    """Public Ed25519 key that will seal, 64 hexadecimal digits: the till shows its fingerprint."""
    epoch: Word
    journal: Count = 0
    """Number of the newest entry: what was sold before is sent from the first entry on."""
    software: Word = ""
    currency: Word = ""


class Enrolled(Message, frozen=True):
    """Welcome: who you are, and whom to believe from now on."""

    chain: Id
    till: Id
    certificate: Annotated[str, Meta(max_length=16_000)]
    authority: Annotated[str, Meta(max_length=16_000)]
    """Certificate of who signs the broker's, PEM."""
    brokers: Annotated[tuple[Annotated[str, Meta(max_length=255)], ...], Meta(min_length=1, max_length=20)]
    """`host:port`; the next one is tried when one does not answer."""
    office_keys: Annotated[tuple[str, ...], Meta(min_length=1, max_length=4)]
    """Public keys that seal head office's messages, 64 hexadecimal digits each."""
    config_keys: Annotated[tuple[str, ...], Meta(min_length=1, max_length=4)]
    """Those that seal configurations: the one in use, then the recovery key."""
    partition: Annotated[int, Meta(ge=0, le=999)] = 0
    names: Annotated[dict[Word, Text], Meta(max_length=10)] = {}
    """For the screen: `chain`, `establishment`, `point`, `till`."""


class EnrolDenied(Message, frozen=True):
    """Codes: `claim.wrong`, `claim.expired`, `claim.tries`, `request`, `epoch`."""

    code: Word
    tries_left: Count = 0


class Busy(Message, frozen=True):
    """A question that head office does not answer now, or never. Codes: `later`, `unknown`, `forbidden`."""

    id: Word
    code: Word


AnyMessage = (
    Batch | Ack | Gap | Refused | SetAside | Need | Grant | Deny | Recall | Fence | Closing | FeedAsk | FeedPage
    | FeedMoved | TillState | OfficeState | ConfigDocument | ConfigOffer | Command | CommandDone | LogPart | TimeAsk
    | TimeTold | Renew | Renewed | KeyChange | Enrol | Enrolled | EnrolDenied | Busy
)  # fmt: skip

KINDS: Final[dict[str, type[Message]]] = {
    kind.__name__: kind for kind in (
        Batch, Ack, Gap, Refused, SetAside, Need, Grant, Deny, Recall, Fence, Closing, FeedAsk, FeedPage, FeedMoved,
        TillState, OfficeState, ConfigDocument, ConfigOffer, Command, CommandDone, LogPart, TimeAsk, TimeTold, Renew,
        Renewed, KeyChange, Enrol, Enrolled, EnrolDenied, Busy,
    )
}  # fmt: skip


# --- journal entries in batches --------------------------------------------------------------------------------------


def pack(entries: list[Entry]) -> Batch:
    """One batch of entries that follow one another."""
    return Batch(
        epoch=entries[0].epoch,
        first=entries[0].seq,
        prev=entries[0].prev_hash.hex(),
        last=entries[-1].hash.hex(),
        entries=tuple(
            WireEntry(entry.kind, entry.at, msgspec.Raw(entry.body), entry.actor, entry.origin) for entry in entries
        ),
    )


def cut(entries: Iterable[Entry], most: int = BATCH_ENTRIES, most_bytes: int = BATCH_BYTES) -> Iterator[list[Entry]]:
    """Entries in runs that fit into a batch each. An entry that is bigger than the bound goes alone."""
    run: list[Entry] = []
    size = 0
    for entry in entries:
        if run and (len(run) == most or size + len(entry.body) > most_bytes):
            yield run
            run, size = [], 0
        run.append(entry)
        size += len(entry.body)
    if run:
        yield run


def unpack(batch: Batch) -> list[Entry]:
    """The rows of the till's journal again, links recomputed. Raises BrokenBatch when they do not end as it says."""
    prev, epoch = bytes.fromhex(batch.prev), batch.epoch
    entries: list[Entry] = []
    for seq, sent in enumerate(batch.entries, batch.first):
        kind, at, actor, origin = sent.kind, sent.at, sent.actor, sent.origin
        if "\x1f" in f"{epoch}{kind}{at}{actor}{origin}":  # it would let two columns be read as one
            raise BrokenBatch(f"entry {seq}: a separator within a column")
        body = bytes(sent.body)
        link = entry_hash(prev, seq, epoch, kind, at, actor, origin, body)
        entries.append(Entry(seq, epoch, kind, at, actor, origin, body, prev, link))
        prev = link
    if prev.hex() != batch.last:
        raise BrokenBatch(f"entries {batch.first} to {batch.upto} do not end with their link")
    return entries
