"""HID-POS scanner reports to scans. Pure: no clock, no I/O; split anywhere, never raises on what a device may send.

A HID-POS scanner (USB-IF HID Point of Sale Usage Tables 1.02, usage page 0x8C) says in its report descriptor where in a
report the length, the AIM identifier, the data and the "continued" bit stand. We read that, so no list of makers is
needed; `QUIRKS` holds the few whose descriptor does not tell.

The stream that comes in is a row of *records*, two bytes of length (little endian) and so many bytes: first the card
of the device (vendor, product, report descriptor), then one record for each report as the kernel gave it.
"""

import struct
from collections.abc import Iterator

from msgspec import Struct

from appliance.hal.scanner.framing import Damaged, Read, accept, decode

RECORD = struct.Struct("<H")
_CARD = struct.Struct("<HH")
RECORD_BYTES_MAX = 4_100
_DESCRIPTOR_BYTES_MAX = 4_096
_CODE_BYTES_MAX = 4_096
_PAGE = 0x8C
_SCANNERS = frozenset(_PAGE << 16 | usage for usage in (0x02, 0x03, 0x04, 0x05))
"""Applications: scanner, dumb scanner, base of a cordless scanner, cradle."""
_AIM_USAGES = (_PAGE << 16 | 0xFB, _PAGE << 16 | 0xFC, _PAGE << 16 | 0xFD)
_DATA, _CONTINUED, _BYTE_COUNT = _PAGE << 16 | 0xFE, _PAGE << 16 | 0xFF, 0x01 << 16 | 0x3B
_INPUT, _COLLECTION, _CONSTANT = 0x80, 0xA0, 0x01
_ENDS = b"\r\n\t\x00"
_NO_AIM = bytes(3)


class Layout(Struct, frozen=True):
    """Where things stand in one report; byte offsets count the report id, where there is one, as byte 0."""

    data_at: int
    data_size: int
    length_at: int | None = None
    """None: the data ends where only zeros follow."""
    aim_at: int | None = None
    continued_at: int | None = None
    continued_mask: int = 1


class Field(Struct, frozen=True):
    """One input field of a report."""

    report_id: int
    """0 when the device numbers no reports."""
    usage: int
    """Page and usage, as 0xPPPPUUUU."""
    bit_at: int
    bit_size: int
    count: int


class Descriptor(Struct, frozen=True):
    """What we need of a report descriptor."""

    applications: tuple[int, ...]
    fields: tuple[Field, ...]


QUIRKS: dict[tuple[int, int | None], dict[int, Layout]] = {
    # The report of the Access-IS LSR118 and ATR110 manuals (appendix HID reports), which Honeywell sends too.
    (0x0DB5, None): {2: Layout(5, 56, 1, 2, 63)},
    (0x0C2E, None): {2: Layout(5, 56, 1, 2, 63)},
}
"""Vendor and product (None: all) to report id and layout; asked only where the descriptor has no data field."""
_USUAL = {1: Layout(2, 62, 1), 2: Layout(5, 56, 1, 2, 63)}
"""Last resort for an unknown maker with a silent descriptor: id, length, 62 bytes (Microscan), or the family above."""


def is_scanner(descriptor: bytes) -> bool:
    """True for the report descriptor of a HID-POS bar-code scanner."""
    return not _SCANNERS.isdisjoint(parse_descriptor(descriptor).applications)


