"""What a printer sends back. Pure: bytes split anywhere in, answers out; garbage never raises.

Four kinds share one stream, told apart by fixed bits (Epson, *ESC/POS Command Reference*, "status transmission"):

    ASB          0xx1xx00, then three of 0xx0xxxx    on every change (GS a)
    real time    0xx1xx10                            answer to DLE EOT n; says not to which n
    in order     0xx0xxxx                            answer to GS r
    header       37h or 5Fh ... 00h                  process id (GS ( H), keys (GS ( L) or name (GS I)
"""

from typing import TypeAlias

from msgspec import Struct

_HEADER_BYTES_MAX = 80


class Status(Struct, frozen=True):
    """The state bits, whatever carried them."""

    offline: bool = False
    cover_open: bool = False
    paper_low: bool = False
    paper_out: bool = False
    cutter: bool = False
    broken: bool = False
    recovering: bool = False
    """An error that goes by itself: the head is hot."""
    pin_high: bool | None = None
    """Drawer connector pin 3; None when not told."""


class Changed(Struct, frozen=True):
    """A whole status by ASB."""

    status: Status


class RealTime(Struct, frozen=True):
    """Raw answer to the DLE EOT that was asked last."""

    byte: int


class InOrder(Struct, frozen=True):
    """Raw answer to GS r."""

    byte: int


class Name(Struct, frozen=True):
    """Answer to GS I."""

    text: str


class Done(Struct, frozen=True):
    """All up to this process id is printed."""

    token: bytes


class Keys(Struct, frozen=True):
    """Answer to GS ( L function 64: the keys of the pictures that the printer keeps."""

    keys: tuple[bytes, ...]
    more: bool
    """Further keys come in a block of their own."""


class Counted(Struct, frozen=True):
    """Star: so many ETB bytes were printed past, modulo 32."""

    count: int


Answer: TypeAlias = Changed | RealTime | InOrder | Name | Done | Keys | Counted


class StatusParser:
    """One per link."""

    def __init__(self) -> None:
        self._asb = bytearray()
        self._header = bytearray()

    def feed(self, received: bytes) -> list[Answer]:
        answers: list[Answer] = []
        for byte in received:
            if (answer := self._step(byte)) is not None:
                answers.append(answer)
        return answers

    def _step(self, byte: int) -> Answer | None:
        if self._header:
            if byte == 0:
                return self._end_header()
            if 0x20 <= byte < 0x7F and len(self._header) < _HEADER_BYTES_MAX:
                self._header.append(byte)
                return None
            if byte & 0x93 != 0x12:
                self._header.clear()  # not a header after all, or cut short: read this byte afresh
        if byte & 0x93 == 0x12:
            return RealTime(byte)  # may stand between the bytes of another answer
        if self._asb and byte & 0x90 == 0:
            self._asb.append(byte)
            return self._end_asb() if len(self._asb) == 4 else None
        self._asb.clear()
        if byte in (0x37, 0x5F):
            self._header.append(byte)
        elif byte & 0x93 == 0x10:
            self._asb.append(byte)
        elif byte & 0x90 == 0:
            return InOrder(byte)
        return None

    def _end_header(self) -> Answer | None:
        header = bytes(self._header)
        self._header.clear()
        if header[0] == 0x5F:
            return Name(header[1:].decode("ascii").strip())
        if header[1:2] == b"\x72" and header[2:3] in (b"@", b"A"):
            keys = header[3:]
            return Keys(tuple(keys[at : at + 2] for at in range(0, len(keys) - 1, 2)), header[2:3] == b"A")
        return Done(header[2:]) if header[1:2] == b"\x22" else None

    def _end_asb(self) -> Answer:
        first, second, third, _ = self._asb
        self._asb.clear()
        return Changed(
            Status(
                offline=bool(first & 0x08),
                cover_open=bool(first & 0x20),
                pin_high=bool(first & 0x04),
                cutter=bool(second & 0x08),
                broken=bool(second & 0x20),
                recovering=bool(second & 0x40),
                paper_low=bool(third & 0x03),
                paper_out=bool(third & 0x0C),
            )
        )


def status_of(polled: dict[int, int]) -> Status:
    """The status in the answers to DLE EOT 1 to 4, for printers without ASB."""
    online, cause, error, roll = (polled.get(number, 0x12) for number in (1, 2, 3, 4))
    return Status(
        offline=bool(online & 0x08),
        pin_high=bool(online & 0x04) if 1 in polled else None,
        cover_open=bool(cause & 0x04),
        cutter=bool(error & 0x08),
        broken=bool(error & 0x20),
        recovering=bool(error & 0x40),
        paper_low=bool(roll & 0x0C),
        paper_out=bool(roll & 0x60),
    )
