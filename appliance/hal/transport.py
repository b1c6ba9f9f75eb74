"""Bytes to and from a device, whatever the wire: one URL, one `Transport`.

Hides sockets, serial lines, USB printer nodes and input nodes. A transport is used once: when the link is lost it
stays lost and the supervisor opens another.

Errors:
    DeviceFault(reason)         opening failed; the reason says what a person could do
    └── LinkLost(reason)        an open link ended; nothing written after the last `write` is known to have arrived
"""

import asyncio
import errno
import fcntl
import logging
import os
import re
import socket
import stat
import struct
import termios
from typing import Any

from appliance.hal.address import Address
from appliance.hal.device import FaultReason
from appliance.hal.scanner.hidpos import card, record

log = logging.getLogger(__name__)

READ_BYTES_MAX = 65_536
USER_TIMEOUT_MS = 5_000
_EVIOCGRAB = 0x40044590
_EVIOCSCLOCKID = 0x400445A0
_HIDIOCGRDESCSIZE = 0x80044801
_HIDIOCGRDESC = 0x90044802
_HIDIOCGRAWINFO = 0x80084803
_DESCRIPTOR_BYTES_MAX = 4_096
_CLOSE_TIMEOUT_S = 2.0
_EMPTY_READ_PAUSE_S = 0.05
_FAULT_OF_ERRNO = {
    errno.EACCES: FaultReason.NO_PERMISSION,
    errno.EPERM: FaultReason.NO_PERMISSION,
    errno.EBUSY: FaultReason.BUSY,
    errno.EAGAIN: FaultReason.BUSY,  # flock: pyserial's exclusive mode, and ours
    errno.ENOTTY: FaultReason.MISCONFIGURED,  # something else than was named stands there
}


