"""`python -m appliance.daemon.enrol`: brings a claim to head office; the till is its chain's from the next start on.

The claim is made at head office for one till and is good once, for some minutes. What is printed before it leaves is
the fingerprint of this till's key: head office shows the same.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import closing
from pathlib import Path

from appliance import __version__
from appliance.config import load_config
from appliance.daemon.office import folder_of
from appliance.domain.errors import Refusal
from appliance.store import cursor, journal
from appliance.store.database import DatabaseError, connect_reader
from appliance.sync.enrolment import Asking, Keys, Membership, NotEnrolled, ask_in


def enrol(config_path: Path, address: str, authority: Path, claim: str) -> Membership:
    """Ask in. Raises Refusal, NotEnrolled, OSError, a DatabaseError."""
    config = load_config(config_path)
    keys = Keys(folder_of(config))
    sys.stdout.write(f"key {keys.seal().public.id}\n")
    with closing(connect_reader(Path(config.data_dir) / "till.db")) as conn:
        head = journal.read_head(conn, "")
        currency = cursor.currency(conn)
    asking = Asking(address, authority, claim, head.epoch, head.seq, currency, __version__)
    return asyncio.run(ask_in(asking, keys))


def main(arguments: list[str] | None = None) -> int:
    """0 associated, 1 head office said no, 2 it could not be asked."""
    parser = argparse.ArgumentParser(prog="python -m appliance.daemon.enrol", description="associate a till")
    parser.add_argument("--config", type=Path, required=True, help="the till's settings")
    parser.add_argument("--address", required=True, help="https://host:port/enrol")
    parser.add_argument("--authority", type=Path, required=True, help="certificate of head office's authority")
    parser.add_argument("claim")
    asked = parser.parse_args(arguments)
    try:
        told = enrol(asked.config, asked.address, asked.authority, asked.claim)
    except NotEnrolled as denied:
        sys.stderr.write(f"{denied.code}, {denied.tries_left} tries left\n")
        return 2 if denied.code in ("unreachable", "later") else 1
    except (Refusal, OSError, *DatabaseError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{told.chain} {told.till} {' '.join(told.names.values())}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
