"""Périphériques: one card a device, and what a tested scan means."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from appliance.i18n import amount, has_sentence, quantity, short_date, t
from appliance.kiosk.viewmodel.bar import DEVICES, BarModel, back_bar
from appliance.kiosk.viewmodel.settings import SECTION_ICONS, SectionModel, section_models
from appliance.kiosk.viewmodel.words import sentence
from appliance.protocol.view import DeviceCard, DeviceFact, DevicesView, TestedCode, TillView

FACTS, FACTS_BESIDE_SEARCH, FACTS_IN_THREE_ROWS, FACTS_ON_A_LOW_PANEL = 5, 2, 2, 1
LOW_PANEL = 700
"""Height of a panel, in pixels, up to which a row of cards is lower still."""
NAME_CHARS_MAX = 19
OF_THE_TILL = ("printer.receipt", "drawer.main", "terminal.main", "scale.counter", "display.customer")
KEYS = 2
"""Keys of a card."""
MESSAGE_ROWS = 3
"""Facts that give way to a sentence on two lines and its space."""
CARDS_IN_TWO_ROWS = 6
ROW_CHARS_MAX = 31
"""A label and its fact beside each other."""
LEDS = {"ok": "pay", "warn": "warn", "error": "danger", "off": "line-strong"}
FEMININE = ("printer", "scale")
EDGES = {"warn": "warn", "error": "danger"}


@dataclass(frozen=True)
class TestModel:
    """One key of a card."""

    test: str
    text: str


@dataclass(frozen=True)
class DeviceModel:
    """One card."""

    role: str = ""
    is_small: bool = False
    """Three rows of cards: what is beside the facts is lower."""
    icon: str = ""
    filled: bool = False
    name: str = ""
    led: str = "line-strong"
    state: str = ""
    edge: str = "none"
    message: str = ""
    tone: str = "danger"
    facts: tuple[tuple[str, str], ...] = ()
    tests: tuple[TestModel, ...] = ()


@dataclass(frozen=True)
class SetupModel:
    """« Scannez ce code », while it goes on."""

    title: str = ""
    code: str = ""
    bars: str = ""
    """The code as a Code 128: 1 a dark module, 0 a light one."""
    how: str = ""
    listening: str = ""
    print: str = ""
    stop: str = ""


@dataclass(frozen=True)
class DevicesModel:
    """Everything the screen shows."""

    sections: tuple[SectionModel, ...] = ()
    title: str = ""
    subtitle: str = ""
    test_all: str = ""
    cards: tuple[DeviceModel, ...] = ()
    is_tested: bool = False
    """Title and subtitle say what the tested scan means."""
    unused: str = ""
    setup: SetupModel | None = None


def _fact(view: TillView, fact: DeviceFact) -> tuple[str, str]:
    label = t(fact.label, view.language)
    if fact.count is not None:
        return label, str(fact.count)
    said = t(fact.word, view.language) if fact.word else ""
    if fact.at and said:
        return label, f"{_when(view, fact.at)} · {said}"
    if said:
        return label, said
    if fact.at:
        return label, fact.at[11:19]
    return label, _short(
        fact.text or "–", ROW_CHARS_MAX - len(label), keeps_end=fact.label.endswith((".place", ".serial"))
    )


def _when(view: TillView, at: str) -> str:
    """Of today the time, of another day its day and month."""
    return at[11:16] if at[:10] == view.at[:10] else short_date(date.fromisoformat(at[:10]), view.shop.locale)[:5]


def _short(text: str, chars: int, *, keeps_end: bool) -> str:
    """A maker's name says most at its beginning, a port and a serial number at their end."""
    if len(text) <= chars:
        return text
    return "…" + text[1 - chars :].lstrip() if keeps_end else text[: chars - 1].rstrip() + "…"


