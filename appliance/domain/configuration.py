"""Signed documents of settings and what becomes of each: a machine without hands.

    received -> verified -> validated -> staged -> (no open ticket, drawer closed) -> applied -> healthy -> current
                                                                                 \\-> rolled_back(reason)

Every transition lives here. Signatures, disk and clock are the caller's: `now` is UTC, ISO 8601 with milliseconds, so
times compare as text. A document that is refused changes nothing; one that does not do well goes back to the last good
one by itself, also when the process dies of it (sync.md, section 3.6).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from appliance.domain import settings
from appliance.domain.errors import Refusal
from appliance.domain.settings import NOTHING, Levels

VERSION: Final = 1
HEALTH_S: Final = 120
"""A document that was applied is watched for so long."""
CRASH_S: Final = 300
CRASHES: Final = 3
"""So many crashes within `CRASH_S` of an apply, and the till starts with the document before."""
STARTS: Final = "crashes"

State = Literal["none", "staged", "applied", "current", "rolled_back", "refused"]
"""What head office is told. *Received*, *verified*, *validated* and *healthy* last no longer than a call."""
Stamp = Annotated[str, Meta(max_length=32)]


class Document(msgspec.Struct, frozen=True, omit_defaults=True):
    """What head office signs. `target` is a till, or a group of tills that this one belongs to."""

    v: int
    chain: str
    target: str
    version: Annotated[int, Meta(ge=1, le=2**53)]
    not_before: Stamp = ""
    """UTC; "" at once."""
    expires: Stamp = ""
    """UTC: not begun to be applied at or after it; "" never."""
    body: Levels = NOTHING
    keys: Annotated[tuple[str, ...], Meta(max_length=2)] = ()
    """Public keys (hex) pinned from now on instead of those that it was verified with; () leaves them."""
    author: Annotated[str, Meta(max_length=80)] = ""
    """Who pushed it, for the history."""


class Body(Levels, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The body as it travels: the levels, and what concerns the document itself."""

    keys: Annotated[tuple[str, ...], Meta(max_length=2)] = ()
    author: Annotated[str, Meta(max_length=80)] = ""

    def levels(self) -> Levels:
        return Levels(self.chain, self.establishment, self.point_of_sale, self.till)


class Identity(msgspec.Struct, frozen=True):
    """Whose documents this till takes."""

    chain: str = ""
    """"" while it belongs to none."""
    targets: tuple[str, ...] = ()
    """Its id at head office first, then the groups it belongs to."""
    keys: tuple[str, ...] = ()
    """Pinned public keys (hex): current, recovery."""


class Adoption(msgspec.Struct, frozen=True, omit_defaults=True):
    """What of head office's documents lives on this till. Everything that must survive a restart."""

    identity: Identity = Identity()
    enrolled_keys: tuple[str, ...] = ()
    """Those that were told at the enrolment; `identity` has those that are pinned now."""
    highest: int = 0
    """Newest version that was ever staged; none at or below it is taken again."""
    current: Document | None = None
    previous: Document | None = None
    """The last good one before `current`."""
    staged: Document | None = None
    state: State = "none"
    version: int = 0
    """The one that `state` and `reason` speak of."""
    reason: str = ""
    params: dict[str, str | int] = {}
    received_at: str = ""
    applied_at: str = ""
    moment: str = ""
    """Local time up to which later changes were taken over."""
    starts: int = 0
    """Starts of the process since the apply without an orderly end before them."""
    is_watched: bool = False


def joined(adoption: Adoption, identity: Identity) -> Adoption:
    """The till belongs to this chain. Told again at every start, it leaves keys that came with a document since; in
    another chain everything begins anew."""
    known = adoption.identity
    if identity.chain != known.chain:
        return Adoption(identity=identity, enrolled_keys=identity.keys)
    if identity.keys == adoption.enrolled_keys:
        return replace(adoption, identity=replace(identity, keys=known.keys))
    return replace(adoption, identity=identity, enrolled_keys=identity.keys)


def levels_of(adoption: Adoption) -> Levels:
    """What head office says now."""
    return NOTHING if adoption.current is None else adoption.current.body


# --- coming in ------------------------------------------------------------------------------------------------------


