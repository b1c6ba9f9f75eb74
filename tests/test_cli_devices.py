"""`tillbox devices`: through the running till's socket and without it, its words and its exit statuses."""

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from appliance import cli_devices
from appliance.cli import CANNOT, NO, OK, main
from appliance.domain import journal as j
from appliance.domain.errors import Refusal
from appliance.hal.device import FaultReason, PluggedDevice, Remedy
from appliance.i18n import has_sentence
from appliance.protocol import command as c
from appliance.protocol.message import VERSION, Answer, AskDevices, DeviceRow, Hello, encode
from appliance.service import technician, trial
from appliance.service.equipment import role_meant
from appliance.service.technician import address_of
from tests.support.bench import a_bench
from tests.support.till import NADIA, a_till
from tests.support.udev import table_with

ROOT = Path(__file__).parents[1]


@pytest.fixture
def config(tmp_path):
    """Settings whose devices nobody plugged in."""
    file = tmp_path / "till.toml"
    file.write_text(
        'data_dir = "."\nsocket = "s"\nhot_plug = false\n[devices]\n'
        '"printer.receipt" = "tcp://127.0.0.1:1"\n"scanner.front" = "serial:///dev/nothing"\n'
    )
    return file


class Terminal:
    """The technician's, beside the running till."""

    def __init__(self, config, capsys):
        self.config, self.capsys = config, capsys

    async def __call__(self, work, *words):
        """Exit status and what it said, standard output first."""
        arguments = ["devices", work, *words, "--config", str(self.config)]
        status = await asyncio.to_thread(main, arguments)
        out, err = self.capsys.readouterr()
        return status, out + err


@asynccontextmanager
async def a_technician(folder, config, capsys, **settings):
    async with a_bench(folder, **settings) as bench:
        yield bench, Terminal(config, capsys)


# --- the till runs --------------------------------------------------------------------------------------------------


def test_the_list_has_every_role_with_its_state(run, tmp_path, config, capsys):
    async def main():
        async with a_technician(tmp_path, config, capsys) as (bench, tillbox):
            status, said = await tillbox("list")
            assert status == OK
            head, *lines = said.splitlines()
            assert head.split() == "Rôle Appareil Lien Relié à État Que faire Identité".split()
            columns = [head.index(word) for word in ("Appareil", "Lien", "Relié à", "État", "Que faire", "Identité")]
            assert all(line[at - 2 : at] == "  " and line[at] != " " for line in lines for at in columns)
            assert {line.split()[0] for line in lines} == set(bench.devices.addresses)
            assert all("Prêt" in line for line in lines)
            status, said = await tillbox("list", "--json")
            rows = {row["role"]: row for row in json.loads(said)}
            printer = rows["printer.receipt"]
            assert (printer["link"], printer["kind"], printer["state"]) == ("tcp", "printer", "ready")
            assert printer["rule"] == bench.devices.addresses["printer.receipt"]

    run(main())


def test_a_fault_is_listed_with_what_helps(run, tmp_path, config, capsys):
    async def main():
        async with a_technician(tmp_path, config, capsys) as (bench, tillbox):
            await bench.devices.handle_printer("paper-out")
            await bench.until(lambda: bench.light("printer") == "error")
            bench.devices.counter.handle_scale("unplug")
            await bench.until(lambda: bench.light("scale") == "warn")
            _, said = await tillbox("list")
            printer = next(line for line in said.splitlines() if line.startswith("printer.receipt"))
            assert "Plus de papier" in printer
            assert "Changer le rouleau" in printer
            scale = next(line for line in said.splitlines() if line.startswith("scale.counter"))
            assert re.search("Débranché +Brancher", scale)

    run(main())


