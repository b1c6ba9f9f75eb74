"""The top bar: where one is, the message, the devices."""

from dataclasses import dataclass

from appliance.i18n import t
from appliance.kiosk.viewmodel.words import number, sentence
from appliance.protocol.view import DeviceLight, Message, TillView

DEVICES = {
    "scanner": ("barcode", "barcode"),
    "printer": ("printer", "printer"),
    "drawer": ("cash-register", "cash-register"),
    "terminal": ("contactless-payment", "contactless-payment"),
    "network": ("network", "wifi-slash"),
    "sync": ("cloud-check", "cloud-arrow-up"),
    "scale": ("scales", "scales"),
    "display": ("monitor", "monitor"),
}
"""Icon of a device when fine, and when not."""

MESSAGE_ICONS = {
    "scan": "barcode",
    "printer": "printer",
    "receipt": "printer",
    "drawer": "cash-register",
    "weight": "scales",
    "terminal": "contactless-payment",
    "network": "cloud-slash",
    "offline": "cloud-slash",
    "sync": "cloud-slash",
}
"""Icon of a message by the first word of its code."""

ACTION_ICONS = {
    "free_price": "calculator",
    "search": "magnifying-glass",
    "retry_print": "arrows-clockwise",
    "retry": "arrows-clockwise",
    "print_help": "question",
    "paper_came": "check",
    "paper_missing": "x",
    "print_all": "printer",
    "print_movement": "printer",
    "copy_movement": "printer",
    "drop_all": "trash",
    "drawer_is_open": "check",
    "drawer_is_shut": "check",
    "new_customer": "user-plus",
    "link_customer": "identification-card",
    "refund_balance": "hand-coins",
    "transfer_balance": "swap",
    "date_today": "check",
    "undo": "arrow-counter-clockwise",
    "remove": "trash",
    "yes": "check",
    "no": "x",
}


ON_THE_SENTENCE = ("unknown_code",)
"""Actions that have no button: the sentence itself is touched."""


@dataclass(frozen=True)
class LightModel:
    """One device of the status strip."""

    device: str
    icon: str
    level: str = "ok"
    word: str = ""


@dataclass(frozen=True)
class ActionModel:
    """One button of a message."""

    action: str
    text: str
    icon: str = ""


@dataclass(frozen=True)
class MessageModel:
    """The sentence in the middle of the bar."""

    text: str
    level: str = "info"
    icon: str = "info"
    actions: tuple[ActionModel, ...] = ()
    touch: str = ""
    """What a touch on the sentence does; "" for nothing."""
    counter: str = ""


@dataclass(frozen=True)
class BarModel:
    """Everything the bar shows. Empty strings leave their part out."""

    left_icon: str = ""
    left_dim: bool = False
    title: str = ""
    title_icon: str = ""
    title_px: int = 18
    title_indent: int = 14
    subtitle: str = ""
    mode: str = ""
    mode_icon: str = ""
    ticket: str = ""
    seller: str = ""
    seller_initials: str = ""
    lights: tuple[LightModel, ...] = ()
    clock: str = ""
    right_icon: str = ""
    right_lit: bool = False
    message: MessageModel | None = None


def light(view: TillView, device: DeviceLight) -> LightModel:
    """A device as an icon, and a word when it is not fine."""
    fine, ill = DEVICES[device.device]
    well = device.level in ("ok", "off")
    word = "" if well or not device.code else t(device.code, view.language, count=device.count)
    return LightModel(device.device, fine if well else ill, device.level, word)


def message(view: TillView) -> MessageModel | None:
    """The view's message in the seller's words."""
    if view.message is None:
        return None
    said: Message = view.message
    icon = MESSAGE_ICONS.get(said.code.split(".")[0], "info" if said.level == "info" else "warning")
    actions = tuple(
        ActionModel(action, t(f"screen.action.{action}", view.language), ACTION_ICONS.get(action, ""))
        for action in [action for action in said.actions if action not in ON_THE_SENTENCE][:2]
    )
    touch = next((action for action in said.actions if action in ON_THE_SENTENCE), "")
    counter = f"{said.position}/{said.count}" if said.count > 1 else ""
    return MessageModel(sentence(said.code, said.params, view), said.level, icon, actions, touch, counter)


def clock(view: TillView) -> str:
    """HH:MM of the view's wall clock."""
    return view.at[11:16]


def common(view: TillView) -> dict[str, object]:
    """The parts every bar has: devices, clock, message, seller."""
    return {
        "lights": tuple(light(view, device) for device in view.status),
        "clock": clock(view),
        "message": message(view),
        "seller": view.seller.name if view.seller else "",
        "seller_initials": view.seller.initials if view.seller else "",
    }


def sale_bar(view: TillView, compact: bool = False) -> BarModel:
    """Bar of the selling screens: home, mode, ticket, seller, menu."""
    sale = view.ticket or view.result
    shown = number(sale.number) if sale else ""
    mode = sale.mode if sale else None
    if shown and not compact:
        shown = t("screen.bar.ticket", view.language, number=shown)
    return BarModel(
        left_icon="house",
        mode=mode.name if mode else "",
        mode_icon=mode.icon if mode else "",
        ticket=shown,
        right_icon="dots-three-vertical",
        right_lit=type(view.sheet).__name__ == "MenuSheet",
        **common(view),  # type: ignore[arg-type]
    )


def home_bar(view: TillView, right_icon: str = "gear") -> BarModel:
    """Bar of Accueil and of the lock screen: the shop's name, the till, the seller."""
    return BarModel(
        title=view.shop.name,
        title_icon="storefront",
        title_indent=20,
        subtitle=view.shop.till_name,
        right_icon=right_icon,
        **common(view),  # type: ignore[arg-type]
    )


def back_bar(
    view: TillView, title: str, subtitle: str = "", right_icon: str = "", with_seller: bool = False
) -> BarModel:
    """Bar of a screen one goes back from; `with_seller` also shows the sale mode and the seller (Encaissement)."""
    parts = common(view)
    if not with_seller:
        parts["seller"] = parts["seller_initials"] = ""
    ticket = view.ticket if with_seller else None
    return BarModel(
        left_icon="arrow-left",
        title=title,
        title_px=20,
        title_indent=4,
        subtitle=subtitle,
        mode=ticket.mode.name if ticket else "",
        mode_icon=ticket.mode.icon if ticket else "",
        right_icon=right_icon,
        **parts,  # type: ignore[arg-type]
    )
