"""Which class draws which screen and which sheet."""

from typing import Any

from appliance.kiosk.screens import (
    choice,
    closing,
    code_entry,
    free_price,
    home,
    line_editor,
    lock,
    menu,
    notes,
    opening,
    payment,
    result,  # noqa: F401  named in sale.kv
    sale,
    split,
    starting,
    x_report,
)
from appliance.kiosk.screens.base import Screen, SheetView
from appliance.protocol import view as v
from appliance.protocol.view import TillView

SCREENS: dict[str, type[Screen]] = {
    "starting": starting.Starting,
    "lock": lock.LockScreen,
    "opening": opening.OpeningScreen,
    "home": home.HomeScreen,
    "sale": sale.SaleScreen,
    "payment": payment.PaymentScreen,
    "split": split.SplitScreen,
    "x_report": x_report.ReportScreen,
    "closing": closing.ClosingScreen,
}
"""By `TillView.screen`."""

SHEETS: dict[type[Any], type[SheetView]] = {
    v.LineEditorSheet: line_editor.LineEditor,
    v.MenuSheet: menu.MoreMenu,
    v.CodeEntrySheet: code_entry.CodeEntry,
    v.FreePriceSheet: free_price.FreePrice,
    v.NotesSheet: notes.Notes,
    v.ModeSheet: choice.Modes,
    v.ReasonSheet: choice.Reasons,
    v.ApprovalSheet: choice.Approval,
    v.AgeSheet: choice.Age,
    v.ConfirmCloseSheet: choice.ConfirmClose,
    v.PrintHelpSheet: choice.PrintHelp,
}
"""By the type of `TillView.sheet`."""


def screen_for(view: TillView) -> str:
    """The screen to draw; one that this kiosk does not know is drawn as starting."""
    return view.screen if view.screen in SCREENS else "starting"