def test_a_test_of_each_device(run, tmp_path, config, capsys):
    async def main():
        async with a_technician(tmp_path, config, capsys) as (bench, tillbox):
            papers = len(bench.devices.printer.papers)
            status, said = await tillbox("test", "printer.receipt")
            assert (status, said) == (OK, "printer.receipt : la page d’essai sort.\n")
            await bench.until(lambda: len(bench.devices.printer.papers) == papers + 1)
            await bench.until(lambda: "Bienvenue" in bench.devices.counter.display.lines[0])
            status, said = await tillbox("test", "display.customer")
            assert status == OK
            await bench.until(lambda: bench.devices.counter.display.lines[1].startswith("TILLBOX"))
            bench.devices.counter.weigh(345, False)
            status, said = await tillbox("test", "scale.counter")
            assert (status, said) == (OK, "scale.counter : 0.345 kg.\n")
            status, said = await tillbox("test", "scanner.counter")
            assert (status, said[:32]) == (NO, "Ce lecteur n’a encore rien lu. S")
            bench.devices.scan("serial", "7610000000009")
            await bench.until(lambda: "scanner.counter" in bench.till.daemon.equipment.last_reads)
            status, said = await tillbox("test", "scanner.counter", "--json")
            assert (status, json.loads(said)["text"]) == (OK, "7610000000009")

    run(main())


def test_a_role_that_the_till_never_asks_for_is_named(run, tmp_path, config, capsys, caplog):
    """A misspelt printer and a second terminal serve nobody, and were ready all the same."""

    async def main():
        async with a_technician(tmp_path, config, capsys) as (bench, tillbox):
            printer = bench.devices.addresses["printer.receipt"]
            for role, address, meant in (
                ("printer.recipt", "tcp://127.0.0.1:1", "printer.receipt"),
                ("terminal.two", "caisse-ap://127.0.0.1:2", "terminal.main"),
            ):
                status, said = await tillbox("assign", role, address)
                assert status == OK
                assert f"elle demande à {meant}." in said
            status, said = await tillbox("unassign", "printer.receipt")
            status, said = await tillbox("assign", "printer.recipt", printer)
            await bench.until(lambda: bench.served.printer("printer.recipt").health.state == "ready")
            _, said = await tillbox("list")
            rows = {line.split()[0]: line for line in said.splitlines()}
            assert "Changer de rôle" in rows["printer.recipt"]
            assert not any("Changer de rôle" in line for role, line in rows.items() if role != "printer.recipt")
            await bench.till.do(c.ShowDevices())
            cards = {card.role: card for card in bench.till.view.devices.cards}
            assert (cards["printer.recipt"].level, cards["printer.recipt"].message) == ("warn", "device.for_nobody")
            assert "terminal.main" in cards
            assert cards["terminal.main"].message == ""

    run(main())


def test_a_wrong_role_is_told_at_the_start(run, tmp_path, caplog):
    async def main():
        roles = {"scale.two": "tcp://127.0.0.1:1", "scale.counter": "tcp://127.0.0.1:2"}
        async with a_till(tmp_path) as till, table_with(roles) as table, asyncio.TaskGroup() as group:
            asked = technician.Technician(till.till, till.daemon.equipment)
            following = group.create_task(asked.run(table.devices))
            await asked._served.wait()
            following.cancel()

    run(main())
    assert "scale.two: nothing asks for this role; the till asks for scale.counter" in caplog.text
    assert "scale.counter: nothing" not in caplog.text


def test_printers_that_stand_in_are_asked_for():
    assert role_meant("printer.bar") == "printer.receipt"
    assert role_meant("printer.bar", {"printer.bar"}) == ""
    assert role_meant("scanner.anything") == ""
    assert role_meant("toaster.main") == ""


