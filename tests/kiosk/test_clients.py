"""Customers on a real kiosk: each touch of screens 10 to 13 and the order it becomes."""

from contextlib import contextmanager

import msgspec
import pytest

from appliance.demo.hands import Hands
from appliance.kiosk.gallery import record, record_clients
from appliance.kiosk.theme import TOKENS
from appliance.protocol import command as cmd
from appliance.protocol import view as v
from tests.kiosk.test_touch import said, show_sheet, time_passes, wait_until_steady

LIGHT = TOKENS["color"]["light"]
CLIENT_KEY = (1035, 96)
SEARCH, KEYBOARD, COMPANIES, CLOSE = (300, 166), (802, 166), (400, 96), (802, 96)
FIRST_ROW, THIRD_ROW, NEW = (400, 308), (400, 452), (740, 750)
KEY_R, KEY_O, KEY_DONE = (281, 565), (645, 565), (802, 762)
MENU = {"credit": (1080, 170), "card": (1080, 247), "change": (1080, 323), "remove": (1080, 400)}
TAB_SALE, TAB_LIST, TAB_NEW, TAB_CREDIT = (63, 110), (300, 244), (1190, 96), (1140, 172)
TAB_DIRECTORY, TAB_GROUPS, DELETE_NO, DELETE_YES = (210, 96), (430, 96), (490, 480), (790, 480)
ACTS = {"edit": (560, 756), "history": (720, 756), "delete": (890, 756), "sale": (1163, 756)}
FIELD_PHONE, FIELD_GROUP, MONSIEUR, COMPANY = (1060, 186), (1060, 272), (882, 98), (358, 98)
FORM_A, FORM_NEXT, CANCEL, SAVE = (62, 630), (1167, 762), (870, 484), (1110, 484)
BESIDE_SAVE = (1256, 484)
FORM = {"screen": "client_form", "grid": None}


@pytest.fixture
def hands(display):
    pair = Hands(display)
    yield pair
    pair.close()


@contextmanager
def showing(end, kiosk, spot, colour):
    """The kiosk, once this pixel has this colour and somebody could have seen it."""
    with kiosk() as panel:
        panel.wait_for(*spot, LIGHT[colour])
        wait_until_steady(panel)
        time_passes()
        yield panel


def test_the_clients_key_opens_the_picker_and_with_a_client_the_menu(daemon_end, kiosk, hands):
    end = daemon_end(record.view(ticket=record_clients.nobody()))
    with showing(end, kiosk, (1030, 725), "pay") as panel:
        hands.tap(*CLIENT_KEY)
        assert said(end, 1) == [cmd.OpenSheet("client_picker")]
        end.push(record.view(ticket=record_clients.vip()))
        panel.wait_for(1160, 75, LIGHT["wallet-soft"])
        time_passes()
        hands.tap(*CLIENT_KEY)
        assert said(end, 1) == [cmd.OpenSheet("client_menu")]


def test_the_picker_chooses_searches_and_creates(daemon_end, kiosk, hands):
    end = daemon_end(record.view(ticket=record_clients.nobody()))
    with kiosk() as panel:
        show_sheet(end, panel, record_clients.picker(search="", chosen=""))
        hands.tap(*THIRD_ROW)
        hands.tap(*COMPANIES)
        hands.tap(*NEW)
        assert said(end, 3) == [
            cmd.AttachCustomer("c-claire"), cmd.SearchCustomers("", "company"), cmd.NewCustomer(),
        ]  # fmt: skip
        hands.tap(*KEYBOARD)
        panel.wait_for(20, 780, LIGHT["line"])
        time_passes()
        hands.tap(*KEY_R)
        hands.tap(*KEY_O)
        hands.tap(*FIRST_ROW)
        assert said(end, 3) == [cmd.SearchCustomers("r"), cmd.SearchCustomers("ro"), cmd.AttachCustomer("c-michel")]
        hands.tap(*KEY_DONE)
        hands.tap(*CLOSE)
        assert said(end, 1) == [cmd.CloseSheet()]


def test_a_name_that_was_searched_in_vain_goes_into_the_form(daemon_end, kiosk, hands):
    end = daemon_end(record.view(ticket=record_clients.nobody()))
    with kiosk() as panel:
        show_sheet(end, panel, record_clients.picker(rows=(), search="rochz", hits=0, chosen=""))
        hands.tap(780, 310)
        assert said(end, 1) == [cmd.NewCustomer("rochz")]


def test_no_touch_falls_through_the_picker_to_a_tile(daemon_end, kiosk, hands):
    end = daemon_end(record.view(ticket=record_clients.nobody()))
    with kiosk() as panel:
        show_sheet(end, panel, record_clients.picker(rows=(), search="", hits=0, chosen=""))
        for x in range(20, 600, 120):
            for y in range(290, 795, 80):
                hands.tap(x, y)
        assert said(end) == []


