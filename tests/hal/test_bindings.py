"""The file of assigned roles: whole or not at all, before the settings, and never in the way of a start."""

import os

import pytest

from appliance.hal.bindings import Bindings, ignored_keyboards

SETTINGS = {"scanner.front": "auto:", "printer.receipt": "tcp://printer:9100"}
WEDGE = "udev:evdev?ID_SERIAL=Zebra_1&ID_USB_INTERFACE_NUM=00&layout=fr"


def test_what_was_assigned_goes_before_the_settings_and_survives(run, tmp_path):
    path = tmp_path / "data" / "devices.json"

    async def main():
        bindings = Bindings(str(path))
        assert bindings.over(SETTINGS) == SETTINGS
        await bindings.keep({"scanner.front": WEDGE, "scanner.back": "auto:"}, SETTINGS)
        await bindings.keep({"printer.receipt": None}, SETTINGS)
        again = Bindings(str(path))
        assert again.over(SETTINGS) == {"scanner.front": WEDGE, "scanner.back": "auto:"}
        await again.keep({"printer.receipt": SETTINGS["printer.receipt"], "scanner.back": None}, SETTINGS)
        assert Bindings(str(path)).over(SETTINGS) == SETTINGS | {"scanner.front": WEDGE}
        assert (path.parent / "scanners.list").read_text() == "Zebra_1|*|00\n"

    run(main())
    assert sorted(os.listdir(path.parent)) == ["devices.json", "scanners.list"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"version": 1, "roles": []}',
        b'{"version": 2, "roles": {}}',
        b'{"version": 1, "roles": {}, "x": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        b"\xff",
    ],
)
def test_a_file_that_cannot_be_read_is_set_aside(tmp_path, content, caplog):
    path = tmp_path / "devices.json"
    path.write_bytes(content)
    assert Bindings(str(path)).over(SETTINGS) == SETTINGS
    assert (tmp_path / "devices.bad").read_bytes() == content
    assert "set aside" in caplog.text


def test_a_disk_that_takes_nothing_costs_the_memory_not_the_device(run, tmp_path, caplog):
    (tmp_path / "file").write_text("")

    async def main():
        bindings = Bindings(str(tmp_path / "file" / "devices.json"))
        await bindings.keep({"scanner.back": "auto:"}, SETTINGS)
        assert bindings.over({}) == {"scanner.back": "auto:"}

    run(main())
    assert "could not be kept" in caplog.text


def test_only_keyboard_scanners_with_a_role_are_kept_from_the_screen():
    roles = {
        "scanner.a": WEDGE,
        "scanner.b": "udev:evdev?ID_PATH=pci-1&ID_SERIAL=Y",
        "scanner.c": "auto:",
        "scanner.d": "evdev:///dev/input/event4",
        "toaster.e": "nonsense",
    }
    assert ignored_keyboards(roles) == "Y|pci-1|*\nZebra_1|*|00\n"
