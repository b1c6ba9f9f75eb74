"""Synchronisation: the three cards, the day as a strip, what head office did not take, and the numbers side by side."""

from typing import Any

from kivy.properties import ListProperty, ObjectProperty

from appliance.kiosk.screens.base import Screen
from appliance.kiosk.screens.settings import SettingSections, section_command  # noqa: F401  named in sync.kv
from appliance.kiosk.theme import theme
from appliance.kiosk.viewmodel import sync as models
from appliance.kiosk.viewmodel.bar import BarModel
from appliance.kiosk.viewmodel.sync import NumberModel, RefusedModel, SpanModel, StateCard, SyncModel
from appliance.kiosk.widgets import Col, Row, load_kv
from appliance.kiosk.widgets.rows import Rows
from appliance.protocol import view as v


class SyncCard(Col):
    """A StateCard."""

    model = ObjectProperty(StateCard(), rebind=True)


class SyncSpan(Row):
    """A part of the day."""

    model = ObjectProperty(SpanModel("", True, 1.0), rebind=True)


class SyncSpans(Row):
    """The day as a strip."""

    spans = ListProperty([])

    def on_spans(self, *_: Any) -> None:
        """One piece a part."""
        self.clear_widgets()
        for model in self.spans:
            self.add_widget(SyncSpan(model=model, size_hint=(model.share, 1)))


class RefusedLine(Col):
    """An entry that head office did not take, and what can be done about it."""

    model = ObjectProperty(RefusedModel("", "", "", "", "", ""), rebind=True)
    owner = ObjectProperty(None)

    @classmethod
    def height_for(cls, _model: RefusedModel, _width: float) -> float:
        """One height."""
        return 148 if theme.m.height > 700 else 116


class RefusedRows(Rows):
    """Refusés; scrolls. `on_resend(entry)`, `on_export(entry)`."""

    kinds = {"refused": RefusedLine}
    __events__ = ("on_resend", "on_export")

    def on_resend(self, entry: int) -> None:
        """Renvoyer was touched."""

    def on_export(self, entry: int) -> None:
        """Exporter was touched."""


class NumberLine(Row):
    """One thing, here and at head office."""

    model = ObjectProperty(NumberModel("", "", "", ""), rebind=True)
    owner = ObjectProperty(None)

    @classmethod
    def height_for(cls, _model: NumberModel, _width: float) -> float:
        """One height."""
        return 42 if theme.m.height > 700 else 32


class NumberRows(Rows):
    """Ici et au siège."""

    kinds = {"number": NumberLine}


class SyncScreen(Screen):
    """Shows a SyncModel."""

    model = ObjectProperty(SyncModel(), rebind=True)

    def show(self, view: v.TillView) -> None:
        """Draws a view."""
        self.model = models.sync_model(view)

    def show_section(self, section: str) -> None:
        """A key of the rail was touched."""
        self.send(section_command(section))

    def bar(self, view: v.TillView) -> BarModel:
        """Back, and whose settings these are."""
        return models.sync_bar(view)


load_kv(__file__)
