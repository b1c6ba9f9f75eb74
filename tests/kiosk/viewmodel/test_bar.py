"""The top bar: message, devices, places."""

import msgspec

from appliance.kiosk.gallery import record
from appliance.kiosk.viewmodel.bar import back_bar, home_bar, sale_bar
from appliance.protocol import view as v


def test_the_sale_bar_reads_as_on_the_mock_up():
    bar = sale_bar(record.view())
    assert (bar.mode, bar.ticket, bar.seller, bar.clock) == ("À emporter", "Ticket 0427", "Camille", "08:42")
    assert sale_bar(record.view(), compact=True).ticket == "0427"


def test_after_a_sale_the_bar_still_says_how_it_was_sold():
    view = msgspec.structs.replace(record.view(result=record.result()), ticket=None)
    bar = sale_bar(view)
    assert (bar.mode, bar.mode_icon, bar.ticket) == ("À emporter", record.TAKE_AWAY.icon, "Ticket 0427")
    gone = msgspec.structs.replace(view, result=record.result(mode=None))
    assert (sale_bar(gone).mode, sale_bar(gone).mode_icon) == ("", "")


def test_a_fine_device_has_no_word_and_an_ill_one_another_icon():
    lights = sale_bar(record.view(status=record.status(network=("warn", "status.offline")))).lights
    assert [light.word for light in lights[:4]] == ["", "", "", ""]
    assert (lights[4].icon, lights[4].level) == ("wifi-slash", "warn")


def test_a_message_has_at_most_two_buttons_and_counts_the_waiting_ones():
    said = v.Message("printer.paper_out", {}, "error", ("print_help", "retry_print", "undo"), 1, 2)
    message = sale_bar(record.view(message=said)).message
    assert message is not None
    assert [action.text for action in message.actions] == ["Aide", "Réessayer"]
    assert (message.icon, message.counter) == ("printer", "1/2")


def test_parameters_in_minor_units_are_formatted_for_the_sentence():
    said = v.Message("screen.ticket.wallet", {"amount_minor": 123450})
    message = sale_bar(record.view(message=said)).message
    assert message is not None and message.text == "Cagnotte 1’234.50"


def test_the_menu_lights_its_key():
    assert sale_bar(record.view(sheet=v.MenuSheet(()))).right_lit


def test_other_bars_say_where_one_is():
    assert home_bar(record.view()).title == "Boulangerie-Épicerie du Bourg"
    assert back_bar(record.view(), "Clôture").left_icon == "arrow-left"
