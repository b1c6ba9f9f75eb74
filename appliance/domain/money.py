"""Sums of money as integers of the smallest unit, and the only places that round.

Amounts are integer minor units (centimes), rates basis points (8.1 % = 810), quantities thousandths (3 pieces = 3000).
Every rounding of the till is one function here, named after the rule that it obeys.
"""

from __future__ import annotations

from collections.abc import Sequence


def half_away(numerator: int, denominator: int) -> int:
    """`numerator / denominator` rounded half away from zero: the commercial rounding of every price and tax here.

    >>> half_away(5, 2), half_away(-5, 2), half_away(7, 3)
    (3, -3, 2)
    """
    if numerator >= 0:
        return (2 * numerator + denominator) // (2 * denominator)
    return -((-2 * numerator + denominator) // (2 * denominator))


def line_amount(unit_price_minor: int, quantity_milli: int) -> int:
    """Price of a quantity, rounded to the minor unit once per line."""
    return half_away(unit_price_minor * quantity_milli, 1000)


def rate_part(amount_minor: int, rate_bp: int) -> int:
    """A rate of an amount, for discounts: 20 % of 6.40 is 1.28."""
    return half_away(amount_minor * rate_bp, 10_000)


def vat_in_gross(gross_minor: int, rate_bp: int) -> int:
    """VAT contained in a price that includes it; the net is the rest, so that net + VAT = gross always.

    Swiss VAT Act (LTVA) art. 24, French CGI art. 266: the tax is a part of what the customer pays.
    """
    return half_away(gross_minor * rate_bp, 10_000 + rate_bp)


def round_cash(amount_minor: int, step_minor: int) -> int:
    """What is due in coins: Swiss cash knows no coin below 0.05 since 1 January 2007 (with step 5).

    0.01 and 0.02 go down, 0.03 to 0.07 become 0.05, 0.08 and 0.09 go up; whole centimes never tie, and the sign is
    mirrored so that a refund undoes its sale.

    >>> [round_cash(m, 5) for m in (2106, 2107, 2108, -2108)]
    [2105, 2105, 2110, -2110]
    """
    if step_minor <= 1:
        return amount_minor
    sign = -1 if amount_minor < 0 else 1
    return sign * ((2 * abs(amount_minor) + step_minor) // (2 * step_minor)) * step_minor


def allocate(amount_minor: int, weights: Sequence[int]) -> list[int]:
    """Spread an amount over weights by largest remainder (Hamilton): the parts sum to the amount exactly.

    Ties go to the earlier part. Weights are not negative; when all are zero the first part takes everything.

    >>> allocate(-234, [640, 680, 130, 890])
    [-64, -68, -13, -89]
    >>> allocate(100, [1, 1, 1])
    [34, 33, 33]
    """
    total = sum(weights)
    if total == 0:
        return [amount_minor if i == 0 else 0 for i in range(len(weights))]
    sign = -1 if amount_minor < 0 else 1
    size = abs(amount_minor)
    parts = [size * weight // total for weight in weights]
    missing = size - sum(parts)
    if missing:
        order = sorted(range(len(weights)), key=lambda i: (-(size * weights[i] % total), i))
        for i in order[:missing]:
            parts[i] += 1
    return [sign * part for part in parts]


def equal_shares(amount_minor: int, count: int) -> list[int]:
    """The amount in equal shares, the centimes left over on the first: 10.00 in 3 is 3.34, 3.33, 3.33.

    >>> equal_shares(1000, 3), equal_shares(2770, 3)
    ([334, 333, 333], [924, 923, 923])
    """
    return [amount_minor // count + (1 if i < amount_minor % count else 0) for i in range(count)]
