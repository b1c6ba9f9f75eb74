"""Trying a device: what is asked of it, how long it has, and what was found. The screen and the terminal share it.

A trial is a generator: each step is one look, CHECK_EVERY_S after the one before, and its value at the end says what
was found. So the screen steps on by its timer and a command by waiting, and neither knows how a device is tried. A
trial that is dropped ends as it should.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Final, Literal

from msgspec import Struct

from appliance.domain import effect as e
from appliance.domain import intent as i
from appliance.domain.errors import Refusal
from appliance.hal.device import (
    PRINT_BLOCKING,
    DeviceKind,
    Devices,
    DeviceState,
    DrawerPosition,
    FaultReason,
    Health,
    WeightState,
)

if TYPE_CHECKING:
    from appliance.service.till import Till

CHECK_EVERY_S: Final = 0.2
WEIGHT_S: Final = 3.0
"""How long a scale may take to come to rest."""
TERMINAL_S: Final = 8.0
"""How long a terminal may take to answer who it is, or to be known to be gone."""
DRAWER_S: Final = 4.0
"""How long a drawer has for two pulses and its sensor's answer."""
TEST_LINES: Final = ("ÀÉÈÇŒ àéèçœ ß 12", "TILLBOX 0123456789")
"""What a customer display shows until the sale has something new to say."""
THERE: Final = (DeviceState.READY, DeviceState.DEGRADED)


class Found(Struct, frozen=True):
    """What came of a trial."""

    word: Literal["ordered", "waits", "opened", "stuck", "shown", "weight", "no_weight", "answers", "not_well"]
    """`waits`: the page comes when the printer is well; `not_well`: `fault` or `state` says how the device is."""
    role: str
    state: str = ""
    """How the device is; of `no_weight`, how the weight is."""
    fault: FaultReason | None = None
    params: dict[str, Any] = {}


Trial = Generator[None, None, Found]


def health_of(devices: Devices, role: str) -> Health:
    """Raises Refusal for a role that is not configured."""
    for health in devices.health():
        if health.role == role:
            return health
    raise Refusal("technician.unknown_role", role=role)


def not_well(health: Health, fault: FaultReason | None = None) -> Found:
    """The device is not as it should be: its own fault, else this one."""
    return Found("not_well", health.role, health.state, health.fault or fault)


def begin(till: Till, devices: Devices, health: Health) -> Trial:
    """The trial of a device that is there. Raises KeyError for a kind that is only listened to: scanners."""
    return _TRIALS[health.kind](till, devices, health.role)


def order_page(till: Till, devices: Devices, role: str) -> Found:
    """A test page, behind the receipts that wait: `params` has how many."""
    waiting, health = till.printing.waiting_for(role), health_of(devices, role)
    till.effect(e.PrintTest(role))
    if health.fault in PRINT_BLOCKING:
        return Found("waits", role, health.state, health.fault, {"waiting": waiting})
    return Found("ordered", role, health.state, None, {"waiting": waiting})


def order_pulse(till: Till) -> None:
    """Open the drawer, on record as a test."""
    till.do(i.OpenDrawer("test"))


def _printer(till: Till, devices: Devices, role: str) -> Trial:
    yield from ()
    return order_page(till, devices, role)


def _drawer(till: Till, devices: Devices, role: str) -> Trial:
    """It is open when its sensor says so; one without a sensor is believed once the pulse was sent."""
    before = health_of(devices, role).counters.get("pulses", 0)
    order_pulse(till)
    is_seen = False
    for _ in range(round(DRAWER_S / CHECK_EVERY_S)):
        yield
        drawer, health = devices.drawer(role), health_of(devices, role)
        pulses = health.counters.get("pulses", 0) - before
        if pulses and (drawer.position is not DrawerPosition.CLOSED or drawer.level is None):
            is_seen = drawer.position is DrawerPosition.OPEN
            break
        if pulses > 1 and health.fault is FaultReason.DRAWER_STUCK:
            return Found("stuck", role)
        if health.state is DeviceState.ABSENT:
            return not_well(health)
    return Found("opened", role, params={"is_seen": is_seen})


def _display(till: Till, devices: Devices, role: str) -> Trial:
    yield from ()
    devices.display(role).show(*TEST_LINES)
    return Found("shown", role)


def _scale(till: Till, devices: Devices, role: str) -> Trial:
    """The first weight at rest, or why there is none."""
    scale = devices.scale(role)
    scale.watch(True)
    try:
        for _ in range(round(WEIGHT_S / CHECK_EVERY_S)):
            if scale.weight.state is WeightState.STABLE:
                break
            yield
        weight = scale.weight
    finally:
        scale.watch(till.desk.sheet == "weigh")
    if weight.quantity_milli is not None:
        return Found("weight", role, params={"quantity_milli": weight.quantity_milli})
    health = health_of(devices, role)
    return not_well(health) if health.fault is not None else Found("no_weight", role, weight.state)


def _terminal(till: Till, devices: Devices, role: str) -> Trial:
    """It is asked who it is, and answers once more than before or is found gone: more takes a customer's card."""
    before = health_of(devices, role).counters.get("answers", 0)
    devices.retry(role)
    for _ in range(round(TERMINAL_S / CHECK_EVERY_S)):
        yield
        health = health_of(devices, role)
        if health.state not in THERE:
            return not_well(health)
        if health.counters.get("answers", 0) > before:
            return Found("answers", role) if health.fault is None else not_well(health)
    return not_well(health_of(devices, role), FaultReason.NO_ANSWER)


_TRIALS: Final[dict[DeviceKind, Callable[[Any, Devices, str], Trial]]] = {
    DeviceKind.PRINTER: _printer,
    DeviceKind.DRAWER: _drawer,
    DeviceKind.DISPLAY: _display,
    DeviceKind.SCALE: _scale,
    DeviceKind.TERMINAL: _terminal,
}
