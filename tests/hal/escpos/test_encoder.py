"""Receipts as bytes: nothing that a shop calls its products can command the printer.

`support.paper_bytes` walks them on its own knowledge of the printers' languages, accepts the few commands a receipt
needs and refuses everything else, so a smuggled command fails it.
"""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.hal.device import Align, Barcode, BarcodeKind, Columns, Cut, Feed, Paper, Qr, Row, Rule, Text
from appliance.hal.escpos import encoder, epson, picture
from appliance.hal.escpos.picture import Picture
from appliance.hal.escpos.profile import PROFILES
from tests.support.paper_bytes import REAL_TIME, read_epson, read_star

EPSON = PROFILES["epson-80"]
HOSTILE = st.text(
    st.one_of(
        st.characters(max_codepoint=0x2FF),
        st.sampled_from("\x1b\x1d\x10\x04\x14\x00\n\r\u202e\u2066\u200b\ufeff\u0085\u009b€’Œ漢😀\u0301"),
    ),
    max_size=120,
)


def read(profile, data):
    return read_epson(data) if profile.dialect == "escpos" else read_star(data)


def job_of(*blocks, profile=EPSON):
    return read(profile, encoder.Encoder(profile).encode(Paper(blocks)))


def lines_of(*blocks, profile=EPSON):
    return [line.decode(profile.codec) for line in job_of(*blocks, profile=profile).lines]


BLOCKS = st.one_of(
    st.builds(Text, HOSTILE, st.booleans(), st.booleans(), st.booleans(), st.sampled_from(Align)),
    st.builds(Columns, HOSTILE, HOSTILE, st.booleans(), st.booleans(), st.booleans()),
    st.builds(
        Row,
        st.lists(HOSTILE, max_size=6).map(tuple),
        st.lists(st.integers(-1, 9), max_size=6).map(tuple),
        st.booleans(),
    ),
    st.builds(Rule, HOSTILE),
    st.builds(Barcode, st.one_of(HOSTILE, st.from_regex(r"\d{13}", fullmatch=True)), st.sampled_from(BarcodeKind)),
    st.builds(Qr, HOSTILE, st.integers(-5, 30)),
    st.builds(Feed, st.integers(-3, 400)),
    st.just(Cut()),
)


@given(st.lists(BLOCKS, max_size=12), st.sampled_from(sorted(PROFILES)))
def test_no_text_ever_carries_a_command_and_no_line_is_too_long(blocks, name):
    profile = PROFILES[name]
    job = job_of(*blocks, profile=profile)
    assert all(len(line) <= profile.columns for line in job.lines)
    assert all(width <= profile.dots for width, _ in job.pictures)
    assert b"?" not in b"".join(job.lines) or any("?" in str(block) for block in blocks)


@given(HOSTILE, st.sampled_from(["cp1252", "cp858"]))
def test_page_bytes_are_printable_and_of_one_column(text, codec):
    encoded = encoder.to_page(text, codec)
    if encoded is None:
        return  # drawn
    assert all(byte >= 0x20 and byte != 0x7F for byte in encoded)
    shown = encoded.decode(codec)
    assert all(unicodedata.category(char)[0] != "C" and not unicodedata.combining(char) for char in shown)


def test_accents_euro_and_typography_on_both_pages():
    text = "Crème à l’ancienne 4,50 € « ça » — …"
    assert encoder.to_page(text, "cp1252").decode("cp1252") == text
    assert encoder.to_page(text, "cp858").decode("cp858") == "Crème à l'ancienne 4,50 € « ça » - ..."
    assert encoder.to_page("e\u0301 1\u202f000\u00a0CHF", "cp858").decode("cp858") == "é 1 000 CHF"


@pytest.mark.parametrize("text", ["Œuf", "Łódź", "Καφές", "Хлеб", "面包", "😀", "ı", "™"])
def test_no_letter_is_ever_replaced(text):
    """What the page lacks is drawn: never a `?`, never a letter that looks like it."""
    assert encoder.to_page(text, "cp858") is None


@pytest.mark.parametrize("text", ["Łódź", "Καφές ελληνικός", "Хлеб ржаной", "面包", "خبز", "ก", "😀", "x\u0301\u0302"])
@pytest.mark.parametrize("name", ["epson-80", "clone-58", "star-80", "starline-80"])
def test_a_line_that_no_page_says_is_drawn_within_the_paper(name, text):
    profile = PROFILES[name]
    job = job_of(Columns(text, "3.60"), Text("Café"), profile=profile)
    assert job.lines[-1] == "Café".encode(profile.codec)
    assert job.pictures and all(0 < width <= profile.dots for width, _ in job.pictures)


def test_a_drawn_line_needs_a_thread():
    lines = Paper((Columns("Καφές", "3.60"),))
    with pytest.raises(encoder.MustDraw):
        encoder.Encoder(EPSON).encode(lines, may_draw=False)
    assert encoder.Encoder(EPSON).encode(Paper((Text("Café"),)), may_draw=False)


