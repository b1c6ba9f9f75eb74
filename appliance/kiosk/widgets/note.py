"""The card of a held note, on Accueil and in the sheet over the sale. `on_rename` is the pencil."""

from kivy.properties import BooleanProperty, ObjectProperty

from appliance.kiosk.viewmodel.note import NoteModel
from appliance.kiosk.widgets.base import Col, Press, load_kv


class NoteCardBox(Press, Col):
    """Shows a NoteModel; grey while another till has the note. On a narrow card the mode stands above the amount."""

    model = ObjectProperty(NoteModel(), rebind=True)
    is_wide = BooleanProperty(True)
    __events__ = ("on_rename",)

    def on_rename(self) -> None:
        """The pencil was touched."""


load_kv(__file__)
