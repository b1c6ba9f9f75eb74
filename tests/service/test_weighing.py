"""Goods by weight, from the tile to the line: what was seen at rest is sold, and nothing else."""

import msgspec
import pytest

from appliance.domain.journal import LineAdded
from appliance.hal.device import DeviceState
from appliance.protocol import command as c
from tests.support.counter import a_counter
from tests.support.till import a_till

TOMATOES, APPLES, GRUYERE, CROISSANT = 830, 831, 826, 201
LABEL = "2112345003450"
"""In-store code: cheese 12345, weight 0.345 kg."""


async def weighs(counter, milli, state="stable"):
    """Lay it on the scale and wait until the sheet says so."""
    counter.scale.platter.put(milli)
    await counter.until(lambda: counter.till.view.sheet.state == state)
    if state == "stable":
        tare = counter.till.view.sheet.tare_milli
        await counter.until(lambda: counter.till.view.sheet.quantity_milli == milli - tare)


def test_moving_it_waits_stable_it_is_sold(run, tmp_path):
    """Feature H-21."""

    async def main():
        async with a_counter(tmp_path) as counter:
            till = counter.till
            await till.do(c.AddProduct(TOMATOES))
            assert till.screen == "sale/weigh"
            await weighs(counter, 0, "empty")
            counter.scale.platter.shake()
            await counter.until(lambda: till.view.sheet.state == "moving")
            assert await till.refused(c.Weigh(845)) == "weight.moving"
            await weighs(counter, 845)
            assert (till.view.sheet.amount_minor, till.view.sheet.price_minor) == (499, 590)
            await till.do(c.Weigh(845))
            assert till.screen == "sale"
            (line,) = till.ticket.lines
            assert (line.quantity_milli, line.amount_minor, line.unit, line.weighed) == (845, 499, "kg", "scale")

    run(main())


def test_what_changed_between_eye_and_finger_is_not_sold(run, tmp_path):
    async def main():
        async with a_counter(tmp_path) as counter:
            till = counter.till
            await till.do(c.AddProduct(TOMATOES))
            await weighs(counter, 500)
            await weighs(counter, 900)
            assert await till.refused(c.Weigh(500)) == "weight.moving"
            assert not till.ticket.lines

    run(main())


def test_tare_is_taken_off(run, tmp_path):
    async def main():
        async with a_counter(tmp_path) as counter:
            till = counter.till
            await till.do(c.AddProduct(TOMATOES))
            await weighs(counter, 120)
            await till.do(c.Tare())
            assert (till.view.sheet.state, till.view.sheet.tare_milli) == ("empty", 120)
            await weighs(counter, 620)
            assert await till.refused(c.Weigh(620)) == "weight.moving"
            await till.do(c.Weigh(500))
            (line,) = till.ticket.lines
            assert (line.quantity_milli, line.tare_milli, line.amount_minor) == (500, 120, 295)

    run(main())


def test_tare_is_put_back(run, tmp_path):
    async def main():
        async with a_counter(tmp_path) as counter:
            till = counter.till
            await till.do(c.AddProduct(TOMATOES))
            await weighs(counter, 120)
            await till.do(c.Tare(), c.Tare())
            assert till.view.sheet.quantity_milli == 120
            await weighs(counter, 6_000)
            assert await till.refused(c.Tare()) == "weight.tare_limit"

    run(main())


@pytest.mark.parametrize(
    ("wrong", "state"),
    [
        (lambda platter: platter.put(15_500), "over_capacity"),
        (lambda platter: platter.put(-50), "under_zero"),
        (lambda platter: setattr(platter, "is_garbled", True), "fault"),
        (lambda platter: setattr(platter, "is_silent", True), "fault"),
    ],
)
def test_never_a_weight_on_error(run, tmp_path, wrong, state):
    async def main():
        async with a_counter(tmp_path) as counter:
            till = counter.till
            await till.do(c.AddProduct(TOMATOES))
            await weighs(counter, 845)
            wrong(counter.scale.platter)
            await counter.until(lambda: till.view.sheet.state == state)
            assert till.view.sheet.quantity_milli == till.view.sheet.amount_minor == 0
            assert await till.refused(c.Weigh(845)) == "weight.moving"
            assert await till.refused(c.Weigh(0)) == "weight.moving"
            assert await till.refused(c.TypeWeight(845)) == "weight.use_scale"

    run(main())


