""" "Démarrage…": shown until the daemon has a view, and again, calmly, while it restarts."""

from typing import Any

from kivy.properties import ObjectProperty

from appliance.kiosk.screens.base import Screen
from appliance.kiosk.viewmodel.bar import BarModel
from appliance.kiosk.viewmodel.starting import StartingModel, starting_bar, starting_model
from appliance.kiosk.widgets import load_kv
from appliance.kiosk.widgets.frame import painter
from appliance.protocol.view import TillView


class Starting(Screen):
    """Shows a StartingModel."""

    model = ObjectProperty(StartingModel(), rebind=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        painter.cover(self)

    def show(self, view: TillView) -> None:
        """Draws a view; before the first one came, viewmodel.starting.waiting_view."""
        self.model = starting_model(view)

    def bar(self, view: TillView) -> BarModel:
        """Nothing can be done from here."""
        return starting_bar(view)

    def on_touch_down(self, touch: Any) -> bool:
        """Nothing below gets a touch."""
        return True


load_kv(__file__)
