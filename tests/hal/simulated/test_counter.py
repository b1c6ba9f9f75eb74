"""The simulated trigger, scale and display behave as the real ones do, also when they are told to fail."""

import asyncio
import os

from appliance.hal.simulated.display import Panel
from appliance.hal.simulated.scale import Platter
from appliance.hal.simulated.trigger import SimulatedTrigger


def test_a_scale_echoes_only_when_greeted():
    platter = Platter()
    assert platter.answer(b"Ehello") == b"\x02E\rhello"
    assert platter.answer(b"W") == b"W", "still echoing"
    assert platter.answer(b"F") == b"\x02F\r"
    assert platter.answer(b"W") == b"\x0200.000\r"


def test_a_scale_gives_no_weight_while_it_moves_or_cannot():
    platter = Platter()
    platter.put(345)
    assert platter.answer(b"W") == b"\x0200.345\r"
    platter.shake()
    assert platter.answer(b"W") == b"\x02?\x01\r"
    platter.put(15_001)
    assert platter.answer(b"W") == b"\x02?\x02\r"
    platter.put(100)
    platter.tare()
    platter.put(0)
    assert platter.answer(b"W") == b"\x02?\x04\r"
    platter.put(600)
    assert platter.answer(b"W") == b"\x0200.500N\r"
    platter.is_silent = True
    assert platter.answer(b"W") == b""
    assert Platter().answer(b"Q") == b"\x02?\x40\r"


def test_the_glass_shows_what_is_no_command():
    panel = Panel()
    panel.feed(b"\x1b@\x1ft\x1bt\x10caf\xe9\x1f$\x01\x02Total")
    assert panel.lines == ("café".ljust(20), "Total".ljust(20))
    panel.feed(b"\x0cx")
    assert panel.lines == ("x".ljust(20), " " * 20)


def test_every_byte_but_the_question_opens_the_drawer(run, tmp_path):
    async def main():
        trigger = SimulatedTrigger(tmp_path / "trigger")
        trigger.plug()
        line = os.open(tmp_path / "trigger", os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            for sent, pulses, questions in ((b"\x1b\x3a", 0, 1), (b"\x1b", 0, 1), (b"\x3a", 0, 2), (b"AT\r", 3, 2)):
                os.write(line, sent)
                async with asyncio.timeout(5):
                    while (trigger.drawer.pulse_count, trigger.question_count) != (pulses, questions):  # noqa: ASYNC110
                        await asyncio.sleep(0.001)
        finally:
            os.close(line)
            trigger.unplug()

    run(main())
