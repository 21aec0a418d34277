from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrviz.errors import SpecError
from lrviz.spec.durations import EXAMPLES, Count, Duration, Length, calls, parse

EPOCHS = (
    "counts {}, and how many updates an epoch has is not known: give"
    " train.steps_per_epoch (or dataset_size and batch_size), or --steps-per-epoch"
)
ONE = Fraction(1)


def parsed(text: str) -> Duration:
    duration = parse(text)
    assert duration is not None
    return duration


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("5%", Fraction(1, 20), "dur"),
        ("0%", Fraction(0), "dur"),
        ("150%", Fraction(3, 2), "dur"),
        ("0.1%", Fraction(1, 1000), "dur"),
        (".5%", Fraction(1, 200), "dur"),
        ("0.05dur", Fraction(1, 20), "dur"),
        ("3ep", Fraction(3), "ep"),
        ("1ep", Fraction(1), "ep"),
        ("2.5ep", Fraction(5, 2), "ep"),
        ("500ba", Fraction(500), "ba"),
        ("1e4ba", Fraction(10_000), "ba"),
        ("7tok", Fraction(7), "tok"),
        ("375ktok", Fraction(375_000), "tok"),
        ("375Ktok", Fraction(375_000), "tok"),
        ("375Mtok", Fraction(375_000_000), "tok"),
        ("1.5Btok", Fraction(1_500_000_000), "tok"),
        ("1.5Gtok", Fraction(1_500_000_000), "tok"),
        ("1Ttok", Fraction(10**12), "tok"),
        ("1e9tok", Fraction(10**9), "tok"),
        ("1E-2dur", Fraction(1, 100), "dur"),
        ("rest", Fraction(1), "rest"),
    ],
)
def test_a_duration_is_read_exactly(text: str, amount: Fraction, unit: str) -> None:
    duration = parsed(text)
    assert (duration.amount, duration.unit, duration.text) == (amount, unit, text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "5", "5 %", "%", "ep", "5 ep", "5epochs", "5EP", "375mtok", "5kba", "5Mep", "Rest"),
        *("exp_range", "min", "1e400ba", "5%%", " 5%", "5%\n", "٣ep", "0x5ep", "1_000ba", "nan%"),
        *("inf%", "1" * 60 + "%", "+5%", "--5%", "5.5.5%", "1e%"),
    ],
)
def test_other_text_is_no_duration(text: str) -> None:
    assert parse(text) is None


def test_a_negative_duration_is_refused() -> None:
    with pytest.raises(SpecError) as caught:
        parse("-5%")
    assert caught.value.message == (
        "-5% is negative: a duration is 0 or more, such as 5%, 0.05dur, 3ep, 500ba, 375Mtok or rest"
    )


def test_the_examples_are_of_the_grammar() -> None:
    for example in EXAMPLES.replace(" or ", ", ").split(", "):
        assert parse(example) is not None, example


@pytest.mark.parametrize(
    ("text", "updates"),
    [
        ("5%", Fraction(4503600, 800)),
        ("3ep", Fraction(3753)),
        ("0.1ep", Fraction(1251, 10)),
        ("500ba", Fraction(500)),
        ("375Mtok", Fraction(1875, 16)),
        ("rest", Fraction(112590)),
    ],
)
def test_updates_are_exact(text: str, updates: Fraction) -> None:
    length = Length(112590, updates_per_epoch=1251, tokens_per_update=Fraction(3_200_000))
    assert parsed(text).updates(length) == updates


