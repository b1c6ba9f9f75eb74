"""Recorded views of Périphériques: mock-up 25, its faults, the search for a scanner and a tested scan."""

from typing import Any

import msgspec

from appliance.kiosk.gallery import record as r
from appliance.protocol import view as v

ALLOWED = ("TestDevice", "GoBack")
SINCE = "2025-11-21T06:27:41"
TRIAL = ("2025-11-21T08:12:30", "devices.trial.confirmed")


def facts(**known: Any) -> tuple[v.DeviceFact, ...]:
    """A number is a count, `devices.…` a word, a time a time, a pair a time and a word, and all else a text."""
    found = []
    for name, value in known.items():
        label = f"devices.fact.{name}"
        if isinstance(value, int):
            found.append(v.DeviceFact(label, count=value))
        elif isinstance(value, tuple):
            found.append(v.DeviceFact(label, at=value[0], word=value[1]))
        elif value.startswith("devices."):
            found.append(v.DeviceFact(label, word=value))
        elif value.startswith("2025-"):
            found.append(v.DeviceFact(label, at=value))
        else:
            found.append(v.DeviceFact(label, text=value))
    return tuple(found)


SCANNER = v.DeviceCard(
    "scanner.front", "scanner", "ok", "devices.state.ready", tests=("learn",),
    facts=facts(scanners="1 / 1", last_code="7610807072341", read_at="2025-11-21T08:41:52", reads=318, faults=2),
)  # fmt: skip
PRINTER = v.DeviceCard(
    "printer.receipt", "printer", "ok", "devices.state.ready", tests=("print",),
    facts=facts(
        model="EPSON TM-T88VI", waiting=0, paper="devices.paper_there", serial="X2TF014735", trial=TRIAL
    ),
)  # fmt: skip
DRAWER = v.DeviceCard(
    "drawer.main", "drawer", "ok", "devices.state.closed", tests=("open", "calibrate"),
    facts=facts(place="devices.at_printer", since=SINCE, openings=61, without_sale=1, sensor="devices.yes"),
)  # fmt: skip
TERMINAL = v.DeviceCard(
    "terminal.main", "terminal", "ok", "devices.state.ready", tests=("check",),
    facts=facts(model="Verifone P400 Plus", place="192.168.1.40:8443", since=SINCE, requests=42, answers_lost=0),
)  # fmt: skip
SCALE = v.DeviceCard(
    "scale.counter", "scale", "ok", "devices.state.ready", tests=("check",),
    facts=facts(place="ttyS0", since=SINCE, reconnects=0, faults=0),
)  # fmt: skip
DISPLAY = v.DeviceCard(
    "display.customer", "display", "ok", "devices.state.ready", tests=("check",),
    facts=facts(place="ttyS1", since=SINCE, reconnects=0, faults=0),
)  # fmt: skip
CARDS = (SCANNER, PRINTER, DRAWER, TERMINAL, SCALE, DISPLAY)


def but(card: v.DeviceCard, **changes: Any) -> v.DeviceCard:
    """A card with changes."""
    return msgspec.structs.replace(card, **changes)


NO_PAPER = but(
    PRINTER, level="error", state="devices.fault.paper_out", message="printer.paper_out", tests=("print", "retry"),
    is_looked_at=True,
    facts=facts(
        place="192.168.1.50:9100", waiting=3, paper="devices.fault.paper_out", serial="X2TF014735", trial=TRIAL
    ),
)  # fmt: skip
LOW_PAPER = but(
    PRINTER, level="warn", state="devices.fault.paper_low", tests=("print", "retry"),
    facts=facts(
        model="EPSON TM-T88VI", waiting=0, paper="devices.fault.paper_low", serial="X2TF014735", trial=TRIAL
    ),
)  # fmt: skip
LOST_SCANNER = but(
    SCANNER, level="error", state="devices.state.absent", message="scanner.lost", tests=("learn", "retry"),
    facts=facts(scanners="0 / 1", last_code="7610807072341", read_at="2025-11-21T08:41:52", reads=318, faults=2),
)  # fmt: skip
ONE_AWAY = but(
    SCANNER, level="warn",
    facts=facts(scanners="3 / 4", away="window", last_code="7610807072341", read_at="2025-11-21T08:41:52", reads=318),
)  # fmt: skip
WRONG_PROFILE = but(
    PRINTER, level="error", state="devices.fault.wrong_profile", message="printer.wrong_profile",
    tests=("print", "retry"), facts=facts(place="192.168.1.50:9100", since=SINCE, waiting=0, paper="devices.unknown"),
)  # fmt: skip
STUCK = but(DRAWER, level="error", state="devices.fault.drawer_stuck", message="drawer.stuck_here")
UNVERIFIED = but(
    TERMINAL, level="warn", state="devices.fault.unverified", message="device.unverified",
    facts=facts(place="192.168.1.61:8888", since=SINCE, requests=0, answers_lost=0),
)  # fmt: skip
WRONG_KEY = but(
    TERMINAL, level="error", state="devices.fault.wrong_key", message="device.wrong_key", tests=("retry",),
    facts=facts(place="192.168.1.40:8443", since=SINCE, requests=0, answers_lost=0),
)  # fmt: skip
OTHER_DECIMALS = but(
    SCALE, level="error", state="devices.fault.wrong_decimals", message="device.wrong_decimals",
)  # fmt: skip
NO_SCANNER = v.DeviceCard("", "scanner", "off", "devices.state.none", "devices.no_scanner", tests=("learn",))
LONG = but(
    PRINTER,
    facts=facts(
        model="Seiko Epson Corporation TM-T88VII Receipt Printer", waiting=12, doubts=1,
        serial="usb-0000:00:14.0-1.2.4:1.0-event-printer", trial=("2025-10-02T17:45:00", "devices.trial.uncertain"),
    ),
)  # fmt: skip


