"""Customers on the screen: the picker, the client's menu, the tab Clients, the form."""

from dataclasses import dataclass
from datetime import date

from appliance.i18n import MINUS, amount, month, rate, short_date, signed, t
from appliance.kiosk.viewmodel.bar import BarModel, back_bar, home_bar
from appliance.kiosk.viewmodel.choice import ItemModel, ListModel, QuestionModel
from appliance.kiosk.viewmodel.home import TabModel, tab_models
from appliance.kiosk.viewmodel.words import DOT, number, sentence
from appliance.protocol import view as v

KINDS: tuple[str, ...] = ("person", "company")
TITLES: tuple[str, ...] = ("madam", "sir", "")
PERSON_FIELDS = ("name", "first_name", "phone", "code", "email", "group", "street", "place", "account")
COMPANY_FIELDS = (
    "company", "contact", "phone", "email", "code", "group", "business", "vat", "street", "place", "account",
)  # fmt: skip
NEEDED = ("name", "first_name", "company")
NO_BALANCE = "\N{EN DASH}"
SHORT_ADDRESS = 24
"""Letters that the card has room for in one line."""
NOTE_ICONS = {"info": ("check-circle", "pay"), "warn": ("warning", "warn"), "error": ("warning-circle", "danger")}


@dataclass(frozen=True)
class RowModel:
    """One customer of a list."""

    key: str = ""
    kind: str = "client"
    id: str = ""
    name: str = ""
    detail: str = ""
    initials: str = ""
    tag: str = ""
    wallet: str = ""
    has_wallet: bool = False
    chosen: bool = False
    last: bool = False


@dataclass(frozen=True)
class PickerModel:
    """Choix du client."""

    kinds: tuple[str, ...] = ()
    kind: int = 0
    close: str = ""
    search: str = ""
    search_hint: str = ""
    keyboard: str = ""
    hint: str = ""
    rows: tuple[RowModel, ...] = ()
    count: str = ""
    new: str = ""
    empty: str = ""
    """Nobody was found: the question, and `create`, its answer."""
    create: str = ""
    search_done: str = ""


@dataclass(frozen=True)
class MenuModel:
    """The menu under the client on the ticket."""

    credit: str = ""
    """ "" while cagnottes are off."""
    balance: str = ""
    items: tuple[ItemModel, ...] = ()
    customer: str = ""


@dataclass(frozen=True)
class MovementModel:
    """One movement of a wallet, or one sale of Historique."""

    at: str
    what: str
    where: str
    amount: str
    balance: str
    tone: str = "ink"
    key: str = ""
    document: int = 0
    """Of the receipt that a touch shows; 0 for none."""
    kind: str = "movement"


@dataclass(frozen=True)
class CardModel:
    """The customer at the right of the tab Clients."""

    id: str = ""
    name: str = ""
    initials: str = ""
    what: str = ""
    credit: str = ""
    """ "Créditer cagnotte"; "" where this client has no wallet."""
    unblock: str = ""
    """In place of `credit` where the wallet is blocked."""
    is_blocked: bool = False
    balance_label: str = ""
    currency: str = ""
    balance: str = ""
    last_credit: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    moves_title: str = ""
    moves: tuple[MovementModel, ...] = ()
    moves_empty: str = ""
    statement: str = ""
    edit: str = ""
    history: str = ""
    is_history: bool = False
    delete: str = ""
    more: bool = False
    """The rarer deeds on the wallet."""
    sale: str = ""


@dataclass(frozen=True)
class ClientsModel:
    """Everything the tab Clients shows."""

    tabs: tuple[TabModel, ...] = ()
    lock: str = ""
    sections: tuple[str, ...] = ()
    """Répertoire, and the groups for whom Mes Données are open."""
    search: str = ""
    search_hint: str = ""
    rows: tuple[RowModel, ...] = ()
    count: str = ""
    new: str = ""
    empty: str = ""
    create: str = ""
    """ "Créer ce client" below it, after a search in vain."""
    card: CardModel | None = None
    search_done: str = ""
    pick: str = ""
    """What to do while nobody is chosen."""


@dataclass(frozen=True)
class FieldModel:
    """One field of the form."""

    field: str = ""
    label: str = ""
    text: str = ""
    hint: str = ""
    icon: str = ""
    error: str = ""
    edition: int = 0
    is_choice: bool = False


