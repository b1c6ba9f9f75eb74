"""Sheets that are one list or one question: menu, modes, reasons, code entry, approval, age, closing, help."""

from dataclasses import dataclass

from appliance.i18n import amount, rate, t
from appliance.kiosk.viewmodel.words import DOT, number, sentence
from appliance.protocol import view as v

MENU_ICONS = {
    "code_entry": "barcode",
    "notes": "tray",
    "reprint": "printer",
    "open_drawer": "cash-register",
    "split": "arrows-split",
    "change_mode": "arrows-left-right",
    "x_report": "chart-bar",
    "void": "trash",
}


@dataclass(frozen=True)
class ItemModel:
    """One row of a menu or list."""

    id: str
    title: str
    detail: str = ""
    icon: str = ""
    tone: str = "ink"
    chosen: bool = False
    enabled: bool = True


@dataclass(frozen=True)
class ListModel:
    """A sheet that is a list to choose from."""

    title: str = ""
    icon: str = ""
    hint: str = ""
    items: tuple[ItemModel, ...] = ()


@dataclass(frozen=True)
class QuestionModel:
    """A sheet that is one question with its answers: (id, text, button kind)."""

    title: str = ""
    icon: str = ""
    text: str = ""
    answers: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class CodeEntryModel:
    """The Code Barre sheet."""

    title: str = ""
    type_label: str = ""
    add: str = ""
    read_label: str = ""
    scan_text: str = ""
    scan_detail: str = ""
    can_scan: bool = False
    stop: str = ""
    """What ends the terminal's reading; "" while it does not read."""
    note: str = ""
    proposed: str = ""
    """The check digit that is missing, and what its key says."""
    propose: str = ""
    is_good: bool = False
    ready: str = ""
    ready_led: str = "pay"
    ready_hint: str = ""


@dataclass(frozen=True)
class ApprovalModel:
    """The code of a manager."""

    title: str = ""
    text: str = ""
    error: str = ""
    can_type: bool = True


def menu_model(view: v.TillView, sheet: v.MenuSheet) -> ListModel:
    """The ⋮ menu."""
    lang = view.language
    details = {
        "code_entry": t("screen.menu.code_entry_hint", lang),
        "notes": t("screen.menu.tickets", lang, count=sheet.held_count) if sheet.held_count else "",
        "reprint": DOT.join((number(sheet.last_number), amount(sheet.last_total_minor, view.shop.locale)))
        if sheet.last_number
        else "",
        "open_drawer": t("screen.menu.open_drawer_hint", lang),
        "change_mode": view.ticket.mode.name if view.ticket else "",
    }
    items = tuple(
        ItemModel(
            item,
            t("screen.menu.print" if item == "reprint" and not sheet.is_last_printed else f"screen.menu.{item}", lang),
            details.get(item, ""),
            MENU_ICONS.get(item, "info"),
            "danger" if item == "void" else "on-primary-soft" if item == "code_entry" else "ink",
            item == "code_entry",
        )
        for item in sheet.items
    )
    return ListModel(items=items)


def modes_model(view: v.TillView, sheet: v.ModeSheet) -> ListModel:
    """The sale modes of the shop."""
    now = view.ticket.mode.id if view.ticket else ""
    items = []
    for mode in sheet.modes:
        detail = t("screen.mode.vat", view.language, rate=rate(mode.rate_bp, view.shop.locale)) if mode.rate_bp else ""
        items.append(ItemModel(mode.id, mode.name, detail, mode.icon, chosen=mode.id == now))
    return ListModel(
        t("screen.mode.title", view.language), "arrows-left-right", t("screen.mode.hint", view.language), tuple(items)
    )