def test_the_menu_of_the_client(daemon_end, kiosk, hands):
    end = daemon_end(record.view(ticket=record_clients.vip()))
    with kiosk() as panel:
        show_sheet(end, panel, v.ClientMenuSheet(record_clients.ANNE, True, "Anne Rochat"))
        for spot in (*MENU.values(), (400, 400), (1080, 600)):
            hands.tap(*spot)
        assert said(end, 6) == [
            cmd.OpenCredit("c-anne"), cmd.ShowCustomer("c-anne"), cmd.OpenSheet("client_picker"),
            cmd.DetachCustomer(), cmd.CloseSheet(), cmd.CloseSheet(),
        ]  # fmt: skip


def test_the_tab_and_its_card(daemon_end, kiosk, hands):
    view = record.view(screen="clients", grid=None, ticket=None, clients=record_clients.clients())
    end = daemon_end(view)
    with showing(end, kiosk, (1025, 190), "wallet"):
        for spot in (TAB_LIST, TAB_CREDIT, *ACTS.values(), TAB_NEW, TAB_DIRECTORY, TAB_GROUPS, TAB_SALE):
            hands.tap(*spot)
        assert said(end, 10) == [
            cmd.ShowCustomer("c-bernard"), cmd.OpenCredit("c-anne"), cmd.EditCustomer("c-anne"), cmd.ShowHistory(),
            cmd.DeleteCustomer("c-anne"), cmd.AttachCustomer("c-anne", is_new_sale=True), cmd.NewCustomer(),
            cmd.ShowTab("clients"), cmd.ShowTab("masters", "groups"), cmd.ShowTab("sale"),
        ]  # fmt: skip


def test_a_movement_with_a_receipt_shows_it_and_a_purchase_does_not(daemon_end, kiosk, hands):
    moves = (
        v.WalletMovement("2025-11-17T16:21:00", "purchase", -2500, 2500, 352, "Caisse 1"),
        v.WalletMovement("2025-11-15T09:04:00", "credit", 5000, 5000, 0, "Espèces", 512),
    )
    card = msgspec.structs.replace(record_clients.CARD, movements=moves)
    shown = {"screen": "clients", "grid": None, "ticket": None, "clients": record_clients.clients(client=card)}
    end = daemon_end(record.view(**shown))
    with showing(end, kiosk, (1025, 190), "wallet"):
        hands.tap(700, 443)
        hands.tap(700, 495)
        assert said(end, 1) == [cmd.ShowMovement(512)]


def test_a_receipt_is_printed_again_or_its_credit_given_back(daemon_end, kiosk, hands):
    move = v.WalletMovement("2025-11-15T09:04:00", "credit", 5000, 5000, 0, "Espèces", 512)
    shown = {"screen": "clients", "grid": None, "ticket": None, "clients": record_clients.clients()}
    end = daemon_end(record.view(sheet=v.WalletMovementSheet(move, "c-anne", True), **shown))
    with showing(end, kiosk, (920, 465), "danger"):
        hands.tap(490, 465)
        hands.tap(790, 465)
        assert said(end, 2) == [cmd.PrintMovement(512), cmd.OpenCredit("c-anne", 512)]


def test_what_a_client_agrees_to_is_one_touch_from_the_form(daemon_end, kiosk, hands):
    end = daemon_end(record.view(client_form=record_clients.form(lines=(), note=None), **FORM))
    with showing(end, kiosk, BESIDE_SAVE, "primary"):
        hands.tap(1178, 98)
        assert said(end, 1) == [cmd.OpenSheet("client_consents")]


def test_a_touch_changes_an_answer(daemon_end, kiosk, hands):
    rows = (v.ConsentRow("receipt_mail", True, "2025-11-15", True), v.ConsentRow("marketing"))
    asked = v.ClientConsentsSheet((*rows, v.ConsentRow("wallet_notices")))
    end = daemon_end(record.view(client_form=record_clients.form(lines=(), note=None), sheet=asked, **FORM))
    with showing(end, kiosk, (600, 430), "primary"):
        hands.tap(470, 406)
        hands.tap(810, 406)
        assert said(end, 2) == [cmd.FillCustomer("receipt_mail", ""), cmd.FillCustomer("marketing", "yes")]


def test_a_deletion_is_confirmed(daemon_end, kiosk, hands):
    asked = v.ClientDeleteSheet("c-anne", "Mme Anne Rochat")
    shown = {"screen": "clients", "grid": None, "ticket": None, "clients": record_clients.clients()}
    end = daemon_end(record.view(sheet=asked, **shown))
    with showing(end, kiosk, (900, 480), "danger"):
        hands.tap(*DELETE_NO)
        hands.tap(*DELETE_YES)
        assert said(end, 2) == [cmd.CloseSheet(), cmd.DeleteCustomer("c-anne", confirmed=True)]


