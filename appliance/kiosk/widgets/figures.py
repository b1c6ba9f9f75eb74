"""Tables of figures in a card, and rows of a label with its amount."""

from typing import Any

from kivy.properties import ListProperty, NumericProperty, ObjectProperty, StringProperty

from appliance.kiosk.viewmodel.figures import CardModel, TableModel
from appliance.kiosk.widgets.base import Col, Row, Rule, Text, load_kv

GAP = 10
HEAD_HEIGHT = 28


class FigureTable(Col):
    """Heads, then rows below rules; the total is bold. model: TableModel."""

    model = ObjectProperty(TableModel(), rebind=True)
    tone = StringProperty("ink")
    head_tone = StringProperty("ink-2")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name in ("tone", "head_tone"):
            self.fbind(name, self.on_model)

    def on_model(self, *_: Any) -> None:
        """Builds the table anew; reports are read, they do not change while looked at."""
        self.clear_widgets()
        model: TableModel = self.model
        self._add(model.heads, HEAD_HEIGHT, 15, 600, self.head_tone)
        for i, row in enumerate(model.rows):
            is_total = model.has_total and i == len(model.rows) - 1
            self.add_widget(Rule(height=2 if is_total else 1))
            self._add(row, model.row_height - (2 if is_total else 1), 17, 700 if is_total else 500, self.tone)
        if model.note[0]:
            self._add(model.note, 22, 16, 500, "ink-2", note=True)

    def _add(self, words: tuple[str, ...], height: int, px: int, wt: int, tone: str, note: bool = False) -> None:
        row = Row(size_hint_y=None, height=height, gap=GAP)
        for i, word in enumerate(words):
            indent = 14 if word.startswith("   ") else 0
            cell = Text(text=word.strip(), px=px, lh=22, wt=wt, tone=tone, halign="right" if i else "left")
            width = 0 if not i or note else self.model.widths[i - 1]
            if width:
                cell.size_hint_x, cell.width = None, width
            if indent:
                row.padding = (indent, 0, 0, 0)
            row.add_widget(cell)
        self.add_widget(row)


class FigureCard(Col):
    """A card with icon, title, a note at the right, and a table. model: CardModel."""

    model = ObjectProperty(CardModel(), rebind=True)
    tone = StringProperty("ink")
    note_tone = StringProperty("ink-2")
    note_wt = NumericProperty(500)
    note_px = NumericProperty(16)


class FigureRow(Row):
    """A label and an amount."""

    text = StringProperty("")
    amount = StringProperty("")
    px = NumericProperty(18)
    lh = NumericProperty(28)
    wt = NumericProperty(500)
    tone = StringProperty("ink")
    amount_tone = StringProperty("ink")


class FigureRows(Col):
    """FigureRows of (label, amount) pairs under each other."""

    rows = ListProperty([])
    px = NumericProperty(18)
    lh = NumericProperty(28)
    tone = StringProperty("ink")

    def on_rows(self, *_: Any) -> None:
        """One row a pair."""
        while len(self.children) > len(self.rows):
            self.remove_widget(self.children[0])
        while len(self.children) < len(self.rows):
            self.add_widget(FigureRow(px=self.px, lh=self.lh, tone=self.tone))
        for row, (text, amount) in zip(reversed(self.children), self.rows, strict=True):
            row.text, row.amount = text, amount


load_kv(__file__)
