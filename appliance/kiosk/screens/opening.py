"""The opening of the till: count the drawer, or take the float over as it was left."""

from kivy.properties import ObjectProperty

from appliance.kiosk.screens.base import Screen
from appliance.kiosk.viewmodel.bar import BarModel
from appliance.kiosk.viewmodel.counting import count_of, next_value, typed_count
from appliance.kiosk.viewmodel.opening import OpeningModel, opening_bar, opening_model
from appliance.kiosk.widgets import counting, load_kv, panel  # noqa: F401  named in opening.kv
from appliance.protocol import command as cmd
from appliance.protocol.view import TillView


class OpeningScreen(Screen):
    """Shows an OpeningModel."""

    model = ObjectProperty(OpeningModel(), rebind=True)

    def __init__(self, **kwargs: object) -> None:
        self._view: TillView | None = None
        self._fresh = True  # the next digit replaces the quantity
        super().__init__(**kwargs)

    def opened(self) -> None:
        """The next digit replaces."""
        self._fresh = True

    def show(self, view: TillView) -> None:
        """Draws a view."""
        before = self._view.opening if self._view else None
        if view.opening and (before is None or before.focus_minor != view.opening.focus_minor):
            self._fresh = True
        self._view = view
        self.model = opening_model(view)

    def bar(self, view: TillView) -> BarModel:
        """Back, title, who opens which till."""
        return opening_bar(view)

    def focus_on(self, value_minor: int) -> None:
        """A quantity was touched."""
        self._fresh = True
        self.send(cmd.FocusCount(value_minor))

    def step(self, value_minor: int, count: int) -> None:
        """− or + was touched."""
        self._fresh = True
        self.send(cmd.SetCount(value_minor, count))

    def press(self, key: str) -> bool:
        """A key of the keypad changes the quantity that has the focus."""
        opening = self._view.opening if self._view else None
        if opening is None or not opening.focus_minor:
            return False
        now = count_of(opening.notes + opening.coins, opening.focus_minor)
        wanted = typed_count(now, key, self._fresh)
        self._fresh = False
        if wanted != now:
            self.send(cmd.SetCount(opening.focus_minor, wanted))
        return True

    def typed(self, text: str) -> bool:
        """Digits go to the quantity."""
        return text.isdigit() and self.press(text)

    def key(self, name: str) -> bool:
        """Enter goes to the next value, after the last one it opens; Esc goes back."""
        opening = self._view.opening if self._view else None
        if name == "backspace":
            return self.press("back")
        if name == "escape":
            self.go_left()
        elif name == "enter" and opening is not None:
            following = next_value(opening.notes + opening.coins, opening.focus_minor)
            self.send(cmd.FocusCount(following) if following else cmd.OpenSession())
        else:
            return False
        return True


load_kv(__file__)