@dataclass(frozen=True)
class FormModel:
    """Nouveau client, Modifier."""

    serial: int = 0
    kinds: tuple[str, ...] = ()
    kind: int = 0
    titles_label: str = ""
    titles: tuple[str, ...] = ()
    title: int = 0
    consents: str = ""
    fields: tuple[FieldModel, ...] = ()
    columns: int = 3
    note: str = ""
    note_icon: str = ""
    note_tone: str = "pay"
    note_action: str = ""
    note_kind: str = ""
    customer: str = ""
    """Whom the note speaks of."""
    for_ticket: bool = False
    cancel: str = ""
    save: str = ""
    next: str = ""


def card_number(code: str) -> str:
    """2100 0042: a card's digits in fours, as they are printed on it."""
    if code.isdigit() and len(code) % 4 == 0:
        return " ".join(code[i : i + 4] for i in range(0, len(code), 4)).replace(" ", "\N{NO-BREAK SPACE}")
    return code


def phone_number(text: str) -> str:
    """A number that never breaks over two lines."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def group_tag(view: v.TillView, group: str, bp: int) -> str:
    """VIP −10 %"""
    return f"{group} {MINUS}{rate(bp, view.shop.locale)}" if bp else group


def row_detail(view: v.TillView, row: v.ClientRow, with_group: bool = False, is_short: bool = False) -> str:
    """079 555 01 42 · carte 2100 0042; the place where neither is known."""
    code = t("screen.clients.card", view.language, code=card_number(row.code)) if row.code else ""
    words = [phone_number(row.phone), code]
    if with_group:
        number_only = card_number(row.code) if is_short and row.group else code
        words = [row.group, number_only or phone_number(row.phone)]
    return DOT.join(word for word in words if word) or row.place


def row_model(
    view: v.TillView, row: v.ClientRow, chosen: bool, last: bool, with_group: bool = False, is_short: bool = False
) -> RowModel:
    """A customer in words."""
    wallet = NO_BALANCE if row.wallet_minor is None else amount(row.wallet_minor, view.shop.locale)
    return RowModel(
        key=row.id,
        id=row.id,
        name=row.name,
        detail=row_detail(view, row, with_group, is_short),
        initials=row.initials,
        tag="" if with_group else group_tag(view, row.group, row.group_bp),
        wallet=wallet,
        has_wallet=row.wallet_minor is not None,
        chosen=chosen,
        last=last,
    )


def row_models(
    view: v.TillView,
    rows: tuple[v.ClientRow, ...],
    chosen: str,
    with_group: bool = False,
    is_short: bool = False,
) -> tuple[RowModel, ...]:
    """The rows of a list."""
    return tuple(
        row_model(view, row, row.id == chosen, i == len(rows) - 1, with_group, is_short) for i, row in enumerate(rows)
    )


def count_line(view: v.TillView, shown: v.ClientPickerSheet | v.ClientsView) -> str:
    """5 clients sur 1’284"""
    lang, hits, total = view.language, shown.hits, shown.total
    found, whole = (amount(number * 100, view.shop.locale)[:-3] for number in (hits, total))
    is_all = hits == total and not shown.search and hits != 1
    word = "count_all" if is_all else "count_more" if shown.has_more else "count_one" if hits == 1 else "count"
    return t(f"screen.clients.{word}", lang, found=found, total=whole)


def picker_model(view: v.TillView, sheet: v.ClientPickerSheet) -> PickerModel:
    """The picker of a view."""
    lang = view.language
    is_nobody = bool(sheet.search) and not sheet.rows
    hint = "screen.clients.for_wallet" if sheet.purpose == "wallet" else "screen.clients.quicker"
    hint = "screen.product.pick_client" if sheet.purpose == "link" else hint
    return PickerModel(
        kinds=tuple(t(f"screen.clients.kinds.{kind}", lang) for kind in KINDS),
        kind=KINDS.index(sheet.kind),
        close=t("screen.action.close", lang),
        search=sheet.search,
        search_hint=t("screen.clients.search", lang),
        keyboard=t("screen.clients.keyboard", lang),
        hint=t(hint, lang, code=card_number(sheet.code)),
        rows=row_models(view, sheet.rows, sheet.chosen),
        count=count_line(view, sheet),
        new=t("screen.clients.new", lang),
        empty=t("screen.clients.nobody", lang, text=sheet.search) if is_nobody else "",
        create=t("screen.clients.create_this", lang) if is_nobody else "",
        search_done=t("screen.clients.search_done", lang),
    )


def menu_model(view: v.TillView, sheet: v.ClientMenuSheet) -> MenuModel:
    """The menu of the client on the ticket."""
    lang, client = view.language, sheet.client
    code = t("screen.clients.card", lang, code=card_number(client.code)) if client.code else ""
    leaves = t("screen.clients.menu.remove_hint", lang, group=client.group) if client.group else ""
    items = (
        ItemModel("card", t("screen.clients.menu.card", lang), DOT.join(w for w in (sheet.name, code) if w), "user"),
        ItemModel("change", t("screen.clients.menu.change", lang), "", "swap"),
        ItemModel("remove", t("screen.clients.menu.remove", lang), leaves, "user-minus"),
    )
    balance = amount(client.wallet_minor or 0, view.shop.locale)
    return MenuModel(
        credit=t("screen.clients.credit", lang) if sheet.has_wallets else "",
        balance=t("screen.clients.menu.balance", lang, amount=balance),
        items=items,
        customer=client.id,
    )


def groups_model(view: v.TillView, sheet: v.ClientGroupsSheet) -> ListModel:
    """The groups to choose from."""
    lang = view.language
    none = ItemModel("", t("screen.clients.no_group", lang), chosen=not sheet.chosen)
    items = tuple(
        ItemModel(
            group.id,
            group.name,
            f"{MINUS}{rate(group.rate_bp, view.shop.locale)}" if group.rate_bp else "",
            "users-three",
            chosen=group.id == sheet.chosen,
        )
        for group in sheet.groups
    )
    return ListModel(t("screen.clients.field.group", lang), "users-three", "", (none, *items))


# --- tab Clients ----------------------------------------------------------------------------------------------------


def _moment(view: v.TillView, at: str) -> str:
    return f"{short_date(date.fromisoformat(at[:10]), view.shop.locale)} {at[11:16]}"


def movement_model(view: v.TillView, move: v.WalletMovement, index: int) -> MovementModel:
    """One movement in words."""
    lang, locale = view.language, view.shop.locale
    what = t(f"screen.clients.movement.{move.kind}", lang, number=number(move.number))
    return MovementModel(
        _moment(view, move.at),
        what,
        move.where,
        signed(move.amount_minor, locale),
        amount(move.balance_minor, locale),
        "pay" if move.amount_minor > 0 else "ink",
        f"{index} {move.at}",
        move.document,
    )


def movement_question(view: v.TillView, sheet: v.WalletMovementSheet) -> QuestionModel:
    """The receipt of a movement: once more, or a credit that is given back."""
    lang, move = view.language, sheet.movement
    model = movement_model(view, move, 0)
    words = {"what": model.what, "at": model.at, "where": move.where, "amount": model.amount}
    answers = [("print", t("screen.wallet.movement.print", lang), "")]
    if sheet.can_cancel:
        answers.append(("cancel", t("screen.wallet.movement.cancel", lang), "dan"))
    title = t("screen.wallet.movement.title", lang, number=f"{move.document:06d}")
    return QuestionModel(title, "printer", t("screen.wallet.movement.text", lang, **words), tuple(answers))


def sale_line(view: v.TillView, sale: v.ClientSale, index: int) -> MovementModel:
    """One sale of Historique in words."""
    lang, locale = view.language, view.shop.locale
    return MovementModel(
        _moment(view, sale.at),
        DOT.join(
            (
                t("screen.bar.ticket", lang, number=number(sale.number)),
                t("screen.ticket.articles", lang, count=sale.articles),
            )
        ),
        sale.tenders,
        amount(sale.total_minor, locale),
        "",
        key=f"{index} {sale.document}",
    )


def _short_address(lines: tuple[str, ...]) -> str:
    """Street and place where both fit, else the place."""
    whole = ", ".join(lines)
    return whole if len(whole) <= SHORT_ADDRESS or not lines else lines[-1]


def _facts(view: v.TillView, card: v.ClientCard) -> tuple[tuple[str, str], ...]:
    """Phone, reference, group, account: the four of the mock-up, and in their place what else is known."""
    code = card_number(card.codes[0]) if card.codes else ""
    if len(card.codes) > 1:
        code += f" +{len(card.codes) - 1}"
    known = [
        ("phone", phone_number(card.phone)),
        ("code", code),
        ("group", group_tag(view, card.group, card.group_bp)),
        ("account", card.account),
        ("contact", card.contact),
        ("email", card.email),
        ("address", _short_address(card.address)),
        ("business", card.business),
        ("vat", card.vat),
    ]
    first = [(field, value) for field, value in known if value][:4]
    shown = [(field, value or NO_BALANCE) for field, value in known[:4]] if len(first) < 4 else first
    if len(first) < 4:
        more = [pair for pair in first if pair[0] not in ("phone", "code", "group", "account")]
        for i, (_field, value) in enumerate(shown):
            if value == NO_BALANCE and more:
                shown[i] = more.pop(0)
    return tuple((t(f"screen.clients.fact.{field}", view.language), value) for field, value in shown)


def _what(view: v.TillView, card: v.ClientCard) -> str:
    """Personne physique · cliente depuis mars 2023"""
    lang = view.language
    if card.is_counter:
        return t("screen.clients.counter", lang)
    words = [t(f"screen.clients.kind.{'company' if card.is_company else 'person'}", lang)]
    if card.since:
        day = date.fromisoformat(card.since[:10])
        word = "since_her" if card.is_feminine else "since"
        words.append(t(f"screen.clients.{word}", lang, month=month(day, lang)))
    return DOT.join(words)


def _balance_word(card: v.ClientCard) -> str:
    return "blocked" if card.is_blocked else "kept" if card.kept_minor else "balance"


def card_model(view: v.TillView, card: v.ClientCard, clients: v.ClientsView) -> CardModel:
    """The customer's card in words."""
    lang, locale = view.language, view.shop.locale
    has_wallet = clients.has_wallets and not card.is_counter
    last = ""
    if card.last_credit_minor:
        day = short_date(date.fromisoformat(card.last_credit_at[:10]), locale)[:5]
        last = t("screen.clients.last_credit", lang, amount=amount(card.last_credit_minor, locale), day=day)
    if card.gifted_minor:
        last = t("screen.clients.gifted", lang, amount=amount(card.gifted_minor, locale))
    if card.kept_minor:
        last = t("screen.clients.kept_why", lang)
    if card.is_blocked:
        last = card.blocked_for
    reads = has_wallet or card.kept_minor > 0
    is_history = card.sales is not None or not reads
    is_reading = is_history and card.sales is None
    lines = (
        [sale_line(view, sale, i) for i, sale in enumerate(card.sales or ())]
        if is_history
        else [movement_model(view, move, i) for i, move in enumerate(card.movements)]
    )
    word = "history" if is_history else "moves"
    return CardModel(
        id=card.id,
        name=card.name,
        initials=card.initials,
        what=_what(view, card),
        credit=t("screen.clients.credit", lang) if has_wallet and not card.is_blocked else "",
        unblock=t("screen.clients.unblock", lang) if has_wallet and card.is_blocked else "",
        is_blocked=card.is_blocked,
        balance_label=t(f"screen.clients.{_balance_word(card)}", lang) if reads else "",
        currency=view.shop.currency,
        balance=amount(card.kept_minor or card.wallet_minor, locale),
        last_credit=last,
        facts=_facts(view, card),
        moves_title=t(f"screen.clients.{word}_title", lang),
        moves=tuple(lines),
        moves_empty="" if lines or is_reading else t(f"screen.clients.{word}_empty", lang),
        statement=t("screen.clients.statement", lang) if clients.has_statement and not is_history else "",
        edit="" if card.is_counter else t("screen.clients.edit", lang),
        history=t("screen.clients.history" if not is_history else "screen.clients.moves", lang) if reads else "",
        is_history=is_history,
        delete="" if card.is_counter else t("screen.clients.delete", lang),
        more=reads,
        sale=t("screen.clients.sale", lang),
    )


