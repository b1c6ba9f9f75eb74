"""The same till as a static web page: what a browser kiosk would show, for Chromium to be measured on.

Made from the very view that the kiosk draws: same places, sizes, words and colours. A key adds one to the last line and
rewrites the total; nothing else runs.
"""

from __future__ import annotations

from html import escape
from typing import Any

STYLE = """
*{box-sizing:border-box;margin:0;font-family:Inter,"DejaVu Sans",sans-serif}
body{width:1280px;height:800px;background:#F3F1EC;color:#13212B;position:relative;overflow:hidden}
div{position:absolute;overflow:hidden}
.bar{left:0;top:0;width:1280px;height:56px;background:#13212B;color:#fff;padding:18px;font-weight:600}
.cat{left:12px;width:140px;height:72px;background:#fff;border-radius:8px;padding:24px 10px;
border-left:8px solid #A3650F}
.tile{width:170px;height:101px;border-radius:8px;border-left:8px solid #C4541A;background:#FBE6DA;padding:12px}
.tile p{position:absolute;bottom:12px}
.note{left:880px;top:56px;width:400px;height:744px;background:#fff}
.line{left:0;width:400px;height:60px;border-bottom:1px solid #D8D3C8;padding:20px 14px;font-weight:600}
.line b{background:#E7E3DB;border-radius:8px;padding:10px 16px;margin-right:10px}
.line span{position:absolute;right:14px}
.total{right:14px;top:480px;width:200px;height:50px;font-size:44px;font-weight:700;text-align:right;line-height:50px}
.pay{left:142px;top:656px;width:246px;height:76px;background:#0C7A41;color:#fff;border-radius:8px;padding:24px;font-size:22px}
"""

SCRIPT = """
let count = 1, total = %d;
const at = id => document.getElementById(id), line = at('last'), sum = at('total'), pay = at('pay');
addEventListener('keydown', () => {
  count += 1; total += %d;
  line.textContent = count;
  sum.textContent = (total / 100).toFixed(2);
  pay.textContent = 'Facturer ' + (total / 100).toFixed(2);
});
"""


def amount(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def page(view: Any, rows: int) -> str:
    """The sale screen of a view as HTML."""
    parts = [f'<div class="bar">{escape(view.shop.name)}</div>']
    for at, category in enumerate(view.grid.categories[:9]):
        parts.append(f'<div class="cat" style="top:{68 + at * 81}px">{escape(category.name)}</div>')
    for at, tile in enumerate(view.grid.tiles):
        if tile is not None:
            place = f"left:{164 + at % 4 * 178}px;top:{136 + at // 4 * 110}px"
            label = "<br>".join(escape(word) for word in tile.label)
            parts.append(f'<div class="tile" style="{place}">{label}<p>{amount(tile.price_minor or 0)}</p></div>')
    parts.append('<div class="note">')
    lines = view.ticket.lines[-rows:]
    for at, line in enumerate(lines):
        mark = ' id="last"' if line is lines[-1] else ""
        parts.append(
            f'<div class="line" style="top:{70 + at * 60}px"><b{mark}>1</b>{escape(line.name)}'
            f"<span>{amount(line.amount_minor)}</span></div>"
        )
    total = view.ticket.total_minor
    parts.append(f'<div class="total" id="total">{amount(total)}</div>')
    parts.append(f'<div class="pay" id="pay">Facturer {amount(total)}</div></div>')
    script = SCRIPT % (total, lines[-1].unit_price_minor)
    return f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style>{"".join(parts)}<script>{script}</script>'
