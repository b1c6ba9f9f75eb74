"""Code Barre: a code typed by hand, or read by the payment terminal."""

from typing import Any

from kivy.properties import ObjectProperty, StringProperty

from appliance.kiosk.screens.base import SheetView
from appliance.kiosk.viewmodel.choice import CodeEntryModel, code_entry_model
from appliance.kiosk.viewmodel.entry import Entry
from appliance.kiosk.widgets import Col, Press, load_kv
from appliance.protocol import command as cmd
from appliance.protocol.view import CodeEntrySheet, TillView


class ScanKey(Press, Col):
    """The big SCAN key."""

    model = ObjectProperty(CodeEntryModel(), rebind=True)


class CodeEntry(SheetView):
    """Shows a CodeEntryModel."""

    model = ObjectProperty(CodeEntryModel(), rebind=True)
    code = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        self._entry = Entry("code")
        super().__init__(**kwargs)

    def opened(self) -> None:
        """Nothing typed yet."""
        self._entry, self.code = Entry("code"), ""

    def show(self, view: TillView, sheet: CodeEntrySheet) -> None:
        """Draws the sheet."""
        self.model = code_entry_model(view, sheet)

    def press(self, key: str) -> None:
        """A key of the pad."""
        self._entry = self._entry.press(key)
        self.code = self._entry.keys

    def add(self) -> None:
        """The code takes the road of a scan; the sheet stays."""
        if self.code:
            self.send(cmd.EnterCode(self.code))
            self.press("C")

    def typed(self, text: str) -> bool:
        """Digits go to the code."""
        if text.isdigit():
            self.press(text)
        return True

    def key(self, name: str) -> bool:
        """Enter adds."""
        if name == "enter":
            self.add()
        elif name == "backspace":
            self.press("back")
        else:
            return super().key(name)
        return True


load_kv(__file__)