class DeviceFault(Exception):
    """The device cannot be used, and why."""

    def __init__(self, reason: FaultReason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail


class LinkLost(DeviceFault):
    """The link to an opened device ended."""


def fault_of(error: OSError, otherwise: FaultReason) -> FaultReason:
    """The reason behind an operating system error. pyserial hides the number in the error behind it."""
    behind = error.__context__
    hidden = behind.args[0] if isinstance(behind, OSError | termios.error) and behind.args else 0
    number = error.errno or hidden
    return _FAULT_OF_ERRNO.get(number, otherwise)


class Transport:
    """An open link. `read` and `write` may run at the same time, one of each."""

    gone = FaultReason.UNPLUGGED
    """What the loss of such a link means."""
    address = Address("")
    """What was opened: the node itself, where the role named it by its properties."""

    def __init__(self) -> None:
        self._arrived = bytearray()
        self._lost: LinkLost | None = None
        self._waiter: asyncio.Future[None] | None = None

    async def read(self, timeout_s: float | None = None) -> bytes:
        """Whatever arrived, at least one byte; empty only when `timeout_s` passed in silence. Raises LinkLost after
        the last byte was handed out."""
        if not self._arrived and self._lost is None:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await asyncio.wait((self._waiter,), timeout=timeout_s)
            finally:
                self._waiter = None
        if self._arrived:
            taken = bytes(self._arrived)
            self._arrived.clear()
            self._flow(READ_BYTES_MAX)
            return taken
        if self._lost is not None:
            raise self._lost
        return b""

    @property
    def lost(self) -> bool:
        """True once the link ended, even if nobody has read so far."""
        return self._lost is not None

    async def write(self, payload: bytes) -> None:
        """Hand all bytes to the kernel; waits while the device does not take them. Raises LinkLost."""
        raise NotImplementedError

    async def emptied(self) -> None:
        """Wait until nothing of what was written before waits on our side. Ends at once when the link is lost."""

    def set_speed(self, baud: int) -> None:
        """Read a serial line at another speed from now on; nothing on any other link."""

    def be_patient(self, patient: bool) -> None:
        """True while the device holds our bytes for a known reason: silence must not end the link then."""

    def abort(self) -> None:
        """End the link at once, from either side's point of view. May be called often."""
        raise NotImplementedError

    async def closed(self) -> None:
        """After `abort`: wait until the device is free for the next opener, at most two seconds."""

    def _take(self, received: bytes) -> None:
        self._arrived += received
        if len(self._arrived) >= READ_BYTES_MAX:
            self._flow(0)
        self._wake()

    def _lose(self, detail: object = "") -> None:
        if self._lost is None:
            self._lost = LinkLost(self.gone, str(detail))
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _flow(self, room: int) -> None:
        """Called with 0 when nobody reads fast enough, with more when there is room again."""


class _StreamTransport(Transport, asyncio.Protocol):
    """Over an asyncio transport: TCP, Unix socket, serial line."""

    def __init__(self, gone: FaultReason) -> None:
        Transport.__init__(self)
        self.gone = gone
        self._under: Any = None  # asyncio.Transport, or pyserial-asyncio-fast's without types
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._paused = False
        self.made = asyncio.Event()
        self._freed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._under = transport
        self._under.set_write_buffer_limits(high=0)
        self.made.set()

    def data_received(self, received: bytes) -> None:
        self._take(received)

    def connection_lost(self, error: Exception | None) -> None:
        self._lose(error or "closed by the device")
        self._may_write.set()
        self._freed.set()

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    async def write(self, payload: bytes) -> None:
        if self._lost is None:
            self._under.write(payload)
            await self._may_write.wait()
        if self._lost is not None:
            raise self._lost

    async def emptied(self) -> None:
        await self._may_write.wait()

    def set_speed(self, baud: int) -> None:
        line = getattr(self._under, "serial", None)
        if line is not None and self._lost is None:
            try:
                line.baudrate = baud
            except (OSError, termios.error) as error:  # pulled out meanwhile, or an adapter without this speed
                log.info("speed %d: %s", baud, error)

    def be_patient(self, patient: bool) -> None:
        # A zero TCP window counts as unanswered for TCP_USER_TIMEOUT, and a printer without paper closes its window.
        sock = self._under.get_extra_info("socket") if self._lost is None else None
        if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 0 if patient else USER_TIMEOUT_MS)

    def abort(self) -> None:
        if self._lost is None:
            self._lose("given up")
            self._may_write.set()
            if not self._under.is_closing():
                self._under.abort()  # never close(): it would wait for a device that does not read

    async def closed(self) -> None:
        try:
            await self._until_freed()
        except asyncio.CancelledError:
            await self._until_freed()  # half closed it would still be busy for the next opener
            raise

    async def _until_freed(self) -> None:
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):  # tcdrain may hang (pyserial-asyncio-fast issue 33)
                await self._freed.wait()
        except TimeoutError:
            log.warning("a device did not close; going on without it")

    def _flow(self, room: int) -> None:
        pause = room == 0
        if pause != self._paused and self._lost is None:
            self._paused = pause
            self._under.pause_reading() if pause else self._under.resume_reading()