def test_a_drawn_line_stands_in_the_printers_columns():
    """The amount of a drawn line ends where a printed one would: the last column of 12 dots."""
    ((width, height),) = job_of(Columns("Καφές", "3.60")).pictures
    assert (width, height) == (576, 30)


def test_long_names_are_cut_at_a_limit():
    assert len(encoder.to_page("x" * 100_000, "cp1252") or b"") == 1_000
    assert len(encoder.clean("é漢" * 100_000, "cp1252")) <= 1_000


def test_columns_wrap_left_and_keep_right_at_the_edge():
    left = "2 x Croissant au beurre de la vallée et du plateau, très long"
    first, second = lines_of(Columns(left, "3.60"))
    assert first == "2 x Croissant au beurre de la vallée et du"
    assert second == "plateau, très long" + " " * 26 + "3.60"
    assert lines_of(Columns("TOTAL", "13.30", wide=True)) == ["TOTAL" + " " * 14 + "13.30"]
    assert lines_of(Columns("a", "b" * 60)) == ["a", "b" * 48]


def test_rows_share_the_width():
    assert lines_of(Row(("TVA", "HT", "TTC"))) == ["TVA" + " " * 27 + "HT" + " " * 13 + "TTC"]
    assert lines_of(Row(("2.6 %", "12.96"), (3, 1)), profile=PROFILES["epson-58"]) == ["2.6 %" + " " * 22 + "12.96"]


def test_a_figure_in_a_row_is_never_cut():
    shares = (6, 9, 11, 9, 11, 2)
    narrow = PROFILES["epson-58"]
    assert lines_of(Row(("A", "2.6 %", "12’345.60", "320.99", "12’666.59", ""), shares), profile=narrow) == [
        "A",
        "2.6 % 12’345.60 320.99 12’666.59",
    ]
    assert lines_of(Row(("A", "2.6 %", "1’234.50", "32.09", "1’266.59", ""), shares), profile=narrow) == [
        "A 2.6 % 1’234.50 32.09 1’266.59"
    ]
    assert lines_of(Row(("x" * 60, "y" * 10))) == ["x" * 48, "x" * 12, " " * 38 + "y" * 10]


def test_text_wraps_at_words_and_cuts_endless_ones():
    assert lines_of(Text("un deux " * 8)) == [("un deux " * 6).strip(), "un deux un deux "]
    assert lines_of(Text("x" * 50)) == ["x" * 48, "xx"]
    assert lines_of(Text("")) == [""]


def test_styles_are_sent_only_when_they_change():
    job = job_of(Text("a", bold=True), Text("b", bold=True), Text("c"))
    assert job.commands.count("ESC !") == 3  # preamble, bold, plain


def test_a_job_ends_as_it_began():
    job = encoder.Encoder(EPSON).encode(Paper((Text("a", wide=True, align=Align.RIGHT),)))
    assert job.endswith(b"\x1b!\x00\x1ba\x00")


@pytest.mark.parametrize("code", ["7610000000018", "761000000001", "76100000000x9", "²610000000019", ""])
def test_a_wrong_check_digit_is_printed_as_text(code):
    job = job_of(Barcode(code))
    assert "GS k" not in job.commands
    assert job.lines == [encoder.to_page(code, "cp1252")]


def test_ean13_with_the_right_digit_is_a_bar_code():
    job = encoder.Encoder(EPSON).encode(Paper((Barcode("7610000000011"),)))
    assert b"\x1dk\x43\x0d7610000000011" in job


def test_code128_escapes_its_braces_and_falls_back_when_too_wide():
    job = encoder.Encoder(EPSON).encode(Paper((Barcode("T-{42}", BarcodeKind.CODE128),)))
    assert b"\x1dk\x49\x09{BT-{{42}" in job
    assert lines_of(Barcode("x" * 61, BarcodeKind.CODE128)) == ["x" * 48, "x" * 13]


NARROW = [name for name, profile in PROFILES.items() if profile.columns == 32]
NAMES = ["till-1", "caisse-12", "Boulangerie_du_Bourg.caisse-principale-1"]


@pytest.mark.parametrize("name", sorted(PROFILES))
@pytest.mark.parametrize("till", NAMES)
@pytest.mark.parametrize("document", [1, 1_004, 100_410, 1_000_000])
def test_a_receipt_always_has_a_code_to_scan(name, till, document):
    """Bars of the printer, drawn bars, or a QR code: whatever fits; never the mere text."""
    profile, text = PROFILES[name], f"TB{till}-{document:06d}"
    job = job_of(Barcode(text, BarcodeKind.CODE128), profile=profile)
    commands = set(job.commands) & {"GS k", "ESC b", "GS ( k", "ESC GS y"}
    assert len(commands) == 1 or (not commands and job.pictures), job.commands
    is_square = commands & {"GS ( k", "ESC GS y"} or sum(height for _, height in job.pictures) > 110
    assert bool(is_square) == bool(b"".join(job.lines)), "a QR code says below what it holds"


@pytest.mark.parametrize("name", NARROW)
def test_on_narrow_paper_the_usual_name_of_a_till_is_bars(name):
    job = job_of(Barcode("TBtill-1-000001", BarcodeKind.CODE128), profile=PROFILES[name])
    assert not job.lines or job.lines == [b""]
    assert "GS k" in job.commands or (job.pictures and all(width <= 384 for width, _ in job.pictures))


