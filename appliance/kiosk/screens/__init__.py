"""Which class draws which screen and which sheet."""

from typing import Any

from appliance.kiosk.screens import result, sale  # noqa: F401  result is named in sale.kv
from appliance.kiosk.screens.base import Screen, SheetView
from appliance.protocol.view import TillView

SCREENS: dict[str, type[Screen]] = {
    "sale": sale.SaleScreen,
}
"""By `TillView.screen`."""

SHEETS: dict[type[Any], type[SheetView]] = {}
"""By the type of `TillView.sheet`."""


def screen_for(view: TillView) -> str:
    """The screen to draw; one that this kiosk does not know is drawn as starting."""
    return view.screen if view.screen in SCREENS else "starting"
