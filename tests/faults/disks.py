"""What befalls the disk of the fixture `disk`: it is filled, set read-only, repaired."""

import os
import subprocess
from pathlib import Path


def remount(disk: Path, option: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{option}", str(disk)], check=True)


def mend(disk: Path) -> None:
    """What a technician does: take the disk out, repair it, put it back."""
    image = disk.parent / "disk.img"
    subprocess.run(["umount", str(disk)], check=True)
    subprocess.run(["e2fsck", "-fy", str(image)], check=False, capture_output=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(disk)], check=True)


class Ballast:
    """What fills the disk."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "ballast"

    def fill(self, leave_bytes: int = 0) -> None:
        """Take everything but so much."""
        with self._path.open("ab", buffering=0) as file:
            for size in (1024 * 1024, 4096, 1024):
                while free_bytes(self._path.parent) >= leave_bytes + size:
                    try:
                        file.write(bytes(size))
                    except OSError:
                        break

    def remove(self) -> None:
        self._path.unlink()


def free_bytes(folder: Path) -> int:
    usage = os.statvfs(folder)
    return usage.f_bavail * usage.f_frsize
