"""`python -m appliance.daemon --config FILE`: the composition root of the daemon.

Prints `ready` when its socket answers with a view. Ends with 0 on SIGTERM; with 2 when it must not sell (settings, a
folder or a disk that cannot be used, a broken journal, a database of a newer version), the reason in one line on
standard error for the technician.
"""

from __future__ import annotations

import gc

gc.disable()  # nothing that is loaded at the start is rubbish; see `late.load`

import asyncio  # noqa: E402
import errno  # noqa: E402
import logging  # noqa: E402
import sys  # noqa: E402
from contextlib import ExitStack  # noqa: E402
from importlib import import_module  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import TYPE_CHECKING, Final  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.config import Config
    from appliance.daemon.server import Server

log = logging.getLogger("appliance")

DOUBTS_S: Final = 2.0
"""What a technician should know of the settings is worked out once the till has begun to sell."""


def main(arguments: list[str] | None = None) -> int:
    """Run one till until it is told to stop; the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if len(arguments) != 2 or arguments[0] != "--config":
        sys.stderr.write("usage: python -m appliance.daemon --config FILE\n")
        return 64
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    return asyncio.run(_serve(Path(arguments[1])))


PIECES: Final = (
    "appliance.domain.money",
    "appliance.domain.ticket",
    "appliance.domain.closing",
    "appliance.domain.catalog",
    "appliance.domain.journal",
    "appliance.domain.intent",
    "appliance.domain.till",
    "appliance.protocol.view",
    "appliance.store.database",
    "appliance.store.catalog",
    "appliance.service.ledger",
    "appliance.service.receipt_text",
    "appliance.service.till",
    "appliance.service.display",
    "appliance.daemon.lifecycle",
)
"""What is loaded after the socket listens, in pieces of a few milliseconds, so that clients are welcomed in between."""


async def _serve(settings: Path) -> int:
    from appliance.config import load_config
    from appliance.daemon import late
    from appliance.daemon.alone import alone
    from appliance.daemon.server import Server
    from appliance.domain.errors import Refusal

    try:
        config = load_config(settings)
        with ExitStack() as held:
            server = Server(Path(config.socket), config.till)
            data_dir = Path(config.data_dir)
            try:
                data_dir.mkdir(parents=True, exist_ok=True)
                held.enter_context(alone(data_dir))
            except OSError as error:
                raise _no_place("daemon.no_folder", data_dir, error) from None
            try:
                await server.listen()
            except OSError as error:
                raise _no_place("daemon.no_socket", Path(config.socket), error) from None
            late.put_off()
            for piece in PIECES:
                import_module(piece)
                for _ in range(3):  # a connection, its first line, its answer
                    await asyncio.sleep(0)
            return await _sell(config, server, lambda: _say_doubts(settings, config))
    except Refusal as refusal:
        log.critical("%s", _words(refusal))
        return 2


def _no_place(code: str, path: Path, error: OSError) -> Exception:
    """Why the books or the socket have no place there: a disk that takes nothing, or `code`."""
    from appliance.domain.errors import Refusal

    disks = {errno.EROFS: "daemon.disk_read_only", errno.ENOSPC: "daemon.disk_full"}
    code = disks.get(error.errno or 0, code)
    return Refusal(code, path=str(path), reason=error.strerror or str(error))


def _words(error: BaseException) -> str:
    """One line for the log: a refusal's code and its sentence, or what the error says."""
    from appliance.domain.errors import Refusal

    if not isinstance(error, Refusal):
        return str(error)
    from appliance.i18n import explain

    return f"{error.code}: {' '.join(explain(error.code, error.params).split())}"


def _say_doubts(path: Path, config: Config) -> None:
    """Lines of the settings that have no effect. Wrong addresses are told when their devices are opened."""
    from appliance.hal.settings_check import role_doubts
    from appliance.i18n import explain
    from appliance.toml_file import line_of

    text = path.read_text(encoding="utf-8")
    for doubt in role_doubts(config):
        log.warning("%s:%d: %s", path, line_of(text, doubt.key), explain(doubt.code, doubt.params))


async def _sell(config: Config, server: Server, say_doubts: Callable[[], None]) -> int:
    """One till until it is told to stop; 2 when it must not sell."""
    from appliance.clock import SystemClock
    from appliance.daemon.lifecycle import Daemon, NoShop
    from appliance.domain.errors import BrokenJournal, Refusal
    from appliance.store.database import NewerDatabase

    status = 0
    try:
        daemon = Daemon(config, SystemClock(), server)

        def ready() -> None:
            _say_ready()
            if config.scan_repeat_ms or config.printer_fallback or config.devices:
                asyncio.get_running_loop().call_later(DOUBTS_S, say_doubts)

        await daemon.run(ready)
    except* (Refusal, BrokenJournal, NewerDatabase) as group:
        log.critical("%s", _words(_innermost(group)))
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