def test_a_scale_without_a_weight_says_why(run, tmp_path, config, capsys, monkeypatch):
    monkeypatch.setattr(trial, "WEIGHT_S", 0.5)

    async def main():
        async with a_technician(tmp_path, config, capsys) as (bench, tillbox):
            scale = bench.devices.counter
            for handle, why in (
                (lambda: scale.weigh(345, True), "Le poids bouge encore"),
                (lambda: scale.weigh(15_001, False), "Le plateau porte trop."),
                (lambda: setattr(scale._scale.platter, "is_garbled", True), "protocole, parity ou decimals"),
            ):
                handle()
                status, said = await tillbox("test", "scale.counter")
                assert status == NO
                assert why in said
            scale._scale.platter.is_garbled = False
            scale._scale.platter.decimals = 2
            scale.weigh(345, False)
            await bench.until(lambda: bench.served.scale().health.fault is FaultReason.WRONG_DECIMALS)
            status, said = await tillbox("test", "scale.counter")
            assert (status, said) == (NO, "scale.counter ne peut pas être essayé : Autres décimales.\n")
            scale.handle_scale("silence")
            await bench.until(lambda: bench.served.scale().health.fault is FaultReason.NO_ANSWER)
            status, said = await tillbox("test", "scale.counter")
            assert (status, said) == (NO, "scale.counter ne peut pas être essayé : Sans réponse.\n")
            await bench.until(lambda: bench.served.scale().health.state == "fault")
            _, said = await tillbox("list")
            assert "Vérifier le câble, baud, parity" in said

    run(main())


def test_a_terminal_is_asked_whether_it_is_there(run, tmp_path, config, capsys, monkeypatch):
    async def main():
        async with a_technician(tmp_path, config, capsys) as (bench, tillbox):
            await bench.devices.terminal.unplug()
            status, said = await tillbox("test", "terminal.main")
            assert (status, said) == (NO, "terminal.main ne peut pas être essayé : Injoignable.\n")
            await bench.devices.terminal.plug()
            bench.served.retry("terminal.main")
            await bench.until(lambda: bench.light("terminal") == "ok")
            monkeypatch.setattr(trial, "TERMINAL_S", 0.2)
            assert await tillbox("test", "terminal.main") == (OK, "terminal.main : répond.\n")

    run(main())


def test_a_page_that_waits_for_paper_does_not_come_out(run, tmp_path, config, capsys):
    async def main():
        async with a_technician(tmp_path, config, capsys) as (bench, tillbox):
            await bench.devices.handle_printer("paper-out")
            await bench.until(lambda: bench.light("printer") == "error")
            assert await tillbox("test", "printer.receipt") == (
                NO, "printer.receipt : la page d’essai attend : Plus de papier.\n",
            )  # fmt: skip

    run(main())


def test_an_address_that_another_role_has_is_no_terminal(run, tmp_path, config, capsys):
    """Caisse-AP cannot be asked who it is: any open port was a terminal that is well."""

    async def main():
        async with a_technician(tmp_path, config, capsys) as (bench, tillbox):
            port = bench.devices.addresses["printer.receipt"].rpartition(":")[2].partition("?")[0]
            for host in ("127.0.0.1", "localhost"):
                status, said = await tillbox("assign", "terminal.main", f"caisse-ap://{host}:{port}")
                assert status == CANNOT
                assert said == "Adresse refusée : printer.receipt sert déjà à cette adresse.\n"
            server = await asyncio.start_server(lambda reader, writer: writer.transport.abort(), "127.0.0.1", 0)
            port = server.sockets[0].getsockname()[1]
            assert (await tillbox("assign", "terminal.main", f"caisse-ap://127.0.0.1:{port}"))[0] == OK
            await bench.until(lambda: bench.served.terminal().health.fault is FaultReason.UNVERIFIED)
            status, said = await tillbox("test", "terminal.main")
            assert (status, said) == (
                NO, "terminal.main : port ouvert, terminal non vérifié. Il le sera au premier paiement.\n",
            )  # fmt: skip
            _, said = await tillbox("list")
            assert "Non vérifié" in next(line for line in said.splitlines() if line.startswith("terminal.main"))
            await bench.till.do(c.ShowDevices())
            assert (bench.card("terminal").level, bench.card("terminal").message) == ("warn", "device.unverified")
            assert bench.light("terminal") == "ok"
            server.close()
            await server.wait_closed()

    run(main())


