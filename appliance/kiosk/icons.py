"""Icons by name: code points of the Phosphor subset fonts in assets/fonts (MIT).

Hides which weight holds which drawing; an icon that is not in the subset is a KeyError at build time, not a blank.
"""

CODES: dict[str, int] = {
    "arrow-counter-clockwise": 0xE038,
    "arrow-fat-up": 0xE52E,
    "arrow-left": 0xE058,
    "arrow-right": 0xE06C,
    "arrow-u-up-left": 0xE08A,
    "arrows-clockwise": 0xE094,
    "arrows-left-right": 0xE0A0,
    "arrows-split": 0xED3C,
    "backspace": 0xE0AE,
    "bag": 0xE0B0,
    "barcode": 0xE0B8,
    "bread": 0xE81C,
    "buildings": 0xE102,
    "calculator": 0xE538,
    "calendar-blank": 0xE10A,
    "calendar-check": 0xE712,
    "caret-down": 0xE136,
    "caret-left": 0xE138,
    "caret-right": 0xE13A,
    "cash-register": 0xED80,
    "chart-bar": 0xE150,
    "check": 0xE182,
    "check-circle": 0xE184,
    "circle": 0xE18A,
    "clipboard-text": 0xE198,
    "clock": 0xE19A,
    "clock-counter-clockwise": 0xE1A0,
    "cloud-arrow-up": 0xE1AE,
    "cloud-check": 0xE1B0,
    "cloud-slash": 0xE1B6,
    "coins": 0xE78E,
    "contactless-payment": 0xED42,
    "credit-card": 0xE1D2,
    "crosshair": 0xE1D6,
    "database": 0xE1DE,
    "desktop": 0xE560,
    "device-mobile": 0xE1E0,
    "dots-six-vertical": 0xEAE2,
    "dots-three-circle": 0xE200,
    "dots-three-vertical": 0xE208,
    "envelope-simple": 0xE218,
    "export": 0xEAF0,
    "file-text": 0xE23A,
    "flag": 0xE244,
    "fork-knife": 0xE262,
    "gear": 0xE270,
    "gift": 0xE276,
    "globe-simple": 0xE28E,
    "hand-coins": 0xEA8C,
    "hard-drives": 0xE2A0,
    "hourglass-medium": 0xE2B8,
    "house": 0xE2C2,
    "identification-badge": 0xE6F6,
    "identification-card": 0xE2C8,
    "info": 0xE2CE,
    "keyboard": 0xE2D8,
    "link": 0xE2E2,
    "list-bullets": 0xE2F2,
    "lock": 0xE2FA,
    "lock-key-open": 0xE300,
    "magnifying-glass": 0xE30C,
    "minus": 0xE32A,
    "money": 0xE588,
    "monitor": 0xE32E,
    "moon": 0xE330,
    "moped": 0xE824,
    "network": 0xEDDE,
    "newspaper": 0xE344,
    "package": 0xE390,
    "pause": 0xE39E,
    "pencil-simple": 0xE3B4,
    "percent": 0xE3B6,
    "play": 0xE3D0,
    "plugs-connected": 0xEB5A,
    "plus": 0xE3D4,
    "plus-circle": 0xE3D6,
    "power": 0xE3DA,
    "printer": 0xE3DC,
    "qr-code": 0xE3E6,
    "question": 0xE3E8,
    "radio-button": 0xEB08,
    "receipt": 0xE3EC,
    "receipt-x": 0xED40,
    "recycle": 0xE75A,
    "scales": 0xE750,
    "seal-check": 0xE606,
    "shopping-cart-simple": 0xE420,
    "sign-out": 0xE42A,
    "sliders-horizontal": 0xE434,
    "sort-ascending": 0xE444,
    "speaker-high": 0xE44A,
    "squares-four": 0xE464,
    "stethoscope": 0xE7EA,
    "storefront": 0xE470,
    "sun": 0xE472,
    "swap": 0xE83C,
    "tag": 0xE478,
    "trash": 0xE4A6,
    "tray": 0xE4AA,
    "usb": 0xE956,
    "user": 0xE4C2,
    "user-minus": 0xE4CE,
    "user-plus": 0xE4D0,
    "users": 0xE4D6,
    "users-three": 0xE68E,
    "vault": 0xE76E,
    "wallet": 0xE68A,
    "warning": 0xE4E0,
    "warning-circle": 0xE4E2,
    "wifi-slash": 0xE4F2,
    "wine": 0xE6B2,
    "wrench": 0xE5D4,
    "x": 0xE4F6,
    "x-circle": 0xE4F8,
}

ONLY_BOLD = frozenset(
    """
    arrow-counter-clockwise arrow-fat-up arrow-left arrow-right arrow-u-up-left arrows-left-right arrows-split
    backspace barcode calendar-blank caret-down caret-left caret-right chart-bar check circle
    clock-counter-clockwise crosshair dots-six-vertical dots-three-vertical envelope-simple export gear
    keyboard magnifying-glass minus moon pencil-simple play plus power qr-code question shopping-cart-simple
    sign-out sliders-horizontal sort-ascending speaker-high squares-four tag trash usb user-minus wifi-slash x
    """.split()
)
ONLY_FILL = frozenset(
    """
    bag bread buildings calendar-check check-circle clock credit-card desktop device-mobile dots-three-circle
    file-text flag fork-knife globe-simple hard-drives house identification-card info lock-key-open money
    monitor moped newspaper pause plus-circle radio-button receipt-x recycle scales seal-check stethoscope sun
    vault wallet warning warning-circle wine x-circle
    """.split()
)


def glyph(name: str, filled: bool) -> tuple[str, str]:
    """The character of an icon and the weight ("bold" or "fill") that has it; one serves when the other is absent."""
    weight = "fill" if filled else "bold"
    if name in ONLY_BOLD:
        weight = "bold"
    elif name in ONLY_FILL:
        weight = "fill"
    return chr(CODES[name]), weight