def clients_model(view: v.TillView, *, is_short: bool = False) -> ClientsModel:
    """The tab Clients of a view. `is_short`: the small panel."""
    clients, lang = view.clients, view.language
    if clients is None:
        return ClientsModel()
    chosen = clients.client.id if clients.client else ""
    nobody = t("screen.clients.nobody", lang, text=clients.search)
    sections = ("directory", "groups") if "masters" in clients.tabs else ("directory",)
    return ClientsModel(
        tabs=tab_models(view, clients.tabs, "clients", clients.orders_waiting),
        lock=t("screen.home.lock", lang),
        sections=tuple(t(f"screen.clients.section.{name}", lang) for name in sections),
        search=clients.search,
        search_hint=t("screen.clients.search_short", lang),
        rows=row_models(view, clients.rows, chosen, with_group=True, is_short=is_short),
        count=count_line(view, clients) if clients.hits > len(clients.rows) else "",
        new=t("screen.clients.add", lang),
        create=t("screen.clients.create_this", lang) if clients.search and not clients.rows else "",
        empty="" if clients.rows else nobody if clients.search else t("screen.clients.none", lang),
        card=card_model(view, clients.client, clients) if clients.client else None,
        search_done=t("screen.clients.search_done", lang),
        pick=t("screen.clients.pick", lang),
    )


