"""Recorded views of Paramètres: mock-up 36, a search, a section without changes, and the choices of a setting."""

from typing import Any

from appliance.kiosk.gallery import record as r
from appliance.protocol import view as v

SECTIONS = ("general", "notes", "payment", "wallet", "printing", "devices", "screen", "users")
MODES = {"eat-in": "Sur place", "take-away": "À emporter", "delivery": "Livraison"}
ROWS = (
    v.SettingRow("cumulate", "switch", "notes", "1", "1", "chain", is_locked=True),
    v.SettingRow("unknown_code", "choice", "notes", "sheet", "message", "establishment"),
    v.SettingRow("notes_order", "choice", "notes", "amount", "time", "local", is_here=True),
    v.SettingRow("start_mode", "mode", "notes", "take-away", "eat-in", "point_of_sale", words=MODES),
    v.SettingRow("discount_limit_bp", "rate", "notes", "15.00", "20.00", "till"),
    v.SettingRow("free_price_min_minor", "amount", "notes", "0.05", "0.05", "default"),
    v.SettingRow("free_price_max_minor", "amount", "notes", "150.00", "200.00", "local", is_here=True),
)
SCREEN = (
    v.SettingRow("theme", "choice", "screen", "light", "light", "default"),
    v.SettingRow("left_handed", "switch", "screen", "1", "0", "local", is_here=True),
    v.SettingRow("screen_size", "choice", "screen", "auto", "auto", "default"),
    v.SettingRow("tile_columns", "choice", "screen", "5", "0", "local", is_here=True),
    v.SettingRow("tile_rows", "choice", "screen", "0", "0", "default"),
    v.SettingRow("sounds", "choice", "screen", "all", "all", "box"),
)
FOUND = (
    v.SettingRow("receipt_policy", "choice", "printing", "on_demand", "on_demand", "default"),
    v.SettingRow("doubtful_papers", "choice", "printing", "ask", "ask", "default"),
    v.SettingRow("wallet_copies", "number", "printing", "1", "1", "default"),
    v.SettingRow("printer_fallback_after_s", "number", "printing", "10", "10", "default", unit="s"),
)
DEVICES = (
    v.SettingRow("scan_repeat_ms", "number", "devices", "300", "300", "default", unit="ms"),
    v.SettingRow("drawer_open_s", "number", "devices", "30", "30", "default", unit="s"),
    v.SettingRow("display_text", "text", "devices", "Bienvenue au Bourg", "Bienvenue", "local", is_here=True),
)


def settings(**changes: Any) -> v.SettingsView:
    """Prise de note as in mock-up 36."""
    usual: dict[str, Any] = {
        "sections": SECTIONS, "section": "notes", "counts": (7, 2, 1), "rows": ROWS, "version": 41,
        "received_at": "2026-11-21T06:30:00", "next_at": "2026-11-22T00:00:00", "next_count": 1,
    }  # fmt: skip
    return v.SettingsView(**{**usual, **changes})


def shown(content: v.SettingsView, **changes: Any) -> v.TillView:
    """A whole view."""
    return r.view(**{"screen": "settings", "grid": None, "ticket": None, "settings": content, **changes})


def record_settings() -> None:
    """Writes them all."""
    undo = v.UndoOffer(5, "undo.setting", {"name": "Prix libre maximum"})
    for panel in r.PANELS:
        r.write("-".join(filter(None, ("36-parametres", panel))), shown(settings()), panel)
    alone: dict[str, Any] = {"version": 0, "received_at": "", "next_at": "", "next_count": 0}
    screen = settings(section="screen", rows=SCREEN, counts=(6, 2, 0), **alone)
    r.write("36b-ecran-et-sons-sombre", shown(screen, theme="dark", left_handed=True, undo=undo))
    found = settings(search="reçu", rows=FOUND, counts=(4, 0, 0), next_at="", next_count=0)
    r.write("36c-recherche", shown(found))
    nothing = settings(search="coupn", rows=(), counts=(0, 0, 0), hint="reçu", fault="settings.unreadable")
    r.write("36d-rien", shown(nothing))
    devices = settings(section="devices", rows=DEVICES, counts=(3, 1, 0), is_waiting=True, next_at="", next_count=0)
    for panel in ("", "compact"):
        r.write("-".join(filter(None, ("36e-peripheriques", panel))), shown(devices), panel)
    for columns, rows in ((3, 4), (5, 5)):
        r.write(f"36g-articles-{columns}x{rows}", r.view(tile_columns=columns, tile_rows=rows))
    sheet = v.SettingSheet("start_mode", "take-away", tuple(MODES), MODES)
    r.write("36f-choix", shown(settings(), sheet=sheet))


if __name__ == "__main__":
    record_settings()
