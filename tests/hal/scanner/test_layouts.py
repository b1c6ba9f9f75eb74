"""The layout tables against libxkbcommon, which reads keyboards elsewhere (asked where it is installed)."""

import ctypes
import ctypes.util
import unicodedata

import pytest

from appliance.hal.scanner.layouts import LAYOUTS

XKB_NAMES = {"us": (b"us", b""), "fr": (b"fr", b""), "ch": (b"ch", b"fr"), "de": (b"de", b""), "be": (b"be", b"")}


class RuleNames(ctypes.Structure):
    _fields_ = [(name, ctypes.c_char_p) for name in ("rules", "model", "layout", "variant", "options")]


def load_xkb():
    name = ctypes.util.find_library("xkbcommon")
    if name is None:
        pytest.skip("libxkbcommon is not installed")
    library = ctypes.CDLL(name)
    for function in ("xkb_context_new", "xkb_keymap_new_from_names", "xkb_state_new"):
        getattr(library, function).restype = ctypes.c_void_p
    for function in ("xkb_state_key_get_one_sym", "xkb_keysym_to_utf32", "xkb_keymap_mod_get_index"):
        getattr(library, function).restype = ctypes.c_uint32
    return library


@pytest.mark.parametrize("name", LAYOUTS)
def test_table_says_what_libxkbcommon_says(name):
    xkb = load_xkb()
    layout, variant = XKB_NAMES[name]
    context = ctypes.c_void_p(xkb.xkb_context_new(0))
    names = RuleNames(b"evdev", b"pc105", layout, variant, b"")
    keymap = ctypes.c_void_p(xkb.xkb_keymap_new_from_names(context, ctypes.byref(names), 0))
    if keymap.value is None:
        pytest.skip("xkb-data is not installed")
    state = ctypes.c_void_p(xkb.xkb_state_new(keymap))
    shift, third = (1 << xkb.xkb_keymap_mod_get_index(keymap, mod) for mod in (b"Shift", b"Mod5"))
    for code, levels in LAYOUTS[name].items():
        assert len(levels) == 4
        for level, ours in enumerate(levels):
            xkb.xkb_state_update_mask(state, shift * (level & 1) | third * (level >> 1), 0, 0, 0, 0, 0)
            theirs = xkb.xkb_keysym_to_utf32(xkb.xkb_state_key_get_one_sym(state, code + 8))
            assert unicodedata.combining(ours) if theirs == 0 else chr(theirs) == ours, (code, level)
