"""Kivy's settings for a till, made before anything else of Kivy is imported.

Hides the environment variables and the configuration: full screen, no settings panel, Escape and F1 dead, the interrupt
clock that halves the road from socket to pixel (reference/performance.md section 4.2). SDL by itself swallows a touch
that it reads within 10 ms of the window getting the keyboard, which is the first touch after a start on a busy box.
"""

import os


def configure(width: int, height: int, windowed: bool = False, fps: int = 60) -> None:
    """Must run before `kivy.core.window` is imported. Sizes are pixels of the panel; 0 takes the whole display."""
    os.environ["SDL_MOUSE_FOCUS_CLICKTHROUGH"] = "1"
    os.environ.setdefault("KIVY_NO_ARGS", "1")
    os.environ.setdefault("KIVY_NO_FILELOG", "1")
    os.environ.setdefault("KIVY_NO_CONFIG", "1")
    os.environ.setdefault("KIVY_LOG_MODE", "MIXED")
    os.environ.setdefault("KIVY_METRICS_DENSITY", "1")
    os.environ.setdefault("KIVY_METRICS_FONTSCALE", "1")
    from kivy.config import Config

    settings = {
        "kivy": {"kivy_clock": "interrupt", "exit_on_escape": "0", "log_level": "warning", "keyboard_mode": "system"},
        "graphics": {
            "width": str(width or 1280),
            "height": str(height or 800),
            "maxfps": str(fps),
            "multisamples": "0",
            "fullscreen": "auto" if not width and not windowed else "0",
            "borderless": "0" if windowed else "1",
            "resizable": "0",
            "position": "custom",
            "left": "0",
            "top": "0",
        },
    }
    for section, values in settings.items():
        for key, value in values.items():
            Config.set(section, key, value)
    Config.remove_section("input")
    Config.add_section("input")
    Config.set("input", "mouse", "mouse,disable_multitouch")
