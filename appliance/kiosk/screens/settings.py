"""Paramètres: sections at the left, a table of settings at the right, and the sheet of a setting's choices."""

from typing import Any

from kivy.properties import ListProperty, NumericProperty, ObjectProperty

from appliance.kiosk.screens.base import Screen
from appliance.kiosk.screens.choice import ChoiceKeys, ListSheet  # noqa: F401  named in settings.kv
from appliance.kiosk.theme import theme
from appliance.kiosk.viewmodel import settings as models
from appliance.kiosk.viewmodel.bar import BarModel
from appliance.kiosk.viewmodel.settings import SectionModel, SettingModel, SettingsModel
from appliance.kiosk.widgets import Col, Press, Row, fields, load_kv  # noqa: F401  named in settings.kv
from appliance.kiosk.widgets.controls import PushButton
from appliance.kiosk.widgets.rows import Rows
from appliance.kiosk.widgets.toast import Toast  # noqa: F401
from appliance.protocol import command as cmd
from appliance.protocol import view as v


def section_command(section: str) -> cmd.AnyCommand:
    """What a key of the rail asks for."""
    return cmd.ShowSync() if section == "sync" else cmd.ShowSettings(section)  # type: ignore[arg-type]


class SettingSection(Press, Row):
    """One section of the rail."""

    model = ObjectProperty(SectionModel("", "", ""), rebind=True)


class SettingSections(Col):
    """The sections. `on_section(id)`."""

    sections = ListProperty([])
    __events__ = ("on_section",)

    def on_section(self, section: str) -> None:
        """A section was touched."""

    def on_sections(self, *_: Any) -> None:
        """One key a section."""
        while len(self.children) > len(self.sections):
            self.remove_widget(self.children[0])
        while len(self.children) < len(self.sections):
            key = SettingSection()
            key.bind(on_tap=lambda touched: self.dispatch("on_section", touched.model.id))
            self.add_widget(key)
        for key, model in zip(reversed(self.children), self.sections, strict=True):
            key.model = model


class FilterKeys(Row):
    """Tous, Changés ici, Verrouillés. `on_filter(index)`."""

    filters = ListProperty([])
    chosen = NumericProperty(0)
    __events__ = ("on_filter",)

    def on_filter(self, index: int) -> None:
        """A key was touched."""

    def on_filters(self, *_: Any) -> None:
        """One key a filter."""
        while len(self.children) > len(self.filters):
            self.remove_widget(self.children[0])
        while len(self.children) < len(self.filters):
            index = len(self.children)
            key = PushButton(fit="w", size_hint=(None, None), height=48 if theme.m.height > 700 else 44)
            key.padding, key.px = (16, 0, 16, 0), 16 if theme.m.width > 1100 else 15
            key.bind(on_tap=lambda _key, at=index: self.dispatch("on_filter", at))
            self.add_widget(key)
        for key, text in zip(reversed(self.children), self.filters, strict=True):
            key.text = text
        self.on_chosen()

    def on_chosen(self, *_: Any) -> None:
        """The one that is shown."""
        for at, key in enumerate(reversed(self.children)):
            key.kind = "pri" if at == self.chosen else "surface"


class SettingKey(Press, Row):
    """The value of a setting that is chosen or typed."""


class SettingLine(Row):
    """One setting: what it is, its value, where that comes from, the default, and the way back."""

    model = ObjectProperty(SettingModel(), rebind=True)
    owner = ObjectProperty(None)

    @classmethod
    def height_for(cls, _model: SettingModel, _width: float) -> float:
        """One height."""
        return 72 if theme.m.height > 700 else 60


class SettingRows(Rows):
    """The settings; scrolls. `on_touch_setting(key)`, `on_reset(key)`."""

    kinds = {"setting": SettingLine}
    __events__ = ("on_touch_setting", "on_reset")

    def on_touch_setting(self, key: str) -> None:
        """A value was touched."""

    def on_reset(self, key: str) -> None:
        """↺ was touched."""


class SettingsScreen(Screen):
    """Shows a SettingsModel."""

    model = ObjectProperty(SettingsModel(), rebind=True)
    undo = ObjectProperty(None, allownone=True, rebind=True)

    def opened(self) -> None:
        """From the top of the table."""
        self.ids.rows.offset = 0

    def show(self, view: v.TillView) -> None:
        """Draws a view; another section starts at its top."""
        before = self.model
        self.model = models.settings_model(view)
        self.undo = self.model.undo
        if (before.section, before.search, before.only) != (self.model.section, self.model.search, self.model.only):
            self.ids.rows.offset = 0

    def bar(self, view: v.TillView) -> BarModel:
        """Back, and whose settings these are."""
        return models.settings_bar(view)

    def show_section(self, section: str) -> None:
        """A key of the rail was touched."""
        self.send(section_command(section))

    def take_back(self) -> None:
        """Annuler on the toast."""
        if self.undo is not None:
            self.send(cmd.Undo(self.undo.id))

    def touch_setting(self, key: str) -> None:
        """A switch goes over, a choice opens its list, all else is typed. A locked one is refused with its sentence."""
        row = next(row for row in self.model.rows if row.key == key)
        if row.how == "switch" or row.is_locked:
            self.send(cmd.ChangeSetting(key, "0" if row.is_on else "1"))
        elif row.how in models.TYPED:
            self.ask(row.label, row.raw, lambda typed: self.send(cmd.ChangeSetting(key, typed)), digits=row.digits)
        else:
            self.send(cmd.OpenSetting(key))

    def look_for(self, text: str) -> None:
        """Searches in all sections; nothing typed is the section again."""
        self.send(cmd.ShowSettings(search=text.strip()[:64]))

    def type_search(self) -> None:
        """The search field was touched."""
        self.ask(self.model.search_hint, self.model.search, self.look_for)

    def typed(self, text: str) -> bool:
        """Letters go to the search."""
        self.look_for(self.model.search + text)
        return True

    def key(self, name: str) -> bool:
        """Backspace shortens the search, Enter opens the first hit, Esc ends the search or goes back."""
        if name == "backspace" and self.model.search:
            self.look_for(self.model.search[:-1])
        elif name == "enter" and self.model.search and self.model.rows:
            self.touch_setting(self.model.rows[0].key)
        elif name == "escape":
            self.send(cmd.ShowSettings() if self.model.search else cmd.GoBack())
        else:
            return False
        return True


class SettingChoices(ListSheet):
    """The choices of one setting."""

    def show(self, view: v.TillView, sheet: v.SettingSheet) -> None:
        """Draws them."""
        self._key = sheet.key
        self.model = models.choices_model(view, sheet)

    def choose(self, item: str) -> None:
        """This one from now on."""
        self.send(cmd.ChangeSetting(self._key, item))


load_kv(__file__)
