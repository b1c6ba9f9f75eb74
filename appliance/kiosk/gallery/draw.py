"""Draws recorded views with the real shell and saves what the window shows."""

from pathlib import Path
from typing import Any

import msgspec

from appliance.kiosk.setup import configure
from appliance.protocol.view import TillView


def draw_all(items: list[tuple[str, Any]], panel: tuple[int, int], out: Path) -> None:
    """Saves one picture a recorded view."""
    configure(*panel)
    from kivy.base import EventLoop
    from kivy.core.window import Window

    from appliance.kiosk.shell import Shell
    from appliance.kiosk.widgets import Stage

    stage = Stage(size=panel)
    Window.clearcolor = (0, 0, 0, 1)
    for name, item in items:
        stage.clear_widgets()
        shell = Shell(panel, lambda _command: None)
        stage.add_widget(shell)
        if stage.parent is None:
            Window.add_widget(stage)
            EventLoop.start()
        shell.show(msgspec.json.decode(item.view, type=TillView))
        settle(EventLoop, Window)
        for char in item.typed:
            shell.typed(char)
        settle(EventLoop, Window)
        save(Window, out / f"{name}.png")


def settle(loop: Any, window: Any) -> None:
    """Runs frames until all layouts are at rest."""
    for _ in range(4):
        loop.idle()
    window.dispatch("on_draw")


def save(window: Any, path: Path) -> None:
    """Writes the window's pixels to a PNG file."""
    from kivy.core.image import Image
    from kivy.graphics.opengl import GL_RGBA, GL_UNSIGNED_BYTE, glReadPixels
    from kivy.graphics.texture import Texture

    width, height = window.system_size
    pixels = glReadPixels(0, 0, width, height, GL_RGBA, GL_UNSIGNED_BYTE)
    texture = Texture.create(size=(width, height), colorfmt="rgba")
    texture.blit_buffer(pixels, colorfmt="rgba", bufferfmt="ubyte")
    Image(texture).save(str(path), flipped=True)
    print(path)
