"""What to hand out after money moved on a wallet, in words."""

from dataclasses import dataclass

from appliance.i18n import amount, signed, t
from appliance.kiosk.viewmodel.result import coin_words
from appliance.protocol import view as v


@dataclass(frozen=True)
class GivenModel:
    """Everything the sheet shows."""

    title: str = ""
    name: str = ""
    label: str = ""
    currency: str = ""
    out: str = ""
    coins: tuple[str, ...] = ()
    sums: tuple[tuple[str, str], ...] = ()
    paper: str = ""
    can_print: bool = True
    done: str = ""


def given_model(view: v.TillView, sheet: v.WalletGivenSheet) -> GivenModel:
    """The sheet of a view."""
    lang, locale = view.language, view.shop.locale
    moved = sheet.moved_minor if sheet.kind == "credited" else -sheet.moved_minor
    rows = [(f"{sheet.kind}_row", signed(moved, locale))]
    if sheet.received_minor:
        rows.append(("received", amount(sheet.received_minor, locale)))
    rows.append(("balance", amount(sheet.balance_minor, locale)))
    return GivenModel(
        title=t(f"screen.wallet.given.{sheet.kind}", lang),
        name=sheet.name,
        label=t("screen.wallet.given.out", lang),
        currency=view.shop.currency,
        out=amount(sheet.out_minor, locale),
        coins=coin_words(sheet.coins, locale),
        sums=tuple((t(f"screen.wallet.given.{word}", lang), value) for word, value in rows),
        paper=t(f"screen.wallet.given.paper.{sheet.paper}", lang),
        can_print=sheet.paper != "waiting",
        done=t("screen.wallet.given.done", lang),
    )