def delete_model(view: v.TillView, sheet: v.ClientDeleteSheet) -> QuestionModel:
    """Confirmer la suppression ?"""

    def say(word: str) -> str:
        return t(f"screen.clients.deleting.{word}", view.language, name=sheet.name)

    return QuestionModel(say("title"), "trash", say("text"), (("no", say("no"), ""), ("yes", say("yes"), "dan")))


def clients_bar(view: v.TillView) -> BarModel:
    """The shop's bar, as on Accueil."""
    return home_bar(view)


def consents_model(view: v.TillView, sheet: v.ClientConsentsSheet) -> ListModel:
    """What the client agrees to, and since when."""
    lang = view.language

    def said(row: v.ConsentRow) -> str:
        if not row.is_asked:
            return t("screen.clients.consent.not_asked", lang)
        word = t(f"screen.clients.consent.{'yes' if row.given else 'no'}", lang)
        return DOT.join((word, short_date(date.fromisoformat(row.at), view.shop.locale))) if row.at else word

    items = tuple(
        ItemModel(
            row.id,
            t(f"screen.clients.consent.{row.id}", lang),
            said(row),
            "check" if row.given else "",
            chosen=row.given,
        )
        for row in sheet.rows
    )
    return ListModel(t("screen.clients.consent.title", lang), "check", t("screen.clients.consent.hint", lang), items)