def test_the_drawer_opens_in_the_name_of_who_may(run, tmp_path, config, capsys):
    """Feature H-11: a terminal is no way around the right."""

    async def main():
        async with a_technician(tmp_path, config, capsys) as (bench, tillbox):
            pulses = bench.devices.drawer.pulses
            status, said = await tillbox("test", "drawer.main")
            assert (status, said.partition(".")[0]) == (
                NO, "Le tiroir ne s’ouvre qu’au nom d’une personne qui en a le droit",
            )  # fmt: skip
            await bench.till.do(c.Lock())
            assert (await tillbox("test", "drawer.main"))[0] == NO
            await bench.till.till.scan(NADIA)
            assert await tillbox("test", "drawer.main") == (OK, "drawer.main : ouvert, c’est noté au journal.\n")
            await bench.until(lambda: bench.devices.drawer.pulses == pulses + 1)
            assert [fact.reason for fact in await bench.till.facts(j.DrawerOpened)][-1] == "test"
            bench.devices.handle_drawer("close")
            bench.devices.handle_drawer("stick")
            for _ in range(2):
                status, said = await tillbox("test", "drawer.main")
                assert (status, said.partition(",")[0]) == (NO, "drawer.main : deux impulsions sont parties")
            await bench.till.do(c.ShowDevices())
            card = bench.card("drawer")
            assert (card.state, card.message) == ("devices.fault.drawer_stuck", "drawer.stuck_here")
            assert card.tests == ("open", "calibrate")

    run(main())


def test_a_device_that_is_not_there_cannot_be_tested(run, tmp_path, config, capsys):
    async def main():
        async with a_technician(tmp_path, config, capsys) as (bench, tillbox):
            bench.devices.counter.handle_display("unplug")
            await bench.until(lambda: bench.light("display") == "warn")
            assert await tillbox("test", "display.customer") == (
                NO, "display.customer ne peut pas être essayé : Débranché.\n",
            )  # fmt: skip
            assert await tillbox("test", "display.second") == (CANNOT, "Aucun appareil n’a le rôle display.second.\n")

    run(main())


def test_assigned_now_and_after_a_restart_and_given_back(run, tmp_path, config, capsys):
    async def main():
        async with a_technician(tmp_path, config, capsys) as (bench, tillbox):
            address = bench.devices.addresses["scanner.counter"]
            assert (await tillbox("unassign", "scanner.counter"))[0] == OK
            assert "scanner.counter" not in {health.role for health in bench.served.health()}
            assert await tillbox("assign", "scanner.back", address) == (OK, f"scanner.back : {address}\n")
            await bench.until(lambda: bench.served.health()[-1].state == "ready")
            assert bench.served.health()[-1].role == "scanner.back"
            kept = json.loads((tmp_path / "devices.json").read_text())["roles"]
            assert kept == {"scanner.counter": None, "scanner.back": address}
            status, said = await tillbox("assign", "scanner.two", "serial:///dev/nix")
            assert status == OK
            assert said.splitlines()[1].startswith("Attention, scanner.two : Débranché. Il servira dès qu’il sera là ;")
            assert (await tillbox("unassign", "scanner.two"))[0] == OK
            status, said = await tillbox("assign", "scanner.back", "foo")
            assert (status, said.partition("foo")[0][-2:]) == (CANNOT, "« ")
            assert "Permis : auto, evdev," in said.replace("\u00a0", " ")
            for words in (("assign", "scanner.back", "nonsense:///"), ("assign", "window", "serial:///dev/x")):
                status, said = await tillbox(*words)
                assert (status, said.partition(":")[0]) == (CANNOT, "Adresse refusée ")
            assert (await tillbox("unassign", "scanner.nobody"))[0] == CANNOT
            status, said = await tillbox("assign", "scanner.x", "serial|port|00", "--json")
            assert (status, json.loads(said.partition("\n}")[0] + "}")["code"]) == (CANNOT, "technician.not_plugged")

    run(main())


@asynccontextmanager
async def a_watch(config, *words):
    """`devices watch` as a process; asked for its next line."""
    watch = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "appliance.cli", "devices", "watch", "--config", str(config), *words,
        cwd=ROOT, stdout=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert watch.stdout is not None

    async def line():
        async with asyncio.timeout(20):
            return (await watch.stdout.readline()).decode()

    try:
        yield line
    finally:
        watch.kill()
        await watch.wait()
        watch._transport.close()  # type: ignore[attr-defined]


