"""What stands on the screen while there is nothing to sell with: starting, no daemon, a damaged journal."""

from dataclasses import dataclass, replace

from appliance.i18n import t
from appliance.kiosk.viewmodel.bar import BarModel, home_bar
from appliance.kiosk.viewmodel.words import sentence
from appliance.protocol.view import Message, Shop, TillView


@dataclass(frozen=True)
class StartingModel:
    """The logo, one word, one sentence."""

    title: str = ""
    step: str = ""
    icon: str = "storefront"
    is_broken: bool = False
    """Selling has stopped: the sentence stands on a red card."""
    footer: str = ""


def waiting_view(last: TillView | None = None, lost: bool = False) -> TillView:
    """The view a kiosk shows by itself before the first one came, or when the daemon is away (`lost`)."""
    shop = last.shop if last else Shop("", "")
    message = Message("screen.starting.lost", level="warn") if lost else None
    return TillView(
        rev=0, at=last.at if last else "", shop=shop, screen="starting", message=message,
        theme=last.theme if last else "light", profile=last.profile if last else "auto",
        left_handed=last.left_handed if last else False, language=last.language if last else "fr",
    )  # fmt: skip


def starting_model(view: TillView) -> StartingModel:
    """The starting screen of a view; its message is the named step, or what went wrong."""
    said = view.message
    is_broken = said is not None and said.level == "error"
    title = "screen.starting.stopped" if is_broken else "screen.starting.title"
    if said is not None and said.code == "screen.starting.lost":
        title = "screen.starting.waiting"
    return StartingModel(
        title=t(title, view.language),
        step=sentence(said.code, said.params, view) if said else "",
        icon="warning" if is_broken else "storefront",
        is_broken=is_broken,
        footer=" · ".join(word for word in (view.shop.name, view.shop.till_name) if word),
    )


def starting_bar(view: TillView) -> BarModel:
    """An empty bar: nothing can be done from here."""
    return replace(
        home_bar(view, right_icon=""), title="", title_icon="", subtitle="", message=None, seller="", seller_initials=""
    )