# --- the form -------------------------------------------------------------------------------------------------------


def _field(view: v.TillView, form: v.ClientFormView, field: str, line: v.FormLine | None) -> FieldModel:
    lang = view.language
    label = t(f"screen.clients.field.{field}", lang) + (" *" if field in NEEDED else "")
    if field == "group":
        text = group_tag(view, form.group, form.group_bp) or t("screen.clients.no_group", lang)
        return FieldModel(field, label, text, is_choice=True)
    line = line or v.FormLine(field)
    hint = f"screen.clients.hint.{field}"
    words = t(hint, lang)
    return FieldModel(
        field,
        label,
        line.text,
        "" if words == hint else words,
        "barcode" if field == "code" else "",
        sentence(line.error, line.params, view) if line.error else "",
        line.edition,
    )


def form_model(view: v.TillView) -> FormModel:
    """The form of a view."""
    form, lang = view.client_form, view.language
    if form is None:
        return FormModel()
    lines = {line.field: line for line in form.lines}
    fields = COMPANY_FIELDS if form.kind == "company" else PERSON_FIELDS
    note = form.note
    icon, tone = NOTE_ICONS[note.level if note else "info"]
    save = "save" if form.customer else "create_add" if form.ticket else "create"
    return FormModel(
        serial=form.serial,
        kinds=tuple(t(f"screen.clients.kinds.{kind}", lang) for kind in KINDS),
        kind=KINDS.index(form.kind),
        titles_label=t("screen.clients.title", lang),
        titles=tuple(t(f"screen.clients.titles.{title or 'none'}", lang) for title in TITLES),
        title=TITLES.index(form.title) if form.title in TITLES else 2,
        consents=t("screen.clients.consents", lang, count=form.consents),
        fields=tuple(_field(view, form, field, lines.get(field)) for field in fields),
        columns=4 if form.kind == "company" else 3,
        note=sentence(note.code, _with_card(note.params), view) if note else "",
        note_icon=icon,
        note_tone=tone,
        note_action=t(f"screen.clients.note.{note.action}", lang) if note and note.action else "",
        note_kind=note.action if note else "",
        customer=note.customer if note else "",
        for_ticket=bool(form.ticket),
        cancel=t("screen.action.cancel", lang),
        save=t(f"screen.clients.{save}", lang),
        next=t("screen.clients.next", lang),
    )


def _with_card(params: dict[str, str | int]) -> dict[str, str | int]:
    code = params.get("code")
    return {**params, "code": card_number(code)} if isinstance(code, str) else params


def form_bar(view: v.TillView) -> BarModel:
    """Back, and for which ticket."""
    form = view.client_form
    word = "edit_title" if form and form.customer else "new"
    ticket = form.ticket if form else 0
    subtitle = t("screen.bar.ticket", view.language, number=number(ticket)) if ticket else ""
    return back_bar(view, t(f"screen.clients.{word}", view.language), subtitle)
