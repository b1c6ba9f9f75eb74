"""The widget kit of the till: everything a screen is built from.

Read this first when you build a screen.

**Units.** All sizes are logical pixels: the mock-ups' CSS pixels. `Stage` (the root) draws them at the profile's
density, so no `dp()` anywhere. Colours are role names of tokens.json ("surface", "on-pay", "band-pain"), never
numbers; `theme.rgba` has them, `theme.m` the sizes of the profile (`theme.m.ticket`, `theme.m.pad`).

**Layout** is CSS flex. `Row` and `Col` have `gap`, `padding` (left, top, right, bottom), `justify`, `align`,
`fill`, `radius`, `line` + `line_width` (border). A child with a `size_hint` shares the free space, one with `None`
keeps its size; `fit: 'w' | 'h' | 'wh'` takes the size of the content (and sets the hint to None). `shown: False`
takes a widget out of its row. `Space:` is a spring, `Rule:` a line, `Cells` a grid of equal cells, `Box:
direction: 'stack'` puts children on top of each other. CSS `1fr 376px` is one child without a width and one with
`size_hint_x: None; width: 376`.

**Text.** `Text: text, px, lh, wt, tone`: CSS `font: 600 18px/22px` is `px: 18; lh: 22; wt: 600`. It fills its cell
and is centred vertically unless fitted; in a Col use `fit: 'h'`, in a Row `fit: 'wh'` or let it share. `wraps:
True` breaks lines. `H1 H2 Body Muted Label_ Caption` are ready styles (theme.kv). `Icon: name, filled, px, tone`.

**Touch.** Add `Press` before the box class: `class Card(Press, Col)`. It gives `on_tap`, `on_refused` (disabled),
`pressed`, `enabled`, `fires: 'down'` for keys and steppers.

**Speed.** Put what changes together into one `Layer` (layer.py: an opaque rectangle with a texture); give things that
never change while selling a layer of their own. A part of a layer that changes by itself, like a line's head or a tile,
is a `Region` with the `ground` behind it. What changed is painted over the last frame, so a widget that stands above
layers without being inside one says `painter.cover(self)` (frame.py); Scrim, sheets and the keyboard do. Long lists
are `Rows`: give it row models with `key` and `kind`, and a class per kind. Parts that change with every scan mix in
`Bound` and set their children in `show_model` instead of by expressions in .kv.

**Screens.** A screen is a `Screen` (screens/base.py): `show(view)` turns the TillView into a model
(viewmodel/x.py, plain typed Python) and sets `self.model`; its .kv reads `root.model.x` and calls
`root.send(cmd.X())`. Register it in screens/__init__.py. A sheet is a `SheetView`, registered by the type of its
part of the view.

Kit: PushButton SquareButton Tag Avatar Led Segmented Toggle Stepper EmptyState Dashed ListRow PillField (controls)
· Keypad · Tile CategoryKey Badge (tile) · TopBar (topbar) · TicketPanel SumRows CashKeys BasketList (ticket) ·
TenderButton · Sheet Modal Menu PaneHead Scrim (sheet) · SearchField FormField ValueField (fields) ·
OnScreenKeyboard (keyboard).
"""

from appliance.kiosk.theme import ASSETS
from appliance.kiosk.widgets.base import (
    Box,
    Cells,
    Col,
    Icon,
    Painted,
    Press,
    Row,
    Rule,
    Space,
    Stage,
    Text,
    load_kv,
)
from appliance.kiosk.widgets.layer import Layer

load_kv(str(ASSETS.parent / "theme.py"))

from appliance.kiosk.widgets import controls, fields, grid, keyboard, keypad, note, sheet, tender, ticket, tile, topbar  # noqa: E402

__all__ = [
    "Box",
    "Cells",
    "Col",
    "Icon",
    "Layer",
    "Painted",
    "Press",
    "Row",
    "Rule",
    "Space",
    "Stage",
    "Text",
    "controls",
    "fields",
    "grid",
    "keyboard",
    "keypad",
    "load_kv",
    "note",
    "sheet",
    "tender",
    "ticket",
    "tile",
    "topbar",
]  # fmt: skip
