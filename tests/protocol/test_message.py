"""The codec: what one side writes the other reads, and nothing a client sends can do more than be refused."""

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.protocol import command as c
from appliance.protocol import view as v
from appliance.protocol.message import (
    VERSION,
    Answer,
    Fault,
    Hello,
    Order,
    Shown,
    Welcome,
    encode,
    read_from_client,
    read_from_daemon,
)
from appliance.service.till import handlers
from tests.support.till import a_till

COMMANDS = get_args(c.AnyCommand)
NAMES = [kind.__name__ for kind in COMMANDS]


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Any value that a field's type allows, bounds included."""
    node = msgspec.inspect.type_info(kind)
    return _of(node)


def _of(node: Any) -> st.SearchStrategy[Any]:
    match node:
        case msgspec.inspect.IntType():
            return st.integers(node.ge or 0, node.le if node.le is not None else 2**53)
        case msgspec.inspect.StrType(pattern=str()):
            return st.text("0123456789", max_size=node.max_length)
        case msgspec.inspect.StrType():
            return st.text(max_size=node.max_length)
        case msgspec.inspect.BoolType():
            return st.booleans()
        case msgspec.inspect.NoneType():
            return st.none()
        case msgspec.inspect.LiteralType():
            return st.sampled_from(list(node.values))
        case msgspec.inspect.UnionType():
            return st.one_of(*[_of(part) for part in node.types])
    raise NotImplementedError(node)


def commands_of(kind: type[c.Command]) -> st.SearchStrategy[c.Command]:
    fields = {field.name: _of(field.type) for field in msgspec.inspect.type_info(kind).fields}  # type: ignore[attr-defined]
    return st.builds(kind, **fields)


every_command = st.one_of(*[commands_of(kind) for kind in COMMANDS])
texts = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=64)


@pytest.mark.parametrize("kind", COMMANDS, ids=NAMES)
def test_every_command_comes_back_as_it_was(kind):
    @given(texts, commands_of(kind))
    def there_and_back(order_id, command):
        line = encode(Order(order_id, command))
        assert line.endswith(b"\n") and line.count(b"\n") == 1
        assert read_from_client(line) == Order(order_id, command)

    there_and_back()


def test_every_command_has_its_handler_or_its_own_road():
    assert set(COMMANDS) - set(handlers()) == {c.Approve}


def test_tags_are_the_names():
    assert [kind.__struct_config__.tag for kind in COMMANDS] == NAMES


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_never_more(line):
    for read in (read_from_client, read_from_daemon):
        try:
            read(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            assert str(error)


@given(every_command, st.data())
def test_any_damage_to_a_good_line_is_read_or_refused_never_more(command, data):
    line = bytearray(encode(Order("x", command)))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(line) - 1))
        match data.draw(st.sampled_from(["change", "cut", "repeat", "insert"])):
            case "change":
                line[place] = data.draw(st.integers(0, 255))
            case "cut":
                del line[place:]
            case "repeat":
                line += line[place:]
            case _:
                line[place:place] = data.draw(st.sampled_from([b'"', b"{", b"null", b"\xff", b"1e999", b"[" * 50]))
        if not line:
            break
    try:
        message = read_from_client(bytes(line))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    assert isinstance(message, Hello | Order)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"is":"Order"}',
        b'{"is":"Order","id":"","command":{"do":"Lock"}}',
        b'{"is":"Order","id":"a\\u001fb","command":{"do":"Lock"}}',
        b'{"is":"Order","id":"a\\n","command":{"do":"Lock"}}',
        b'{"is":"Order","id":"' + b"x" * 65 + b'","command":{"do":"Lock"}}',
        b'{"is":"Order","id":"1","command":{"do":"FormatDisk"}}',
        b'{"is":"Order","id":"1","command":{"do":"Lock","now":true}}',
        b'{"is":"Order","id":"1","command":{"do":"TakeCash","amount_minor":-1}}',
        b'{"is":"Order","id":"1","command":{"do":"TakeCash","amount_minor":1.5}}',
        b'{"is":"Order","id":"1","command":{"do":"TakeCash","amount_minor":100000000}}',
        b'{"is":"Order","id":"1","command":{"do":"SetQuantity","line":1,"quantity_milli":999001}}',
        b'{"is":"Order","id":"1","command":{"do":"SignIn","seller":"camille","pin":"12a4"}}',
        b'{"is":"Order","id":"1","command":{"do":"ChangeQuantity","line":1,"by":2}}',
        b'{"is":"Hello","version":1,"client":"' + b"k" * 33 + b'"}',
        b'{"is":"Hello","version":"1"}',
        b'{"is":"Welcome","version":1,"till":"x"}',
        b"[" * 100_000,
    ],
)
def test_what_is_not_allowed_is_refused(line):
    with pytest.raises((msgspec.DecodeError, RecursionError)):
        read_from_client(line)


def test_what_the_daemon_says_comes_back_as_it_was(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("2 croissant")
            shown = Shown(till.view)
            for said in (
                Welcome(VERSION, "till-1"),
                Answer("1", False, 7, "tender.too_much", {"amount_minor": 5}),
                Fault("frame.unreadable", "what?"),
                shown,
            ):
                assert read_from_daemon(encode(said)) == said
            assert isinstance(shown.view, v.TillView)

    run(day())


def test_every_screen_and_sheet_can_be_sent_and_read_back(run, tmp_path):
    """A tour through the till: each view that it shows is the same on the other side."""

    async def day():
        seen = set()
        async with a_till(tmp_path, opened=False) as till:
            tour: list[c.AnyCommand] = [
                c.SelectSeller("nadia"), c.SignIn("nadia", "4321"), c.KeepFloat(), c.OpenSession(), c.NewTicket(),
                c.AddProduct(201), c.AddProduct(501), *[c.OpenSheet(sheet) for sheet in (
                    "menu", "code_entry", "free_price", "notes", "modes", "print_help", "void", "open_drawer")],
                c.EditLine(1), c.CloseSheet(), c.Search("caf"), c.Search(None), c.RemoveLine(2), c.AddProduct(619),
                c.CloseSheet(), c.StartPayment(), c.AddTender("card", 50), c.RemoveTender(1), c.GoBack(),
                c.StartSplit(),
                c.MoveToPart(1, 1000), c.AddTender("cash", 1000), c.PrintReceipt(), c.ReadX(), c.GoBack(),
                c.StartClosing(), c.SetCount(1000, 3), c.SetStep("check", "float.other"), c.CloseDay(),
                c.CloseDay(confirmed=True),
            ]  # fmt: skip
            for command in tour:
                await till.order(command)
                view = till.view
                assert read_from_daemon(encode(Shown(view))) == Shown(view)
                seen.add(till.screen)
        screens = {name.split("/")[0] for name in seen}
        assert screens >= {"lock", "opening", "home", "sale", "payment", "split", "x_report", "closing"}
        assert len(seen) > 15

    run(day())


@pytest.mark.parametrize("bad", ["", " ", "a b", "a\x1f", "a\n", "é", "\x7f", "x" * 65])
def test_an_order_id_is_printable_ascii(bad: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        read_from_client(msgspec.json.encode({"is": "Order", "id": bad, "command": {"do": "GoHome"}}))


def test_every_printable_character_may_name_an_order() -> None:
    for code in range(0x21, 0x7F):
        message = read_from_client(encode(Order(chr(code), c.GoHome())))
        assert isinstance(message, Order) and message.id == chr(code)
