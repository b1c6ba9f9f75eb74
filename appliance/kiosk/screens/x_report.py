"""An X reading: turnover by rate, tender and seller; the drawer that is expected."""

from kivy.properties import ObjectProperty

from appliance.kiosk.screens.base import Screen
from appliance.kiosk.viewmodel.bar import BarModel
from appliance.kiosk.viewmodel.x_report import ReportModel, report_bar, report_model
from appliance.kiosk.widgets import figures, load_kv, panel  # noqa: F401  named in x_report.kv
from appliance.protocol import command as cmd
from appliance.protocol.view import TillView


class ReportScreen(Screen):
    """Shows a ReportModel."""

    model = ObjectProperty(ReportModel(), rebind=True)

    def show(self, view: TillView) -> None:
        """Draws a view."""
        self.model = report_model(view, self.compact)

    def bar(self, view: TillView) -> BarModel:
        """Back, title, session and who reads."""
        return report_bar(view)

    def key(self, name: str) -> bool:
        """Enter prints, Esc goes back."""
        if name == "escape":
            self.go_left()
        elif name == "enter":
            self.send(cmd.PrintReport())
        else:
            return False
        return True


load_kv(__file__)