def test_watching_says_a_line_a_change(run, tmp_path, config):
    async def main():
        async with a_bench(tmp_path) as bench, a_watch(config) as line:
            first = [await line() for _ in bench.devices.addresses]
            assert all(re.match(r"[0-2]\d:[0-5]\d:[0-5]\d \+ ", row) for row in first)
            await bench.devices.handle_scanner("serial", "unplug")
            row = await line()
            assert row[9:].startswith("~ scanner.counter ")
            assert "Débranché  Brancher" in row

    run(main())


def test_watching_goes_on_when_the_till_was_stopped_and_started(run, tmp_path, config):
    """An update restarts the daemon while a technician watches: the words say so, and the changes go on."""

    async def main():
        async with AsyncExitStack() as watching:
            async with a_bench(tmp_path, opened=False) as bench:
                line = await watching.enter_async_context(a_watch(config, "--json"))
                first = [json.loads(await line()) for _ in bench.devices.addresses]
                assert {row["change"] for row in first} == {"+"}
            while (row := json.loads(await line()))["change"] != "stopped":
                assert row["change"] in "~-+"  # devices may be said to go first
            assert re.match(r"2\d{3}-\d\d-\d\dT[0-9:]{8}\+0[12]:00", row["at"])
            async with a_bench(tmp_path, opened=False) as bench:
                assert json.loads(await line())["change"] == "back"
                await bench.devices.handle_scanner("serial", "unplug")
                while (row := json.loads(await line()))["device"].get("fault") != "unplugged":
                    assert row["change"] in "~-+"  # ports of the bench that was made anew
                assert row["device"]["role"] == "scanner.counter"

    run(main())


def test_a_watcher_that_leaves_and_a_till_that_ends_leave_nothing(run, tmp_path):
    """A list that never came is not waited for: the daemon ends with its client, and the client with its daemon."""

    async def main():
        async with a_bench(tmp_path) as bench:
            asked = bench.till.daemon.technician
            listed = await asked.answer(AskDevices("1"))
            bench.devices.counter.handle_display("unplug")
            async with asyncio.timeout(5):
                while next(row for row in listed.devices if row.role == "display.customer").remedy != "plug_in":
                    number = listed.number
                    listed = await asked.answer(AskDevices("2", after=number))
                    assert listed.number > number
            line = socket.socket(socket.AF_UNIX)
            line.connect(bench.till.config.socket)
            line.sendall(encode(Hello(VERSION, "test", views=False)) + encode(AskDevices("3", after=listed.number)))
            await bench.until(lambda: any("devices 3" in task.get_name() for task in asyncio.all_tasks()))
            line.close()
            await bench.until(lambda: not any("devices 3" in task.get_name() for task in asyncio.all_tasks()))

    run(main())


def test_before_the_devices_are_served_it_says_so(run, tmp_path, monkeypatch):
    async def main():
        monkeypatch.setattr(technician, "START_S", 0.01)
        async with a_till(tmp_path) as till:
            answer = await technician.Technician(till.till, till.daemon.equipment).answer(AskDevices("1"))
            assert isinstance(answer, Answer)
            assert (answer.ok, answer.code) == (False, "technician.starting")

    run(main())


# --- no till runs ---------------------------------------------------------------------------------------------------


