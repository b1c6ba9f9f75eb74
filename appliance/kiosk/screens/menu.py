"""The ⋮ menu under its button."""

from kivy.properties import ObjectProperty, OptionProperty

from appliance.kiosk.screens.base import SheetView
from appliance.kiosk.viewmodel.choice import ListModel, menu_model
from appliance.kiosk.widgets import load_kv
from appliance.protocol import command as cmd
from appliance.protocol.view import MenuSheet, TillView

COMMANDS: dict[str, cmd.Command] = {
    "code_entry": cmd.OpenSheet("code_entry"),
    "notes": cmd.OpenSheet("notes"),
    "reprint": cmd.PrintReceipt(),
    "open_drawer": cmd.OpenSheet("open_drawer"),
    "split": cmd.StartSplit(),
    "change_mode": cmd.OpenSheet("modes"),
    "x_report": cmd.ReadX(),
    "void": cmd.OpenSheet("void"),
}


class MoreMenu(SheetView):
    """Shows a ListModel below the bar."""

    model = ObjectProperty(ListModel(), rebind=True)
    place = OptionProperty("menu", options=["pane", "menu", "modal"])

    def show(self, view: TillView, sheet: MenuSheet) -> None:
        """Draws the rows this seller may use."""
        self.model = menu_model(view, sheet)

    def choose(self, item: str) -> None:
        """A row was touched."""
        self.send(COMMANDS[item])


load_kv(__file__)