class _FileTransport(Transport):
    """Over a non-blocking file descriptor: USB printer class nodes, input nodes, FIFOs."""

    def __init__(self, fd: int, end_on_empty: bool) -> None:
        super().__init__()
        self._fd = fd
        self._end_on_empty = end_on_empty
        self._writable: asyncio.Future[None] | None = None
        self._turn = asyncio.Lock()  # a pulse must not land inside a job's bytes
        self._loop = asyncio.get_running_loop()
        try:
            self._loop.add_reader(fd, self._on_readable)
        except PermissionError:  # epoll: it is always readable, such as a file or /dev/null
            os.close(fd)
            raise DeviceFault(FaultReason.MISCONFIGURED, "not a device that can be waited for") from None

    def _on_readable(self) -> None:
        try:
            received = os.read(self._fd, 4_096)
        except BlockingIOError:
            return
        except OSError as error:  # ENODEV comes before udev's remove event
            self._end(error)
            return
        if received:
            self._take(received)
        elif self._end_on_empty:
            self._end("end of stream")
        else:  # some USB printers answer every poll with an empty packet: do not spin
            self._loop.remove_reader(self._fd)
            self._loop.call_later(_EMPTY_READ_PAUSE_S, self._listen)

    def _listen(self) -> None:
        if self._fd >= 0:
            self._loop.add_reader(self._fd, self._on_readable)

    async def write(self, payload: bytes) -> None:
        async with self._turn:
            await self._write(memoryview(payload))

    async def emptied(self) -> None:
        async with self._turn:
            pass

    async def _write(self, rest: memoryview) -> None:
        while rest:
            if self._lost is not None:
                raise self._lost
            try:
                rest = rest[os.write(self._fd, rest) :]
            except BlockingIOError:
                await self._until_writable()
            except OSError as error:
                self._end(error)

    async def _until_writable(self) -> None:
        self._writable = self._loop.create_future()
        self._loop.add_writer(self._fd, self._set_writable)
        try:
            await self._writable
        finally:
            self._writable = None
            if self._fd >= 0:
                self._loop.remove_writer(self._fd)

    def _set_writable(self) -> None:
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)

    def abort(self) -> None:
        self._end("given up")

    def _end(self, detail: object) -> None:
        self._lose(detail)
        self._set_writable()
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            self._loop.remove_writer(self._fd)
            os.close(self._fd)
            self._fd = -1

    def _flow(self, room: int) -> None:
        if self._fd >= 0:
            self._listen() if room else self._loop.remove_reader(self._fd)


class _ReportTransport(_FileTransport):
    """Over a hidraw node: each report is one read, and is handed on as one record so that no border is lost."""

    def __init__(self, fd: int, card: bytes) -> None:
        super().__init__(fd, end_on_empty=True)
        super()._take(card)

    def _take(self, received: bytes) -> None:
        super()._take(record(received))


async def open_transport(address: Address, *, shared: bool = False) -> Transport:
    """Open the link; raises DeviceFault. Takes no longer than the device: bound it with a timeout.

    `shared`: listen to a keyboard without taking its keys from the rest of the system.
    """
    link = await _open(address, shared)
    link.address = address
    return link


async def _open(address: Address, shared: bool) -> Transport:
    if address.path.startswith("/"):
        _refuse_file(address)
    match address.scheme:
        case "tcp":
            return await _open_tcp(address)
        case "hidraw":
            return _open_hidraw(address.path)
        case "serial":
            return await _open_serial(address)
        case "usblp":
            return _FileTransport(_open_node(address.path, os.O_RDWR), end_on_empty=False)
        case "evdev":
            return _open_evdev(address.path, shared)
        case "evstream" | "hidstream":
            return await _open_stream(address.path)
    raise DeviceFault(FaultReason.MISCONFIGURED, f"no transport for {address.scheme}")


def _refuse_file(address: Address) -> None:
    """What stands there and is no device is a wrong address, not one that is away."""
    try:
        mode = os.stat(address.path).st_mode
    except OSError:
        return  # opening says why
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISBLK(mode):
        raise DeviceFault(FaultReason.MISCONFIGURED, f"{address.path} is no {address.scheme} device")


async def _open_tcp(address: Address) -> Transport:
    loop = asyncio.get_running_loop()
    try:
        under, link = await loop.create_connection(
            lambda: _StreamTransport(FaultReason.UNREACHABLE), address.host, address.port
        )
    except OSError as error:
        raise DeviceFault(FaultReason.UNREACHABLE, str(error)) from None
    sock = under.get_extra_info("socket")
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 5)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 2)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
    return link


