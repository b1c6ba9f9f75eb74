-- The journal and its snapshot. Rows of the journal are facts: they are added, never changed, never deleted.
CREATE TABLE journal (
    seq       INTEGER PRIMARY KEY,
    epoch     TEXT NOT NULL,
    kind      TEXT NOT NULL,
    at        TEXT NOT NULL,
    actor     TEXT NOT NULL,
    origin    TEXT NOT NULL,
    body      BLOB NOT NULL,
    prev_hash BLOB NOT NULL CHECK (length(prev_hash) = 32),
    hash      BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TRIGGER journal_is_append_only_update BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'journal.append_only'); END;

CREATE TRIGGER journal_is_append_only_delete BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'journal.append_only'); END;

CREATE TRIGGER journal_has_no_hole BEFORE INSERT ON journal
WHEN NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM journal)
BEGIN SELECT RAISE(ABORT, 'journal.hole'); END;

-- The state as it was after entry `seq`: start-up reads the newest and applies what came after. Rebuilt at will.
CREATE TABLE snapshot (
    seq   INTEGER PRIMARY KEY,
    state BLOB NOT NULL
) STRICT;

-- Papers that were ordered, and how far each got.
CREATE TABLE print_job (
    id      INTEGER PRIMARY KEY,
    role    TEXT NOT NULL,
    purpose TEXT NOT NULL,
    subject INTEGER NOT NULL,
    copy    INTEGER NOT NULL,
    at      TEXT NOT NULL,
    state   TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'printed', 'uncertain', 'dropped')),
    paper   BLOB NOT NULL
) STRICT;

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
