-- What this till knows of its head office. `office_cursor`: how far the journal was taken there ("up"), how far each table
-- of its change feed is applied here ("feed.<table>"), how often we were connected ("conn"). `office_set_aside`: entries
-- that it took and could make no sense of. `office_wallet`: what it said last of a customer's money, wherever that is.
CREATE TABLE office_cursor (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE office_set_aside (
    seq  INTEGER PRIMARY KEY,
    code TEXT NOT NULL,
    kind TEXT NOT NULL,
    at   TEXT NOT NULL
) STRICT;
CREATE TABLE office_wallet (
    customer        TEXT PRIMARY KEY,
    known_minor     INTEGER NOT NULL,
    elsewhere_minor INTEGER NOT NULL,
    elsewhere       TEXT NOT NULL,
    since           TEXT NOT NULL,
    at              TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE office_command (
    id   TEXT PRIMARY KEY,
    at   TEXT NOT NULL,
    ok   INTEGER NOT NULL,
    code TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE office_note (
    name TEXT PRIMARY KEY,
    text TEXT NOT NULL
) STRICT, WITHOUT ROWID;
-- Articles and categories as head office's feed has them: applied page by page, put on the shelves between two tickets.
CREATE TABLE office_row (
    tbl        TEXT NOT NULL,
    key        TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (tbl, key, valid_from)
) STRICT, WITHOUT ROWID;
