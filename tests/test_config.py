"""Settings of one box: read whole, or refused with the key at fault; never guessed."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.cli import NO, OK, main
from appliance.cli_files import check_settings, fault_line
from appliance.clock import SystemClock
from appliance.config import Config, load_config
from appliance.domain.errors import Refusal
from appliance.i18n import explain, has_sentence
from appliance.toml_file import Key, line_of


def written(tmp_path, text: str | bytes):
    path = tmp_path / "till.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_an_empty_file_is_a_swiss_till_with_its_data_beside_it(tmp_path):
    config = load_config(written(tmp_path, ""))
    assert (config.profile, config.locale, config.language, config.till) == ("CH", "fr-CH", "fr", "till-1")
    assert config.data_dir == str(tmp_path / "var")
    assert config.socket == str(tmp_path / "var" / "till.sock")
    assert config.shop == ""
    assert config.devices == {"scanner.any": "auto:"}


def test_settings_that_name_their_devices_get_these_and_no_others(tmp_path):
    assert load_config(written(tmp_path, "[devices]")).devices == {}


def test_paths_are_meant_from_the_file_and_absolute_ones_stay(tmp_path):
    config = load_config(written(tmp_path, 'data_dir = "/srv/till"\nshop = "my shop"\nsocket = "/run/till.sock"'))
    assert (config.data_dir, config.shop, config.socket) == ("/srv/till", str(tmp_path / "my shop"), "/run/till.sock")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("colour = 1", "colour"),
        ('till = ""', "till"),
        ('till = "a b"', "till"),
        ('till = "caisse\\n"', "till"),
        ("lock_after_s = -1", "lock_after_s"),
        ("lock_after_s = 1.5", "lock_after_s"),
        ("discount_limit_bp = 10001", "discount_limit_bp"),
        ('receipt_policy = "sometimes"', "receipt_policy"),
        ('language = "xx"', "language"),
        ("[devices]\nprinter = 9100", "devices"),
        ('timezone = "Europe/Atlantis"', "timezone"),
        (f'socket = "{"x" * 120}"', "socket"),
    ],
)
def test_a_wrong_value_is_refused_with_its_key(tmp_path, text, key):
    with pytest.raises(Refusal) as refusal:
        load_config(written(tmp_path, text))
    assert refusal.value.code == "config.value" and has_sentence("config.value")
    assert has_sentence(str(refusal.value.params["reason"]))
    assert key in explain(refusal.value.code, refusal.value.params)


@pytest.mark.parametrize("text", ["till = ", b"\xff\xfe", "a = 1\na = 2"])
def test_a_file_that_does_not_read_is_refused(tmp_path, text):
    with pytest.raises(Refusal) as refusal:
        load_config(written(tmp_path, text))
    assert refusal.value.code == "config.unreadable" and has_sentence("config.unreadable")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Refusal, match="unreadable"):
        load_config(tmp_path / "none.toml")


@given(st.dictionaries(st.sampled_from([f.name for f in msgspec.structs.fields(Config)]), st.one_of(
    st.integers(-(10**9), 10**9), st.booleans(), st.text("abc/ .é", max_size=9), st.lists(st.integers(), max_size=2)
), max_size=5))  # fmt: skip
def test_any_table_is_settings_or_a_refusal(tmp_path_factory, table):
    def toml(value):
        if isinstance(value, bool):
            return "true" if value else "false"
        return f'"{value}"' if isinstance(value, str) else str(value)

    path = written(tmp_path_factory.mktemp("c"), "\n".join(f"{key} = {toml(value)}" for key, value in table.items()))
    try:
        assert isinstance(load_config(path), Config)
    except Refusal as refusal:
        assert refusal.code in ("config.value", "config.unreadable")


def test_settings_nested_beyond_reason_are_refused(tmp_path):
    with pytest.raises(Refusal) as refused:
        load_config(written(tmp_path, "x = " + "[" * 3_000 + "]" * 3_000))
    assert refused.value.code == "config.unreadable"


# --- every mistake, with its line and what is allowed ---------------------------------------------------------------


def told(tmp_path, text: str) -> list[str]:
    """What `tillbox check` says of settings, without the file's name; with ordinary spaces."""
    path = written(tmp_path, text)
    lines = [fault_line("", fault).replace("\u00a0", " ") for fault in check_settings(path, SystemClock())]
    return [line.removeprefix(":") for line in lines]


MISTAKES = (Path(__file__).parent / "data/settings_mistakes.txt").read_text(encoding="utf-8").rstrip().split("\n\n")


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_line_and_what_is_allowed(tmp_path, mistake):
    text, _, said = mistake.partition("\n=> ")
    assert told(tmp_path, text) == [said]


def test_all_mistakes_are_told_at_once(tmp_path):
    lines = told(tmp_path, 'colour = 1\nlock_after_s = -1\n[devices]\nprinter.receipt = "x"\nprinter.kitchen = "y"\n')
    assert [line.partition(":")[0] for line in lines] == ["1", "2", "4", "5"]


def test_a_role_that_was_assigned_since_is_known(tmp_path):
    (tmp_path / "var").mkdir()
    (tmp_path / "var/devices.json").write_text('{"version": 1, "roles": {"scanner.b": null}}')
    assert told(tmp_path, "[devices]\n[scan_repeat_ms]\n'scanner.b' = 5") == []


def test_settings_in_order_are_said_so(tmp_path, capsys):
    path = written(tmp_path, "lock_after_s = 5")
    assert main(["check", "--config", str(path)]) == OK
    assert "réglages en ordre" in capsys.readouterr().out
    path.write_text("lock_after_s = 'x'")
    assert main(["check", "--config", str(path), "--json"]) == NO
    assert '"code": "toml.number"' in capsys.readouterr().out


@given(
    st.text("[]=\"'. a1\n#{}", max_size=40), st.lists(st.text("ab1", min_size=1, max_size=2), min_size=1, max_size=3)
)
def test_a_line_is_found_in_any_text(text, key):
    """0, or a line that the text has."""
    assert 0 <= line_of(text, tuple(key)) <= len(text.splitlines())


def test_lines_of_tables_in_lists():
    text = 'a.b = 1\n[[r]]\nn = "=["\n[[r]]\n"x.y" = 2\n[r.s]\nz = 3\n'
    places: dict[Key, int] = {
        ("a", "b"): 1, ("r", 0): 2, ("r", 0, "n"): 3, ("r", 1): 4, ("r", 1, "x.y"): 5, ("r", 1, "s", "z"): 7
    }  # fmt: skip
    assert {key: line_of(text, key) for key in places} == places
