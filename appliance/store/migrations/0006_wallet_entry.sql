-- Movements of wallets, for statements and the liability report: one row per movement, written in the transaction of its
-- journal entry. A projection: the journal is the truth, `tillbox wallet rebuild` makes these rows anew from it.
CREATE TABLE wallet_entry (
    wallet              TEXT NOT NULL,
    seq                 INTEGER NOT NULL,
    at                  TEXT NOT NULL,
    kind                TEXT NOT NULL,
    paid_minor          INTEGER NOT NULL,
    gifted_minor        INTEGER NOT NULL,
    paid_after_minor    INTEGER NOT NULL,
    gifted_after_minor  INTEGER NOT NULL,
    document            INTEGER NOT NULL,
    of_document         INTEGER NOT NULL,
    ticket              INTEGER NOT NULL,
    till                TEXT NOT NULL,
    seller              TEXT NOT NULL,
    modes               TEXT NOT NULL,
    other               TEXT NOT NULL,
    reason              TEXT NOT NULL,
    PRIMARY KEY (wallet, seq)
) STRICT, WITHOUT ROWID;
