"""How the bench refuses: every wrong request gets a code, a French sentence and the fitting HTTP status."""

import tomllib
from collections.abc import Awaitable, Callable
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

import msgspec
from aiohttp import web

from appliance.domain.errors import Refusal

_FILE: Final = Path(__file__).parent / "sentences.toml"
_STATUS: Final = {
    "bench.origin": 403,
    "bench.unknown": 404,
    "bench.action": 404,
    "bench.paper.unknown": 404,
    "bench.process.unknown": 404,
    "bench.method": 405,
    "bench.too_large": 413,
    "bench.screen.real": 409,
    "bench.screen.none": 409,
    "bench.scanner.unplugged": 409,
    "bench.terminal.idle": 409,
    "bench.terminal.reader_off": 409,
    "bench.process.away": 409,
}
"""Everything else is 400."""
_OF_HTTP: Final = {404: "bench.unknown", 405: "bench.method", 413: "bench.too_large"}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
T = TypeVar("T")


@lru_cache(maxsize=1)
def sentences() -> dict[str, str]:
    """Sentences by code."""
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def refusal_fields(refusal: Refusal) -> dict[str, str]:
    """What the page is told."""
    return {"code": refusal.code, "message": sentences()[refusal.code].format_map(refusal.params)}


@web.middleware
async def refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn refusals into answers, and keep other web pages out (they may send requests to this machine, too)."""
    try:
        _check_origin(request)
        return await handler(request)
    except Refusal as refusal:
        return answer(refusal_fields(refusal), _STATUS.get(refusal.code, 400))
    except web.HTTPException as error:
        code = _OF_HTTP.get(error.status)
        if code is None:
            raise
        return answer(refusal_fields(Refusal(code, path=request.path[:80])), error.status)


async def order(request: web.Request, kind: type[T]) -> T:
    """The JSON body of a request as `kind`; an empty body is an empty object. Raises Refusal."""
    return read_order(await request.read() or b"{}", kind)


def read_order(body: bytes | str, kind: type[T]) -> T:
    """JSON as `kind`; raises Refusal."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal("bench.body", reason=str(error)[:200]) from error


def answer(fields: object, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(fields), status=status, content_type="application/json")


def _check_origin(request: web.Request) -> None:
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise Refusal("bench.origin")
