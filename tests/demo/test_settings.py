"""Aim: the settings that the demo writes are the ones the daemon reads, wherever the folder lies."""

from pathlib import Path

import pytest

from appliance.demo.fault import DemoFailed
from appliance.demo.settings import demo_folder, read_settings, write_settings
from appliance.demo.shop import FOLDER

DEVICES = {"printer.receipt": "tcp://127.0.0.1:9100?profile=epson-80", "scanner.counter": "serial:///dev/x"}


def test_the_daemon_reads_what_was_written(tmp_path):
    with demo_folder(tmp_path / "été") as folder:
        config = read_settings(write_settings(folder, tmp_path, DEVICES))
    assert config.devices == DEVICES
    assert Path(config.data_dir) == tmp_path / "été"
    assert Path(config.shop) == FOLDER


def test_a_folder_too_deep_for_a_socket_still_works(tmp_path):
    with demo_folder(tmp_path / ("d" * 110)) as folder:
        config = read_settings(write_settings(folder, Path("/tmp"), {}))
    assert config.socket == "/tmp/till.sock"
    assert Path(config.data_dir) == folder


def test_two_demos_on_one_day_are_refused(tmp_path):
    with demo_folder(tmp_path), pytest.raises(DemoFailed, match="already runs"), demo_folder(tmp_path):
        pass
    with demo_folder(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DemoFailed, match="cannot write"), demo_folder(tmp_path / "file" / "below"):
        pass
