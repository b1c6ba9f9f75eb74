"""One daemon on one journal: hides what is locked. Light to import, since it is held before the socket opens."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from appliance.domain.errors import Refusal


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """One daemon on one journal. Raises Refusal `daemon.twice` while another one runs."""
    folder = os.open(data_dir, os.O_RDONLY | os.O_DIRECTORY)  # no file of its own: the disk may be read-only
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refusal("daemon.twice", path=str(data_dir)) from None
        yield
    finally:
        os.close(folder)