def test_credit_is_at_the_top_right_of_the_card_and_encaisser_is_not_there_yet(daemon_end, kiosk):
    """Feature W-03: the button's place is what the shop was taught."""
    end = daemon_end(record.view(screen="clients", grid=None, ticket=None, clients=record_clients.clients()))
    with showing(end, kiosk, (1025, 190), "wallet") as panel:
        picture = panel.picture()
        wallet = tuple(int(LIGHT["wallet"][i : i + 2], 16) for i in (1, 3, 5))
        spots = [(x, y) for x in range(0, 1280, 4) for y in range(0, 800, 4) if picture.getpixel((x, y)) == wallet]
        assert spots
        assert all(x > 640 and y < 400 for x, y in spots)


def test_the_form_takes_letters_and_keeps_them_over_the_tills_echo(daemon_end, kiosk, hands):
    end = daemon_end(record.view(client_form=record_clients.form(lines=(), note=None), **FORM))
    with showing(end, kiosk, BESIDE_SAVE, "primary") as panel:
        hands.tap(*FORM_A)
        hands.tap(*FORM_A)
        assert said(end, 2) == [cmd.FillCustomer("name", "A"), cmd.FillCustomer("name", "Aa")]
        late = record_clients.form(lines=(v.FormLine("name", "A"),), note=None)
        end.push(record.view(client_form=late, **FORM))
        wait_until_steady(panel)
        hands.tap(*FORM_A)
        assert said(end, 1) == [cmd.FillCustomer("name", "Aaa")]
        hands.tap(*FORM_NEXT)
        hands.tap(*FORM_A)
        hands.tap(*MONSIEUR)
        hands.tap(*COMPANY)
        hands.tap(*FIELD_GROUP)
        hands.tap(*SAVE)
        hands.tap(*CANCEL)
        assert said(end, 6) == [
            cmd.FillCustomer("first_name", "A"), cmd.FillCustomer("title", "sir"),
            cmd.FillCustomer("kind", "company"), cmd.OpenSheet("client_groups"), cmd.SaveCustomer(), cmd.GoBack(),
        ]  # fmt: skip


def test_what_the_till_writes_itself_replaces_the_letters(daemon_end, kiosk, hands):
    end = daemon_end(record.view(client_form=record_clients.form(lines=(), note=None), **FORM))
    with showing(end, kiosk, BESIDE_SAVE, "primary") as panel:
        hands.tap(*FIELD_PHONE)
        time_passes()
        hands.tap(62, 565)  # the keyboard shows digits: 1
        assert said(end, 1) == [cmd.FillCustomer("phone", "1")]
        scanned = (v.FormLine("phone", "1"), v.FormLine("code", "21000388", 1))
        end.push(record.view(client_form=record_clients.form(lines=scanned), **FORM))
        wait_until_steady(panel)
        hands.tap(220, 272)
        time_passes()
        hands.tap(62, 565)
        assert said(end, 1) == [cmd.FillCustomer("code", "210003881")]


def test_a_twin_is_chosen_or_said_to_be_somebody_else(daemon_end, kiosk, hands):
    twin = v.FormNote("client.twin", {"name": "Élodie Favre"}, "warn", "choose", "c-elodie")
    end = daemon_end(record.view(client_form=record_clients.form(note=twin), **FORM))
    with showing(end, kiosk, BESIDE_SAVE, "primary"):
        hands.tap(738, 484)
        hands.tap(*SAVE)
        assert said(end, 2) == [cmd.AttachCustomer("c-elodie"), cmd.SaveCustomer(is_another=True)]


def test_the_physical_keyboard_searches_and_chooses(daemon_end, kiosk, display):
    end = daemon_end(record.view(ticket=record_clients.nobody()))
    with kiosk() as panel:
        show_sheet(end, panel, record_clients.picker(search="", chosen=""))
        pair = Hands(display)
        try:
            pair.type("r")
            pair.type("o")
            assert said(end, 2) == [cmd.SearchCustomers("r"), cmd.SearchCustomers("ro")]
        finally:
            pair.close()


def test_groups_are_a_list(daemon_end, kiosk, hands):
    groups = v.ClientGroupsSheet((v.ClientGroupKey("g-vip", "VIP", 1000), v.ClientGroupKey("g-pro", "Pro", 500)), "")
    end = daemon_end(record.view(client_form=record_clients.form(note=None), **FORM))
    with showing(end, kiosk, BESIDE_SAVE, "primary") as panel:
        before = panel.picture().tobytes()
        end.push(record.view(client_form=record_clients.form(note=None), sheet=groups, **FORM))
        while panel.picture().tobytes() == before:
            pass
        wait_until_steady(panel)
        time_passes()
        hands.tap(800, 420)
        assert said(end, 1) == [cmd.FillCustomer("group", "g-vip")]


def test_the_recorded_views_are_what_the_protocol_says():
    for record_one in (record_clients.picker(), record_clients.form(), record_clients.clients()):
        assert msgspec.json.decode(msgspec.json.encode(record_one), type=type(record_one)) == record_one
