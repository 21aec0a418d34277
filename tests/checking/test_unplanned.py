"""Schedules written by hand: the classic bugs are found in the curve, and nothing in clean ones."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch.optim.lr_scheduler import LRScheduler

from lrviz.checking.runner import Finding, check
from lrviz.sources.loading import load

LR = 1e-3
BUGGY = {
    "rebound": ("0.5 * (1 + cos(pi * step / (0.5 * N)))", "LRV201"),
    "rebound behind a warmup": (
        "step / (0.05 * N) if step < 0.05 * N else "
        "0.5 * (1 + cos(pi * (step - 0.05 * N) / (0.6 * N)))",
        "LRV201",
    ),
    "half a cosine": ("0.5 * (1 + cos(pi * step / (2 * N)))", "LRV202"),
    "three quarters of a cosine": ("0.5 * (1 + cos(pi * step / (1.4 * N)))", "LRV202"),
    "a constant of another project": ("cos(99 * pi * step / (200 * (2 * N - 1)))", "LRV202"),
    "a decay cut off behind a plateau": (
        "1 if step < 0.8 * N else 1 - 0.47 * (step - 0.8 * N) / (0.2 * N)",
        "LRV202",
    ),
    "a warmup longer than the run": ("min(1, (step + 1) / (5 * N))", "LRV101"),
    "a warmup that ends at a tenth of what follows": (
        "0.1 * step / (0.1 * N) if step < 0.1 * N else "
        "0.5 * (1 + cos(pi * (step - 0.1 * N) / (0.9 * N)))",
        "LRV401",
    ),
    "a warmup to four times what follows": (
        "4 * step / (0.1 * N) if step < 0.1 * N else (N - step) / (0.9 * N)",
        "LRV401",
    ),
    "a drop behind the end": ("0.1 ** floor(step / (2 * N))", "LRV208"),
    "a cooldown behind the end": ("1 if step < 3 * N else 0.5", "LRV208"),
    "a smooth warmup longer than the run": (
        "0.5 * (1 - cos(pi * min(1, step / (2 * N))))",
        "LRV101",
    ),
}
CLEAN = {
    "constant": "1",
    "constant, lower": "0.3",
    "constant, with a drop at the end itself": "1 if step < N else 0.1",
    "constant, by a warmup of one step": "min(1, step + 1)",
    "constant beside a warmup that is over at once": "min(1, (step + 1) / max(1, 0 * N))",
    "warmup whose last step is short": "min(1, (step + 1) / (0.0973 * N))",
    "two rises": "(2 * step / N) % 1",
    "a rise that starts anew twice": "(3 * step / N) % 1",
    "linear": "1 - step / N",
    "linear to a floor": "1 - 0.7 * step / N",
    "linear to 0.9": "1 - 0.1 * step / N",
    "cosine": "0.5 * (1 + cos(pi * step / N))",
    "cosine to a floor": "0.1 + 0.45 * (1 + cos(pi * step / N))",
    "cosine to a high floor": "0.5 + 0.25 * (1 + cos(pi * step / N))",
    "cosine, clamped": "0.5 * (1 + cos(pi * min(1, step / (0.95 * N))))",
    "warmup, constant": "min(1, (step + 1) / (0.1 * N))",
    "warmup, linear": "min(step / (0.1 * N), (N - step) / (0.9 * N))",
    "warmup, cosine": (
        "step / (0.1 * N) if step < 0.1 * N else 0.5 * (1 + cos(pi * (step - 0.1 * N) / (0.9 * N)))"
    ),
    "warmup from a tenth, cosine to a tenth": (
        "0.1 + 0.9 * step / (0.1 * N) if step < 0.1 * N else "
        "0.1 + 0.45 * (1 + cos(pi * (step - 0.1 * N) / (0.9 * N)))"
    ),
    "inverse square root": "1 / sqrt(1 + step)",
    "inverse square root, scaled": "1 / sqrt(1 + step / (0.1 * N))",
    "noam": "min((step + 1) ** -0.5, (step + 1) * (0.1 * N) ** -1.5) * sqrt(0.1 * N)",
    "exponential": "0.01 ** (step / N)",
    "exponential, gentle": "0.3 ** (step / N)",
    "exponential, slight": "0.8 ** (step / N)",
    "inverse time": "1 / (1 + 4 * step / N)",
    "polynomial, squared": "(1 - step / N) ** 2",
    "polynomial to a floor": "0.2 + 0.8 * (1 - step / N) ** 2",
    "polynomial, square root": "(1 - step / N) ** 0.5",
    "steps": "0.1 ** floor(3 * step / N)",
    "steps of a half": "0.5 ** floor(5 * step / N)",
    "one drop": "1 if step < 0.8 * N else 0.1",
    "one small drop": "1 if step < 0.5 * N else 0.5",
    "warmup, steps": "step / (0.05 * N) if step < 0.05 * N else 0.1 ** floor(3 * step / N)",
    "wsd": "1 if step < 0.8 * N else (N - step) / (0.2 * N)",
    "wsd to a tenth": "1 if step < 0.8 * N else 1 - 0.9 * (step - 0.8 * N) / (0.2 * N)",
    "wsd, 1-sqrt": "1 if step < 0.8 * N else 1 - sqrt((step - 0.8 * N) / (0.2 * N))",
    "wsd with a warmup": "min(1, step / (0.05 * N), (N - step) / (0.2 * N))",
    "trapezoid": "min(1, step / (0.2 * N), (N - step) / (0.2 * N))",
    "triangle": "1 - abs(2 * step / N - 1)",
    "triangles": "1 - abs(2 * (5 * step / N % 1) - 1)",
    "triangles from the top": "abs(2 * (5 * step / N % 1) - 1)",
    "restarts": "0.5 * (1 + cos(pi * (4 * step / N % 1)))",
    "restarts of a linear fall": "1 - 3 * step / N % 1",
    "decaying restarts": "0.5 ** floor(4 * step / N) * 0.5 * (1 + cos(pi * (4 * step / N % 1)))",
    "waves": "0.55 + 0.45 * cos(10 * pi * step / N)",
    "one cycle": (
        "0.04 + 0.48 * (1 - cos(pi * step / (0.3 * N))) if step < 0.3 * N else "
        "0.5 * (1 + cos(pi * (step - 0.3 * N) / (0.7 * N)))"
    ),
    "range test": "10 ** (5 * step / N - 5)",
    "range test beyond the lr": "1e-3 * 1e4 ** (step / N)",
    "linear range test to the lr": "(step + 1) / N",
    "rex": "(1 - step / N) / (1 - 0.5 * step / N)",
    "exponential behind a plateau": (
        "1 if step < 0.5 * N else 0.05 ** ((step - 0.5 * N) / (0.5 * N))"
    ),
    "a warmup of a tenth, times a cosine": (
        "min(1, step / (0.1 * N)) * 0.5 * (1 + cos(pi * step / N))"
    ),
    "a warmup of a fifth, times a line": "min(1, step / (0.2 * N)) * (1 - step / N)",
    "noam, not scaled": "min((step + 1) ** -0.5, (step + 1) * (0.1 * N) ** -1.5)",
    "inverse square root of a short warmup": "min((step + 1) ** -0.5, (step + 1) * 8 ** -1.5)",
    "waves below the lr": "0.35 + 0.3 * cos(10 * pi * step / N - pi)",
    "cooldown in the last tenth": "1 if step < 0.9 * N else 1 - (step - 0.9 * N) / (0.1 * N)",
}
FORMS = ("LRV101", "LRV102", "LRV201", "LRV202", "LRV203", "LRV208", "LRV301", "LRV302", "LRV401")


def found(expression: str, updates: int) -> list[Finding]:
    spec = {
        "train": {"steps": updates},
        "optimizer": {"type": "AdamW", "lr": LR},
        "scheduler": {"type": "LambdaLR", "lr_lambda": expression.replace("N", str(updates))},
    }
    report = check(load(spec))
    return [each for each in report.findings if each.code in FORMS]


def by_hand(expression: str, updates: int) -> Callable[[int], float]:
    names = {name: getattr(math, name) for name in ("cos", "pi", "sqrt", "floor")}
    names |= {"abs": abs, "min": min, "max": max, "N": updates}
    code = compile(expression, "by hand", "eval")

    def rate(step: int) -> float:
        return LR * float(eval(code, {**names, "step": step}))

    return rate


@pytest.mark.parametrize("updates", [100, 1000, 20_000])
@pytest.mark.parametrize("name", BUGGY)
def test_a_classic_bug_is_found_in_the_curve(name: str, updates: int) -> None:
    expression, code = BUGGY[name]
    assert [each.code for each in found(expression, updates)] == [code]


@pytest.mark.parametrize("name", BUGGY)
def test_a_function_of_the_step_is_found_alike(name: str) -> None:
    expression, code = BUGGY[name]
    report = check(load(by_hand(expression, 1000), steps=1000))
    assert [each.code for each in report.findings if each.code in FORMS] == [code]


def by_class(expression: str, updates: int) -> Callable[[], LRScheduler]:
    rate = by_hand(expression, updates)

    class Own(LRScheduler):
        def get_lr(self) -> list[float | torch.Tensor]:
            return [rate(self.last_epoch)]

    return lambda: Own(torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=LR))


@pytest.mark.parametrize("name", BUGGY)
def test_a_scheduler_s_class_is_found_alike(name: str) -> None:
    expression, code = BUGGY[name]
    report = check(load(by_class(expression, 1000), steps=1000))
    assert [each.code for each in report.findings if each.code in FORMS] == [code]


@pytest.mark.parametrize("name", CLEAN)
def test_nothing_is_found_in_a_clean_scheduler_s_class(name: str) -> None:
    report = check(load(by_class(CLEAN[name], 1000), steps=1000))
    assert [each.message for each in report.findings if each.code in FORMS] == []


@pytest.mark.parametrize("name", CLEAN)
def test_nothing_is_found_in_a_clean_function_of_the_step(name: str) -> None:
    report = check(load(by_hand(CLEAN[name], 1000), steps=1000))
    assert [each.message for each in report.findings if each.code in FORMS] == []


SHORT_OF_THE_LR = {
    "a long warmup, times a cosine": "min(1, step / (0.4 * N)) * 0.5 * (1 + cos(pi * step / N))",
    "a long warmup, times a line": "min(1, step / (0.5 * N)) * (1 - step / N)",
    "a fall that begins before the rise is over": (
        "step / (0.2 * N) if step < 0.1 * N else 0.5 * (N - step) / (0.9 * N)"
    ),
}


@pytest.mark.parametrize("updates", [100, 1000, 20_000])
@pytest.mark.parametrize("name", SHORT_OF_THE_LR)
def test_a_summit_below_the_lr_is_found(name: str, updates: int) -> None:
    expression = SHORT_OF_THE_LR[name]
    assert [each.code for each in found(expression, updates)] == ["LRV102"]
    report = check(load(by_class(expression, updates), steps=updates))
    assert [each.code for each in report.findings if each.code in FORMS] == ["LRV102"]
    # Of a function of the step nothing says which lr is meant.
    assert check(load(by_hand(expression, updates), steps=updates)).findings[1:] == ()


def test_what_a_summit_below_the_lr_says() -> None:
    [finding] = found(SHORT_OF_THE_LR["a long warmup, times a line"], 1000)
    assert finding.message == "the LR is at most 5e-4 (update 500), 50% of lr 0.001"
    assert finding.advice == ("let the fall begin where the rise ends, or set the LR that is meant")


def test_a_class_that_is_stepped_further_is_left_where_it_can_go() -> None:
    class Ends(LRScheduler):
        def get_lr(self) -> list[float | torch.Tensor]:
            if self.last_epoch > 1000:
                raise StopIteration("no more steps")
            return [LR]

    def make() -> Ends:
        return Ends(torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=LR))

    assert [each.code for each in check(load(make, steps=1000)).findings] == []


def test_where_a_class_would_change_at_last_is_said() -> None:
    def rate(change: int) -> list[Finding]:
        return list(check(load(by_class(f"1 if step < {change} else 0.5", 1), steps=1000)).findings)

    assert rate(1000) == []
    assert [each.message for each in rate(1001)] == [
        "the LR is 0.001 in all 1,000 updates: it would change at update 1,001 first"
    ]
    assert [each.code for each in rate(20_999)] == ["LRV208"]
    assert rate(50_000) == []  # not looked for so far away


def test_where_a_function_of_the_step_would_end_is_said() -> None:
    [long] = check(load(by_hand("min(1, (step + 1) / 5000)", 1000), steps=1000)).findings
    assert long.message == (
        "the LR rises until the end, where it is 2e-4: the warmup would be over at update 4,999, at"
        " 0.001, and the training has 1,000"
    )
    assert long.advice == "shorten the warmup, to 50 updates"
    assert check(load(by_hand("min(1, (step + 1) / 50)", 1000), steps=1000)).findings == ()
    [half] = check(load(by_hand("0.5 * (1 + cos(pi * step / 2000))", 1000), steps=1000)).findings
    assert half.message == (
        "the training ends at an LR of 5.008e-4, 50.2% of the peak, and in the middle of the fall:"
        " it would be over at update 2,000, at 0"
    )
    [flat] = check(load(by_hand("0.1 ** floor(step / 3000)", 1000), steps=1000)).findings
    assert (
        flat.message
        == "the LR is 0.001 in all 1,000 updates: it would change at update 3,000 first"
    )


def test_a_function_that_remembers_or_fails_behind_the_end_is_left_alone() -> None:
    table = [LR * (step + 1) / 5000 for step in range(1001)]
    assert check(load(lambda step: table[step], steps=1000)).findings == ()
    calls: list[int] = []

    def counts(step: int) -> float:
        calls.append(step)
        return LR * min(1, len(calls) / 5000)

    assert check(load(counts, steps=1000)).findings == ()


@pytest.mark.parametrize("updates", [100, 1000, 20_000])
@pytest.mark.parametrize("name", CLEAN)
def test_nothing_is_found_in_a_clean_curve(name: str, updates: int) -> None:
    assert [each.message for each in found(CLEAN[name], updates)] == []


def test_there_are_enough_clean_curves() -> None:
    assert len(CLEAN) >= 40


def test_the_advice_mends_it() -> None:
    [finding] = found("0.5 * (1 + cos(pi * step / 500))", 1000)
    assert finding.message == ("the LR climbs from 0 at update 500 back to 0.001 at the end")
    assert "min(step, 500)" in finding.advice
    assert found("0.5 * (1 + cos(pi * step / 1000))", 1000) == []


@pytest.mark.parametrize(
    ("name", "given", "code"),
    [
        ("cosine", {"num_training_steps": 250}, "LRV201"),
        (
            "cosine_with_min_lr",
            {"num_training_steps": 250, "scheduler_specific_kwargs": {"min_lr_rate": 0.1}},
            "LRV201",
        ),
        (
            "cosine",
            {"num_training_steps": 1000, "scheduler_specific_kwargs": {"num_cycles": 1.0}},
            "LRV303",
        ),
        ("linear", {"num_training_steps": 4000}, "LRV202"),
    ],
)
def test_get_scheduler_is_looked_at_as_what_it_names(
    name: str, given: dict[str, object], code: str
) -> None:
    scheduler = {"type": "transformers.get_scheduler", "name": name, "num_warmup_steps": 20}
    spec = {
        "train": {"steps": 1000},
        "optimizer": {"type": "AdamW", "lr": 1e-4},
        "scheduler": {**scheduler, **given},
    }
    codes = [each.code for each in check(load(spec)).findings if each.code != "LRV103"]
    assert codes == [code]
