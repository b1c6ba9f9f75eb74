"""`python -m appliance.store.half DB AFTER PREV EPOCH UPTO LINK`: a stretch of a journal, checked apart.

Ends with 0 when every entry after AFTER, whose link is PREV, up to UPTO, whose link is LINK, is as it was written; with
1 when it is not or cannot be read: `store.journal.verify` then looks for itself. Only reads.
"""

from __future__ import annotations

import sys
from pathlib import Path

from appliance.domain.errors import BrokenJournal
from appliance.store.database import DatabaseError, NewerDatabase, OldSqlite, connect_reader
from appliance.store.journal import verify_stretch


def main(database: str, after: str, prev: str, epoch: str, upto: str, link: str) -> int:
    """The exit status: 0 when all is well."""
    try:
        conn = connect_reader(Path(database))
        try:
            found = verify_stretch(conn, int(after), bytes.fromhex(prev), epoch, int(upto))
        finally:
            conn.close()
    except (BrokenJournal, OldSqlite, NewerDatabase, FileNotFoundError, *DatabaseError):
        return 1
    return 0 if found == (int(upto), bytes.fromhex(link)) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
