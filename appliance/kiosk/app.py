"""The running kiosk: window, keyboard, client, shell.

Hides Kivy's own habits: no settings panel (there is no `App`), Escape, F1 and the window keys are dead, closing
the window is refused. Crash-only: an exception ends the process with its traceback in the log, the supervisor
starts it again and the daemon sends the whole view.
"""

import gc
from pathlib import Path
from typing import Any

from kivy.base import EventLoop, runTouchApp
from kivy.clock import Clock
from kivy.core.window import Window

from appliance.kiosk.client import Client
from appliance.kiosk.screens.starting import Starting
from appliance.kiosk.shell import Shell
from appliance.kiosk.sound import Sounds
from appliance.kiosk.theme import theme
from appliance.kiosk.touch_watch import TouchWatch
from appliance.kiosk.viewmodel.starting import waiting_view
from appliance.kiosk.widgets import Stage
from appliance.kiosk.widgets.frame import painter
from appliance.protocol import command as cmd
from appliance.protocol.message import Answer
from appliance.protocol.view import TillView

CALM_S = 0.6
"""A line that is back within this time was never missed."""
BUILD_S = 0.04
"""Pause between two screens that are built ahead."""
AWAKE_S = 1.5
DOZING_FPS = 25
"""How often a kiosk that nobody touches looks for a touch: 40 ms, within the design's 50 for touch to pixel."""
CLOCK_S = 0.002
"""How exactly Kivy's clock keeps time. By itself it takes a third of a frame, and does not sleep for that long."""
SLEEPING_FPS = 1
"""The same where a touch wakes it."""
KEYS = {13: "enter", 271: "enter", 8: "backspace", 27: "escape", 273: "up", 274: "down", 9: "next"}
"""Kivy's key codes (SDL) of the editing keys."""
F1 = 282


class Kiosk:
    """Builds everything and runs until the process ends."""

    def __init__(self, socket: Path, hide_cursor: bool = False) -> None:
        Window.show_cursor = not hide_cursor
        self._stage = Stage(size=Window.system_size)
        self._client = Client(socket, self._view, self._answer, self._link)
        self._shell = Shell(tuple(Window.system_size), self._client.send)
        self._starting = Starting()
        self._sounds = Sounds()
        self._layout: tuple[int, int] | None = None
        self._calm: Any = None
        Clock.clock_resolution = CLOCK_S
        self._fps = Clock._max_fps
        self._dozing_fps = DOZING_FPS
        self._touches = TouchWatch(lambda: Clock.schedule_once(self._awake, -1))
        self._awake_until = 0.0
        self._last: TillView | None = None

    def run(self) -> None:
        """Opens the window and serves until the loop ends. Raises what a widget raised."""
        Window.clearcolor = theme.rgba["bg"]
        Window.bind(
            on_key_down=self._key_down,
            on_textinput=self._text,
            on_touch_down=self._awake,
            on_request_close=lambda *_args, **_kw: True,
            system_size=self._resized,
        )
        Window.allow_screensaver = False
        self._stage.add_widget(self._shell)
        self._show_starting()
        self._client.start()
        if self._touches.start():
            self._dozing_fps = SLEEPING_FPS
        Window.request_keyboard(lambda: None, self._stage)
        try:
            runTouchApp(self._stage, embedded=True)
            while not EventLoop.quit and EventLoop.status == "started":
                EventLoop.idle()
                if painter.paint():
                    self._awake()
                self._doze()
                Window.mainloop()
                self._touches.taken()
        finally:
            self._client.stop()

    def _awake(self, *_: Any) -> None:
        """Something happens: look for touches at every frame."""
        self._awake_until = Clock.time() + AWAKE_S
        Clock._max_fps = self._fps

    def _doze(self) -> None:
        """Nothing happens: look for touches less often. A view from the daemon wakes the clock by itself."""
        if Clock.time() > self._awake_until:
            Clock._max_fps = self._dozing_fps

    def _resized(self, _window: Any, size: Any) -> None:
        self._stage.size = size
        self._shell.panel = tuple(size)

    # ------------------------------------------------------------ from the daemon

    def _view(self, view: TillView) -> None:
        self._shell.show(view)
        self._sounds.hear(view.cue)
        if self._last is None:
            Clock.schedule_interval(self._build_ahead, BUILD_S)
        self._last = view
        self._hide_starting()
        layout = (theme.m.cols, theme.m.rows)
        if layout != self._layout:
            self._layout = layout
            self._client.send(cmd.SetProfile(*layout))

    def _build_ahead(self, _dt: float) -> bool:
        """One part at a time, while nobody waits; False ends the interval."""
        if self._shell.build_ahead():
            return True
        gc.collect()
        gc.freeze()  # what is built stays: later collections need not look at it
        gc.set_threshold(20_000, 20, 50)
        gc.enable()
        return False

    def _answer(self, answer: Answer) -> None:
        if not answer.ok:
            self._shell.refuse(answer.code, answer.params)

    def _link(self, is_up: bool) -> None:
        self._layout = None
        if self._calm is not None:
            self._calm.cancel()
        if not is_up:
            self._calm = Clock.schedule_once(lambda _dt: self._show_starting(), CALM_S if self._last is not None else 0)
        elif self._starting.parent is None:
            self._calm = None

    def _show_starting(self) -> None:
        if self._starting.parent is None:
            self._starting.show(waiting_view(self._last, lost=self._last is not None))
            self._shell.ids.over.add_widget(self._starting)

    def _hide_starting(self) -> None:
        if self._starting.parent is not None:
            self._starting.parent.remove_widget(self._starting)

    # ------------------------------------------------------------ from the keyboard

    def _key_down(self, _window: Any, key: int, _scan: int, _text: str, modifiers: list[str]) -> bool:
        if "ctrl" in modifiers or "alt" in modifiers or "meta" in modifiers:
            return True
        if F1 <= key < F1 + 12:
            self._shell.function_key(key - F1 + 1)
        elif key in KEYS:
            self._shell.key(KEYS[key])
        return True

    def _text(self, _window: Any, text: str) -> None:
        for char in text:
            if char.isprintable():
                self._shell.typed(char)


def close() -> None:
    """Ends the loop; for signals."""
    EventLoop.close()
