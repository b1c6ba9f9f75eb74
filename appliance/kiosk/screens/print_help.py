"""Aide: how to change the paper, as three drawings with a sentence each.

Hides how a drawing is made: solid shapes in the theme's colours, on a field of 200 x 140.
"""

from typing import Any

from kivy.graphics import Color, Ellipse, InstructionGroup, Line, Quad, Rectangle, Triangle
from kivy.properties import ListProperty, NumericProperty, ObjectProperty

from appliance.kiosk.screens.base import SheetView
from appliance.kiosk.theme import theme
from appliance.kiosk.viewmodel.choice import QuestionModel, help_model
from appliance.kiosk.widgets import Painted, load_kv
from appliance.protocol import view as v

FIELD = (200, 140)


class PaperDrawing(Painted):
    """One step: 1 the cover is opened, 2 the roll is put in, 3 the cover is shut and the receipt comes out."""

    step = NumericProperty(1)

    def __init__(self, **kwargs: Any) -> None:
        self._drawing = InstructionGroup()
        super().__init__(**kwargs)
        self.canvas.add(self._drawing)
        for name in ("pos", "size", "step"):
            self.fbind(name, self._draw)
        self._draw()

    def retheme(self) -> None:
        """The theme has changed."""
        super().retheme()
        self._draw()

    def _draw(self, *_: Any) -> None:
        self._drawing.clear()
        {1: self._open, 2: self._fill, 3: self._shut}[int(self.step)]()

    def _tone(self, role: str) -> None:
        self._drawing.add(Color(*theme.rgba[role]))

    def _at(self, *points: float) -> list[float]:
        """Points of the field on the panel."""
        left, low = self.center_x - FIELD[0] / 2, self.center_y - FIELD[1] / 2
        return [value + (low if i % 2 else left) for i, value in enumerate(points)]

    def _box(self, role: str, x: float, y: float, width: float, height: float) -> None:
        self._tone(role)
        self._drawing.add(Rectangle(pos=self._at(x, y), size=(width, height)))

    def _disc(self, role: str, x: float, y: float, radius: float) -> None:
        self._tone(role)
        self._drawing.add(Ellipse(pos=self._at(x - radius, y - radius), size=(2 * radius, 2 * radius)))

    def _arrow(self, x: float, tail: float, head: float) -> None:
        """A thick arrow upwards or downwards."""
        self._tone("primary")
        neck = head - 16 if head > tail else head + 16
        self._drawing.add(Rectangle(pos=self._at(x - 4, min(tail, neck)), size=(8, abs(neck - tail))))
        self._drawing.add(Triangle(points=self._at(x - 14, neck, x + 14, neck, x, head)))

    def _printer(self) -> None:
        """The lower half of the printer, with its lamp."""
        self._box("ink", 30, 10, 130, 44)
        self._disc("warn" if self.step < 3 else "pay", 144, 24, 5)

    def _lifted_cover(self) -> None:
        self._tone("ink-2")
        self._drawing.add(Quad(points=self._at(30, 54, 42, 54, 16, 128, 4, 124)))

    def _open(self) -> None:
        self._printer()
        self._lifted_cover()
        self._box("line-strong", 48, 54, 100, 6)
        self._arrow(98, 66, 124)

    def _fill(self) -> None:
        self._printer()
        self._lifted_cover()
        self._box("line-strong", 118, 54, 60, 4)
        self._disc("line-strong", 90, 74, 24)
        self._disc("sunken", 90, 74, 21)
        self._disc("line-strong", 90, 74, 7)
        self._arrow(90, 138, 104)
        self._tone("primary")
        self._drawing.add(Triangle(points=self._at(178, 46, 178, 66, 194, 56)))

    def _shut(self) -> None:
        self._box("line-strong", 58, 74, 74, 58)
        self._box("surface", 60, 74, 70, 56)
        for y, width in ((118, 40), (106, 54), (94, 54)):
            self._box("ink-3", 68, y, width, 4)
        self._printer()
        self._box("ink-2", 30, 54, 130, 22)
        self._box("surface", 54, 72, 82, 4)
        self._tick(176, 112)

    def _tick(self, x: float, y: float) -> None:
        self._disc("pay", x, y, 18)
        self._tone("on-pay")
        self._drawing.add(Line(points=self._at(x - 8, y, x - 2, y - 7, x + 8, y + 6), width=2))


class PrintHelp(SheetView):
    """How to change the paper."""

    model = ObjectProperty(QuestionModel(answers=(("no", "", "pri"),)), rebind=True)
    steps = ListProperty(["", "", ""])

    def show(self, view: v.TillView, sheet: v.PrintHelpSheet) -> None:
        """Draws the steps."""
        self.model = help_model(view)
        self.steps = self.model.text.split("\n")


load_kv(__file__)
