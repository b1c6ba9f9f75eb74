"""Held notes over the tiles, while a ticket is open."""

from typing import Any

from kivy.properties import ObjectProperty, OptionProperty

from appliance.kiosk.screens.base import SheetView
from appliance.kiosk.viewmodel.note import ORDERS, NoteModel, NotesModel, notes_model
from appliance.kiosk.widgets import Cells, load_kv
from appliance.kiosk.widgets.controls import Dashed
from appliance.kiosk.widgets.note import NoteCardBox
from appliance.protocol import command as cmd
from appliance.protocol.view import NotesSheet, TillView


class NoteCards(Cells):
    """Cards of notes, and a last place for a new ticket. Events: on_note(number), on_rename(model), on_new."""

    model = ObjectProperty(NotesModel(), rebind=True)
    __events__ = ("on_note", "on_rename", "on_new")

    def on_note(self, number: int) -> None:
        """A note was touched."""

    def on_rename(self, note: NoteModel) -> None:
        """A pencil was touched."""

    def on_new(self) -> None:
        """The place for a new ticket was touched."""

    def on_model(self, *_: Any) -> None:
        """One card a note."""
        self.clear_widgets()
        for note in self.model.cards:
            card = NoteCardBox()
            card.model = note
            card.bind(on_tap=lambda touched: self.dispatch("on_note", touched.model.number))
            card.bind(on_rename=lambda touched: self.dispatch("on_rename", touched.model))
            self.add_widget(card)
        if self.model.new:
            new = Dashed(icon="pause", text=self.model.new, icon_px=36)
            new.bind(on_tap=lambda _new: self.dispatch("on_new"))
            self.add_widget(new)


class Notes(SheetView):
    """Shows a NotesModel."""

    model = ObjectProperty(NotesModel(), rebind=True)
    place = OptionProperty("pane", options=["pane", "menu", "modal"])

    def show(self, view: TillView, sheet: NotesSheet) -> None:
        """Draws the sheet."""
        self.model = notes_model(view, sheet)

    def order(self, index: int) -> None:
        """By time, table or amount."""
        self.send(cmd.OrderNotes(ORDERS[index], self.model.search))

    def search(self, text: str) -> None:
        """Shows the notes that match."""
        self.send(cmd.OrderNotes(ORDERS[self.model.order], text[:64]))

    def rename(self, note: NoteModel) -> None:
        """Gives a note its name or table."""
        self.ask(self.model.search_hint, note.name, lambda text: self.send(cmd.NameTicket(note.number, text[:40])))

    def typed(self, text: str) -> bool:
        """Letters search."""
        self.search(self.model.search + text)
        return True

    def key(self, name: str) -> bool:
        """Backspace shortens the search."""
        if name == "backspace":
            self.search(self.model.search[:-1])
            return True
        return super().key(name)


load_kv(__file__)
