"""Every write of a process and every answer it gave, in one order; and the disk as a power cut would leave it.

Recorded by strace from the untouched daemon. What a cut keeps of a file: everything before its last sync; of the rest,
by mode: all, nothing, an ordered prefix, or any subset of 512-byte sectors. A name that came or went is durable from
the next sync on (journal order, as in ext4). The shared-memory file is left out: it is rebuilt. Does not see mmap (the
daemon sets mmap_size=0).
"""

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Literal, NamedTuple

Mode = Literal["all", "nothing", "prefix", "sectors"]
MODES: tuple[Mode, ...] = ("all", "nothing", "prefix", "sectors")
SECTOR = 512
NAMES = ("create", "remove")
CALLS = "openat,pwrite64,write,ftruncate,fallocate,fsync,fdatasync,unlink,rename,sendto"

_LINE = re.compile(r"^\d+\s+(\w+)\((.*)\)\s+= (-?\d+)")
_UNFINISHED = re.compile(r"^(\d+)\s+(.*) <unfinished \.\.\.>$")
_RESUMED = re.compile(r"^(\d+)\s+<\.\.\. \w+ resumed>(.*)$")
_HEX = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_FD = re.compile(r"^(?:AT_FDCWD|\d+)<([^>]*)>")
_ID = re.compile(rb'"is":"Answer","id":"([^"]+)","ok":true')


class Operation(NamedTuple):
    """`kind`: write, truncate, sync, create, remove or answer."""

    kind: str
    name: str = ""
    offset: int = 0
    data: bytes = b""


def strace(output: Path) -> list[str]:
    """The words to put before the command that is to be recorded."""
    return ["strace", "-f", "-qq", "-y", "-xx", "-s", "400000", "-e", f"trace={CALLS}", "-e", "signal=none",
            "-o", str(output)]  # fmt: skip


def read(output: Path, folder: Path) -> list[Operation]:
    """The operations on `folder`'s database files, and the answers, in the order of their ends."""
    operations: list[Operation] = []
    for call, arguments, result in _calls(output):
        if result < 0:
            continue
        operation = _operation(call, arguments, result, folder)
        if operation is not None:
            operations.append(operation)
    return operations


def _calls(output: Path) -> Iterator[tuple[str, str, int]]:
    begun: dict[str, str] = {}
    with output.open(encoding="ascii") as lines:
        for line in lines:
            line = line.rstrip("\n")
            if (unfinished := _UNFINISHED.match(line)) is not None:
                begun[unfinished[1]] = unfinished[2]
                continue
            if (resumed := _RESUMED.match(line)) is not None:
                line = f"{resumed[1]} {begun.pop(resumed[1])}{resumed[2]}"
            if (call := _LINE.match(line)) is not None:
                yield call[1], call[2], int(call[3])


def _operation(call: str, arguments: str, result: int, folder: Path) -> Operation | None:
    if call == "sendto":
        answers = _ID.findall(_text(arguments))
        return Operation("answer", data=b"\n".join(answers)) if answers else None
    if call in ("openat", "unlink", "rename"):
        name = _ours(_text(arguments).decode(errors="replace"), folder)
        if not name or (call == "openat" and "O_CREAT" not in arguments):
            return None
        assert call != "rename", "a database file was renamed: the model does not know that"
        return Operation("create" if call == "openat" else "remove", name)
    opened = _FD.match(arguments)
    name = _ours(_path(opened[1]), folder) if opened else ""
    if not name:
        return None
    numbers = arguments.rsplit(", ", 2)
    if call == "pwrite64":
        return Operation("write", name, int(numbers[-1]), _text(arguments)[:result])
    if call == "ftruncate":
        return Operation("truncate", name, int(numbers[-1]))
    assert call in ("fsync", "fdatasync"), f"{call} on {name}: the model does not know that"
    return Operation("sync", name)


def _text(arguments: str) -> bytes:
    found = _HEX.search(arguments)
    return bytes.fromhex(found[1].replace("\\x", "")) if found else b""


def _path(spelled: str) -> str:
    """strace may spell the paths of descriptors in hexadecimal, too."""
    return bytes.fromhex(spelled.replace("\\x", "")).decode() if spelled.startswith("\\x") else spelled