def test_drawn_codes_are_read_as_they_were_meant():
    """Bars at two dots a module, and a QR code with four modules of white above and below."""
    bars = picture.draw_bars("code128", "TBtill-1-000001", 384)
    assert bars is not None and bars.row_bytes * 8 <= 384
    square = picture.draw_qr(b"TBtill-1-000001", 4, 384)
    white = bytes(square.row_bytes * 16)
    assert square.rows.startswith(white) and square.rows.endswith(white)
    assert square.rows[len(white) : len(white) + 1] != b"\0"


def test_real_time_and_drawer_commands():
    words = epson.Epson(EPSON)
    assert words.pulse(2, 100) == b"\x1bp\x00\x32\x64"
    assert words.pulse(5, 500) == b"\x1bp\x01\xfa\xff"
    assert words.pulse_now(2, 100) == b"\x10\x14\x01\x00\x01"
    assert epson.process_id(epson.token_of(36**3)) == b"\x1d(H\x06\x00001000"
    with pytest.raises(ValueError, match="four"):
        epson.process_id(b"\x10\x04\x01\x00")


def test_a_picture_never_spells_a_real_time_command():
    """DLE DC4 1 in a picture would open the drawer: one dot more is printed instead."""
    rows = b"\x10\x14\x01\x00\x01\x10\x04\x01\x10\x05\x02\x10\x10\x14\x01\x00"
    command = epson.Epson(EPSON).picture(Picture(8, rows))
    assert not REAL_TIME.search(command)
    assert len(command) == 8 + len(rows)


@given(st.integers(0, 2**63), st.integers(0, 2**63))
def test_neighbouring_jobs_have_different_tokens(first, second):
    if 0 < abs(first - second) < 36**4:
        assert epson.token_of(first) != epson.token_of(second)


GOLDEN = {
    "epson-80": b"\x1b!\x00\x1ba\x00\x1bt\x10" + b"\x8cuf \xe0 l\x92\xe9chalote".ljust(42) + b"3,50 \x80\n",
    "star-58": (
        b"\x1bF\x1bi\x00\x00\x1b\x1da\x00\x1b\x1dt\x20" + b"\x8cuf \xe0 l\x92\xe9chalote".ljust(26) + b"3,50 \x80\n"
    ),
    "silent-58": b"\x1b!\x00\x1ba\x00\x1bt\x10" + b"\x8cuf \xe0 l\x92\xe9chalote".ljust(26) + b"3,50 \x80\n",
}
"""Œuf à l’échalote 3,50 € (feature H-27), byte for byte: page 16 of Epson's, page 32 of Star's."""


@pytest.mark.parametrize("name", GOLDEN)
def test_the_egg_with_shallots_is_right(name):
    profile = PROFILES[name]
    job = encoder.Encoder(profile).encode(Paper((Columns("Œuf à l’échalote", "3,50 €"),)))
    assert job.startswith(GOLDEN[name])


@pytest.mark.parametrize("name", sorted(set(PROFILES) - set(GOLDEN)))
def test_the_egg_with_shallots_is_right_on_every_other_profile(name):
    """PC858 has no Œ: there the line is one picture, with every letter in it; the euro alone is D5h."""
    profile = PROFILES[name]
    job = job_of(Columns("Œuf à l’échalote", "3,50 €"), Columns("Oeuf à l’échalote", "3,50 €"), profile=profile)
    if profile.codec == "cp858":
        assert job.pictures == [((profile.columns * 12 + 7) // 8 * 8, 30)] or profile.dialect == "starline"
        assert job.lines == [b"Oeuf \x85 l'\x82chalote".ljust(profile.columns - 6) + b"3,50 \xd5"]
    else:
        assert job.pictures == []
        assert job.lines[0] == b"\x8cuf \xe0 l\x92\xe9chalote".ljust(profile.columns - 6) + b"3,50 \x80"


def test_what_is_said_below_an_article_stays_below_its_name():
    """Printed and drawn alike: the lines after the first are set in as well."""
    narrow = PROFILES["epson-58"]
    note = "bien cuits, à livrer avant midi à la cuisine du fond"
    assert lines_of(Text("   " + note, indent=3), profile=narrow) == [
        "   bien cuits, à livrer avant", "   midi à la cuisine du fond",
    ]  # fmt: skip
    drawn = job_of(Text("   Żurek bez śmietany, na wynos, bardzo gorący", indent=3), profile=narrow)
    first = picture.draw_line("   Żurek bez śmietany, na wynos,", narrow.dots)
    second = picture.draw_line("   bardzo gorący", narrow.dots)
    assert drawn.pictures == [(one.row_bytes * 8, one.height) for one in (first, second)]


def test_a_cell_that_fills_its_share_is_not_glued_to_the_one_before():
    row = Row(("21.11 Credit", "+50.00", "105.00"), (29, 10, 9))
    (line,) = lines_of(row, profile=PROFILES["epson-58"])
    assert "+50.00 105.00" in line
