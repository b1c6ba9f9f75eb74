-- What head office's documents of settings became on this till, and what was changed on the till itself. `highest` is kept
-- apart from the rest: whatever happens to that, an old document is never taken again.
CREATE TABLE settings_adoption (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    highest INTEGER NOT NULL,
    body    BLOB    NOT NULL
) STRICT;
CREATE TABLE setting_here (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL CHECK (json_valid(value)),
    at    TEXT NOT NULL,
    by    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
