"""`python -m appliance.daemon --config FILE`: the composition root of the daemon.

Prints `ready` when its socket answers with a view. Ends with 0 on SIGTERM; with 2 when it must not sell (settings, a
broken journal, a database of a newer version), the reason on standard error for the technician.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    """Run one till until it is told to stop; the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if len(arguments) != 2 or arguments[0] != "--config":
        sys.stderr.write("usage: python -m appliance.daemon --config FILE\n")
        return 64
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    from appliance.clock import SystemClock
    from appliance.config import load_config
    from appliance.daemon.lifecycle import Daemon, NoShop
    from appliance.domain.errors import BrokenJournal, Refusal
    from appliance.store.database import NewerDatabase

    log = logging.getLogger("appliance")
    status = 0
    try:
        config = load_config(Path(arguments[1]))
        asyncio.run(Daemon(config, SystemClock()).run(_say_ready))
    except* (Refusal, BrokenJournal, NewerDatabase) as group:
        log.critical("%s", _innermost(group))
        status = 2
    except* NoShop:
        log.critical("no shop in the store: tillbox shop import FOLDER --config FILE")
        status = 2
    return status


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _say_ready() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