def test_without_a_scale_it_is_typed_and_says_so(run, tmp_path):
    async def main():
        async with a_counter(tmp_path) as counter:
            till = counter.till
            counter.scale.unplug()
            await counter.until(lambda: counter.devices.scale().health.state is DeviceState.ABSENT)
            await till.do(c.AddProduct(TOMATOES))
            await counter.until(lambda: till.view.sheet.state == "by_hand")
            assert await till.refused(c.TypeWeight(0)) == "weight.amount"
            assert await till.refused(c.TypeWeight(88_000)) == "weight.implausible"
            await till.do(c.TypeWeight(1_250))
            (line,) = till.ticket.lines
            assert (line.quantity_milli, line.weighed, line.amount_minor) == (1_250, "hand", 738)

    run(main())


def test_pulled_out_while_the_sheet_is_open(run, tmp_path):
    async def main():
        async with a_counter(tmp_path) as counter:
            till = counter.till
            await till.do(c.AddProduct(TOMATOES))
            await weighs(counter, 845)
            counter.scale.unplug()
            await counter.until(lambda: till.view.sheet.state == "by_hand")
            assert await till.refused(c.Weigh(845)) == "weight.moving"
            await counter.until(lambda: [each.device for each in till.view.status if each.level == "warn"] == ["scale"])
            counter.scale.plug()
            await counter.until(lambda: till.view.sheet.state == "stable")
            await till.do(c.Weigh(845))

    run(main())


def test_times_n_does_not_multiply_a_weight(run, tmp_path):
    async def main():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.Arm(3), c.AddProduct(TOMATOES), c.TypeWeight(500))
            assert [line.quantity_milli for line in till.ticket.lines] == [500]

    run(main())


def test_less_than_a_centime_is_no_line(run, tmp_path):
    async def main():
        async with a_till(tmp_path) as till:
            await till.do(c.AddProduct(APPLES))
            assert await till.refused(c.TypeWeight(1)) == "weight.too_little"

    run(main())


def test_a_label_needs_no_scale(run, tmp_path):
    async def main():
        async with a_till(tmp_path) as till:
            await till.scan(LABEL)
            (line,) = till.ticket.lines
            assert (line.product, line.quantity_milli, line.weighed) == (GRUYERE, 345, "label")
            assert till.screen == "sale"

    run(main())


def test_another_scan_ends_the_weighing(run, tmp_path):
    async def main():
        async with a_till(tmp_path) as till:
            await till.do(c.AddProduct(TOMATOES), c.AddProduct(CROISSANT))
            assert till.screen == "sale"
            assert await till.refused(c.TypeWeight(500)) == "weight.none"
            assert [line.product for line in till.ticket.lines] == [CROISSANT]

    run(main())


def test_what_a_scale_said_is_not_changed_by_hand(run, tmp_path):
    async def main():
        async with a_counter(tmp_path) as counter:
            till = counter.till
            await till.do(c.AddProduct(TOMATOES))
            await weighs(counter, 845)
            await till.do(c.Weigh(845))
            line = till.ticket.lines[0].id
            assert await till.refused(c.SetQuantity(line, 700)) == "weight.again"
            assert await till.refused(c.ChangeQuantity(line, -1)) == "weight.again"
            await till.do(c.RemoveLine(line))

    run(main())


def test_the_weight_and_its_source_are_in_the_books(run, tmp_path):
    async def main():
        async with a_till(tmp_path) as till:
            await till.do(c.AddProduct(TOMATOES), c.TypeWeight(845), c.TakeCash(500))
            (added,) = await till.facts(LineAdded)
            assert msgspec.to_builtins(added)["line"]["weighed"] == "hand"
            assert till.sealed() == "4.99 = 4.99 at 2.6% (vat 0.13) | Espèces 4.99, rounding 0.01"

    run(main())