def parse_descriptor(raw: bytes) -> Descriptor:
    """Applications and input fields (HID 1.11, 6.2.2). Nonsense gives what could be read of it."""
    page, size, count, report_id = 0, 0, 0, 0
    pushed: list[tuple[int, int, int, int]] = []
    usages: list[int] = []
    first = None
    bits: dict[int, int] = {}
    applications, fields = [], []
    for prefix, number in _items(raw[:_DESCRIPTOR_BYTES_MAX]):
        match prefix:
            case 0x04:
                page = number & 0xFFFF
            case 0x74:
                size = min(number, 32)
            case 0x94:
                count = min(number, RECORD_BYTES_MAX)
            case 0x84:
                report_id = number & 0xFF
            case 0xA4 if len(pushed) < 16:
                pushed.append((page, size, count, report_id))
            case 0xB4 if pushed:
                page, size, count, report_id = pushed.pop()
            case 0x08:
                usages.append(number if number > 0xFFFF else page << 16 | number)
            case 0x18:
                first = number if number > 0xFFFF else page << 16 | number
            case 0x28 if first is not None and len(usages) < 256:
                last = number if number > 0xFFFF else page << 16 | number
                usages += range(first, min(last, first + 255) + 1)
            case _ if prefix & 0x0C == 0:
                if prefix == _COLLECTION and number == 1 and usages:
                    applications.append(usages[0])
                if prefix == _INPUT:
                    start = bits.get(report_id, 0)
                    if not number & _CONSTANT and size:
                        fields += _spread(report_id, usages, start, size, count)
                    bits[report_id] = start + size * count
                usages, first = [], None
    return Descriptor(tuple(applications), tuple(fields))


def _items(raw: bytes) -> Iterator[tuple[int, int]]:
    """Short items as (tag and type, unsigned number); long items are skipped."""
    at = 0
    while at < len(raw):
        prefix = raw[at]
        if prefix == 0xFE:
            at += 3 + (raw[at + 1] if at + 1 < len(raw) else 0)
            continue
        size = (0, 1, 2, 4)[prefix & 3]
        yield prefix & 0xFC, int.from_bytes(raw[at + 1 : at + 1 + size], "little")
        at += 1 + size


def _spread(report_id: int, usages: list[int], start: int, size: int, count: int) -> list[Field]:
    """Fields of one Input item: each usage one element, the last one all that is left (HID 1.11, 6.2.2.8)."""
    fields = []
    for index, usage in enumerate(usages[:count]):
        is_last = index == min(len(usages), count) - 1
        fields.append(Field(report_id, usage, start + index * size, size, count - index if is_last else 1))
    return fields


def layouts_of(descriptor: Descriptor, vendor: int = 0, product: int = 0) -> dict[int, Layout]:
    """Report id to layout, for the reports that carry codes."""
    numbered = any(field.report_id for field in descriptor.fields)
    found = {}
    for report_id in {field.report_id for field in descriptor.fields}:
        mine = [field for field in descriptor.fields if field.report_id == report_id]
        data = next((field for field in mine if field.usage == _DATA and field.bit_size == 8), None)
        if data is not None:
            found[report_id] = _layout_of(mine, data, int(numbered))
    return found or QUIRKS.get((vendor, product)) or QUIRKS.get((vendor, None)) or _USUAL


def _layout_of(fields: list[Field], data: Field, id_bytes: int) -> Layout:
    bit_of = {field.usage: field.bit_at for field in reversed(fields)}
    length_bit, continued_bit = bit_of.get(_BYTE_COUNT), bit_of.get(_CONTINUED)
    aim_bits = [bit_of.get(usage) for usage in _AIM_USAGES]
    has_aim = aim_bits[0] is not None and aim_bits == [aim_bits[0] + step for step in (0, 8, 16)]
    return Layout(
        data_at=data.bit_at // 8 + id_bytes,
        data_size=data.count,
        length_at=None if length_bit is None else length_bit // 8 + id_bytes,
        aim_at=aim_bits[0] // 8 + id_bytes if has_aim and aim_bits[0] is not None else None,
        continued_at=None if continued_bit is None else continued_bit // 8 + id_bytes,
        continued_mask=1 << (continued_bit or 0) % 8,
    )


def record(payload: bytes) -> bytes:
    """One record of the stream."""
    return RECORD.pack(len(payload)) + payload


def card(vendor: int, product: int, descriptor: bytes) -> bytes:
    """The first record: who the scanner is and how its reports are made."""
    return record(_CARD.pack(vendor, product) + descriptor[:_DESCRIPTOR_BYTES_MAX])