def view(*cards: v.DeviceCard, unused: tuple[str, ...] = (), setup: int | None = None, **changes: Any) -> v.TillView:
    """The screen with these cards; `setup`: so many devices are listened to."""
    devices = v.DevicesView(
        cards=cards,
        unused=tuple(v.UnusedDevice(label, f"{label}|port|00") for label in unused),
        setup_code="" if setup is None else "TILL+]:/@_-AZQWM09",
        setup_role="" if setup is None else "scanner.2",
        listening=setup or 0,
    )
    usual: dict[str, Any] = {
        "screen": "devices", "devices": devices, "ticket": None, "grid": None, "allowed": ALLOWED,
    }  # fmt: skip
    return r.view(**{**usual, **changes})


def record_devices() -> None:
    """Writes them all."""
    low = r.status(printer=("warn", "status.paper_low"))
    ready = view(SCANNER, LOW_PAPER, *CARDS[2:], status=low)
    for panel in r.PANELS:
        r.write("-".join(filter(None, ("25-peripheriques", panel))), ready, panel)
    out = r.status(printer=("error", "status.printer_paper_out"))
    fault = view(SCANNER, NO_PAPER, *CARDS[2:], status=out)
    for panel in r.PANELS:
        r.write("-".join(filter(None, ("25b-papier", panel))), fault, panel)
    learning = view(*CARDS, unused=("Cherry KC 1000", "Datalogic QuickScan QD2500"), setup=2)
    for panel in r.PANELS:
        r.write("-".join(filter(None, ("25c-scannez-ce-code", panel))), learning, panel)
    tested = v.TestedCode(
        text="2101234003503", form="in_store", kind="article", name="Gruyère AOP doux à la coupe", symbology="E0",
        symbology_name="EAN-13", rule="Balance fromagerie", quantity_milli=350, unit="kg", amount_minor=1015,
    )  # fmt: skip
    for panel in r.PANELS:
        r.write("-".join(filter(None, ("25d-scan-teste", panel))), view(*CARDS, tested=tested), panel)
    none = view(NO_SCANNER, LONG, *CARDS[2:4])
    r.write("25e-aucun-lecteur", none)
    r.write("25e-aucun-lecteur-compact", none, "compact")
    faults = (ONE_AWAY, WRONG_PROFILE, STUCK, WRONG_KEY, OTHER_DECIMALS, DISPLAY)
    ill = r.status(printer=("error", "status.printer_fault"))
    for panel in r.PANELS:
        r.write("-".join(filter(None, ("25h-appareils-en-panne", panel))), view(*faults, status=ill), panel)
    r.write("25i-terminal-non-verifie", view(*CARDS[:3], UNVERIFIED, *CARDS[4:]))
    many = (LOST_SCANNER, NO_PAPER, *CARDS[2:], but(PRINTER, role="printer.kitchen"))
    dark = view(*many, status=out, theme="dark", left_handed=True)
    r.write("25f-sept-cartes-sombre", dark)
    r.write("25f-sept-cartes-compact", dark, "compact")
    searching = view(*many, status=out, unused=("Cherry KC 1000", "Datalogic QuickScan QD2500"), setup=0)
    for panel in r.PANELS:
        r.write("-".join(filter(None, ("25g-scannez-sept-cartes", panel))), searching, panel)


if __name__ == "__main__":
    record_devices()
