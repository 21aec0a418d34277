"""How numbers are written, in every view: `3e-4`, `0.1`, `10,000`, `12.5%`, `375M`."""

from __future__ import annotations

import math
from decimal import Decimal

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def lr(value: float, digits: int = 4, scientific: bool | None = None) -> str:
    """Write a learning rate, or another small quantity, as people write it.

    Args:
        value: Any float; infinities and NaN are `inf`, `-inf` and `nan`.
        digits: Significant digits that are kept, at least 1; trailing zeros are not written.
        scientific: Always (True) or never (False) with an exponent; None: with an exponent where
            |value| < 0.001 or where the integer part has more than `digits` digits.

    >>> lr(0.00030000000000000003), lr(0.1), lr(0.001), lr(1.2e-6), lr(0.0)
    ('3e-4', '0.1', '0.001', '1.2e-6', '0')
    >>> lr(0.00099996), lr(0.1, scientific=True), lr(2.5e-5, scientific=False)
    ('0.001', '1e-1', '0.000025')
    """
    if not math.isfinite(value):
        return str(float(value))
    rounded = Decimal(f"{value:.{digits - 1}e}")
    if not rounded:
        return "0"
    if scientific is None:
        scientific = not Decimal("0.001") <= abs(rounded) < 10**digits
    if scientific:
        mantissa, exponent = f"{rounded:.{digits - 1}e}".split("e")
        return f"{_stripped(mantissa)}e{int(exponent)}"
    return _stripped(f"{rounded:f}")


def typeset(number: str) -> str:
    """Write a number of `lr`'s as a page of print has it: with a real minus and a power of ten.

    >>> typeset("3e-4"), typeset("1e-3"), typeset("-0.5"), typeset("-1e21")
    ('3×10⁻⁴', '10⁻³', '−0.5', '−10²¹')
    """
    mantissa, exponential, exponent = number.partition("e")
    if not exponential or not exponent.lstrip("-").isdigit():
        return number.replace("-", "\N{MINUS SIGN}")
    power = "10" + exponent.translate(_RAISED)
    if mantissa.lstrip("-") != "1":
        power = f"{mantissa}\N{MULTIPLICATION SIGN}{power}"
    elif mantissa != "1":
        power = f"-{power}"
    return power.replace("-", "\N{MINUS SIGN}")


def count(number: int) -> str:
    """Write a whole number with its thousands apart: `10,000`."""
    return f"{number:,}"


def amount(number: float, unit: str) -> str:
    """Write so many of a unit.

    >>> amount(1, "epoch"), amount(10_000, "update"), amount(3.0, "epoch"), amount(0.5, "epoch")
    ('1 epoch', '10,000 updates', '3 epochs', '0.5 epochs')
    """
    written = count(number) if isinstance(number, int) else f"{number:g}"
    return f"{written} {unit}{'' if number == 1 else 's'}"


def percent(share: float, digits: int = 3) -> str:
    """Write a share of 1 as a percentage with so many significant digits.

    >>> percent(0.05), percent(1 / 3), percent(0.0001), percent(1)
    ('5%', '33.3%', '0.01%', '100%')
    """
    return lr(100 * share, digits, scientific=False) + "%"


def compact(number: float, digits: int = 4) -> str:
    """Write a large count with the suffix k, M, B (10^9) or T (10^12).

    >>> compact(375e6), compact(1_500), compact(300e9), compact(0), compact(999_999)
    ('375M', '1.5k', '300B', '0', '1M')
    """
    rounded = float(f"{number:.{digits - 1}e}")
    for power, suffix in ((12, "T"), (9, "B"), (6, "M"), (3, "k")):
        if abs(rounded) >= 10**power:
            return lr(rounded / 10**power, digits, scientific=False) + suffix
    return lr(rounded, digits)


def _stripped(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number