class HidPosCodec:
    """Records in, reads out. One per link; the device's card comes first."""

    def __init__(self, strip_aim: bool = True, prefix: str = "") -> None:
        self._strip_aim = strip_aim
        self._prefix = prefix
        self._bytes = b""
        self._layouts: dict[int, Layout] | None = None
        self._partial = bytearray()
        self._aim = _NO_AIM
        self._begun = False
        self._spoiled = False

    @property
    def pending(self) -> bool:
        """True while a code goes on in a report that has not come yet."""
        return self._begun

    def feed(self, received: bytes) -> list[Read | Damaged]:
        self._bytes += received
        found: list[Read | Damaged] = []
        while len(self._bytes) >= RECORD.size:
            (size,) = RECORD.unpack_from(self._bytes)
            if len(self._bytes) < RECORD.size + size:
                break
            payload, self._bytes = self._bytes[RECORD.size : RECORD.size + size], self._bytes[RECORD.size + size :]
            if self._layouts is None:
                self._meet(payload)
            else:
                found += self._report(payload)
        return found

    def expire(self, reason: str = "timeout") -> list[Read | Damaged]:
        """Drop what has begun; a code already reported as damaged is not reported twice."""
        damaged: list[Read | Damaged] = [Damaged(reason)] if self._begun and not self._spoiled else []
        self._forget()
        return damaged

    def _meet(self, payload: bytes) -> None:
        if len(payload) >= _CARD.size:
            vendor, product = _CARD.unpack_from(payload)
            self._layouts = layouts_of(parse_descriptor(payload[_CARD.size :]), vendor, product)
        else:
            self._layouts = _USUAL

    def _report(self, report: bytes) -> list[Read | Damaged]:
        layouts = self._layouts or {}
        layout = layouts.get(0) or layouts.get(report[0] if report else 0)
        if layout is None or not report:  # battery, trigger, status: not a code
            return []
        found: list[Read | Damaged] = []
        aim = self._aim_of(report, layout)
        if self._begun and aim not in (_NO_AIM, self._aim):  # another label: the rest of the last one never came
            found += self.expire("truncated")
        if not self._begun:
            self._begun, self._aim = True, aim
        data = _data_of(report, layout)
        if data is None:
            found += self._spoil("truncated")
        elif len(self._partial) + len(data) > _CODE_BYTES_MAX:
            found += self._spoil("too_long")
        else:
            self._partial += data
        return found if _is_continued(report, layout, data is None) else found + self._end()

    def _aim_of(self, report: bytes, layout: Layout) -> bytes:
        aim = report[layout.aim_at : layout.aim_at + 3] if layout.aim_at is not None else b""
        return aim if len(aim) == 3 and aim[:1] == b"]" and aim[1:].isalnum() and aim.isascii() else _NO_AIM

    def _spoil(self, reason: str) -> list[Read | Damaged]:
        first, self._spoiled = not self._spoiled, True
        self._partial.clear()
        return [Damaged(reason)] if first else []

    def _end(self) -> list[Read | Damaged]:
        raw, aim, spoiled = bytes(self._partial).rstrip(_ENDS), self._aim, self._spoiled
        self._forget()
        if spoiled or not raw:
            return []
        text = decode(raw).removeprefix(self._prefix)
        if aim == _NO_AIM:
            judged = accept(text, self._strip_aim)
        else:  # the identifier came beside the data: what looks like one in the data belongs to the code
            judged = accept(text, False)
            if isinstance(judged, Read):
                judged = Read(judged.text, aim[1:].decode("ascii"))
        return [] if judged is None else [judged]

    def _forget(self) -> None:
        self._partial.clear()
        self._aim = _NO_AIM
        self._begun = self._spoiled = False


def _data_of(report: bytes, layout: Layout) -> bytes | None:
    """The code's bytes in this report; None when the report cannot be whole."""
    room = report[layout.data_at : layout.data_at + layout.data_size]
    if layout.length_at is None:
        data = room.rstrip(b"\0")
    elif layout.length_at < len(report) and report[layout.length_at] <= len(room):
        data = room[: report[layout.length_at]]
    else:
        return None
    if layout.continued_at is not None and layout.continued_at >= len(report) and len(data) >= layout.data_size:
        return None  # full, and the bit that says whether more comes is cut off
    return data


def _is_continued(report: bytes, layout: Layout, is_cut: bool) -> bool:
    """True while more belongs to this code; also where the bit was cut off: what comes next may be the rest of it."""
    at = layout.continued_at
    if at is None:
        return False
    return bool(report[at] & layout.continued_mask) if at < len(report) else is_cut