def device_model(
    view: TillView, card: DeviceCard, room: int = FACTS, keys: int = KEYS, is_one_of_several: bool = False
) -> DeviceModel:
    """A device in words. One with a fault says what helps, in the place of its last facts; one of several of its kind
    is called by its role too, the till's own by its kind alone."""
    lang = view.language
    well = card.level in ("ok", "off")
    fine, ill = DEVICES[card.device]
    message = sentence(card.message, {}, view) if card.message else ""
    left = max(0, room - MESSAGE_ROWS) if message else room
    name = t(f"screen.devices.name.{card.device}", lang)
    if is_one_of_several and card.role not in OF_THE_TILL:
        name = _short(f"{name} {card.role.partition('.')[2]}", NAME_CHARS_MAX, keeps_end=False)
    edge = EDGES.get(card.level, "primary" if card.is_looked_at else "none")
    return DeviceModel(
        role=card.role,
        icon=fine if well else ill,
        filled=not well,
        name=name,
        is_small=room == FACTS_IN_THREE_ROWS,
        led=LEDS[card.level],
        state=_state(card, lang),
        edge=edge,
        message=message,
        tone="ink-2" if well else "danger" if card.level == "error" else "ink",
        facts=tuple(_fact(view, fact) for fact in card.facts[:left]),
        tests=tuple(TestModel(test, t(f"screen.devices.test.{test}", lang)) for test in card.tests[:keys]),
    )


def _state(card: DeviceCard, lang: str) -> str:
    """The word beside the light: une imprimante est prête, un tiroir est prêt."""
    agreed = f"{card.state}_f"
    return t(agreed if card.device in FEMININE and has_sentence(agreed) else card.state, lang)


def tested_line(view: TillView, tested: TestedCode) -> str:
    """What the router makes of a code, on one line."""
    lang = view.language
    parts = []
    if tested.kind == "refused" and tested.fault:
        parts.append(sentence(tested.fault, tested.params, view))
    else:
        parts.append(t(f"screen.devices.tested.{tested.kind}", lang, name=tested.name))
    if tested.unit == "kg" and tested.quantity_milli:
        weight = quantity(tested.quantity_milli, view.shop.locale)
        parts.append(t("screen.devices.tested.weight", lang, quantity=weight))
    if tested.amount_minor is not None:
        parts.append(amount(tested.amount_minor, view.shop.locale))
    if tested.symbology_name:
        parts.append(tested.symbology_name)
    if tested.rule:
        word = "unproved" if tested.is_rule_unproved else "rule"
        parts.append(t(f"screen.devices.tested.{word}", lang, rule=tested.rule))
    return " · ".join(parts)


def _setup(view: TillView, devices: DevicesView) -> SetupModel | None:
    if not devices.setup_code:
        return None
    lang = view.language
    count = devices.listening
    heard = t("screen.devices.setup.listening", lang, count=count) if count else t("screen.devices.setup.nothing", lang)
    role = devices.setup_role
    words = (t(f"screen.devices.setup.{word}", lang, role=role) for word in ("title", "how", "print", "stop"))
    title, how, label, stop = words
    return SetupModel(title, devices.setup_code, code_128(devices.setup_code), how, heard, label, stop)


@lru_cache(maxsize=4)
def code_128(text: str) -> str:
    """The modules of a Code 128, without its quiet zones."""
    import barcode  # late: only who looks for a scanner needs it

    return str(barcode.get_barcode_class("code128")(text).build()[0])


def devices_model(view: TillView, height: int = LOW_PANEL + 1) -> DevicesModel:
    """The screen of a view on a panel of this height."""
    devices, lang, tested = view.devices, view.language, view.tested
    if devices is None:
        return DevicesModel()
    room = FACTS_BESIDE_SEARCH if devices.setup_code else FACTS
    keys = KEYS
    kinds = [card.device for card in devices.cards]
    if len(devices.cards) > CARDS_IN_TWO_ROWS:
        room = FACTS_IN_THREE_ROWS if height > LOW_PANEL else FACTS_ON_A_LOW_PANEL
        keys = 0 if devices.setup_code else KEYS  # they come back when the search ends
    names = ", ".join(row.label for row in devices.unused)
    return DevicesModel(
        sections=section_models(tuple(SECTION_ICONS), "devices", lang),
        title=t("screen.devices.tested.title", lang, code=tested.text) if tested else t("screen.devices.title", lang),
        subtitle=tested_line(view, tested) if tested else t("screen.devices.subtitle", lang),
        test_all=t("screen.devices.test_all", lang),
        cards=tuple(device_model(view, card, room, keys, kinds.count(card.device) > 1) for card in devices.cards),
        is_tested=tested is not None,
        unused=t("screen.devices.unused", lang, names=names, count=len(devices.unused)) if names else "",
        setup=_setup(view, devices),
    )


def devices_bar(view: TillView) -> BarModel:
    """Back, and what this is a page of."""
    return back_bar(view, t("screen.settings.title", view.language))