async def _open_serial(address: Address) -> Transport:
    import serial_asyncio_fast  # late: a till without a serial device never loads it

    loop = asyncio.get_running_loop()
    try:
        _, link = await serial_asyncio_fast.create_serial_connection(
            loop,
            lambda: _StreamTransport(FaultReason.UNPLUGGED),
            address.path,
            baudrate=address.number("baud", 9_600, 1_200, 1_000_000),
            exclusive=True,
        )
    except OSError as error:  # SerialException is one
        raise DeviceFault(fault_of(error, FaultReason.UNPLUGGED), f"{address.path}: {error}") from None
    except termios.error as error:  # no OSError: pulled out while it was being set up, and pyserial lets it through
        raise DeviceFault(FaultReason.UNPLUGGED, str(error)) from None
    assert isinstance(link, _StreamTransport)
    await link.made.wait()  # this library calls connection_made after it has handed out the link
    return link


def _open_node(path: str, mode: int) -> int:
    try:
        return os.open(path, mode | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise DeviceFault(fault_of(error, FaultReason.UNPLUGGED), str(error)) from None


def _open_hidraw(path: str) -> Transport:
    """The scanner's card from sysfs, or from the node itself where sysfs does not show it (linux/hidraw.h)."""
    fd = _open_node(path, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the kernel would tell each code to every till that reads
        found = _card_in_sysfs(os.path.basename(os.path.realpath(path))) or _card_of_node(fd)
    except OSError as error:
        os.close(fd)
        raise DeviceFault(fault_of(error, FaultReason.MISCONFIGURED), f"{path}: {error}") from None
    return _ReportTransport(fd, found)


def _card_in_sysfs(name: str) -> bytes | None:
    folder = f"/sys/class/hidraw/{name}/device"
    try:
        with open(f"{folder}/report_descriptor", "rb") as file:
            descriptor = file.read(_DESCRIPTOR_BYTES_MAX)
        with open(f"{folder}/uevent") as file:
            identity = re.search(r"^HID_ID=[0-9A-F]+:([0-9A-F]+):([0-9A-F]+)$", file.read(4_096), re.MULTILINE)
    except OSError:
        return None
    vendor, product = (int(number, 16) & 0xFFFF for number in identity.groups()) if identity else (0, 0)
    return card(vendor, product, descriptor)


def _card_of_node(fd: int) -> bytes:
    """HIDIOCGRDESCSIZE, HIDIOCGRDESC, HIDIOCGRAWINFO; raises OSError for what is no hidraw node."""
    (size,) = struct.unpack("i", fcntl.ioctl(fd, _HIDIOCGRDESCSIZE, bytes(4)))
    answer = bytearray(struct.pack("I", size) + bytes(_DESCRIPTOR_BYTES_MAX))
    fcntl.ioctl(fd, _HIDIOCGRDESC, answer)
    _, vendor, product = struct.unpack("IHH", fcntl.ioctl(fd, _HIDIOCGRAWINFO, bytes(8)))
    return card(vendor, product, bytes(answer[4 : 4 + size]))


def _open_evdev(path: str, shared: bool) -> Transport:
    """Open and, unless shared, grab: from here on nobody else sees these keys (EVIOCGRAB, linux/input.h)."""
    fd = _open_node(path, os.O_RDONLY)
    try:
        if not shared:
            fcntl.ioctl(fd, _EVIOCGRAB, 1)
        fcntl.ioctl(fd, _EVIOCSCLOCKID, struct.pack("i", 1))  # CLOCK_MONOTONIC: gaps survive a clock change
    except OSError as error:
        os.close(fd)
        raise DeviceFault(fault_of(error, FaultReason.MISCONFIGURED), f"{path}: {error}") from None
    return _FileTransport(fd, end_on_empty=True)


async def _open_stream(path: str) -> Transport:
    try:
        is_socket = stat.S_ISSOCK(os.stat(path).st_mode)
        if is_socket:
            loop = asyncio.get_running_loop()
            _, link = await loop.create_unix_connection(lambda: _StreamTransport(FaultReason.UNPLUGGED), path)
            return link
    except OSError as error:
        raise DeviceFault(fault_of(error, FaultReason.UNPLUGGED), str(error)) from None
    return _FileTransport(_open_node(path, os.O_RDONLY), end_on_empty=True)
