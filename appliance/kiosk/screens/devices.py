"""Paramètres, Périphériques: six cards, live, and their tests."""

from itertools import groupby
from typing import Any

from kivy.graphics import Color, Rectangle
from kivy.properties import ListProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.widget import Widget

from appliance.kiosk.screens.base import Screen
from appliance.kiosk.screens.settings import SettingSections, section_command  # noqa: F401  named in devices.kv
from appliance.kiosk.theme import theme
from appliance.kiosk.viewmodel.bar import BarModel
from appliance.kiosk.viewmodel.devices import DeviceModel, DevicesModel, SetupModel, devices_bar, devices_model
from appliance.kiosk.widgets import Cells, Col, Row, load_kv, panel  # noqa: F401  named in devices.kv
from appliance.kiosk.widgets.base import snap
from appliance.kiosk.widgets.controls import PushButton
from appliance.kiosk.widgets.paint import text_texture
from appliance.protocol import command as cmd
from appliance.protocol.view import TillView

KEY_EDGE_CHARS = 4
"""Space beside a key's word, in characters."""
QUIET_MODULES = 10
"""White on either side of a Code 128 (GS1 General Specifications, section 5.4.4.2)."""
BAR_PX, BAR_PX_WIDE, WIDE_PANEL = 2, 3, 1500
"""Logical pixels of a module: 0.34 mm on a panel of ten inches, which scanners read at arm's length."""
BARS_EDGE, BARS_TEXT = 10, 22
"""White above the bars, and the line of text below them."""
PAPER, INK = (1, 1, 1, 1), (0, 0, 0, 1)
"""In the dark theme too: scanners want dark bars on light."""


class FactRow(Row):
    """A label and what is known."""

    text = StringProperty("")
    fact = StringProperty("")


class Facts(Col):
    """The facts of a card under each other."""

    facts = ListProperty([])

    def on_facts(self, *_: Any) -> None:
        """One row a fact."""
        while len(self.children) > len(self.facts):
            self.remove_widget(self.children[0])
        while len(self.children) < len(self.facts):
            self.add_widget(FactRow())
        for row, (text, fact) in zip(reversed(self.children), self.facts, strict=True):
            row.text, row.fact = text, fact


class DeviceTests(Row):
    """The keys of a card. `on_test(test)`."""

    tests = ListProperty([])
    __events__ = ("on_test",)

    def on_test(self, test: str) -> None:
        """A key was touched."""

    def on_tests(self, *_: Any) -> None:
        """One key a test, each as wide as its word asks for."""
        self.clear_widgets()
        for model in self.tests:
            key = PushButton(text=model.text, px=16 if theme.m.height > 700 else 14)
            key.padding = (4, 0, 4, 0)
            key.size_hint = (len(model.text) + KEY_EDGE_CHARS, 1)
            key.bind(on_tap=lambda _key, test=model.test: self.dispatch("on_test", test))
            self.add_widget(key)


class DeviceBox(Col):
    """One card. `on_test(role, test)`."""

    model = ObjectProperty(DeviceModel(), rebind=True)
    __events__ = ("on_test",)

    def on_test(self, role: str, test: str) -> None:
        """A key of the card was touched."""


class DeviceCards(Cells):
    """All cards, three in a row. `on_test(role, test)`."""

    models = ListProperty([])
    cols = NumericProperty(3)
    __events__ = ("on_test",)

    def on_test(self, role: str, test: str) -> None:
        """A key of a card was touched."""

    def on_models(self, *_: Any) -> None:
        """As many boxes as models."""
        while len(self.children) > len(self.models):
            self.remove_widget(self.children[0])
        while len(self.children) < len(self.models):
            box = DeviceBox()
            box.bind(on_test=lambda _box, role, test: self.dispatch("on_test", role, test))
            self.add_widget(box)
        for box, model in zip(reversed(self.children), self.models, strict=True):
            box.model = model


class Bars(Widget):
    """A linear code as a scanner reads it off the screen, with its text below: as wide as its bars ask for."""

    modules = StringProperty("")
    text = StringProperty("")

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.bind(pos=self._draw, size=self._draw, modules=self._draw, text=self._draw)

    def _draw(self, *_: Any) -> None:
        """Every edge on a whole pixel of the panel: a bar that is blurred is no bar."""
        wanted = BAR_PX_WIDE if theme.m.width > WIDE_PANEL else BAR_PX
        dot = max(1, round(wanted * theme.density)) / theme.density
        self.width = (len(self.modules) + 2 * QUIET_MODULES) * dot
        left, bottom, height = snap(self.x), snap(self.y), self.height
        self.canvas.clear()
        with self.canvas:
            Color(*PAPER)
            Rectangle(pos=(left, bottom), size=(self.width, height))
            Color(*INK)
            at = left + QUIET_MODULES * dot
            for module, run in groupby(self.modules):
                wide = sum(1 for _ in run) * dot
                if module == "1":
                    Rectangle(pos=(at, bottom + BARS_TEXT), size=(wide, height - BARS_TEXT - BARS_EDGE))
                at += wide
            if (texture := text_texture(self.text, 14, 500)) is not None:
                size = (texture.width / theme.density, texture.height / theme.density)
                Rectangle(pos=(snap(left + (self.width - size[0]) / 2), bottom + 2), size=size, texture=texture)


class DevicesScreen(Screen):
    """Shows a DevicesModel."""

    model = ObjectProperty(DevicesModel(), rebind=True)
    setup = ObjectProperty(SetupModel(), rebind=True)

    def show(self, view: TillView) -> None:
        """Draws a view."""
        self.model = devices_model(view, theme.m.height)
        self.setup = self.model.setup or SetupModel()

    def bar(self, view: TillView) -> BarModel:
        """Back to where one came from."""
        return devices_bar(view)

    def show_section(self, section: str) -> None:
        """Another part of Paramètres."""
        self.send(section_command(section))

    def test(self, role: str, test: str) -> None:
        """A key of a card, or of the search for a scanner."""
        self.send(cmd.TestDevice(test, role))  # type: ignore[arg-type]

    def key(self, name: str) -> bool:
        """Esc ends the search, then goes back."""
        if name != "escape":
            return False
        if self.model.setup is not None:
            self.test("", "stop_learning")
        else:
            self.go_left()
        return True


load_kv(__file__)
