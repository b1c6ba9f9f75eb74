"""What every screen and every sheet has in common."""

from collections.abc import Callable
from typing import Any

from kivy.properties import ObjectProperty, OptionProperty

from appliance.kiosk.theme import theme
from appliance.kiosk.viewmodel.bar import BarModel, sale_bar
from appliance.kiosk.widgets.base import Box
from appliance.kiosk.widgets.frame import painter
from appliance.protocol import command as cmd
from appliance.protocol.view import TillView


def _nowhere(_command: cmd.Command) -> None:
    """Where commands go before the app has connected the screen."""


def _nobody(_label: str, _text: str, _done: Callable[[str], None], *, digits: bool = False) -> None:
    """Where texts are asked for before the app has connected the screen."""


class Shown(Box):
    """A part of the kiosk that shows a view and sends commands.

    Local state (digits being typed, scroll) lives in the subclass; `opened` and `closed` say when it comes and goes.
    """

    send = ObjectProperty(_nowhere)
    ask = ObjectProperty(_nobody)
    """`ask(label, text, done)` types a line of text on the on-screen keyboard and calls `done(text)`. `digits`: the
    keyboard begins with them."""

    @property
    def compact(self) -> bool:
        """Whether the small panel's profile is in use."""
        return bool(theme.m.name == "compact")

    def opened(self) -> None:
        """Comes on the screen: forget what was typed the last time."""

    def closed(self) -> None:
        """Leaves the screen."""

    def typed(self, text: str) -> bool:
        """A character from a physical keyboard; True when it was used."""
        return False

    def key(self, name: str) -> bool:
        """ "enter", "escape", "backspace", "up" or "down" from a physical keyboard; True when it was used."""
        return False


class Screen(Shown):
    """A whole screen below the top bar."""

    def show(self, view: TillView) -> None:
        """Draws a view."""
        raise NotImplementedError

    def bar(self, view: TillView) -> BarModel:
        """The top bar over this screen."""
        return sale_bar(view, self.compact)

    def go_left(self) -> None:
        """The home or back key of the bar."""
        self.send(cmd.GoBack())

    def go_right(self) -> None:
        """The menu or gear key of the bar."""

    def sheet_pane(self) -> Any:
        """Where a pane sheet stands (a Box), or None when this screen has no place for one."""
        return None


class SheetView(Shown):
    """A sheet over a screen. place: "pane" over the tiles, "menu" below the bar, "modal" over everything."""

    place = OptionProperty("modal", options=["pane", "menu", "modal"])

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        painter.cover(self)

    def show(self, view: TillView, sheet: Any) -> None:
        """Draws the sheet of a view."""
        raise NotImplementedError

    def on_touch_down(self, touch: Any) -> bool:
        """Nothing below the sheet gets a touch within its rectangle, also where the sheet is empty."""
        return bool(super().on_touch_down(touch)) or self.collide_point(*touch.pos)

    def close(self) -> None:
        """✕, scrim or Esc."""
        self.send(cmd.CloseSheet())

    def key(self, name: str) -> bool:
        """Esc closes."""
        if name == "escape":
            self.close()
            return True
        return False