def admit(adoption: Adoption, document: Document, now: str) -> None:
    """Whether an authentic document is for this till and this time. Raises Refusal with its code."""
    if document.v != VERSION:
        raise Refusal("settings.form", version=document.v)
    identity = adoption.identity
    if document.chain != identity.chain or document.target not in identity.targets:
        raise Refusal("settings.foreign", version=document.version)
    if document.version == adoption.highest:
        raise Refusal("settings.replayed", version=document.version)
    if document.version < adoption.highest:
        raise Refusal("settings.older", version=document.version)
    for stamp in (document.not_before, document.expires):
        if stamp:
            _instant(stamp, document.version)
    if document.expires and _instant(document.expires, document.version) <= _instant(now, 0):
        raise Refusal("settings.expired", version=document.version)
    if any(len(key) != 64 or set(key) - set("0123456789abcdef") for key in document.keys):
        raise Refusal("settings.value", key="keys")


def validate(document: Document, profile: str) -> None:
    """Types and rules of everything it says. Raises Refusal."""
    settings.check_levels(document.body, profile)


def stage(adoption: Adoption, document: Document, now: str) -> Adoption:
    """An admitted and validated document waits for its time and for the end of the ticket; a newer one replaces it."""
    identity = adoption.identity
    if document.keys:
        identity = replace(identity, keys=document.keys)
    return replace(
        adoption, identity=identity, highest=document.version, staged=document, state="staged",
        version=document.version, reason="", params={}, received_at=now,
    )  # fmt: skip


def refuse(adoption: Adoption, refusal: Refusal, version: int = 0) -> Adoption:
    """What head office is told of a document that was not taken; one that waits goes on waiting."""
    return replace(adoption, state="refused", version=version, reason=refusal.code, params=dict(refusal.params))


# --- taking over ----------------------------------------------------------------------------------------------------


def expire(adoption: Adoption, now: str) -> Adoption:
    """A document whose end came before it could be applied is gone."""
    staged = adoption.staged
    if staged is None or not staged.expires or _instant(now, 0) < _instant(staged.expires, 0):
        return adoption
    return replace(refuse(adoption, Refusal("settings.expired", version=staged.version), staged.version), staged=None)


def is_due(adoption: Adoption, now: str) -> bool:
    """Whether the document that waits may be applied once nobody is in the middle of a ticket."""
    staged = adoption.staged
    if staged is None:
        return False
    return not staged.not_before or _instant(staged.not_before, 0) <= _instant(now, 0)


def apply(adoption: Adoption, now: str, local_time: str) -> Adoption:
    """The document that waited holds from here on, and is watched. A current one that was still watched never becomes
    what one falls back on."""
    assert adoption.staged is not None
    good = adoption.previous if adoption.is_watched else adoption.current
    return replace(
        adoption, current=adoption.staged, previous=good, staged=None, state="applied",
        version=adoption.staged.version, reason="", params={}, applied_at=now, moment=local_time, starts=0,
        is_watched=True,
    )  # fmt: skip


def is_over(adoption: Adoption, now: str) -> bool:
    """Whether the health window has passed."""
    return adoption.is_watched and _since_s(adoption, now) >= HEALTH_S


def settle(adoption: Adoption) -> Adoption:
    """Healthy until the end of the window: the good one from now on."""
    return replace(adoption, state="current", is_watched=False)


def roll_back(adoption: Adoption, reason: str) -> Adoption:
    """The last good one holds again; the version that failed is not taken a second time."""
    failed = 0 if adoption.current is None else adoption.current.version
    return replace(
        adoption, current=adoption.previous, previous=None, state="rolled_back", version=failed, reason=reason,
        params={}, is_watched=False, starts=0, applied_at="",
    )  # fmt: skip


def started(adoption: Adoption, now: str) -> Adoption:
    """The process starts. After the third crash within five minutes of an apply it starts with the document before."""
    if not adoption.applied_at or adoption.current is None or _since_s(adoption, now) >= CRASH_S:
        return adoption
    adoption = replace(adoption, starts=adoption.starts + 1)
    return roll_back(adoption, STARTS) if adoption.starts >= CRASHES else adoption


def ended(adoption: Adoption) -> Adoption:
    """The process ends in good order: no crash."""
    return replace(adoption, starts=0) if adoption.starts else adoption


def _since_s(adoption: Adoption, now: str) -> int:
    """Seconds since the apply; a clock that went back makes it 0."""
    passed = _instant(now, 0) - _instant(adoption.applied_at, 0)
    return max(0, passed // timedelta(seconds=1))


def _instant(stamp: str, version: int) -> datetime:
    """A UTC time of a document. Raises Refusal `settings.value` when it is none."""
    try:
        found = datetime.fromisoformat(stamp)
        if found.tzinfo is None:
            raise ValueError(stamp)
        return found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Refusal("settings.value", key="time", version=version) from error