@pytest.mark.parametrize(
    ("text", "length", "message"),
    [
        ("3ep", Length(100), "3ep " + EPOCHS.format("epochs")),
        ("500ba", Length(9, 1, epochs_only=True), "500ba " + EPOCHS.format("updates")),
        ("5Mtok", Length(9, 1, ONE, epochs_only=True), "5Mtok " + EPOCHS.format("tokens")),
        (
            "5Mtok",
            Length(100, 10),
            "5Mtok counts tokens, and how many an update takes is not known:"
            " give train.tokens_per_update",
        ),
    ],
)
def test_a_unit_that_the_length_cannot_express(text: str, length: Length, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        calls(parsed(text), length, per_call=ONE)
    assert caught.value.message == message
    assert caught.value.place is None


@pytest.mark.parametrize(
    ("text", "updates", "value"),
    [
        ("5%", 1000, 50),
        ("2.5%", 100, 2),  # 2.5: half to even
        ("3.5%", 100, 4),
        ("2.51%", 100, 3),
        ("0.7%", 1000, 7),  # 7.000000000000001 in floats
        ("29%", 100, 29),  # 28.999999999999996 in floats
        ("100%", 7, 7),
        ("0%", 7, 0),
        ("0ep", 7, 0),
    ],
)
def test_counts_are_rounded_half_to_even(text: str, updates: int, value: int) -> None:
    count = calls(parsed(text), Length(updates, updates_per_epoch=7), per_call=ONE)
    assert count == Count(value, None)


@pytest.mark.parametrize(
    ("text", "per_call", "value"),
    [
        ("5ep", 100, 5),
        ("5ep", 200, 2),  # every second epoch: 2.5
        ("250ba", 100, 2),
        ("350ba", 100, 4),
        ("10%", 100, 9),
        ("5ep", 3, 167),  # every third update
    ],
)
def test_counts_are_calls_of_step(text: str, per_call: int, value: int) -> None:
    length = Length(9000, updates_per_epoch=100)
    assert calls(parsed(text), length, per_call=Fraction(per_call)) == Count(value, None)


@pytest.mark.parametrize(
    ("start", "per_call", "value"), [(0, 1, 1000), (1, 1, 999), (999, 1, 1), (5, 100, 5)]
)
def test_rest_is_what_is_left(start: int, per_call: int, value: int) -> None:
    count = calls(parsed("rest"), Length(1000), per_call=Fraction(per_call), start=start)
    assert count == Count(value, None)


def test_only_rest_depends_on_the_start() -> None:
    count = calls(parsed("50%"), Length(1000), per_call=ONE, start=900)
    assert count == Count(500, None)


@pytest.mark.parametrize("start", [1000, 1001])
def test_nothing_left_for_rest_is_said(start: int) -> None:
    count = calls(parsed("rest"), Length(1000), per_call=ONE, start=start)
    assert count == Count(
        1,
        "rest: the training ends after 1,000 calls of step(), and this phase starts after"
        f" {start:,}: taken as 1",
    )


@pytest.mark.parametrize(
    ("text", "per_call", "note"),
    [
        ("0.01%", 1, "0.01% of the training is 0.1 updates: taken as 1"),
        ("0.05%", 1, "0.05% of the training is 0.5 updates: taken as 1"),
        ("0.001ep", 1, "0.001ep is 0.1 updates: taken as 1"),
        ("1%", 100, "1% of the training is 0.1 calls of step(): taken as 1"),
        ("3ba", 100, "3ba is 0.03 calls of step(): taken as 1"),
    ],
)
def test_what_is_not_zero_never_becomes_zero(text: str, per_call: int, note: str) -> None:
    length = Length(1000, updates_per_epoch=100)
    assert calls(parsed(text), length, per_call=Fraction(per_call)) == Count(1, note)


@given(
    hundredths=st.integers(0, 20_000),
    updates=st.integers(1, 10**8),
    per_call=st.integers(1, 10**4),
)
def test_a_share_is_never_off_by_more_than_half(
    hundredths: int, updates: int, per_call: int
) -> None:
    text = f"{hundredths // 100}.{hundredths % 100:02}%"
    count = calls(parsed(text), Length(updates), per_call=Fraction(per_call))
    exact = Fraction(hundredths * updates, 10_000 * per_call)
    if count.note is None:
        assert 2 * abs(count.value - exact) <= 1
    else:
        assert (count.value, 0 < exact <= Fraction(1, 2)) == (1, True)