def reasons_model(view: v.TillView, sheet: v.ReasonSheet) -> ListModel:
    """Why: one touch on a reason goes on."""
    icon = {"void": "trash", "void_held": "trash", "open_drawer": "cash-register"}.get(sheet.purpose, "warning")
    items = tuple(ItemModel(reason.id, reason.label) for reason in sheet.reasons)
    about = sheet.number or (view.ticket.number if view.ticket else 0)
    purpose = "void" if sheet.purpose == "void_held" else sheet.purpose
    title = t(f"screen.reason.{purpose}", view.language, number=number(about) if about else "")
    return ListModel(title, icon, t(f"screen.reason.{purpose}_hint", view.language), items)


def age_model(view: v.TillView, sheet: v.AgeSheet) -> QuestionModel:
    """Is the customer old enough?"""
    lang = view.language
    return QuestionModel(
        t("screen.age.title", lang, years=sheet.years),
        "warning",
        t("screen.age.text", lang, name=sheet.name, years=sheet.years),
        (("no", t("screen.age.no", lang), "outd"), ("yes", t("screen.age.yes", lang, years=sheet.years), "pri")),
    )


def close_model(view: v.TillView, sheet: v.ConfirmCloseSheet) -> QuestionModel:
    """The one question of the closing."""
    lang = view.language
    return QuestionModel(
        t("screen.close.title", lang),
        "moon",
        t("screen.close.text", lang, number=number(sheet.session)),
        (("no", t("screen.action.cancel", lang), ""), ("yes", t("screen.close.yes", lang), "pri")),
    )


def help_model(view: v.TillView) -> QuestionModel:
    """How to change the paper."""
    lang = view.language
    steps = "\n".join(t(f"screen.print_help.step{i}", lang) for i in (1, 2, 3))
    return QuestionModel(
        t("screen.print_help.title", lang), "printer", steps, (("no", t("screen.action.close", lang), "pri"),)
    )


def approval_model(view: v.TillView, sheet: v.ApprovalSheet) -> ApprovalModel:
    """Code of a manager for the right that is missing."""
    lang = view.language
    error = ""
    if sheet.locked_seconds:
        error = t("screen.approval.locked", lang, seconds=sheet.locked_seconds)
    elif sheet.tries_left < 5:
        error = t("screen.approval.wrong", lang, count=sheet.tries_left)
    what = t(f"screen.approval.right.{sheet.right}", lang)
    return ApprovalModel(
        t("screen.approval.title", lang),
        " ".join((*([] if what.startswith("screen.") else [what]), t("screen.approval.hint", lang))),
        error,
        not sheet.locked_seconds,
    )


def code_entry_model(view: v.TillView, sheet: v.CodeEntrySheet) -> CodeEntryModel:
    """The Code Barre sheet of a view."""
    lang = view.language
    scanner = next((light for light in view.status if light.device == "scanner"), None)
    fine = scanner is not None and scanner.level == "ok"
    said = view.message if view.message and view.message.code.startswith("scan.") else None
    terminal = t(f"screen.code.terminal.{sheet.terminal}", lang)
    if sheet.note is not None and sheet.terminal == "ready":
        terminal = sentence(sheet.note.code, sheet.note.params, view)
    heard = sentence(said.code, said.params, view) if said else ""
    is_added = said is not None and said.code == "scan.added"
    note = "" if is_added else heard
    return CodeEntryModel(
        title=t("screen.code.title", lang),
        type_label=t("screen.code.type", lang),
        add=t("screen.code.add", lang),
        read_label=t("screen.code.read", lang),
        scan_text="SCAN",
        scan_detail=terminal,
        can_scan=sheet.terminal == "ready",
        stop=t("screen.code.terminal.stop", lang) if sheet.terminal == "reading" else "",
        note=t("screen.code.bad", lang) if sheet.verdict == "bad" else note,
        proposed=sheet.proposed,
        propose=t("screen.code.propose", lang, digit=sheet.proposed) if sheet.proposed else "",
        is_good=sheet.verdict == "good",
        ready=heard if is_added else t("screen.code.ready" if fine else "screen.code.no_scanner", lang),
        ready_led="pay" if fine or is_added else "line-strong",
        ready_hint=t("screen.code.hint", lang),
    )
