"""The lock screen: who sells, and the four digits."""

from dataclasses import dataclass, replace
from datetime import date

from appliance.i18n import long_date, t
from appliance.kiosk.viewmodel.bar import BarModel, home_bar
from appliance.protocol.view import LockView, TillView

CLEAR = "clear"


@dataclass(frozen=True)
class SellerModel:
    """One seller to choose."""

    id: str
    name: str
    initials: str
    role: str
    chosen: bool = False


@dataclass(frozen=True)
class PinModel:
    """The four dots and their keypad."""

    title: str = ""
    hint: str = ""
    trouble: str = ""
    """Sentence in place of the hint until a digit is typed; "" when nothing is wrong."""
    is_wrong: bool = False
    enabled: bool = True
    clear: str = ""
    forgotten: str = ""


@dataclass(frozen=True)
class LockModel:
    """Everything the lock screen shows."""

    clock: str = ""
    day: str = ""
    session: str = ""
    is_open: bool = False
    question: str = ""
    sellers: tuple[SellerModel, ...] = ()
    selected: str = ""
    page: str = ""
    next_page: int = 1
    badge: str = ""
    pin: PinModel = PinModel()
    advice: str = ""


def pin_trouble(view: TillView, tries_left: int, is_wrong: bool, locked_seconds: int) -> str:
    """Why the code was not taken: wrong, or too many tries."""
    lang = view.language
    if locked_seconds:
        minutes = -(-locked_seconds // 60)
        return t("screen.pin.locked", lang, count=minutes)
    return t("screen.pin.wrong", lang, count=tries_left) if is_wrong else ""


def _pin(view: TillView, lock: LockView) -> PinModel:
    lang = view.language
    chosen = next((seller for seller in lock.sellers if seller.id == lock.selected), None)
    title = t("screen.lock.code_till", lang)
    if chosen is not None:
        title = t("screen.lock.code_of", lang, name=chosen.name)
    elif lock.sellers:
        title = t("screen.lock.choose", lang)
    return PinModel(
        title=title,
        hint=t("screen.pin.hint", lang),
        trouble=pin_trouble(view, lock.tries_left, lock.is_wrong, lock.locked_seconds),
        is_wrong=lock.is_wrong or bool(lock.locked_seconds),
        enabled=not lock.locked_seconds and (chosen is not None or not lock.sellers),
        clear=t("screen.pin.clear", lang),
        forgotten=t("screen.lock.forgotten", lang),
    )


def lock_model(view: TillView) -> LockModel:
    """The lock screen of a view."""
    lock = view.lock or LockView(())
    lang = view.language
    day = date.fromisoformat(lock.date or view.at[:10])
    is_open = bool(lock.open_since)
    return LockModel(
        clock=view.at[11:16],
        day=long_date(day, lang),
        session=t("screen.lock.open_since", lang, time=lock.open_since) if is_open else t("screen.lock.closed", lang),
        is_open=is_open,
        question=t("screen.lock.question", lang) if lock.sellers else "",
        sellers=tuple(
            SellerModel(seller.id, seller.name, seller.initials, seller.role, seller.id == lock.selected)
            for seller in lock.sellers[:12]
        ),
        selected=lock.selected or "",
        page=t("screen.tile.page", lang, page=lock.page % lock.pages + 1) if lock.pages > 1 else "",
        next_page=lock.page % lock.pages + 1,
        badge=t("screen.lock.badge", lang),
        pin=_pin(view, lock),
        advice=t("screen.lock.advice", lang),
    )


def lock_bar(view: TillView) -> BarModel:
    """The shop and its devices: the clock is on the screen, and nobody is signed in."""
    return replace(home_bar(view, right_icon=""), clock="", seller="", seller_initials="")
