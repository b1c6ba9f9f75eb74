"""A visitor's hands on the virtual display: touches and keys; hides the XTEST extension and keyboard tables.

Keys that the server's US keyboard lacks (é, ç, €) are put on its unused key codes once, before the kiosk starts.
"""

from collections.abc import Sequence
from typing import Final, Literal

from Xlib import XK, X
from Xlib.display import Display
from Xlib.ext import xtest

Move = Literal["down", "move", "up"]
MOVES: Final = ("down", "move", "up")
_NAMED: Final = {
    "Enter": "Return", "Backspace": "BackSpace", "Delete": "Delete", "Tab": "Tab", "Escape": "Escape", "Home": "Home",
    "End": "End", "ArrowLeft": "Left", "ArrowRight": "Right", "ArrowUp": "Up", "ArrowDown": "Down",
    "PageUp": "Page_Up", "PageDown": "Page_Down", "F1": "F1", "F11": "F11",
}  # fmt: skip
"""Names of keys as browsers give them (KeyboardEvent.key) and as X names them."""
_ACCENTED: Final = "éèàçùêâîôûëïüöä’€ß«"
_SHIFT: Final = "Shift_L"


class Hands:
    """One connection to an X server with XTEST."""

    def __init__(self, display_name: str) -> None:
        self._display = Display(display_name)
        self._learn_accents()
        self._keys = self._read_keys()

    def close(self) -> None:
        self._display.close()

    def touch(self, move: Move, x: int, y: int) -> None:
        """A finger at x, y in pixels from the top left."""
        xtest.fake_input(self._display, X.MotionNotify, x=x, y=y)
        if move != "move":
            xtest.fake_input(self._display, X.ButtonPress if move == "down" else X.ButtonRelease, 1)
        self._display.sync()

    def tap(self, x: int, y: int) -> None:
        """Down and up."""
        self.touch("down", x, y)
        self.touch("up", x, y)

    def type(self, key: str) -> bool:
        """Press and release a key: one character, or a name such as `Enter`. False when there is no such key."""
        found = self._keys.get(_keysym(key))
        if found is None:
            return False
        keycode, level = found
        shift, _ = self._keys[XK.string_to_keysym(_SHIFT)]
        strokes = [(X.KeyPress, keycode), (X.KeyRelease, keycode)]
        if level == 1:
            strokes = [(X.KeyPress, shift), *strokes, (X.KeyRelease, shift)]
        for kind, code in strokes:
            xtest.fake_input(self._display, kind, code)
        self._display.sync()
        return True

    def _rows(self) -> dict[int, Sequence[int]]:
        """Key code to the numbers of what it types: plain, with Shift, and so on."""
        first, last = self._display.display.info.min_keycode, self._display.display.info.max_keycode
        return dict(enumerate(self._display.get_keyboard_mapping(first, last - first + 1), first))

    def _read_keys(self) -> dict[int, tuple[int, int]]:
        """What can be typed: its number to key code and level (0 plain, 1 with Shift), the easiest way first."""
        rows = self._rows()
        return {row[level]: (code, level) for level in (1, 0) for code, row in reversed(rows.items()) if row[level]}

    def _learn_accents(self) -> None:
        unused = (keycode for keycode, row in self._rows().items() if not any(row))
        for keycode, character in zip(unused, _ACCENTED, strict=False):
            plain, shifted = _keysym(character), _keysym(character.upper() if character != "ß" else character)
            self._display.change_keyboard_mapping(keycode, [[plain, shifted]])


def _keysym(key: str) -> int:
    """X's number of a key (X11 protocol, appendix A); 0 for names that are none."""
    if key in _NAMED:
        return XK.string_to_keysym(_NAMED[key])
    if len(key) != 1 or not key.isprintable():
        return 0
    if key == "€":
        return 0x20AC
    point = ord(key)
    return point if point < 0x100 else 0x0100_0000 | point