def _ours(path: str, folder: Path) -> str:
    name = path.removeprefix(f"{folder}/")
    return name if name.startswith("till.db") and not name.endswith("-shm") else ""


class File:
    """One file: what is durable, and what was written since."""

    def __init__(self, durable: bytes, exists: bool = True) -> None:
        self.durable = bytearray(durable)
        self.is_durable = exists
        self.pending: list[Operation] = []

    @property
    def exists(self) -> bool:
        """Whether the name is there while the machine runs."""
        names = [operation.kind for operation in self.pending if operation.kind in NAMES]
        return names[-1] == "create" if names else self.is_durable

    def after(self, chance: Random, mode: Mode) -> bytearray | None:
        """The file as the cut leaves it; None when it is not there.

        What was written under a name that did not become durable is seen by nobody: the old file is there, or none.
        """
        image, exists = bytearray(self.durable), self.is_durable
        kept = {"all": len(self.pending), "nothing": 0}.get(mode, chance.randint(0, len(self.pending)))
        names_until = kept  # names reach the disk in their order, contents need not
        for number, operation in enumerate(self.pending if mode == "sectors" else self.pending[:kept]):
            if operation.kind in NAMES:
                if number >= names_until:
                    break
                exists = operation.kind == "create"
                image.clear()
            elif mode == "sectors" and operation.kind == "write":
                for start in range(0, len(operation.data), SECTOR):
                    if chance.random() < 0.5:
                        _put(image, operation.offset + start, operation.data[start : start + SECTOR])
            elif mode != "sectors" or chance.random() < 0.5:
                _apply(image, operation)
        return image if exists else None

    def sync(self) -> None:
        for operation in self.pending:
            if operation.kind in NAMES:
                self.is_durable = operation.kind == "create"
                if operation.kind == "remove":
                    self.durable.clear()
            else:
                _apply(self.durable, operation)
        self.pending.clear()

    def sync_names(self) -> None:
        """Another file's sync takes the names along, not the contents."""
        names = [operation for operation in self.pending if operation.kind in NAMES]
        if names:
            self.is_durable = names[-1].kind == "create"
            if any(operation.kind == "remove" for operation in names):
                last = max(i for i, operation in enumerate(self.pending) if operation.kind == "remove")
                self.durable.clear()
                del self.pending[: last + 1]
            self.pending = [operation for operation in self.pending if operation.kind not in NAMES]


def _apply(image: bytearray, operation: Operation) -> None:
    if operation.kind == "write":
        _put(image, operation.offset, operation.data)
    elif operation.offset <= len(image):
        del image[operation.offset :]
    else:
        image.extend(bytes(operation.offset - len(image)))


def _put(image: bytearray, offset: int, data: bytes) -> None:
    if len(image) < offset:
        image.extend(bytes(offset - len(image)))
    image[offset : offset + len(data)] = data


class Disk:
    """The database files between two operations."""

    def __init__(self, before: dict[str, bytes]) -> None:
        self._files = {name: File(content) for name, content in before.items()}
        self.answered: list[str] = []

    def take(self, operation: Operation) -> None:
        if operation.kind == "answer":
            self.answered += operation.data.decode().split("\n")
            return
        file = self._files.setdefault(operation.name, File(b"", exists=False))
        if operation.kind == "create" and file.exists:
            return
        if operation.kind != "sync":
            file.pending.append(operation)
            return
        file.sync()
        for other in self._files.values():
            other.sync_names()

    def cut(self, folder: Path, chance: Random, mode: Mode) -> None:
        """Write the files into `folder` as a power cut would leave them now."""
        for name in ("till.db", "till.db-wal", "till.db-shm", "till.db-journal"):
            (folder / name).unlink(missing_ok=True)
        for name, file in self._files.items():
            image = file.after(chance, mode)
            if image is not None:
                with (folder / name).open("wb") as written:
                    written.write(image.rstrip(b"\0"))
                    written.truncate(len(image))


def answers_before_their_sync(operations: list[Operation]) -> list[Operation]:
    """A record of a daemon that answers before it commits: each answer moved before the sync that precedes it."""
    moved = list(operations)
    for i, operation in enumerate(operations):
        if operation.kind == "answer":
            back = next((j for j in range(i, -1, -1) if moved[j].kind == "sync"), i)
            moved.insert(back, moved.pop(i))
    return moved
