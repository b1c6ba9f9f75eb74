"""The line editor over the tiles: every key applies at once on the ticket at its right."""

from typing import Any

from kivy.properties import ListProperty, ObjectProperty, OptionProperty

from appliance.kiosk.screens.base import SheetView
from appliance.kiosk.viewmodel.entry import Entry
from appliance.kiosk.viewmodel.line_editor import FIELDS, KINDS, LineEditorModel, command_for, line_editor_model
from appliance.kiosk.widgets import Cells, Row, load_kv
from appliance.kiosk.widgets.controls import PushButton
from appliance.protocol import command as cmd
from appliance.protocol.view import LineEditorSheet, TillView


class Presets(Row):
    """Likely values of the field. `on_value(value)`."""

    presets = ListProperty([])
    __events__ = ("on_value",)

    def on_value(self, value: int) -> None:
        """A preset was touched."""

    def on_presets(self, *_: Any) -> None:
        """One key a preset."""
        if len(self.children) != len(self.presets):
            self.clear_widgets()
            for _ in self.presets:
                key = PushButton(size_hint_y=1)
                key.padding = (0, 0, 0, 0)
                key.bind(on_tap=lambda touched: self.dispatch("on_value", touched.value))
                self.add_widget(key)
        for key, preset in zip(reversed(self.children), self.presets, strict=True):
            key.value, key.text, key.kind = preset.value, preset.text, "pri" if preset.chosen else "soft"


class OfferReasons(Cells):
    """The reasons to offer a line. `on_reason(id)`."""

    reasons = ListProperty([])
    __events__ = ("on_reason",)

    def on_reason(self, reason: str) -> None:
        """A reason was touched."""

    def on_reasons(self, *_: Any) -> None:
        """One key a reason."""
        self.clear_widgets()
        for reason in self.reasons:
            key = PushButton(text=reason.text, kind="out", px=17, lh=20, wraps=True, size_hint_y=1)
            key.padding = (10, 0, 10, 0)
            key.bind(on_tap=lambda _key, name=reason.id: self.dispatch("on_reason", name))
            self.add_widget(key)


class LineEditor(SheetView):
    """Shows a LineEditorModel."""

    model = ObjectProperty(LineEditorModel(), rebind=True)
    place = OptionProperty("pane", options=["pane", "menu", "modal"])

    def __init__(self, **kwargs: Any) -> None:
        self._entry = Entry("rate")
        self._at: tuple[int, str, str] | None = None
        self._view: TillView | None = None
        super().__init__(**kwargs)

    def opened(self) -> None:
        """Nothing typed yet."""
        self._at = None

    def show(self, view: TillView, sheet: LineEditorSheet) -> None:
        """Draws the editor; another field or line starts a new value."""
        self._view = view
        at = (sheet.line, sheet.field, sheet.scope)
        if at != self._at:
            self._at, self._entry = at, Entry(KINDS[sheet.field])
        self.model = line_editor_model(view, sheet, self._entry)

    def press(self, key: str) -> None:
        """A key of the pad: the value so far is applied."""
        view = self._view
        if view is None or not isinstance(view.sheet, LineEditorSheet):
            return
        self._entry = self._entry.press(key)
        self.model = line_editor_model(view, view.sheet, self._entry)
        self.apply(self._entry.value)

    def preset(self, value: int) -> None:
        """A preset applies and the editor stays open."""
        sheet = self._view.sheet if self._view else None
        if isinstance(sheet, LineEditorSheet):
            self._entry = Entry(KINDS[sheet.field])
            self.apply(value)

    def apply(self, value: int) -> None:
        """Asks the daemon for the value of the field."""
        sheet = self._view.sheet if self._view else None
        command = command_for(sheet, value) if isinstance(sheet, LineEditorSheet) else None
        if command is not None:
            self.send(command)

    def tab(self, index: int) -> None:
        """Another field of the same line."""
        self.send(cmd.EditLine(self.model.line, FIELDS[index]))

    def scope(self, index: int) -> None:
        """This line, or the whole ticket."""
        self.send(cmd.SetScope("ticket" if index else "line"))

    def offer(self, reason: str) -> None:
        """Offers the line with its reason and closes."""
        self.send(cmd.OfferLine(self.model.line, reason))
        self.close()

    def comment(self) -> None:
        """Types a comment on the line."""
        line = self.model.line
        self.ask(self.model.comment_label, self.model.comment, lambda text: self.send(cmd.CommentLine(line, text)))

    def typed(self, text: str) -> bool:
        """Digits and the point go to the value."""
        if text in "0123456789" or text in ".,":
            self.press("." if text in ".," else text)
            return True
        return False

    def key(self, name: str) -> bool:
        """Enter is Terminé."""
        if name in ("enter", "escape"):
            self.close()
        elif name == "backspace":
            self.press("back")
        else:
            return False
        return True


load_kv(__file__)
