"""What can be taken back for some seconds, where no line of the ticket offers it."""

from dataclasses import dataclass

from appliance.i18n import t
from appliance.kiosk.viewmodel.bar import ActionModel, MessageModel
from appliance.kiosk.viewmodel.words import sentence
from appliance.protocol.view import TillView

ICON = "arrow-counter-clockwise"


@dataclass(frozen=True)
class UndoModel:
    """What was done, and the word that takes it back."""

    id: int
    text: str
    action: str


def undo_model(view: TillView) -> UndoModel | None:
    """The offer of a view; None without one, and while the ghost of a removed line makes it."""
    offer = view.undo
    if offer is None or (view.ticket is not None and view.ticket.ghost is not None):
        return None
    return UndoModel(offer.id, sentence(offer.code, offer.params, view), t("screen.action.undo", view.language))


def undo_message(offer: UndoModel) -> MessageModel:
    """The offer in the top bar of the selling screens, where a toast would stand on tiles or keys."""
    return MessageModel(offer.text, "info", "check-circle", (ActionModel("undo", offer.action, ICON),))
