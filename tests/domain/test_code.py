"""What a code says by itself, whoever sends it and whatever it is. Features S-11, C-05."""

from datetime import date, timedelta

import pytest
from biip.gs1_element_strings import GS1ElementString
from hypothesis import given
from hypothesis import strategies as st

from appliance.clock import SystemClock
from appliance.domain.code import EAN_CARRIERS, GS, GS1_CARRIERS, Reading, read, split_aim
from appliance.domain.code_preset import PRESETS
from appliance.domain.code_rule import CodeRule
from appliance.domain.gtin import check_digit, is_gtin

RULES = (CodeRule("weights", "21.....{NNDDD}", "weight"), CodeRule("prices", "22.....{NNNDD}", "price"))
TODAY = "2025-11-21"
JAM = "7610807072341"
AIMS = [None, "", "E0", "E3", "E4", "C0", "C1", "d1", "d2", "Q1", "Q3", "e0", "I1", "A0", "z9"]


def said(text, symbology=None, rules=RULES) -> Reading:
    return read(text, symbology, rules, TODAY)


@st.composite
def gtins(draw, length=None):
    length = length or draw(st.sampled_from([8, 12, 13, 14]))
    body = draw(st.text("0123456789", min_size=length - 1, max_size=length - 1))
    return body + check_digit(body)


# --- AIM ------------------------------------------------------------------------------------------------------------


@given(st.text(max_size=20), st.sampled_from(["E0", "C1", "Q3"]))
def test_the_identifier_is_taken_off_exactly_once(text, aim):
    assert split_aim(f"]{aim}{text}") == (text, aim)
    assert split_aim(f"]{aim}{text}", aim) == (f"]{aim}{text}", aim), "a driver had taken it off: the rest is the code"


@given(gtins(13))
def test_with_and_without_identifier_an_ean_is_the_same_article(code):
    assert said(f"]E0{code}").keys == said(code, "E0").keys
    if not code.startswith(("21", "22")):
        assert said(code).keys == (code,) and said(code).form == "gtin"


# --- numbers --------------------------------------------------------------------------------------------------------


@given(gtins(), st.sampled_from([None, "", "E0", "E4", "C0", "I1", "Q1"]))
def test_a_number_of_8_to_14_digits_is_never_a_gs1_message_unless_its_symbol_says_so(code, aim):
    reading = said(code, aim)
    assert reading.form in ("gtin", "in_store") and not reading.elements
    assert not reading.fault or reading.form == "in_store"


@pytest.mark.parametrize("text", ["96385074", "10123456", "17251231", "3103001234"])
def test_only_the_symbology_makes_a_short_number_a_gs1_message(text):
    assert said(text).form != "gs1"
    assert said(text, "C1").form == "gs1"


def test_a_upc_e_may_be_an_ean_8_too_and_its_symbology_decides():
    both = "01234565"
    assert is_gtin(both) and said(both).keys == (both, "012345000065") == said(both, "C0").keys
    assert said(both, "E4").keys == (both,)
    assert said(both, "E0").keys == ("012345000065",)


def test_a_magazine_is_its_number_without_the_issue():
    assert said(JAM + "05", "E3").keys == said(JAM + "12345", "E3").keys == (JAM,)
    paper = "977123456700" + check_digit("977123456700")
    assert said(paper + "47").keys == said(paper + "00470").keys == (paper,), "also where the scanner tells nothing"
    assert said(JAM + "05").keys == (JAM + "05",), "other numbers of fifteen digits are what they are"


def test_a_carton_of_varying_measure_is_looked_up_with_and_without_its_indicator():
    body = "9" + JAM[:12]
    assert said(body + check_digit(body)).keys == (body + check_digit(body), JAM)


def test_a_wrong_check_digit_is_told_from_any_other_number():
    assert said(JAM[:-1] + "5").fault == said(JAM[:-1] + "5", "E0").fault == "scan.check_digit"
    assert said(JAM[:-1] + "5", "C0").fault == "", "a code 128 of thirteen digits is whatever the shop made of it"
    assert said("123456789012").fault == ""


# --- the shop's own -------------------------------------------------------------------------------------------------


def test_s11_the_rule_that_won_is_named():
    reading = said("2112345012346")
    assert (reading.form, reading.rule, reading.weight_milli) == ("in_store", "weights", 1234)
    assert reading.keys == ("12345", "2112345000008", "2112345012346")
    assert said("2112345012346", rules=()).form == "gtin"


def test_the_first_rule_that_fits_wins():
    other = CodeRule("other", "2......{NNDDD}", "weight")
    assert said("2112345012346", rules=(other, *RULES)).rule == "other"
    assert said("2112345012346", rules=(*RULES, other)).rule == "weights"


def test_a_upc_a_of_the_shop_is_matched_as_ean_13():
    rule = CodeRule("r", "02.....{NNNDD}", "price")
    body = "021234500350"
    code = body + check_digit(body)
    assert said(code[1:], rules=(rule,)).price_minor == said(code, rules=(rule,)).price_minor == 350


@pytest.mark.parametrize("code", ["2112345000008", "221234500000" + check_digit("221234500000")])
def test_a_label_of_nothing_sells_nothing(code):
    assert said(code).fault == "scan.value_zero"


def test_a_wrong_inner_check_digit_forbids_the_sale():
    body = "281234000500"  # 0 is not the check digit of 00500
    reading = said(body + check_digit(body), rules=PRESETS["DE"])
    assert (reading.rule, reading.fault) == ("DE 28, Gewicht", "scan.value_check_digit")


