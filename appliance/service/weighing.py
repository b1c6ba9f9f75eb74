"""Goods sold by weight: the scale is asked while the sheet is open, and only a weight at rest is sold.

Hides where a weight comes from. What the cashier saw and touched is what is sold: a weight that changed between the
eye and the finger is refused. Without a scale that works the weight is typed, and the ticket says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from appliance.domain.catalog import Product
from appliance.domain.errors import Refusal
from appliance.domain.meaning import Goods
from appliance.domain.money import line_amount
from appliance.domain.ticket import Weighed
from appliance.hal.device import DeviceState, Scale, Weight, WeightState
from appliance.protocol import command as c
from appliance.protocol import view as v

if TYPE_CHECKING:
    from appliance.service.till import Till

TARE_MAX_MILLI: Final = 5_000
TYPED_MAX_MILLI: Final = 30_000
"""A finger that forgets the point sells 845 kg of tomatoes; what a till sells by weight is lighter."""
_STATES: Final[dict[WeightState, v.ScaleWord]] = {
    WeightState.STABLE: "stable",
    WeightState.MOVING: "moving",
    WeightState.OVER_CAPACITY: "over_capacity",
    WeightState.UNDER_ZERO: "under_zero",
    WeightState.UNKNOWN: "fault",
}


class Weighing(msgspec.Struct):
    """The article that waits for its weight."""

    product: Product
    goods: Goods
    despite: str
    tare_milli: int = 0


def ask(till: Till, product: Product, goods: Goods, despite: str) -> None:
    """Open the sheet "Peser" for an article. × n does not multiply a weight."""
    desk = till.desk
    desk.close_sheet()
    desk.sheet = "weigh"
    desk.armed = 1
    till.cancel("armed")
    desk.weighing = Weighing(product, goods, despite)


def scale_of(till: Till) -> Scale | None:
    """The scale when it is there, also one that is silent for a moment; None where weights are typed."""
    if till.devices is None:
        return None
    scale = till.devices.scale()
    return scale if scale.health.state in (DeviceState.READY, DeviceState.DEGRADED) else None


def net_of(weight: Weight, tare_milli: int) -> int | None:
    """What may be sold of a weight; None unless it is at rest and more than the container."""
    if weight.state is not WeightState.STABLE or weight.quantity_milli is None:
        return None
    net = weight.quantity_milli - tare_milli
    return net if net > 0 else None


def price_of(till: Till, waiting: Weighing) -> int:
    """Price of a kilogram in the sale mode in hand."""
    if waiting.goods.price_minor is not None:
        return waiting.goods.price_minor
    ticket = till.ticket
    mode = till.mode(ticket.mode) if ticket is not None else till.shop.default_sale_mode()
    price_minor = waiting.product.price_in(mode.price_list)
    assert price_minor is not None  # goods without a price are never asked for their weight
    return price_minor


def sheet(till: Till) -> v.WeighSheet | None:
    """The sheet as it is now; None when nothing waits for its weight."""
    waiting = till.desk.weighing
    if waiting is None:
        return None
    price_minor, scale = price_of(till, waiting), scale_of(till)
    name, each = waiting.product.name, price_minor
    if scale is None:
        return v.WeighSheet(name, each, "by_hand")
    weight = scale.weight
    net = net_of(weight, waiting.tare_milli)
    state = _STATES[weight.state]
    if state == "stable" and net is None:
        state = "empty"
    return v.WeighSheet(
        name, each, state, net or 0,
        amount_minor=line_amount(price_minor, net) if net else 0,
        tare_milli=waiting.tare_milli,
        is_net=weight.is_net,
        can_tare=bool(waiting.tare_milli) or (weight.state is WeightState.STABLE and bool(weight.quantity_milli)),
    )  # fmt: skip


def _weight(till: Till) -> Weight:
    scale = scale_of(till)
    return Weight("", WeightState.UNKNOWN) if scale is None else scale.weight


def _waiting(till: Till) -> Weighing:
    waiting: Weighing | None = till.desk.weighing
    if waiting is None:
        raise Refusal("weight.none")
    return waiting


def _weigh(till: Till, command: c.Weigh) -> None:
    """Sell what lies on the scale, if it is still what was seen."""
    waiting = _waiting(till)
    net = net_of(_weight(till), waiting.tare_milli)
    if net is None or net != command.quantity_milli:
        raise Refusal("weight.moving")
    _add(till, waiting, net, "scale", waiting.tare_milli)


def _type_weight(till: Till, command: c.TypeWeight) -> None:
    """Net weight by hand, where no scale works."""
    waiting = _waiting(till)
    if scale_of(till) is not None:
        raise Refusal("weight.use_scale")
    if not command.quantity_milli:
        raise Refusal("weight.amount")
    if command.quantity_milli > TYPED_MAX_MILLI:
        raise Refusal("weight.implausible", limit=TYPED_MAX_MILLI // 1000)
    _add(till, waiting, command.quantity_milli, "hand", 0)


def _tare(till: Till, command: c.Tare) -> None:
    """Take off the container that lies on the scale; touched again, put it back."""
    waiting = _waiting(till)
    if waiting.tare_milli:
        tare = 0
    else:
        weight = _weight(till)
        if weight.state is not WeightState.STABLE or not weight.quantity_milli:
            raise Refusal("weight.moving")
        if weight.quantity_milli > TARE_MAX_MILLI:
            raise Refusal("weight.tare_limit", limit=TARE_MAX_MILLI // 1000)
        tare = weight.quantity_milli
    till.desk.weighing = msgspec.structs.replace(waiting, tare_milli=tare)


def _add(till: Till, waiting: Weighing, net_milli: int, weighed: Weighed, tare_milli: int) -> None:
    from appliance.service.selling import (
        add_product,
    )  # the two ask each other: a touch for a weight, a weight for a line

    if not line_amount(price_of(till, waiting), net_milli):
        raise Refusal("weight.too_little")
    goods = msgspec.structs.replace(
        waiting.goods, quantity_milli=net_milli, weighed=weighed, tare_milli=tare_milli, unit="kg"
    )
    add_product(till, waiting.product, goods=goods, despite=waiting.despite or "weighed")


HANDLERS: Final[dict[type, Callable[[Any, Any], None]]] = {c.Weigh: _weigh, c.TypeWeight: _type_weight, c.Tare: _tare}
