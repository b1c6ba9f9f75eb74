"""Synchronisation in words: is head office there, what waits for it, what it did not take."""

from dataclasses import dataclass

from appliance.i18n import amount, has_sentence, t
from appliance.kiosk.viewmodel.bar import BarModel, back_bar
from appliance.kiosk.viewmodel.settings import SECTION_ICONS, SectionModel, section_models
from appliance.kiosk.viewmodel.words import DOT, number
from appliance.protocol import view as v


@dataclass(frozen=True)
class StateCard:
    """One of the three cards at the top."""

    icon: str = ""
    word: str = ""
    value: str = ""
    detail: str = ""
    tone: str = "ok"
    """`ok`, `warn` or `error`: its frame."""


@dataclass(frozen=True)
class SpanModel:
    """A part of the day."""

    text: str
    is_online: bool
    share: float


@dataclass(frozen=True)
class RefusedModel:
    """A row of Refusés. `kind` is the row class."""

    key: str
    title: str
    detail: str
    reason: str
    resend: str
    export: str
    entry: int = 0
    kind: str = "refused"


@dataclass(frozen=True)
class NumberModel:
    """A row of Ici et au siège. `kind` is the row class."""

    key: str
    word: str
    here: str
    there: str
    is_behind: bool = False
    kind: str = "number"


@dataclass(frozen=True)
class SyncModel:
    """The screen."""

    sections: tuple[SectionModel, ...] = ()
    title: str = ""
    subtitle: str = ""
    now: str = ""
    cards: tuple[StateCard, StateCard, StateCard] = (StateCard(), StateCard(), StateCard())
    today: str = ""
    spans: tuple[SpanModel, ...] = ()
    contact: str = ""
    refused_title: str = ""
    refused: tuple[RefusedModel, ...] = ()
    none_refused: str = ""
    numbers_title: str = ""
    numbers: tuple[NumberModel, ...] = ()
    here: str = ""
    there: str = ""
    numbers_note: str = ""
    test: str = ""
    export: str = ""
    stopped: str = ""
    is_member: bool = False


def sync_model(view: v.TillView) -> SyncModel:
    """The screen of a view."""
    content, lang = view.sync, view.language
    if content is None:
        return SyncModel()
    sections = section_models(tuple(SECTION_ICONS), "sync", lang)
    title = t("screen.sync.title", lang)
    if not content.is_member:
        return SyncModel(sections, title, t("screen.sync.alone", lang))
    heard = content.heard_at[11:19]
    return SyncModel(
        sections=sections,
        title=title,
        subtitle=t("screen.sync.rule", lang),
        now=t("screen.sync.now", lang),
        cards=(_link(content, view), _waiting(content, view), _refused_card(content, view)),
        today=t("screen.sync.today", lang),
        spans=_spans(content, view),
        contact=t("screen.sync.contact", lang, time=heard) if heard else t("screen.sync.no_contact", lang),
        refused_title=t("screen.sync.refused", lang),
        refused=tuple(_refused(row, view) for row in content.refused),
        none_refused="" if content.refused else t("screen.sync.none_refused", lang),
        numbers_title=t("screen.sync.numbers", lang),
        here=t("screen.sync.here", lang),
        there=t("screen.sync.there", lang),
        numbers=tuple(_number(row, view) for row in content.numbers),
        numbers_note=t("screen.sync.known_at", lang, time=heard) if heard else "",
        test=t("screen.sync.test", lang),
        export=t("screen.sync.export", lang),
        stopped=t("sync.stopped", lang, reason=t(content.stopped, lang)) if content.stopped else "",
        is_member=True,
    )


def _link(content: v.SyncView, view: v.TillView) -> StateCard:
    lang, since = view.language, content.since[11:16]
    if content.is_online:
        detail = t("screen.sync.delay", lang, delay=content.round_trip_ms)
        if content.clock_off_minutes:
            detail = t("screen.sync.clock_off", lang, minutes=abs(content.clock_off_minutes))
        return StateCard("cloud-check", t("screen.sync.online", lang), t("screen.sync.up_to_date", lang), detail)
    away = _away(content, view)
    return StateCard("cloud-slash", t("screen.sync.offline", lang), since, away, "warn")


def _away(content: v.SyncView, view: v.TillView) -> str:
    lang = view.language
    if content.hours_away >= 1:
        return t("screen.sync.hours", lang, count=content.hours_away)
    minutes = int(view.at[11:13]) * 60 + int(view.at[14:16])
    since = int(content.since[11:13] or 0) * 60 + int(content.since[14:16] or 0)
    return t("screen.sync.minutes", lang, minutes=max(0, minutes - since))


def _waiting(content: v.SyncView, view: v.TillView) -> StateCard:
    lang = view.language
    if not content.waiting:
        return StateCard("cloud-arrow-up", t("screen.sync.to_send", lang), t("screen.sync.nothing", lang), "")
    value = t("screen.sync.sales", lang, count=content.waiting)
    detail = t("screen.sync.range", lang, first=f"{content.first:06d}", last=f"{content.last:06d}")
    return StateCard("cloud-arrow-up", t("screen.sync.to_send", lang), value, detail)


def _refused_card(content: v.SyncView, view: v.TillView) -> StateCard:
    lang = view.language
    if not content.refused:
        return StateCard("check-circle", t("screen.sync.refused", lang), t("screen.sync.nobody", lang), "")
    value = t("screen.sync.sales", lang, count=len(content.refused))
    return StateCard("x-circle", t("screen.sync.refused", lang), value, t("screen.sync.not_lost", lang), "error")


def _spans(content: v.SyncView, view: v.TillView) -> tuple[SpanModel, ...]:
    today = view.at[:10]
    begins = [0 if each.begins[:10] < today else _minute(each.begins) for each in content.spans]
    end = max(_minute(view.at), *(begins or [0])) + 1
    found = []
    for at, span in enumerate(content.spans):
        upto = begins[at + 1] if at + 1 < len(begins) else end
        word = t("screen.sync.online" if span.is_online else "screen.sync.offline_at", view.language)
        share = (upto - begins[at]) / max(1, end - begins[0])
        text = f"{word} {span.begins[11:16]}" if share > 0.2 else ""
        found.append(SpanModel(text, span.is_online, max(share, 0.02)))
    return tuple(found)


def _minute(local: str) -> int:
    return int(local[11:13]) * 60 + int(local[14:16])


def _refused(row: v.RefusedRow, view: v.TillView) -> RefusedModel:
    lang = view.language
    kind = f"screen.sync.kind.{row.kind}"
    word = t(kind if has_sentence(kind, lang) else "screen.sync.kind.other", lang)
    title = f"{word} {number(row.number)}" if row.number else word
    parts = [row.at[11:16]] + ([] if row.amount_minor is None else [amount(row.amount_minor, view.shop.locale)])
    return RefusedModel(
        key=str(row.entry), title=title, detail=DOT.join(parts), reason=t(row.reason, lang),
        resend=t("screen.sync.resend", lang), export=t("screen.sync.export_one", lang), entry=row.entry,
    )  # fmt: skip


def _number(row: v.NumbersRow, view: v.TillView) -> NumberModel:
    there = "–" if row.there is None else str(row.there)
    return NumberModel(
        row.name, t(f"screen.sync.number.{row.name}", view.language), str(row.here), there, row.here != row.there
    )


def sync_bar(view: v.TillView) -> BarModel:
    """Back, Paramètres, and whose."""
    subtitle = DOT.join((view.shop.till_name, view.shop.name))
    return back_bar(view, t("screen.settings.title", view.language), subtitle)
