"""The code that nobody knows on a real kiosk: the sentence that leads to the sheet, each choice, the form, the list."""

import pytest

from appliance.demo.hands import Hands
from appliance.kiosk.gallery import record, record_clients, record_unknown
from appliance.kiosk.theme import TOKENS
from appliance.protocol import command as cmd
from appliance.protocol import view as v
from tests.kiosk.test_touch import said, show_sheet, time_passes, wait_until_steady

LIGHT = TOKENS["color"]["light"]
SENTENCE, FREE_PRICE_KEY = (300, 28), (670, 28)
CHOICES: dict[v.CodeChoice, tuple[int, int]] = {
    "new_product": (250, 330), "product": (620, 330), "new_customer": (250, 500), "customer": (620, 500),
}  # fmt: skip
IGNORE, FREE_PRICE, CLOSE, BESIDE = (250, 636), (630, 636), (800, 172), (440, 90)
CASH_30, FIRST_ROW, SECOND_ROW, SEARCH = (1130, 675), (400, 245), (400, 310), (300, 173)
NAME, PRICE, TAX, CATEGORY, SAVE, CANCEL = (300, 120), (950, 120), (300, 204), (950, 204), (1107, 482), (870, 482)
KEY_A, KEY_NEXT, KEY_7 = (62, 630), (1179, 761), (766, 563)
UNKNOWN = v.Message(
    "scan.unknown", {"code": record_unknown.CODE}, "warn", ("free_price", "search", "unknown_code")
)  # fmt: skip


@pytest.fixture
def hands(display):
    pair = Hands(display)
    yield pair
    pair.close()


def test_a_touch_on_the_sentence_is_an_answer_beside_its_two_buttons(daemon_end, kiosk, hands):
    end = daemon_end(record.view(message=UNKNOWN))
    with kiosk() as panel:
        panel.wait_for(1030, 725, LIGHT["pay"])
        wait_until_steady(panel)
        time_passes()
        hands.tap(*SENTENCE)
        hands.tap(*FREE_PRICE_KEY)
        assert said(end, 2) == [cmd.ActOnMessage("unknown_code"), cmd.ActOnMessage("free_price")]


def test_any_other_sentence_is_only_read(daemon_end, kiosk, hands):
    end = daemon_end(record.view(message=v.Message("ticket.recovered", {"number": 427})))
    with kiosk() as panel:
        panel.wait_for(1030, 725, LIGHT["pay"])
        wait_until_steady(panel)
        time_passes()
        hands.tap(*SENTENCE)
        assert said(end) == []


def test_each_choice_and_the_ticket_beside_the_sheet(daemon_end, kiosk, hands):
    end = daemon_end(record.view(ticket=record_clients.vip()))
    with kiosk() as panel:
        show_sheet(end, panel, record_unknown.sheet())
        for spot in (*CHOICES.values(), FREE_PRICE, CASH_30):
            hands.tap(*spot)
        orders = said(end, 6)
        assert orders[:5] == [
            *(cmd.AssignCode(record_unknown.CODE, choice) for choice in CHOICES), cmd.OpenSheet("free_price"),
        ]  # fmt: skip
        assert isinstance(orders[5], cmd.TakeCash)


def test_ignorer_the_cross_beside_and_escape_close(daemon_end, kiosk, hands):
    end = daemon_end(record.view(ticket=record_clients.vip()))
    with kiosk() as panel:
        show_sheet(end, panel, record_unknown.sheet())
        for spot in (IGNORE, CLOSE, BESIDE):
            hands.tap(*spot)
        assert said(end, 3) == [cmd.CloseSheet()] * 3


def test_a_misread_code_makes_no_article(daemon_end, kiosk, hands):
    end = daemon_end(record.view(ticket=record_clients.vip()))
    with kiosk() as panel:
        show_sheet(end, panel, record_unknown.sheet(form="misread", suggested=None, can_be_product=False))
        hands.tap(*CHOICES["new_product"])
        hands.tap(*CHOICES["product"])
        hands.tap(*CHOICES["customer"])
        assert said(end, 1) == [cmd.AssignCode(record_unknown.CODE, "customer")]


def test_the_list_of_articles(daemon_end, kiosk, hands):
    end = daemon_end(record.view(ticket=record_clients.vip()))
    with kiosk() as panel:
        show_sheet(end, panel, record_unknown.picker())
        hands.tap(*SECOND_ROW)
        hands.tap(*SEARCH)
        panel.wait_for(20, 780, LIGHT["line"])
        time_passes()
        hands.tap(281, 565)
        hands.tap(*FIRST_ROW)
        assert said(end, 3) == [cmd.LinkCode(2), cmd.SearchProducts("r"), cmd.LinkCode(1)]


def test_the_form_is_typed_and_saved(daemon_end, kiosk, hands):
    empty = record_unknown.form(lines=(v.FormLine("name"), v.FormLine("price")))
    end = daemon_end(record.view(product_form=empty, ticket=record_clients.vip(), **record_unknown.FORM))
    with kiosk() as panel:
        panel.wait_for(1020, 470, LIGHT["primary"])
        wait_until_steady(panel)
        time_passes()
        for spot in (KEY_A, KEY_NEXT, KEY_7, NAME, KEY_A, TAX, CATEGORY, SAVE, CANCEL):
            hands.tap(*spot)
        assert said(end, 7) == [
            cmd.FillProduct("name", "A"), cmd.FillProduct("price", "7"), cmd.FillProduct("name", "Aa"),
            cmd.OpenSheet("product_tax"), cmd.OpenSheet("product_category"), cmd.SaveProduct(), cmd.GoBack(),
        ]  # fmt: skip
