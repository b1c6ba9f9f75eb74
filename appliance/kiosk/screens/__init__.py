"""Which class draws which screen and which sheet.

A module is imported when its screen is first needed: parsing all layouts first would double the start.
"""

from collections.abc import Callable
from typing import Any

from appliance.kiosk.screens.base import Screen, SheetView
from appliance.protocol import view as v
from appliance.protocol.view import TillView


def _starting(**wiring: Any) -> Screen:
    from appliance.kiosk.screens.starting import Starting

    return Starting(**wiring)


def _lock(**wiring: Any) -> Screen:
    from appliance.kiosk.screens.lock import LockScreen

    return LockScreen(**wiring)


def _opening(**wiring: Any) -> Screen:
    from appliance.kiosk.screens.opening import OpeningScreen

    return OpeningScreen(**wiring)


def _home(**wiring: Any) -> Screen:
    from appliance.kiosk.screens.home import HomeScreen

    return HomeScreen(**wiring)


def _sale(**wiring: Any) -> Screen:
    from appliance.kiosk.screens.sale import SaleScreen

    return SaleScreen(**wiring)


def _payment(**wiring: Any) -> Screen:
    from appliance.kiosk.screens.payment import PaymentScreen

    return PaymentScreen(**wiring)


def _card(**wiring: Any) -> Screen:
    from appliance.kiosk.screens.card import CardScreen

    return CardScreen(**wiring)


def _split(**wiring: Any) -> Screen:
    from appliance.kiosk.screens.split import SplitScreen

    return SplitScreen(**wiring)


def _x_report(**wiring: Any) -> Screen:
    from appliance.kiosk.screens.x_report import ReportScreen

    return ReportScreen(**wiring)


def _closing(**wiring: Any) -> Screen:
    from appliance.kiosk.screens.closing import ClosingScreen

    return ClosingScreen(**wiring)


def _devices(**wiring: Any) -> Screen:
    from appliance.kiosk.screens.devices import DevicesScreen

    return DevicesScreen(**wiring)


def _clients(**wiring: Any) -> Screen:
    from appliance.kiosk.screens.clients import ClientsScreen

    return ClientsScreen(**wiring)


def _client_form(**wiring: Any) -> Screen:
    from appliance.kiosk.screens.client_form import ClientForm

    return ClientForm(**wiring)


def _masters(**wiring: Any) -> Screen:
    from appliance.kiosk.screens.masters import MastersScreen

    return MastersScreen(**wiring)


def _settings(**wiring: Any) -> Screen:
    from appliance.kiosk.screens.settings import SettingsScreen

    return SettingsScreen(**wiring)


