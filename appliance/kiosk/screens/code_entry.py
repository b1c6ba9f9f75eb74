"""Code Barre: a code typed by hand, or read by the payment terminal."""

from typing import Any

from kivy.properties import BooleanProperty, ObjectProperty, StringProperty

from appliance.kiosk.screens.base import SheetView
from appliance.kiosk.viewmodel.choice import CodeEntryModel, code_entry_model
from appliance.kiosk.viewmodel.entry import Entry
from appliance.kiosk.widgets import Col, Press, load_kv
from appliance.protocol import command as cmd
from appliance.protocol.view import CodeEntrySheet, TillView


class ScanKey(Press, Col):
    """The big SCAN key."""

    model = ObjectProperty(CodeEntryModel(), rebind=True)
    lit = BooleanProperty(False)
    """It can be touched, or the terminal is reading."""


class CodeEntry(SheetView):
    """Shows a CodeEntryModel."""

    model = ObjectProperty(CodeEntryModel(), rebind=True)
    code = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        self._entry = Entry("code")
        self._sold: int | None = None  # what the ticket held when the code was sent
        self._ticket = 0
        super().__init__(**kwargs)

    def opened(self) -> None:
        """Nothing typed yet."""
        self._entry, self.code, self._sold = Entry("code"), "", None

    def show(self, view: TillView, sheet: CodeEntrySheet) -> None:
        """Draws the sheet; a code that was taken goes, a refused one stays to be corrected."""
        self.model = code_entry_model(view, sheet)
        self._ticket = hash(view.ticket.lines) if view.ticket else 0
        if self._sold is not None and self._sold != self._ticket:
            self.press("C")

    def press(self, key: str) -> None:
        """A key of the pad; the daemon says what the check digit is worth."""
        self._sold = None
        self._entry = self._entry.press(key)
        if self._entry.keys != self.code:
            self.code = self._entry.keys
            self.send(cmd.TypeCode(self.code))

    def complete(self) -> None:
        """The check digit that was proposed."""
        for digit in self.model.proposed:
            self.press(digit)

    def add(self) -> None:
        """The code takes the road of a scan; the sheet stays."""
        if self.code:
            self._sold = self._ticket
            self.send(cmd.EnterCode(self.code))

    def scan(self) -> None:
        """SCAN: the payment terminal reads one code."""
        self.send(cmd.StartScan())

    def stop(self) -> None:
        """Arrêter."""
        self.send(cmd.StopScan())

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
