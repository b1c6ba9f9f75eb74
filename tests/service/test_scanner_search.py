"""« Scannez ce code », stopped and started again before the first search has closed its lines."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from appliance.service.devices import ScannerSearch


class SlowToClose:
    """Devices whose search takes its time to end, as lines do that are being closed; one search at a time."""

    is_kept = True

    def __init__(self):
        self.is_learning, self.begun, self.closing = False, 0, asyncio.Event()

    def health(self):
        return ()

    async def learn(self, role, tell):
        if self.is_learning:
            raise ValueError("another scanner is being looked for")
        self.is_learning, self.begun = True, self.begun + 1
        try:
            await asyncio.Event().wait()
        finally:
            await self.closing.wait()
            self.is_learning = False


async def until(condition):
    """Turns of the loop, until it is so."""
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came")


def test_a_search_starts_again_when_the_one_before_has_ended(run):
    async def main():
        devices, said = SlowToClose(), []
        desk = SimpleNamespace(say=lambda code, *rest, **more: said.append(code), sound=said.append)
        till = SimpleNamespace(devices=devices, desk=desk, changed=lambda: None, fold_messages=lambda: None)
        search = ScannerSearch(cast(Any, till))
        search.start()
        await until(lambda: devices.begun)
        for _ in range(3):
            search.stop()
            search.start()
            await asyncio.sleep(0)
        assert search.is_going_on
        devices.closing.set()
        await until(lambda: devices.begun == 2)
        assert (search.is_going_on, devices.is_learning, said) == (True, True, [])
        search.stop()
        await until(lambda: not search._ending)

    run(main())


def test_a_search_that_cannot_begin_is_told(run):
    async def main():
        devices, said = SlowToClose(), []
        devices.is_learning = True
        desk = SimpleNamespace(say=lambda code, *rest, **more: said.append(code))
        till = SimpleNamespace(devices=devices, desk=desk, changed=lambda: None, fold_messages=lambda: None)
        search = ScannerSearch(cast(Any, till))
        search.start()
        await until(lambda: not search.is_going_on)
        assert said == ["scanner.no_search"]

    run(main())
