"""Files that an address names: regular ones of a reasonable size, or none.

Hides that a path may lead to a pipe, a device or a socket, which nobody may wait for: reading one may never end, and
opening one may already do something. Every function raises OSError for what is no such file.
"""

import os
import stat


def check_file(path: str, bytes_max: int) -> None:
    """Raises OSError unless a regular file of at most so many bytes stands there."""
    try:
        found = os.stat(path)
    except ValueError as error:
        raise OSError("no name that a file can have") from error
    if not stat.S_ISREG(found.st_mode) or found.st_size > bytes_max:
        raise OSError("not a file of this kind")


def read_file(path: str, bytes_max: int) -> bytes:
    """All of it. Raises OSError, also for a file that was exchanged or grew meanwhile."""
    check_file(path, bytes_max)
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError("not a file")
        content = file.read(bytes_max + 1)
    if len(content) > bytes_max:
        raise OSError("too long")
    return content
