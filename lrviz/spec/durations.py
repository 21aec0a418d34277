"""Durations: `5%`, `3ep`, `500ba`, `375Mtok`, `rest`, on the length of a training."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from lrviz.errors import SpecError

EXAMPLES = "5%, 0.05dur, 3ep, 500ba, 375Mtok or rest"
"""The grammar by example, for messages that ask for a duration."""

MOST = 10**15
"""Of any count: below it, all arithmetic on counts is exact and fits 64 bits."""

_LONGEST = 60
_SCALES = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "B": 10**9, "G": 10**9, "T": 10**12}


@dataclass(frozen=True)
class Length:
    """How long a training is.

    Attributes:
        updates: Optimizer updates in all, at least 1.
        updates_per_epoch: Updates an epoch; None where epochs are not known.
        tokens_per_update: Tokens an update; None where they are not known.
        epochs_only: Only a number of epochs was given: one update stands for an epoch
            (`updates_per_epoch` is 1), and a count of updates (`ba`) or of tokens has no meaning.
    """

    updates: int
    updates_per_epoch: int | None = None
    tokens_per_update: Fraction | None = None
    epochs_only: bool = False

    def unit(self, interval: str) -> int:
        """Return the updates of one unit of an interval: of an `epoch`, or of a `step`, which is 1.

        Where it is not known how long an epoch is, an update stands for one.
        """
        return self.updates_per_epoch or 1 if interval == "epoch" else 1


@dataclass(frozen=True)
class Duration:
    """A part of a training, exactly as written.

    Attributes:
        amount: How many of `unit`, at least 0: epochs, updates, tokens, or for `dur` the share
            of the whole training (`5%` is 1/20). For `rest` it is 1.
        unit: `dur` share of the training, `ep` epochs, `ba` updates ("batches"), `tok` tokens,
            `rest` from the phase's start to the training's end.
        text: What the user wrote.
    """

    amount: Fraction
    unit: str
    text: str

    def updates(self, length: Length) -> Fraction:
        """Return this duration in optimizer updates, exact; `rest` is the whole length.

        >>> Duration(Fraction(1, 3), "dur", "...").updates(Length(updates=100))
        Fraction(100, 3)

        Raises:
            SpecError: `length` does not say how long an epoch, an update or a token is.
        """
        return UNITS[self.unit](self.amount, length, self.text)


def _rest(amount: Fraction, length: Length, text: str) -> Fraction:
    del amount, text
    return Fraction(length.updates)


def _share(amount: Fraction, length: Length, text: str) -> Fraction:
    del text
    return amount * length.updates


def _epochs(amount: Fraction, length: Length, text: str) -> Fraction:
    if length.updates_per_epoch is None:
        raise SpecError(_unknown_epochs(text, "epochs"))
    return amount * length.updates_per_epoch


def _updates(amount: Fraction, length: Length, text: str) -> Fraction:
    if length.epochs_only:
        raise SpecError(_unknown_epochs(text, "updates"))
    return amount


def _tokens(amount: Fraction, length: Length, text: str) -> Fraction:
    if length.epochs_only:
        raise SpecError(_unknown_epochs(text, "tokens"))
    if length.tokens_per_update is None:
        raise SpecError(
            f"{text} counts tokens, and how many an update takes is not known:"
            " give train.tokens_per_update"
        )
    return amount / length.tokens_per_update


UNITS: dict[str, Callable[[Fraction, Length, str], Fraction]] = {
    "rest": _rest,
    "dur": _share,
    "ep": _epochs,
    "ba": _updates,
    "tok": _tokens,
}
"""Every unit: an amount of it, on the length of a training, to updates; the text is for errors."""

# Two digits of exponent reach past any training, and keep the exact numbers small.
_DURATION = re.compile(
    r"(?P<number>-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,2})?)"
    r"(?:(?P<scale>[kKMBGT](?=tok))?"
    rf"(?P<unit>%|{'|'.join(unit for unit in UNITS if unit != 'rest')}))"
)


@dataclass(frozen=True)
class Count:
    """A whole number of calls of `step()`.

    Attributes:
        value: At least 0.
        note: What was rounded in a way the user should know of, or None.
    """

    value: int
    note: str | None = None


def parse(text: str) -> Duration | None:
    """Read a duration; None where `text` is none at all.

    >>> parse("375Mtok").amount
    Fraction(375000000, 1)
    >>> parse("exp_range") is None
    True

    Args:
        text: A number and its unit without a space: `5%`, `0.05dur`, `3ep`, `500ba`, `1e9tok`,
            `375Mtok` (k, M, B or G, T before `tok`), or the word `rest`.

    Raises:
        SpecError: The duration is negative.
    """
    if text == "rest":
        return Duration(Fraction(1), "rest", text)
    match = _DURATION.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        return None
    amount = Fraction(match["number"])
    if amount < 0:
        raise SpecError(f"{text} is negative: a duration is 0 or more, such as {EXAMPLES}")
    if match["unit"] == "%":
        return Duration(amount / 100, "dur", text)
    return Duration(amount * _SCALES[match["scale"] or ""], match["unit"], text)


def calls(duration: Duration, length: Length, *, per_call: Fraction, start: int = 0) -> Count:
    """Return how many calls of a scheduler's `step()` a duration lasts.

    Rounded half to even, from the exact number. What is not zero never becomes 0, because torch
    divides by most of these counts: it becomes 1, and the note says so.

    >>> calls(parse("5%"), Length(updates=1000), per_call=Fraction(1))
    Count(value=50, note=None)
    >>> calls(parse("rest"), Length(updates=1000), per_call=Fraction(1), start=50)
    Count(value=950, note=None)

    Args:
        duration: What to count.
        length: The whole training.
        per_call: Updates between two calls: the frequency, for an epoch interval times the
            updates an epoch.
        start: Calls before the phase that the duration stands in; only `rest` depends on it.

    Raises:
        SpecError: `length` cannot express the duration's unit.
    """
    exact = duration.updates(length) / per_call
    if duration.unit == "rest":
        if exact <= start:
            return Count(
                1,
                f"rest: the training ends after {round(exact):,} calls of step(), and this phase"
                f" starts after {start:,}: taken as 1",
            )
        exact -= start
    value = round(exact)
    if value or not exact:
        return Count(value)
    share = " of the training" if duration.unit == "dur" else ""
    unit = "updates" if per_call == 1 else "calls of step()"
    return Count(1, f"{duration.text}{share} is {float(exact):.3g} {unit}: taken as 1")


def _unknown_epochs(text: str, counted: str) -> str:
    return (
        f"{text} counts {counted}, and how many updates an epoch has is not known: give"
        " train.steps_per_epoch (or dataset_size and batch_size), or --steps-per-epoch"
    )
