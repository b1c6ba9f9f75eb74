"""Settings on the disk: what was kept comes back, and what does not read stops nobody."""

import pytest
from msgspec.structs import replace

from appliance.domain import configuration as c
from appliance.domain.settings import Level, Levels
from appliance.store import settings as store
from appliance.store.database import connect, migrate

AT = "2026-11-22T07:00:00.000+00:00"
DOCUMENT = c.Document(1, "bourg", "till-1", 7, body=Levels(chain=Level({"theme": "dark"}, ("theme",))))
KEPT = c.Adoption(
    identity=c.Identity("bourg", ("till-1",), ("aa" * 32,)), highest=7, current=DOCUMENT, state="current", version=7
)


@pytest.fixture
def conn(tmp_path):
    opened = connect(tmp_path / "till.db")
    migrate(opened)
    yield opened
    opened.close()


def test_a_new_till_has_nothing_of_its_own(conn):
    assert not store.is_any(conn)
    assert store.load_adoption(conn) == c.Adoption()
    assert store.load_here(conn) == {}


def test_what_was_kept_comes_back(conn):
    store.keep_adoption(conn, KEPT)
    store.keep_here(conn, "wallet_presets_minor", (1_000, 2_000), AT, "nadia")
    store.keep_here(conn, "theme", "dark", AT, "nadia")
    store.keep_here(conn, "theme", "light", AT, "")
    assert store.is_any(conn)
    assert store.load_adoption(conn) == KEPT
    assert store.load_here(conn) == {"theme": "light", "wallet_presets_minor": (1_000, 2_000)}
    store.keep_here(conn, "theme", None, AT, "nadia")
    assert store.load_here(conn) == {"wallet_presets_minor": (1_000, 2_000)}


def test_the_newest_version_never_goes_back(conn):
    store.keep_adoption(conn, KEPT)
    store.keep_adoption(conn, replace(KEPT, highest=2))
    assert store.load_adoption(conn).highest == 7


@pytest.mark.parametrize("body", [b"", b"\x00", b"[]", b'{"current": 1}', b"[" * 5_000])
def test_an_adoption_that_does_not_read_is_none_but_for_its_version(conn, body):
    store.keep_adoption(conn, KEPT)
    conn.execute("UPDATE settings_adoption SET body = ?", (body,))
    assert store.load_adoption(conn) == c.Adoption(highest=7)


def test_whose_documents_are_taken_is_kept_when_the_rest_does_not_read(conn):
    store.keep_adoption(conn, KEPT)
    (body,) = conn.execute("SELECT body FROM settings_adoption").fetchone()
    wrong = bytes(body).replace(b'"body":{', b'"body":1,"x":{')
    conn.execute("UPDATE settings_adoption SET body = ?", (wrong,))
    found = store.load_adoption(conn)
    assert (found.identity, found.current, found.highest) == (KEPT.identity, None, 7)


def test_a_value_that_no_setting_can_hold_is_left_out(conn):
    conn.execute("INSERT INTO setting_here VALUES ('theme', '\"pink\"', '', ''), ('colour', '1', '', '')")
    store.keep_here(conn, "lock_after_s", 60, AT, "nadia")
    assert store.load_here(conn) == {"lock_after_s": 60}