# --- GS1 ------------------------------------------------------------------------------------------------------------

ARTICLE = "01" + "0" + JAM


@pytest.mark.parametrize("text", [f"]C1{ARTICLE}", f"]d2{GS}{ARTICLE}", f"]Q3{ARTICLE}{GS}", ARTICLE, f"(01)0{JAM}"])
def test_ai_01_is_the_article(text):
    reading = said(text)
    assert (reading.form, reading.keys, reading.fault) == ("gs1", ("0" + JAM,), "")


def test_the_fields_a_till_uses():
    reading = said(f"{ARTICLE}172511301024-B{GS}3103001234{GS}3922002961{GS}303")
    assert reading.elements == (
        ("01", "0" + JAM), ("17", "251130"), ("10", "24-B"), ("3103", "001234"), ("3922", "002961"), ("30", "3"),
    )  # fmt: skip
    assert (reading.weight_milli, reading.price_minor, reading.count) == (1234, 2961, 3)
    assert (reading.batch, reading.expires) == ("24-B", "2025-11-30")


def test_a_price_with_its_currency():
    reading = said(f"{ARTICLE}39327560350", "C1")
    assert (reading.price_minor, reading.currency) == (350, "756")


@given(st.integers(0, 999_999), st.integers(0, 5))
def test_a_weight_is_exact_to_the_gram(value, decimals):
    reading = said(f"{ARTICLE}310{decimals}{value:06d}")
    exact = value * 1000 / 10**decimals
    assert reading.weight_milli is not None and abs(reading.weight_milli - exact) <= 0.5
    assert (reading.fault == "scan.value_zero") == (reading.weight_milli == 0)


@given(st.dates(date(1990, 1, 1), date(2060, 12, 31)))
def test_the_last_day_has_the_century_that_biip_gives_it(day):
    text = f"{day:%y%m%d}"
    theirs = GS1ElementString.parse("17" + text).date
    assert theirs is not None
    today = SystemClock().now().date().isoformat()  # biip looks at the clock
    reading = read(ARTICLE + "17" + text, "C1", (), today)
    assert reading.expires == theirs.isoformat()


def test_day_00_is_the_last_of_its_month_and_no_other_day_is_made_up():
    assert said(ARTICLE + "17240200").expires == "2024-02-29"
    assert said(ARTICLE + "17250229").fault == said(ARTICLE + "17251300").fault == "scan.gs1_unreadable"


def test_a_message_without_an_article_sells_nothing():
    assert said("00376108070723410004", "C1").fault in ("scan.gs1_no_article", "scan.gs1_unreadable")
    assert said("10ABC", "C1").fault == "scan.gs1_no_article"
    assert said("01" + "07610807072342", "C1").fault == "scan.check_digit"
    assert said("hello", "C1").fault == "scan.gs1_unreadable"


def test_a_databar_with_a_bare_number_is_that_number():
    assert said("0" + JAM, "e0").keys == ("0" + JAM,)


@pytest.mark.parametrize(
    "uri",
    [
        f"https://id.gs1.org/01/0{JAM}",
        f"HTTPS://id.gs1.org/01/0{JAM}",
        f"http://example.ch/some/where/01/0{JAM}/10/24B?17=251130&utm_source=shelf#top",
        f"https://example.ch/01/{JAM}",
    ],
)
def test_a_digital_link_names_its_article(uri):
    for aim in (None, "Q1", "d1"):
        reading = said(uri, aim)
        assert (reading.form, reading.keys) == ("link", ("0" + JAM,))


@pytest.mark.parametrize("uri", ["https://", "https://example.ch/menu", "http://[", "https://example.ch/01/hello"])
def test_any_other_address_is_a_text(uri):
    assert said(uri).form == "plain" and said(uri).keys == (uri,)


# --- anything -------------------------------------------------------------------------------------------------------

_GS1ISH = st.lists(
    st.sampled_from(
        [ARTICLE, "10A1", "17251130", "3103000500", "3922000100", "30", "2", GS, "99x", "21", "01", "(01)", "%"]
    ),
    max_size=8,
).map("".join)
_ANY = st.one_of(st.text(max_size=600), st.text("0123456789", max_size=40), _GS1ISH, gtins())


@given(_ANY, st.sampled_from(AIMS))
def test_nothing_that_may_be_scanned_breaks_the_reading(text, aim):
    reading = said(text, aim, (*RULES, *PRESETS["DE"]))
    assert reading == said(text, aim, (*RULES, *PRESETS["DE"])), "the same code says the same"
    for value in (reading.weight_milli, reading.count, reading.price_minor):
        assert value is None or value >= 0
    if reading.form in ("gs1", "link") and not reading.fault:
        assert reading.keys and all(is_gtin(key) for key in reading.keys)
    assert all(reading.keys)
    if reading.form == "gs1" and not aim:
        assert GS in text or "(01)" in text or "01" in text[:6]


@given(_ANY, st.sampled_from(sorted(EAN_CARRIERS)))
def test_an_ean_symbol_is_never_a_gs1_message_without_a_separator(text, aim):
    text = text.replace(GS, "").replace("(", "")
    assert said(text, aim).form != "gs1"


def test_the_sets_of_symbologies_do_not_meet():
    assert not GS1_CARRIERS & EAN_CARRIERS
    assert date.fromisoformat(TODAY) - timedelta(days=1) < date.fromisoformat(TODAY)