def _setting(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.settings import SettingChoices

    return SettingChoices(**wiring)


def _tender_mode(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.masters import ModeEditor

    return ModeEditor(**wiring)


def _mode_off(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.masters import ModeOff

    return ModeOff(**wiring)


def _group_form(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.masters import GroupForm

    return GroupForm(**wiring)


def _group_delete(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.masters import GroupDelete

    return GroupDelete(**wiring)


def _client_picker(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.client_picker import ClientPicker

    return ClientPicker(**wiring)


def _product_form(**wiring: Any) -> Screen:
    from appliance.kiosk.screens.product_form import ProductForm

    return ProductForm(**wiring)


def _unknown_code(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.unknown_code import UnknownCode

    return UnknownCode(**wiring)


def _product_picker(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.unknown_code import ProductPicker

    return ProductPicker(**wiring)


def _product_choice(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.product_form import ProductChoice

    return ProductChoice(**wiring)


def _client_menu(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.client_picker import ClientMenu

    return ClientMenu(**wiring)


def _client_delete(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.clients import ClientDelete

    return ClientDelete(**wiring)


def _wallet_movement(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.clients import Movement

    return Movement(**wiring)


def _wallet_given(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.wallet_given import WalletGiven

    return WalletGiven(**wiring)


def _client_groups(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.client_form import Groups

    return Groups(**wiring)


def _client_consents(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.client_form import Agreements

    return Agreements(**wiring)


def _line_editor(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.line_editor import LineEditor

    return LineEditor(**wiring)


def _menu(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.menu import MoreMenu

    return MoreMenu(**wiring)


def _code_entry(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.code_entry import CodeEntry

    return CodeEntry(**wiring)


def _free_price(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.free_price import FreePrice

    return FreePrice(**wiring)


def _weighing(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.weighing import Weighing

    return Weighing(**wiring)


def _notes(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.notes import Notes

    return Notes(**wiring)


def _modes(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.choice import Modes

    return Modes(**wiring)


def _reasons(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.choice import Reasons

    return Reasons(**wiring)


def _approval(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.choice import Approval

    return Approval(**wiring)


def _age(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.choice import Age

    return Age(**wiring)


def _confirm_close(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.choice import ConfirmClose

    return ConfirmClose(**wiring)


def _wallet_credit(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.wallet_credit import WalletCredit

    return WalletCredit(**wiring)


def _wallet_short(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.wallet_short import WalletShort

    return WalletShort(**wiring)


def _wallet_action(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.wallet_action import WalletAction

    return WalletAction(**wiring)


def _print_help(**wiring: Any) -> SheetView:
    from appliance.kiosk.screens.print_help import PrintHelp

    return PrintHelp(**wiring)


def _sync(**wiring: Any) -> Screen:
    from appliance.kiosk.screens.sync import SyncScreen

    return SyncScreen(**wiring)


SCREENS: dict[str, Callable[..., Screen]] = {
    "sale": _sale,
    "payment": _payment,
    "card": _card,
    "home": _home,
    "lock": _lock,
    "opening": _opening,
    "split": _split,
    "x_report": _x_report,
    "closing": _closing,
    "clients": _clients,
    "client_form": _client_form,
    "product_form": _product_form,
    "devices": _devices,
    "masters": _masters,
    "settings": _settings,
    "sync": _sync,
    "starting": _starting,
}
"""By `TillView.screen`, the most used first."""

SHEETS: dict[type[Any], Callable[..., SheetView]] = {
    v.LineEditorSheet: _line_editor,
    v.MenuSheet: _menu,
    v.FreePriceSheet: _free_price,
    v.WeighSheet: _weighing,
    v.NotesSheet: _notes,
    v.CodeEntrySheet: _code_entry,
    v.ModeSheet: _modes,
    v.ReasonSheet: _reasons,
    v.ApprovalSheet: _approval,
    v.AgeSheet: _age,
    v.ConfirmCloseSheet: _confirm_close,
    v.PrintHelpSheet: _print_help,
    v.WalletCreditSheet: _wallet_credit,
    v.WalletShortSheet: _wallet_short,
    v.WalletActionSheet: _wallet_action,
    v.WalletMovementSheet: _wallet_movement,
    v.WalletGivenSheet: _wallet_given,
    v.ClientPickerSheet: _client_picker,
    v.ClientMenuSheet: _client_menu,
    v.UnknownCodeSheet: _unknown_code,
    v.ProductPickerSheet: _product_picker,
    v.ProductChoiceSheet: _product_choice,
    v.ClientGroupsSheet: _client_groups,
    v.ClientConsentsSheet: _client_consents,
    v.ClientDeleteSheet: _client_delete,
    v.TenderModeSheet: _tender_mode,
    v.SettingSheet: _setting,
    v.ModeOffSheet: _mode_off,
    v.GroupSheet: _group_form,
    v.GroupDeleteSheet: _group_delete,
}
"""By the type of `TillView.sheet`."""


def screen_for(view: TillView) -> str:
    """The screen to draw; one that this kiosk does not know is drawn as starting."""
    return view.screen if view.screen in SCREENS else "starting"
