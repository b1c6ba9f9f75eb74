"""Recorded views of head office: Synchronisation away, there and alone, and a wallet that is partly elsewhere."""

from typing import Any

from appliance.kiosk.gallery import record as r
from appliance.protocol import view as v

AWAY = (v.DeviceLight("network", "warn", "status.offline"), v.DeviceLight("sync", "warn", "status.waiting", 14))
REFUSED = (
    v.RefusedRow(4120, "TicketClosed", 398, "2025-11-21T08:02:10", 1240, "sync.reason.impossible"),
    v.RefusedRow(4188, "TicketClosed", 406, "2025-11-21T08:07:40", 3120, "sync.reason.unknown"),
)
SPANS = (
    v.LinkSpan("2025-11-21T06:21:00", True),
    v.LinkSpan("2025-11-21T07:34:00", False),
    v.LinkSpan("2025-11-21T07:39:00", True),
    v.LinkSpan("2025-11-21T08:12:00", False),
)
NUMBERS = (
    v.NumbersRow("sales", 427, 413),
    v.NumbersRow("customers", 8412, 8412),
    v.NumbersRow("catalogue", 1204, 1204),
    v.NumbersRow("settings", 41, 41),
)


def sync(**changes: Any) -> v.SyncView:
    """As in mock-up 37."""
    usual: dict[str, Any] = {
        "is_member": True, "since": "2025-11-21T08:12:00", "waiting": 14, "first": 414, "last": 427,
        "refused": REFUSED, "spans": SPANS, "heard_at": "2025-11-21T08:11:58", "numbers": NUMBERS,
    }  # fmt: skip
    return v.SyncView(**{**usual, **changes})


def shown(content: v.SyncView, **changes: Any) -> v.TillView:
    """A whole view."""
    return r.view(**{"screen": "sync", "grid": None, "ticket": None, "sync": content, **changes})


def record_sync() -> None:
    """Writes them all."""
    lights = (*(v.DeviceLight(each) for each in ("scanner", "printer", "drawer", "terminal")), *AWAY)  # type: ignore[arg-type]
    for panel in r.PANELS:
        r.write("-".join(filter(None, ("37-synchronisation", panel))), shown(sync(), status=lights), panel)
    there = sync(is_online=True, waiting=0, first=0, last=0, refused=(), round_trip_ms=41, spans=SPANS[:1])
    r.write("37b-en-ligne", shown(there))
    sheet = v.WalletShortSheet(
        total_minor=2106, balance_minor=800, missing_minor=1306, presets=(2000, 5000, 10_000), is_shared=True,
        elsewhere_minor=1200, elsewhere="Caisse 3", away_since="2025-11-21T10:42:00", known_minor=2000,
        known_at="2025-11-21T10:41:00", asked_at="2025-11-21T10:55:48",
    )  # fmt: skip
    for panel in r.PANELS:
        r.write("-".join(filter(None, ("39-cagnotte-bloquee-ailleurs", panel))), r.view(sheet=sheet), panel)
    asking = v.WalletShortSheet(2106, 800, 1306, (2000, 5000), is_shared=True, is_asking=True)
    r.write("39b-demande-sombre", r.view(sheet=asking, theme="dark"))
    r.write("37c-seule-sombre", shown(v.SyncView(), theme="dark"))


if __name__ == "__main__":
    record_sync()