def test_without_the_till_the_devices_are_looked_at_directly(config, capsys, monkeypatch):
    monkeypatch.setattr(cli_devices, "LOOK_S", 0.2)
    assert main(["devices", "list", "--config", str(config), "--json"]) == OK
    rows = {row["role"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["scanner.front"]["remedy"] == "plug_in"
    assert rows["printer.receipt"]["state"] == "absent"
    assert main(["devices", "assign", "scanner.front", "serial:///dev/other", "--config", str(config)]) == OK
    assert "Attention, scanner.front : Débranché." in capsys.readouterr().out.replace("\u00a0", " ")
    assert main(["devices", "unassign", "printer.receipt", "--config", str(config)]) == OK
    kept = json.loads((config.parent / "devices.json").read_text())["roles"]
    assert kept == {"scanner.front": "serial:///dev/other", "printer.receipt": None}
    capsys.readouterr()
    assert main(["devices", "unassign", "printer.receipt", "--config", str(config)]) == CANNOT
    assert capsys.readouterr().err == "Aucun appareil n’a le rôle printer.receipt.\n"


@pytest.mark.parametrize("words", [["watch"], ["test", "printer.receipt"]])
def test_without_the_till_nothing_is_watched_or_tested(config, capsys, words):
    assert main(["devices", *words, "--config", str(config)]) == NO
    assert capsys.readouterr().err == "La caisse n’est pas en marche.\n"


def test_a_wrong_settings_file_is_said(tmp_path, capsys):
    assert main(["devices", "list", "--config", str(tmp_path / "none.toml")]) == CANNOT


# --- the pure parts -------------------------------------------------------------------------------------------------


def plugged(identity, node, role=None, rule="udev:serial?ID_SERIAL=x"):
    return PluggedDevice(identity, node, "serial", "Honeywell", role, None, None, None, Remedy.ASSIGN, rule)


def test_an_identity_or_a_node_stands_for_its_rule():
    devices = [plugged("H|1-2|00", "/dev/ttyACM0"), plugged("H|1-3|00", "/dev/ttyACM1", "scanner.front", "auto:")]
    assert address_of("H|1-2|00", "scanner.x", devices) == "udev:serial?ID_SERIAL=x"
    assert address_of("/dev/ttyACM0", "scanner.x", devices) == "udev:serial?ID_SERIAL=x"
    assert address_of("H|1-3|00", "scanner.front", devices) == "auto:"
    assert address_of("tcp://1.2.3.4", "printer.receipt", devices) == "tcp://1.2.3.4"
    assert (
        address_of("serial:///dev/ttyACM1?baud=19200", "scanner.front", devices) == "serial:///dev/ttyACM1?baud=19200"
    )
    for wanted, code in (("H|1-3|00", "technician.taken"), ("H|9-9|00", "technician.not_plugged")):
        with pytest.raises(Exception, match=code):
            address_of(wanted, "scanner.x", devices)


def test_a_line_that_serves_another_role_is_taken_by_whatever_name(tmp_path):
    node, link = tmp_path / "line", tmp_path / "by-id"
    node.write_text("")
    link.symlink_to(node)
    by_link = PluggedDevice(
        "", "", "serial", "Balance", "scale.counter", None, None, None, Remedy.NONE, f"serial://{link}"
    )
    on_port = plugged("H|1-3|00", str(node), "scanner.front", "auto:")
    for served in (by_link, on_port):
        for wanted in (f"serial://{node}", f"serial://{link}?baud=9600", f"hidraw://{node}", str(node), str(link)):
            with pytest.raises(Refusal, match=r"technician\.taken"):
                address_of(wanted, "printer.receipt", [served])
        assert address_of(f"serial://{node}.2", "printer.receipt", [served]) == f"serial://{node}.2"
        assert address_of("tcp://127.0.0.1:9100", "printer.receipt", [served]) == "tcp://127.0.0.1:9100"


def test_what_changed():
    a, b = DeviceRow(role="a", state="ready"), DeviceRow(identity="b")
    worse = DeviceRow(role="a", state="absent")
    assert list(cli_devices.changes({}, {"a": a})) == [("+", a)]
    assert list(cli_devices.changes({"a": a, "b": b}, {"a": worse})) == [("-", b), ("~", worse)]
    assert not list(cli_devices.changes({"a": a}, {"a": a}))


def test_every_remedy_and_fault_has_its_words():
    assert all(has_sentence(f"technician.remedy.{remedy}") for remedy in Remedy if remedy is not Remedy.NONE)
    assert all(has_sentence(f"devices.fault.{fault}") for fault in FaultReason)
    assert all(has_sentence(f"technician.column.{name}") for name in cli_devices.COLUMNS)
