"""What no first view needs is loaded after it; hides how a module is put off.

A quarter of the daemon's modules serve sheets and screens that nobody has opened yet when a till starts, and a third of
the start would go into them (performance.md, row 13). `put_off` makes an import of these give a module that loads
itself when it is first looked into, so an order that comes early finds everything; `load` loads them once the till is
shown.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from importlib import import_module
from importlib.util import LazyLoader, find_spec, module_from_spec
from typing import Final

LATE: Final = (
    "appliance.service.scanning",
    "appliance.service.selling",
    "appliance.service.paying",
    "appliance.service.card",
    "appliance.service.past_sale",
    "appliance.service.clients",
    "appliance.service.client_form",
    "appliance.service.wallets",
    "appliance.service.wallet_deeds",
    "appliance.service.wallet_text",
    "appliance.service.unknown_code",
    "appliance.service.dividing",
    "appliance.service.weighing",
    "appliance.service.masters",
    "appliance.service.settings",
    "appliance.service.settings_rehearsal",
    "appliance.service.settings_typing",
    "appliance.service.office",
    "appliance.service.office_feed",
    "appliance.service.display_office",
    "appliance.service.day",
    "appliance.service.devices",
    "appliance.service.technician",
    "appliance.service.display_card",
    "appliance.service.display_clients",
    "appliance.service.display_day",
    "appliance.service.display_devices",
    "appliance.service.display_goods",
    "appliance.service.display_masters",
    "appliance.service.display_settings",
    "appliance.service.display_wallet",
    "appliance.store.customers",
    "appliance.store.movements",
)
"""Modules that others import whole (`from appliance.service import wallets`): a name imported out of one would load it
at once."""


def put_off() -> None:
    """Let each of `LATE` load with the first look into it. Before anything imports them. Raises ModuleNotFoundError for
    a name that no module has."""
    for name in LATE:
        if name in sys.modules:
            continue
        spec = find_spec(name)
        if spec is None or spec.loader is None:
            raise ModuleNotFoundError(f"no module {name} to be put off", name=name)
        spec.loader = LazyLoader(spec.loader)
        module = sys.modules[name] = module_from_spec(spec)
        spec.loader.exec_module(module)
        package, _, part = name.rpartition(".")
        setattr(import_module(package), part, module)  # where an import finds it without a look into it


def is_put_off(name: str) -> bool:
    """Whether nobody has looked into it yet."""
    return type(sys.modules.get(name)).__name__ == "_LazyModule"


async def load() -> None:
    """Load what was put off, in pieces of a few milliseconds between which the till answers."""
    for name in LATE:
        vars(import_module(name))
        await asyncio.sleep(0)
    _spare_what_stays()


def _spare_what_stays() -> None:
    """Nothing that was loaded is rubbish: from here on the collector looks through what comes and goes alone, and less
    often than it would, since each look stops the till."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()
