"""Customers and groups: ids, spellings, what a form must hold, what is struck out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from appliance.domain.customer import (
    COUNTER,
    COUNTER_ID,
    Address,
    Customer,
    CustomerCode,
    Group,
    GroupRate,
    code_key,
    make_id,
    personal_phrases,
    phone_digits,
    redact,
    search_words,
    sort_key,
    tidy,
    validate,
    validate_group,
)

ANNE = Customer(
    "c-rldxqerzw4q7",
    civility="madam",
    last_name="Rochat",
    first_name="Anne",
    phones=("079 555 01 42",),
    codes=(CustomerCode("2100 0042"),),
    account="1100.042",
    addresses=(Address("Rue du Lac 8", "1800", "Vevey"),),
)
FIRM = Customer("", kind="company", company="Garage du Simplon SA")


def faults(customer):
    return {fault.field: fault.code for fault in validate(tidy(customer))}


def test_a_person_needs_both_names_and_a_company_its_own():
    assert faults(ANNE) == faults(FIRM) == {}
    assert faults(replace(ANNE, first_name=" ")) == {"first_name": "customer.first_name_missing"}
    assert faults(replace(ANNE, last_name="")) == {"last_name": "customer.last_name_missing"}
    assert faults(replace(FIRM, company="")) == {"company": "customer.company_missing"}


@pytest.mark.parametrize(
    ("field", "right", "stored", "wrong"),
    [
        ("uid", "CHE123456788", "CHE-123.456.788", "CHE-123.456.789"),
        ("vat_number", "CHE-123.456.788 TVA", "CHE-123.456.788 TVA", "CHE-123.456.787 TVA"),
        ("vat_number", "FR 44 732829320", "FR44732829320", "FR45732829320"),
        ("vat_number", "ATU13585627", "ATU13585627", "ATU13585626"),
        ("siren", "732 829 320", "732829320", "732829321"),
        ("siret", "732 829 320 00074", "73282932000074", "73282932000075"),
    ],
)
def test_company_numbers_have_their_check_digits(field, right, stored, wrong):
    good = tidy(replace(FIRM, **{field: right}))
    assert validate(good) == ()
    assert getattr(good, field) == stored
    assert faults(replace(FIRM, **{field: wrong})) == {field: f"customer.{field}_form"}


def test_a_siret_belongs_to_its_siren():
    assert faults(replace(FIRM, siren="552100554", siret="73282932000074")) == {"siret": "customer.siret_other_siren"}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"phones": ("12",)}, {"phones.0": "customer.phone_form"}),
        ({"phones": ("079 555 01 42", "call me")}, {"phones.1": "customer.phone_form"}),
        ({"email": "anne@exemple"}, {"email": "customer.email_form"}),
        ({"email": "a b@exemple.ch"}, {"email": "customer.email_form"}),
        ({"account": "a b"}, {"account": "customer.account_form"}),
        ({"codes": (CustomerCode("21;00"),)}, {"codes.0": "customer.code_form"}),
        ({"codes": (CustomerCode("2100 0042"), CustomerCode("21000042"))}, {"codes.1": "customer.code_twice"}),
        ({"addresses": (Address("Rue 1"),)}, {"addresses.0": "customer.address_incomplete"}),
        ({"addresses": (Address("", "18000", "Vevey"),)}, {"addresses.0.postcode": "customer.postcode_form"}),
        ({"addresses": (Address("", "74500", "Évian", "FR"),)}, {}),
        ({"last_name": "R" * 81}, {"last_name": "customer.text_form"}),
        ({"notes": "\x1b[0m"}, {"notes": "customer.text_form"}),
        ({"phones": ("079 555 01 42",) * 21}, {"phones": "customer.too_many"}),
    ],
)
def test_a_form_names_its_wrong_fields(change, fault):
    assert faults(replace(ANNE, **change)) == fault


def test_an_account_number_is_written_in_capitals():
    assert tidy(replace(ANNE, account="411dupont")).account == "411DUPONT"


def test_one_address_is_the_default():
    home, away = Address("a", "1800", "Vevey"), Address("b", "1804", "Corsier", is_default=True)
    assert [a.is_default for a in tidy(replace(ANNE, addresses=(home, home))).addresses] == [True, False]
    assert tidy(replace(ANNE, addresses=(home, away))).default_address.street == "b"
    assert tidy(replace(ANNE, addresses=(Address(" "),))).addresses == ()


def test_names_are_shown_and_listed():
    assert (ANNE.name, ANNE.listed_name, ANNE.initials) == ("Anne Rochat", "Rochat Anne", "RA")
    assert (FIRM.name, FIRM.listed_name, FIRM.initials) == ("Garage du Simplon SA",) * 2 + ("GD",)
    assert sort_key(replace(ANNE, first_name="Élodie")) == "rochat elodie"


def test_the_counter_owns_no_wallet():
    assert COUNTER.id == COUNTER_ID
    assert not COUNTER.can_own_wallet
    assert ANNE.can_own_wallet
    assert not replace(ANNE, erased_at="2026-01-01T00:00:00.000Z").can_own_wallet


@given(st.binary(min_size=8, max_size=8))
def test_ids_are_opaque_and_never_the_counter_s(entropy):
    made = make_id("c-", entropy)
    assert len(made) == 14
    assert set(made[2:]) <= set("abcdefghijklmnopqrstuvwxyz234567")
    assert made != COUNTER_ID


def test_codes_and_phones_have_one_spelling():
    assert code_key("2100 0042") == code_key("21000042") == code_key(" 2100\u00a00042")
    assert code_key("abc-1") == code_key("ABC-1")
    assert phone_digits("+41 (0)79 555 01 42") == phone_digits("0041795550142") == "0795550142"
    assert phone_digits("021 555 03 18") == "0215550318"
    assert phone_digits("+33 4 50 55 01 23") == "33450550123"


def test_a_customer_is_found_by_these_words():
    words = search_words(replace(ANNE, email="Anne@Exemple.ch"))
    assert {
        "rochat",
        "anne",
        "vevey",
        "1800",
        "anne@exemple.ch",
        "0795550142",
        "795550142",
        "0142",
        "21000042",
    } <= words


def test_names_are_struck_out_of_papers():
    struck = [redact(text, personal_phrases(ANNE)) for text in ("Mme Anne Rochat", "M. ROCHÂT A.", "Rochatte", "")]
    assert struck == ["Mme ••• •••", "M. ••• A.", "Rochatte", ""]
    assert redact("Rue du Lac 8", personal_phrases(ANNE)) == "•••"
    assert redact("Rue du Bourg 12, 1800 Vevey", personal_phrases(ANNE)) == "Rue du Bourg 12, 1800 Vevey"
    assert redact("carte 21000042, 079 555 01 42", personal_phrases(ANNE)) == "carte •••, •••"
    assert redact("Cœur", personal_phrases(replace(ANNE, last_name="Coeur"))) == "•••"


@given(st.text(max_size=30), st.text(max_size=8), st.text(max_size=8))
def test_striking_out_leaves_nothing_and_never_fails(text, last, first):
    customer = tidy(Customer("", last_name=last, first_name=first))
    phrases = personal_phrases(customer)
    redact(f"{text} {customer.name} {text}", phrases)
    assert redact(text, ()) == text


VIP = Group(
    "g-1",
    "VIP",
    (
        GroupRate(1000, effective_from="2025-01-01"),
        GroupRate(1500, effective_from="2026-01-01", effective_to="2026-06-30"),
        GroupRate(0, category=3),
        GroupRate(2000, category=4, effective_to="2025-12-31"),
    ),
)


@pytest.mark.parametrize(
    ("category", "day", "rate_bp"),
    [
        (None, "2024-12-31", 0),
        (1, "2025-01-01", 1000),
        (1, "2026-01-01", 1500),
        (1, "2026-06-30", 1500),
        (1, "2026-07-01", 1000),
        (3, "2026-03-01", 0),
        (4, "2025-12-31", 2000),
        (4, "2026-01-01", 1500),
    ],
)
def test_a_group_s_rate_is_by_rubrique_and_by_date(category, day, rate_bp):
    assert VIP.rate_bp(category, day) == rate_bp


def test_a_group_s_form_names_its_wrong_fields():
    wrong = Group(
        "", " ", (GroupRate(10_001), GroupRate(1, None, "2026-02-01", "2026-01-01"), GroupRate(1, None, "soon"))
    )
    assert [(fault.field, fault.code) for fault in validate_group(wrong)] == [
        ("label", "group.label_missing"),
        ("rates.0", "group.rate_form"),
        ("rates.1", "group.dates_reversed"),
        ("rates.2", "group.date_form"),
    ]
    assert validate_group(VIP) == ()
