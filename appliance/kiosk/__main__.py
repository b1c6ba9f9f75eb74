"""Starts the kiosk: `python -m appliance.kiosk --socket PATH`. Status 1 and a traceback when anything fails."""

import argparse
import faulthandler
import gc
import logging
import os
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType
from typing import IO


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="kiosk", description="The till's screen.")
    parser.add_argument("--socket", type=Path, default=Path(os.environ.get("TILLBOX_SOCKET", "var/till.sock")))
    parser.add_argument("--size", default="", help="WIDTHxHEIGHT of the panel; the whole display when left out")
    parser.add_argument("--windowed", action="store_true", help="in a window, for development")
    parser.add_argument("--hide-cursor", action="store_true", help="for a touch panel without a mouse")
    parser.add_argument("--log", type=Path, help="file that gets tracebacks, besides standard error")
    parser.add_argument("--fps", type=int, default=60)
    return parser.parse_args()


def own_excepthook(log: IO[str] | None) -> None:
    """Kivy takes standard error for itself and may swallow the last words; these go to the real one, and to a file."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        text = "".join(traceback.format_exception(kind, error, trace))
        for stream in (sys.__stderr__, log):
            if stream is not None:
                stream.write(text)
                stream.flush()

    def thread_hook(args: threading.ExceptHookArgs) -> None:
        hook(args.exc_type, args.exc_value or RuntimeError(), args.exc_traceback)
        os._exit(1)

    sys.excepthook = hook
    threading.excepthook = thread_hook


def main() -> None:
    """Builds the window first, then everything that needs one."""
    gc.disable()  # thousands of widgets that all stay: collecting while they are built takes a third of the start
    args = arguments()
    log = args.log.open("a", encoding="utf-8") if args.log else None
    own_excepthook(log)
    faulthandler.enable(sys.__stderr__ or sys.stderr)

    from appliance.kiosk.setup import configure

    width, height = (int(n) for n in args.size.split("x")) if args.size else (0, 0)
    configure(width, height, args.windowed, args.fps)
    logging.getLogger("kivy").setLevel(logging.WARNING)

    from appliance.kiosk.app import Kiosk

    Kiosk(args.socket, args.hide_cursor).run()


if __name__ == "__main__":
    main()
