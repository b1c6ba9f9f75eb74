"""Brings parts of what was drawn to the screen; hides GLX.

A software renderer shows a frame by copying the whole window to the X server, which takes longer than drawing the row
that changed. `GLX_MESA_copy_sub_buffer` (Mesa) copies one rectangle. Where it is not there,
or the window is not an X window's own, nothing is copied and the caller shows the frame as a whole.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from kivy.logger import Logger

EXTENSION = b"GLX_MESA_copy_sub_buffer"
Copy = Callable[[int, int, int, int], None]
"""Left, bottom, width, height in pixels of the window, counted from its lower left corner."""


def find_copy() -> Copy | None:
    """How to copy a rectangle of the window that is current on this thread; None where that cannot be done."""
    try:
        gl: Any = ctypes.CDLL("libGL.so.1")
        display, drawable = _current(gl)
        if not display or not drawable or EXTENSION not in _extensions(gl, display):
            return None
        gl.glXGetProcAddress.restype = ctypes.c_void_p
        gl.glXGetProcAddress.argtypes = [ctypes.c_char_p]
        address = gl.glXGetProcAddress(b"glXCopySubBufferMESA")
    except (OSError, AttributeError) as error:
        Logger.info("Front: frames are shown as a whole (%s)", error)
        return None
    ints = [ctypes.c_int] * 4
    copy = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_ulong, *ints)(address)
    return lambda left, bottom, width, height: copy(display, drawable, left, bottom, width, height)


def _current(gl: Any) -> tuple[int | None, int]:
    gl.glXGetCurrentDisplay.restype = ctypes.c_void_p
    gl.glXGetCurrentDrawable.restype = ctypes.c_ulong
    return gl.glXGetCurrentDisplay(), gl.glXGetCurrentDrawable()


def _extensions(gl: Any, display: int) -> list[bytes]:
    gl.glXQueryExtensionsString.restype = ctypes.c_char_p
    gl.glXQueryExtensionsString.argtypes = [ctypes.c_void_p, ctypes.c_int]
    return (gl.glXQueryExtensionsString(display, 0) or b"").split()
