-- Head office's books, written once for SQLite and PostgreSQL: `database.py` puts BIGINT and BYTEA where PostgreSQL
-- wants them. Amounts are minor units, times UTC (ISO 8601 with milliseconds), flags 0 or 1.

CREATE TABLE counter (
    name  TEXT    NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT;
INSERT INTO counter VALUES ('rev', 0), ('journal', 0), ('conn', 0), ('request', 0), ('letter', 0), ('deed', 0);

-- --- who there is -------------------------------------------------------------------------------------------------

CREATE TABLE chain (
    id       TEXT NOT NULL PRIMARY KEY,
    name     TEXT NOT NULL,
    currency TEXT NOT NULL,
    profile  TEXT NOT NULL,
    zone     TEXT NOT NULL
) STRICT;

CREATE TABLE establishment (
    id   TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL
) STRICT;

CREATE TABLE point_of_sale (
    id            TEXT NOT NULL PRIMARY KEY,
    establishment TEXT NOT NULL REFERENCES establishment (id),
    name          TEXT NOT NULL
) STRICT;

CREATE TABLE till (
    id                 TEXT    NOT NULL PRIMARY KEY,
    point_of_sale      TEXT    NOT NULL REFERENCES point_of_sale (id),
    name               TEXT    NOT NULL,
    partition_number   INTEGER NOT NULL,
    seal               TEXT    NOT NULL, -- public key in hexadecimal digits; '' before it was enrolled
    state              TEXT    NOT NULL, -- new, active, quarantined, replaced, revoked
    replaced_by        TEXT    NOT NULL,
    float_minor        INTEGER NOT NULL, -- of the shop's own money, for claims; in all
    float_wallet_minor INTEGER NOT NULL, -- and for one wallet
    created_at         TEXT    NOT NULL
) STRICT;

-- A claim is known by its hash only; it is good once, for a quarter of an hour and five tries.
CREATE TABLE claim (
    till       TEXT    NOT NULL PRIMARY KEY REFERENCES till (id),
    salt       BLOB    NOT NULL,
    hash       BLOB    NOT NULL,
    ends_at    TEXT    NOT NULL,
    tries_left INTEGER NOT NULL,
    made_by    TEXT    NOT NULL
) STRICT;

-- Every certificate that was given out, to be put on the list of revoked ones.
CREATE TABLE certificate (
    till    TEXT    NOT NULL,
    number  INTEGER NOT NULL,
    pem     TEXT    NOT NULL,
    at      TEXT    NOT NULL,
    revoked INTEGER NOT NULL,
    PRIMARY KEY (till, number)
) STRICT;

-- Newest word of each till about itself.
CREATE TABLE presence (
    till    TEXT    NOT NULL PRIMARY KEY,
    conn    INTEGER NOT NULL,
    online  INTEGER NOT NULL,
    seen_at TEXT    NOT NULL,
    since   TEXT    NOT NULL,
    body    BLOB    NOT NULL
) STRICT;

-- --- journals -----------------------------------------------------------------------------------------------------

-- One epoch of one till, and how far it was taken: the cursor.
CREATE TABLE journal (
    number     INTEGER NOT NULL PRIMARY KEY,
    till       TEXT    NOT NULL,
    epoch      TEXT    NOT NULL,
    seq        INTEGER NOT NULL,
    hash       BLOB    NOT NULL,
    last_at    TEXT    NOT NULL, -- of the newest entry
    taken_at   TEXT    NOT NULL,
    state      TEXT    NOT NULL, -- open, fenced, closed, refused
    code       TEXT    NOT NULL,
    started_at TEXT    NOT NULL,
    UNIQUE (till, epoch)
) STRICT;

-- As it came, every entry of every journal.
CREATE TABLE entry (
    journal INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    at      TEXT    NOT NULL,
    actor   TEXT    NOT NULL,
    origin  TEXT    NOT NULL,
    body    BLOB    NOT NULL,
    hash    BLOB    NOT NULL,
    PRIMARY KEY (journal, seq)
) STRICT, WITHOUT ROWID;

-- Entries that were kept and acknowledged, and that nobody could make sense of.
CREATE TABLE quarantine (
    journal  INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    code     TEXT    NOT NULL,
    detail   TEXT    NOT NULL,
    at       TEXT    NOT NULL,
    state    TEXT    NOT NULL, -- open, cleared, read
    cleared_by TEXT  NOT NULL,
    reason   TEXT    NOT NULL,
    PRIMARY KEY (journal, seq)
) STRICT;

-- Batches that were not taken: another history under the same numbers, links that do not follow, a second box.
CREATE TABLE fork (
    till   TEXT    NOT NULL,
    epoch  TEXT    NOT NULL,
    seq    INTEGER NOT NULL,
    code   TEXT    NOT NULL,
    ours   TEXT    NOT NULL,
    theirs TEXT    NOT NULL,
    at     TEXT    NOT NULL,
    last_at TEXT   NOT NULL,
    times  INTEGER NOT NULL,
    state  TEXT    NOT NULL, -- open, cleared
    cleared_by TEXT NOT NULL,
    reason TEXT    NOT NULL,
    payload BLOB   NOT NULL,
    PRIMARY KEY (till, epoch, code, seq)
) STRICT;

CREATE TABLE gap (
    till    TEXT    NOT NULL,
    epoch   TEXT    NOT NULL,
    seq     INTEGER NOT NULL, -- taken so far
    first   INTEGER NOT NULL, -- what came instead of the next one
    times   INTEGER NOT NULL,
    at      TEXT    NOT NULL,
    last_at TEXT    NOT NULL,
    PRIMARY KEY (till, epoch, seq)
) STRICT;

-- Payloads that could not be opened, by till and reason.
CREATE TABLE unopened (
    till    TEXT    NOT NULL,
    code    TEXT    NOT NULL,
    times   INTEGER NOT NULL,
    at      TEXT    NOT NULL,
    last_at TEXT    NOT NULL,
    detail  TEXT    NOT NULL,
    PRIMARY KEY (till, code)
) STRICT;

-- --- what journals say --------------------------------------------------------------------------------------------

CREATE TABLE session (
    journal       INTEGER NOT NULL,
    session       INTEGER NOT NULL,
    business_date TEXT    NOT NULL,
    opened_at     TEXT    NOT NULL,
    float_minor   INTEGER NOT NULL,
    PRIMARY KEY (journal, session)
) STRICT, WITHOUT ROWID;

-- Sealed documents; what takes another one back is its exact negative, so that sums are right by themselves.
CREATE TABLE document (
    journal        INTEGER NOT NULL,
    seq            INTEGER NOT NULL,
    document       INTEGER NOT NULL,
    kind           TEXT    NOT NULL, -- sale, reversal, credit, credit_cancelled, refund
    at             TEXT    NOT NULL,
    session        INTEGER NOT NULL,
    ticket         INTEGER NOT NULL,
    of_document    INTEGER NOT NULL,
    mode           TEXT    NOT NULL,
    seller         TEXT    NOT NULL,
    customer       TEXT    NOT NULL,
    full_minor     INTEGER NOT NULL,
    total_minor    INTEGER NOT NULL,
    discount_minor INTEGER NOT NULL,
    group_minor    INTEGER NOT NULL,
    rounding_minor INTEGER NOT NULL,
    PRIMARY KEY (journal, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE line (
    journal          INTEGER NOT NULL,
    seq              INTEGER NOT NULL,
    position         INTEGER NOT NULL,
    product          INTEGER NOT NULL, -- 0: a free price
    name             TEXT    NOT NULL,
    quantity_milli   INTEGER NOT NULL,
    unit_price_minor INTEGER NOT NULL,
    rate_bp          INTEGER NOT NULL,
    amount_minor     INTEGER NOT NULL,
    PRIMARY KEY (journal, seq, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE vat (
    journal     INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    rate_bp     INTEGER NOT NULL,
    gross_minor INTEGER NOT NULL,
    vat_minor   INTEGER NOT NULL,
    PRIMARY KEY (journal, seq, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE tender (
    journal      INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    position     INTEGER NOT NULL,
    mode         TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    amount_minor INTEGER NOT NULL,
    rounding_minor INTEGER NOT NULL,
    wallet       TEXT    NOT NULL,
    gifted_minor INTEGER NOT NULL,
    reference    TEXT    NOT NULL,
    PRIMARY KEY (journal, seq, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE movement (
    journal      INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    position     INTEGER NOT NULL,
    wallet       TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    at           TEXT    NOT NULL,
    paid_minor   INTEGER NOT NULL,
    gifted_minor INTEGER NOT NULL,
    document     INTEGER NOT NULL,
    of_document  INTEGER NOT NULL,
    seller       TEXT    NOT NULL,
    modes        TEXT    NOT NULL,
    other        TEXT    NOT NULL,
    reason       TEXT    NOT NULL,
    PRIMARY KEY (journal, seq, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX movement_wallet ON movement (wallet, at);

CREATE TABLE closing (
    journal         INTEGER NOT NULL,
    seq             INTEGER NOT NULL,
    number          INTEGER NOT NULL,
    session         INTEGER NOT NULL,
    business_date   TEXT    NOT NULL,
    at              TEXT    NOT NULL,
    expected_minor  INTEGER NOT NULL,
    counted_minor   INTEGER NOT NULL,
    perpetual_minor INTEGER NOT NULL,
    PRIMARY KEY (journal, seq)
) STRICT, WITHOUT ROWID;

-- --- wallets ------------------------------------------------------------------------------------------------------

-- `domain/wallet.py: Pool`, and how much of the pool was given and not paid.
CREATE TABLE wallet (
    id             TEXT    NOT NULL PRIMARY KEY,
    pool_minor     INTEGER NOT NULL,
    gifted_minor   INTEGER NOT NULL,
    credited_minor INTEGER NOT NULL,
    claims_minor   INTEGER NOT NULL,
    covered_minor  INTEGER NOT NULL,
    suspense_minor INTEGER NOT NULL,
    loss_minor     INTEGER NOT NULL,
    blocked        TEXT    NOT NULL
) STRICT;

-- `domain/wallet.py: Epoch`: the highest that was granted to one epoch of a till, or seen of it; and its purse.
CREATE TABLE holding (
    wallet            TEXT    NOT NULL,
    till              TEXT    NOT NULL,
    epoch             TEXT    NOT NULL,
    granted_minor     INTEGER NOT NULL,
    topped_up_minor   INTEGER NOT NULL,
    spent_minor       INTEGER NOT NULL,
    returned_minor    INTEGER NOT NULL,
    claims_minor      INTEGER NOT NULL,
    float_minor       INTEGER NOT NULL,
    written_off_minor INTEGER NOT NULL,
    is_fenced         INTEGER NOT NULL,
    is_closed         INTEGER NOT NULL,
    granted_gifted_minor INTEGER NOT NULL, -- part of what was granted that was given, in all
    paid_minor        INTEGER NOT NULL,    -- purse of the newest image
    gifted_minor      INTEGER NOT NULL,
    PRIMARY KEY (wallet, till, epoch)
) STRICT;
CREATE INDEX holding_till ON holding (till, epoch);

-- What was done with wallets at head office itself.
CREATE TABLE deed (
    number       INTEGER NOT NULL PRIMARY KEY,
    wallet       TEXT    NOT NULL,
    kind         TEXT    NOT NULL, -- adjustment, write_off, closing
    at           TEXT    NOT NULL,
    paid_minor   INTEGER NOT NULL,
    gifted_minor INTEGER NOT NULL,
    loss_minor   INTEGER NOT NULL,
    till         TEXT    NOT NULL,
    epoch        TEXT    NOT NULL,
    reason       TEXT    NOT NULL,
    by_name      TEXT    NOT NULL,
    second_name  TEXT    NOT NULL
) STRICT;
CREATE INDEX deed_wallet ON deed (wallet, at);

-- Parts of closing reports of fenced epochs, until all are there.
CREATE TABLE closing_part (
    till   TEXT    NOT NULL,
    epoch  TEXT    NOT NULL,
    part   INTEGER NOT NULL,
    parts  INTEGER NOT NULL,
    seq    INTEGER NOT NULL,
    body   BLOB    NOT NULL,
    PRIMARY KEY (till, epoch, part)
) STRICT;

-- What two persons must say: write-offs, floats, closing with what is known.
CREATE TABLE request (
    number    INTEGER NOT NULL PRIMARY KEY,
    kind      TEXT    NOT NULL,
    subject   TEXT    NOT NULL,
    body      BLOB    NOT NULL,
    reason    TEXT    NOT NULL,
    asked_by  TEXT    NOT NULL,
    asked_at  TEXT    NOT NULL,
    state     TEXT    NOT NULL, -- open, done, refused
    second    TEXT    NOT NULL,
    second_at TEXT    NOT NULL
) STRICT;

-- --- downwards ----------------------------------------------------------------------------------------------------

-- Masters as tills mirror them; `rev` comes from one sequence, a row that is gone stays as a tombstone.
CREATE TABLE feed (
    name       TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    rev        INTEGER NOT NULL,
    body       BLOB    NOT NULL,
    gone       INTEGER NOT NULL,
    valid_from TEXT    NOT NULL,
    PRIMARY KEY (name, key)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX feed_rev ON feed (name, rev);

-- Messages for `down`, in order, until the worker has sent them to a till that is there.
CREATE TABLE letter (
    number  INTEGER NOT NULL PRIMARY KEY,
    till    TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    body    BLOB    NOT NULL,
    at      TEXT    NOT NULL,
    ends_at TEXT    NOT NULL, -- '' never
    sent_at TEXT    NOT NULL,
    answer  BLOB    NOT NULL,
    answered_at TEXT NOT NULL
) STRICT;
CREATE INDEX letter_unsent ON letter (till, number) WHERE sent_at = '';

-- --- configuration ------------------------------------------------------------------------------------------------

-- What is set at each level, not pushed yet or pushed; `target` is the chain, an establishment, a point of sale, a till.
CREATE TABLE level (
    level  TEXT NOT NULL,
    target TEXT NOT NULL,
    body   BLOB NOT NULL,
    at     TEXT NOT NULL,
    by_name TEXT NOT NULL,
    PRIMARY KEY (level, target)
) STRICT;

-- Every document that was pushed to a till, sealed as it was sent.
CREATE TABLE config (
    till    TEXT    NOT NULL,
    version INTEGER NOT NULL,
    body    BLOB    NOT NULL,
    sealed  BLOB    NOT NULL,
    at      TEXT    NOT NULL,
    author  TEXT    NOT NULL,
    reason  TEXT    NOT NULL,
    PRIMARY KEY (till, version)
) STRICT;
