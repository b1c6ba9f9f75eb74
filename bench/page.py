"""The same till as a static web page: what a browser kiosk would show, for Chromium to be measured on.

Made from the very view that the kiosk draws: same places, sizes, words and colours. A key does what a scan does there:
it adds one to the last line and rewrites its amount, the total, the note below it, the cash keys and the pay key.
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
.sub{left:14px;top:536px;width:372px;height:20px;font-size:15px;color:#4B5963}
.cash{top:580px;width:91px;height:68px;background:#DDF0E4;color:#0A5C32;border-radius:10px;padding:22px 0;
text-align:center;font-weight:700}
.pay{left:142px;top:656px;width:246px;height:76px;background:#0C7A41;color:#fff;border-radius:8px;padding:24px;font-size:22px}
"""

SCRIPT = """
let count = 1, total = %d;
const each = %d, at = id => document.getElementById(id), money = minor => (minor / 100).toFixed(2);
const line = at('last'), cost = at('cost'), sum = at('total'), note = at('note'), pay = at('pay');
const cash = [0, 1, 2, 3].map(n => at('cash' + n)), steps = [1, 500, 1000, 5000];
addEventListener('keydown', () => {
  count += 1; total += each;
  line.textContent = count;
  cost.textContent = money(each * count);
  sum.textContent = money(total);
  note.textContent = count + ' articles · dont TVA 2.6 %% ' + money(total * 26 / 1026);
  cash.forEach((key, n) => key.textContent = money(Math.ceil(total / steps[n]) * steps[n]));
  pay.textContent = 'Facturer ' + money(total);
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
            f"<span{' id=cost' if mark else ''}>{amount(line.amount_minor)}</span></div>"
        )
    total = view.ticket.total_minor
    parts.append(f'<div class="total" id="total">{amount(total)}</div>')
    parts.append('<div class="sub" id="note">1 article</div>')
    for at in range(4):
        parts.append(f'<div class="cash" id="cash{at}" style="left:{12 + at * 95}px">{amount(total)}</div>')
    parts.append(f'<div class="pay" id="pay">Facturer {amount(total)}</div></div>')
    script = SCRIPT % (total, lines[-1].unit_price_minor)
    return f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style>{"".join(parts)}<script>{script}</script>'
