"""The table of in-store codes: patterns, presets, and that a label read is the label printed."""

import msgspec
import pytest
from biip import ParseConfig, ParseError
from biip.gtin import Gtin
from biip.rcn import Rcn
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.code_preset import PRESETS
from appliance.domain.code_rule import BadRule, CodeRule, check_reach, check_table
from appliance.domain.gtin import check_digit, is_gtin, price_check_digit

S11 = CodeRule("weights", "21.....{NNDDD}", "weight")


def test_s11_product_12345_at_1234_grams():
    found = S11.match("2112345012346")
    assert found is not None
    assert (found.article, found.value, found.milli, found.zeroed) == ("12345", "01234", 1234, "2112345000008")


@pytest.mark.parametrize(
    "code", ["2112345012345", "2012345012346", "211234501234", "21123450123460", "21a2345012346", ""]
)
def test_what_has_another_form_or_a_wrong_check_digit_is_not_matched(code):
    assert S11.match(code) is None


@pytest.mark.parametrize("name", ["a\x1b[2Jb", "a\nb", "\x00"])
def test_a_rule_is_called_by_letters_alone(name):
    with pytest.raises(ValueError, match="control character"):
        CodeRule(name, "21.....{NNDDD}", "weight")


@given(st.integers(0, 99_999), st.integers(0, 99_999), st.sampled_from(["weight", "price", "count"]))
def test_a_label_says_what_the_scale_printed(article, value, kind):
    inside = {"weight": "{NNDDD}", "price": "{NNNDD}", "count": "{NNNNN}"}[kind]
    rule = CodeRule("r", "24....." + inside, kind)
    body = f"24{article:05d}{value:05d}"
    found = rule.match(body + check_digit(body))
    assert found is not None and found.is_proved
    assert int(found.article) == article
    assert {"weight": found.milli, "price": found.minor, "count": found.milli // 1000}[kind] == value
    assert is_gtin(found.zeroed) and found.zeroed.startswith(body[:7] + "00000")


@given(st.sampled_from(PRESETS["DE"]), st.integers(0, 9999), st.integers(0, 99_999), st.sampled_from([0, 0, 1, 5, 9]))
def test_the_german_table_reads_what_biip_reads(rule, article, value, wrong):
    inner = (int(price_check_digit(f"{value:05d}")) + wrong) % 10
    body = f"{rule.pattern[:2]}{article:04d}{inner}{value:05d}"
    code = body + check_digit(body)
    found = rule.match(code)
    assert found is not None
    assert found.is_proved == (wrong == 0)
    if wrong:
        with pytest.raises(ParseError):
            Gtin.parse(code, config=ParseConfig(rcn_region="de"))
        return
    theirs = Gtin.parse(code, config=ParseConfig(rcn_region="de"))
    assert isinstance(theirs, Rcn)
    assert theirs.item_reference == found.article
    measure = {"weight": theirs.weight, "price": theirs.price, "count": theirs.count}[rule.kind]
    assert measure is not None
    assert int(measure * {"weight": 1000, "price": 100, "count": 1}[rule.kind]) == value
    assert found.zeroed == theirs.without_variable_measure().value


def test_presets_say_what_nobody_has_compared_yet():
    assert not any(rule.verify for rule in PRESETS["DE"])
    assert all(rule.verify for country in ("CH", "FR") for rule in PRESETS[country])
    for rules in PRESETS.values():
        check_table(rules)


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        ("", "weight"),
        ("21", "article"),
        ("21.....", "weight"),
        ("21.....{NNDDD}{NN}", "weight"),
        ("21.....{}", "weight"),
        ("21.....{DDNN}", "weight"),
        ("2112345{NNDDD}", "weight"),
        ("21.....{NNDDD}", "article"),
        ("21...C{NND}", "price"),
        ("21..CC{NNDDD}", "price"),
        ("24.....{NNNDD}", "count"),
        ("(?=.*)21.....{NNDDD}", "weight"),
        ("2" * 60, "article"),
    ],
)
def test_a_pattern_without_sense_is_refused(pattern, kind):
    with pytest.raises(ValueError):
        CodeRule("r", pattern, kind)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"name": "r", "pattern": pattern, "kind": kind}, CodeRule)


def test_a_table_with_one_name_twice_or_without_end_is_refused():
    with pytest.raises(ValueError, match="weights"):
        check_table([S11, S11])
    with pytest.raises(ValueError):
        check_table([CodeRule(f"r{n}", "21.....{NNDDD}", "weight") for n in range(201)])


def test_other_lengths_are_the_whole_code():
    rule = CodeRule("deposit", "98....{NNDD}?", "price")
    found = rule.match("98123401557")
    assert found is not None and (found.article, found.minor) == ("1234", 155)
    assert rule.match("9812340155") is None
    short = CodeRule("pieces", "2..{NNNN}", "count")
    found = short.match("2170003" + check_digit("2170003"))
    assert found is not None and (found.article, found.milli) == ("17", 3000)


@given(st.sampled_from([rule for rules in PRESETS.values() for rule in rules]))
def test_the_presets_reach_only_labels(rule):
    check_reach(rule)


@given(
    st.from_regex(r"[0-9.?]{4,16}", fullmatch=True).filter(lambda pattern: "." in pattern),
    st.from_regex(r"[0-9]{12}", fullmatch=True),
)
def test_a_rule_that_is_let_in_takes_no_makers_goods(pattern, body):
    """Whatever the table, an EAN-13 outside 02, 04 and 20 to 29 stays what its maker says."""
    rule = CodeRule("r", pattern, "article")
    try:
        check_reach(rule)
    except BadRule:
        return
    code = body + check_digit(body)
    if code[:2] not in {"02", "04", *(f"2{digit}" for digit in range(10))}:
        assert rule.match(code) is None


@given(st.text(max_size=60))
def test_no_text_breaks_a_rule(text):
    for rules in PRESETS.values():
        for rule in rules:
            found = rule.match(text)
            assert found is None or is_gtin(text)
