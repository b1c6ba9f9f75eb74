"""The page's open line: pictures of the kiosk and the state of the bench go out, touches and keys come in.

Out: binary messages are patches of the picture (`VirtualDisplay.patch`), text messages the state as JSON. Nothing is
sent while nothing changes. In: `{"touch": "down", "x": 1, "y": 2}` or `{"key": "a"}`. Each page has its own line and
goes at its own pace: a slow one gets fewer pictures.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Annotated, Final

import msgspec
from aiohttp import WSMsgType, web
from msgspec import Meta

from appliance.demo.bench.refusal import read_order, refusal_fields
from appliance.demo.display import VirtualDisplay
from appliance.demo.hands import MOVES, Hands
from appliance.domain.errors import Refusal

FRAME_S: Final = 1 / 14
STATE_EVERY: Final = 2
"""The state is looked at with every second frame."""
MESSAGE_BYTES_MAX: Final = 4_096


class Gesture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    touch: str | None = None
    """`down`, `move` or `up`."""
    x: int = 0
    y: int = 0
    key: Annotated[str, Meta(max_length=16)] | None = None


class Screen:
    """The kiosk's virtual display with hands on it; refuses what is outside."""

    def __init__(self, display: VirtualDisplay, hands: Hands) -> None:
        self.display = display
        self._hands = hands

    def act(self, gesture: Gesture) -> None:
        """Raises Refusal."""
        if gesture.key is not None:
            self.type([gesture.key])
        if gesture.touch is None:
            return
        self.check(gesture.x, gesture.y)
        move = next((move for move in MOVES if move == gesture.touch), None)
        if move is None:
            raise Refusal("bench.touch.move")
        self._hands.touch(move, gesture.x, gesture.y)

    def tap(self, x: int, y: int) -> None:
        """Raises Refusal."""
        self.check(x, y)
        self._hands.tap(x, y)

    def type(self, keys: Sequence[str]) -> None:
        """Press keys one after the other. Raises Refusal at the first one that is none."""
        for key in keys:
            if not self._hands.type(key):
                raise Refusal("bench.key", key=key)

    def check(self, x: int, y: int) -> None:
        width, height = self.display.width, self.display.height
        if not (0 <= x < width and 0 <= y < height):
            raise Refusal("bench.touch.outside", width=width, height=height)


async def serve_line(
    request: web.Request, screen: Screen | None, state: Callable[[], msgspec.Struct]
) -> web.StreamResponse:
    """One page's line, until it closes."""
    line = web.WebSocketResponse(max_msg_size=MESSAGE_BYTES_MAX, heartbeat=20)
    await line.prepare(request)
    with contextlib.suppress(ConnectionResetError):
        async with asyncio.TaskGroup() as group:
            out = group.create_task(_send(line, screen, state), name="bench line out")
            await _receive(line, screen)
            out.cancel()
    return line


async def _send(line: web.WebSocketResponse, screen: Screen | None, state: Callable[[], msgspec.Struct]) -> None:
    shown: bytes | None = None
    told = b""
    turn = 0
    with contextlib.suppress(ConnectionResetError):
        while not line.closed:
            if turn % STATE_EVERY == 0 and (now := msgspec.json.encode(state())) != told:
                told = now
                await line.send_str(now.decode())
            if screen is not None and (frame := screen.display.frame()) != shown:
                await line.send_bytes(await asyncio.to_thread(screen.display.patch, shown, frame))
                shown = frame
            turn += 1
            await asyncio.sleep(FRAME_S)


async def _receive(line: web.WebSocketResponse, screen: Screen | None) -> None:
    async for message in line:
        if message.type is not WSMsgType.TEXT:
            continue
        try:
            gesture = read_order(message.data, Gesture)
            if screen is None:
                raise Refusal("bench.screen.none")
            screen.act(gesture)
        except Refusal as refusal:
            await line.send_str(msgspec.json.encode({"refused": refusal_fields(refusal)}).decode())
