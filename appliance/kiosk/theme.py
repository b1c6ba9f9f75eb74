"""Colours and sizes of the current theme, profile and hand, from the design's tokens.

Hides where a colour comes from: widgets name a role ("surface", "on-pay") and are redrawn when the theme changes.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from weakref import WeakSet

from kivy.event import EventDispatcher
from kivy.properties import (
    BooleanProperty,
    DictProperty,
    NumericProperty,
    ObjectProperty,
    OptionProperty,
    StringProperty,
)

ASSETS = Path(__file__).parent / "assets"
TOKENS: dict[str, Any] = json.loads((ASSETS / "tokens.json").read_text(encoding="utf-8"))
FONTS = {
    500: str(ASSETS / "fonts/CaisseSans-500.otf"),
    600: str(ASSETS / "fonts/CaisseSans-600.otf"),
    700: str(ASSETS / "fonts/CaisseSans-700.otf"),
    "bold": str(ASSETS / "fonts/phosphor-bold-subset.ttf"),
    "fill": str(ASSETS / "fonts/phosphor-fill-subset.ttf"),
}

Rgba = tuple[float, float, float, float]


@dataclass(frozen=True)
class Metrics:
    """Sizes of one screen profile, in logical pixels (1 = one pixel of the 1280x800 panel)."""

    name: str
    width: int
    height: int
    density: float
    bar: int
    ticket: int
    rail: int
    cols: int
    rows: int
    line: int
    cta: int
    quick: int
    pad: int = 12
    gap: int = 8
    bar_button: int = 56
    chip: int = 40
    tile_pad: tuple[int, int, int, int] = (18, 10, 8, 8)
    tile_px: tuple[int, int] = (18, 22)
    price_px: tuple[int, int] = (17, 28)
    badge: tuple[int, int, int] = (32, 28, 17)
    category_px: tuple[int, int] = (17, 20)
    category_pad: int = 18
    quantity_width: int = 56
    quantity_px: int = 20
    search_px: int = 17
    client_px: int = 18
    line_pad: tuple[int, int, int, int] = (12, 6, 14, 6)
    action_height: int = 60
    action_icon: int = 22
    action_count: int = 6
    total_pad: tuple[int, int, int, int] = (14, 10, 14, 8)
    total_px: tuple[int, int] = (44, 52)
    total_row: int = 56
    total_label: int = 70  # a line height that puts the label on the baseline of the total
    card_width: int = 120
    pay_px: int = 24
    pay_pad: int = 20
    quick_px: int = 22


def _profile(name: str, **changes: Any) -> Metrics:
    token = TOKENS["profiles"][name]
    width, height = (int(n) for n in token["screen"].split("x"))
    density = token["density"]
    sizes = {key: token[key] for key in ("bar", "ticket", "rail", "cols", "rows", "line", "cta", "quick")}
    base = Metrics(name, round(width / density), round(height / density), density, **sizes)
    return replace(base, **changes)


PROFILES = {
    "compact": _profile(
        "compact", pad=8, gap=6, bar_button=52, chip=36, tile_pad=(16, 6, 6, 4), tile_px=(16, 19), price_px=(16, 24),
        badge=(28, 24, 15), category_px=(15, 18), category_pad=16, quantity_width=48, quantity_px=17, search_px=16,
        client_px=17, line_pad=(10, 4, 12, 4), action_height=52, action_icon=20, action_count=5,
        total_pad=(12, 6, 12, 4), total_px=(36, 40), total_row=46, total_label=52,
        card_width=100, pay_px=21, pay_pad=14, quick_px=20,
    ),
    "base": _profile("base"),
    "large": _profile("large", card_width=140),
}  # fmt: skip


def profile_for(width_px: int, height_px: int) -> str:
    """The profile for a panel (design system, section 2): low panels are compact, wide ones large."""
    if height_px < 700:
        return "compact"
    return "large" if width_px >= 1600 else "base"


def _rgba(code: str) -> Rgba:
    red, green, blue = (int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue, 1.0


def colours(mode: str) -> dict[str, Rgba]:
    """Every colour role of a theme ("light" or "dark"); "band-x" and "tint-x" are the category hues."""
    roles = {role: _rgba(code) for role, code in TOKENS["color"][mode].items()}
    for hue, pair in TOKENS["category"][mode].items():
        roles[f"band-{hue}"] = _rgba(pair["band"])
        roles[f"tint-{hue}"] = _rgba(pair["tint"])
    roles["on-band"] = (1.0, 1.0, 1.0, 1.0) if mode == "light" else roles["bg"]
    roles["scrim"] = (10 / 255, 18 / 255, 24 / 255, 0.62) if mode == "light" else (0.0, 0.0, 0.0, 0.70)
    roles["white"] = (1.0, 1.0, 1.0, 1.0)
    roles["none"] = roles[""] = (0.0, 0.0, 0.0, 0.0)
    return roles


class Theme(EventDispatcher):
    """What the widgets bind to. There is one, `theme`; changing a property redraws the screen."""

    mode = OptionProperty("light", options=["light", "dark"])
    rgba = DictProperty(colours("light"))
    m = ObjectProperty(PROFILES["base"], rebind=True)
    hand = OptionProperty("right", options=["right", "left"])
    big = BooleanProperty(False)
    density = NumericProperty(1.0)
    family = StringProperty("Caisse Sans")

    def __init__(self, **kwargs: Any) -> None:
        self._watching: WeakSet[Any] = WeakSet()
        super().__init__(**kwargs)
        for name in ("rgba", "m", "hand", "density"):
            self.fbind(name, self._tell)

    def watch(self, widget: Any) -> None:
        """Calls `widget.retheme()` whenever colours, sizes or hand change, for as long as the widget lives.

        Kivy's own `bind` looks through all observers each time, which for thousands of widgets takes seconds.
        """
        self._watching.add(widget)

    def _tell(self, *_: Any) -> None:
        for widget in list(self._watching):
            widget.retheme()

    def on_mode(self, _theme: "Theme", mode: str) -> None:
        """Loads the colours of the new theme."""
        self.rgba = colours(mode)

    def use_profile(self, name: str, columns: int = 0, rows: int = 0) -> None:
        """Takes the sizes of a profile: "compact", "base" or "large", with so many tiles as far as their names can be
        read on it; 0 is the profile's number."""
        profile = PROFILES[name]
        cols, rows = min(columns or profile.cols, profile.cols + 1), min(rows or profile.rows, profile.rows)
        wanted = replace(profile, cols=cols, rows=rows)
        if self.m != wanted:
            self.m = wanted
            self.density = wanted.density


theme = Theme()
