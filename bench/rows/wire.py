"""Row 9: a round trip over the kiosk's socket, beside blocking sockets that neither read nor write a message."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from appliance.protocol import command as c
from appliance.protocol import message as m
from bench.measure import Block, in_turn, now_ns
from bench.plan import Plan
from bench.result import Result, figures
from bench.shop import folder

SMALL, LARGE = 200, 20_000


@contextmanager
def forked(work: Any, *parts: Any) -> Iterator[None]:
    """The other end in a process of its own; ends with the block."""
    child = os.fork()
    if child == 0:
        try:
            work(*parts)
        finally:
            os._exit(0)
    try:
        yield
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


def echo(path: Path) -> None:
    """The limit's other end: answers 200 bytes with as many bytes as their first five digits say."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()
    line, _ = server.accept()
    while heard := line.recv(1 << 18):
        line.sendall(b"x" * int(heard[:5]))


def serve(path: Path, view: Any) -> None:
    """Our server, with a till that answers at once; a note's name of one letter also pushes the view."""
    from appliance.daemon.server import Server

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            server = Server(path, "bench")
            await server.open(group)

            def submit(order: m.Order) -> m.Answer:
                if isinstance(order.command, c.NameTicket) and len(order.command.name) == 1:
                    server.changed()
                return m.Answer(order.id, True, 1, "", {"echo": "x" * 100})

            server.ready(submit, lambda: view)
            await asyncio.Event().wait()

    asyncio.run(main())


def connected(path: Path) -> socket.socket:
    """Raises ConnectionError when nobody listens within two seconds."""
    end = now_ns() + 2 * 10**9
    while now_ns() < end:
        line = socket.socket(socket.AF_UNIX)
        try:
            line.connect(str(path))
            return line
        except OSError:
            line.close()
    raise ConnectionError(path)


def raw(line: socket.socket, size: int, count: int) -> Block:
    request = f"{size:05d}".encode().ljust(SMALL, b"x")

    def block() -> Sequence[int]:
        taken = []
        for _ in range(count):
            began = now_ns()
            line.sendall(request)
            left = size
            while left:
                left -= len(line.recv(1 << 18))
            taken.append(now_ns() - began)
        return taken

    return block


def spoken(line: socket.socket, name: str, messages: int, count: int) -> Block:
    """An order out, its answer (and the view) in, both as typed objects."""
    order = m.Order("o" * 64, c.NameTicket(1, name))

    def block() -> Sequence[int]:
        taken = []
        for _ in range(count):
            began = now_ns()
            line.sendall(m.encode(order))
            heard = b""
            while heard.count(b"\n") < messages:
                heard += line.recv(1 << 18)
            for each in heard.splitlines():
                m.read_from_daemon(each)
            taken.append(now_ns() - began)
        return taken

    return block


def big_view() -> Any:
    """A recorded view, its ticket made longer until the line has about 20 kB."""
    from bench.frames import recorded

    view = recorded("05d-quarante-lignes")
    assert view.ticket is not None
    lines = view.ticket.lines
    while len(m.encode(m.Shown(view))) < LARGE:
        lines = (*lines, *lines[:5])
        view = msgspec.structs.replace(view, ticket=msgspec.structs.replace(view.ticket, lines=lines))
    return view


def round_trip(plan: Plan) -> list[Result]:
    """Row 9: 200 bytes each way; 200 bytes out and a view of 20 kB in."""
    view = big_view()
    size = len(m.encode(m.Shown(view)))
    count = plan.count(500)
    sys.stdout.flush()
    with folder() as where, forked(echo, where / "e"), forked(serve, where / "s", view):
        plain, ours = connected(where / "e"), connected(where / "s")
        ours.sendall(m.encode(m.Hello(m.VERSION)))
        heard = b""
        while b"Shown" not in heard or not heard.endswith(b"\n"):
            heard += ours.recv(1 << 18)
        small = {"sockets, 200 B": raw(plain, SMALL, count), "order and answer": spoken(ours, "t" * 40, 1, count)}
        large = {f"sockets, {size} B": raw(plain, size, count), "order, answer and view": spoken(ours, "t", 2, count)}
        found = in_turn(small | large, plan.rounds)
        plain.close()
        ours.close()
    return [
        _wire_result("200 B", {what: found[what] for what in small}, 1.8, plan),
        _wire_result("20 kB", {what: found[what] for what in large}, 13, plan),
    ]


def _wire_result(what: str, found: Any, goal: float, plan: Plan) -> Result:
    limit, mine = found
    ratio = found[mine].ratio(found[limit])
    p99 = found[mine].p99_ratio(found[limit])
    return Result(
        9, f"socket round trip {what}", f"≤ {goal}x", ratio, p99, plan.rounds, ratio <= goal, figures(found, limit)
    )
