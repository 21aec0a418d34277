from __future__ import annotations

import ast
import math
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lrviz.errors import LrvizError, ScheduleError, SpecError
from lrviz.spec.expressions import lr_lambda, metric_curve

FORMS = "+ - * / // % **, comparisons, and, or, not, a if c else b"
FUNCTIONS = "min, max, abs, sqrt, exp, log, sin, cos, floor, ceil"
ALLOWED = (
    f" is not allowed in an expression (column {{}}): write numbers, step, total, progress, pi,"
    f" {FUNCTIONS}, {FORMS}"
)
GUARD = "; guard it with max(...), or with a if c else b"
TOTAL = 1000


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("0.97 ** step", lambda step: 0.97**step),
        (
            "min((step + 1)**-0.5, (step + 1) * 400**-1.5)",
            lambda step: min((step + 1) ** -0.5, (step + 1) * 400**-1.5),
        ),
        ("step % 100 / 100", lambda step: step % 100 / 100),
        ("step // 300", lambda step: step // 300),
        ("0.1 ** (step // 300)", lambda step: 0.1 ** (step // 300)),
        ("1 - progress", lambda step: 1 - step / TOTAL),
        ("1 - step / total", lambda step: 1 - step / TOTAL),
        (
            "0.5 * (1 + cos(pi * progress))",
            lambda step: 0.5 * (1 + math.cos(math.pi * (step / TOTAL))),
        ),
        ("step / 100 if step < 100 else 1", lambda step: step / 100 if step < 100 else 1),
        ("(100 <= step < 500) + 0.5", lambda step: (100 <= step < 500) + 0.5),
        (
            "step > 10 and step != 99 or not step",
            lambda step: (step > 10 and step != 99) or not step,
        ),
        ("exp(-step / 50) + log(step + 1)", lambda step: math.exp(-step / 50) + math.log(step + 1)),
        (
            "abs(sin(step)) + sqrt(step)",
            lambda step: abs(math.sin(step)) + math.sqrt(step),
        ),
        ("floor(step / 7) - ceil(step / 7)", lambda step: step // 7 - math.ceil(step / 7)),
        ("max(0.1, 1 - step / 100, 0.2)", lambda step: max(0.1, 1 - step / 100, 0.2)),
        ("-step ** 2 + 3", lambda step: -(step**2) + 3),
        ("2 ** 3 ** 2", lambda step: 512),
        ("min(step)", lambda step: step),
        ("max(-5)", lambda step: -5),
        ("1_000 + 0x10 + .5e1 + 5.", lambda step: 1026.0),
        ("  step\n  + 1 ", lambda step: step + 1),
    ],
)
def test_an_expression_is_the_python_it_looks_like(text: str, function: object) -> None:
    assert callable(function)
    compiled = lr_lambda(text, TOTAL)
    for step in (0, 1, 2, 99, 100, 101, 299, 300, 499, 500, 999, 1000):
        value = compiled(step)
        assert value == function(step)
        assert type(value) is float


def test_progress_ends_at_one_and_stands_an_empty_slot() -> None:
    assert [lr_lambda("progress", 3)(step) for step in (0, 1, 3)] == [0.0, 1 / 3, 1.0]
    assert lr_lambda("progress", 0)(0) == 0.0
    assert lr_lambda("total", 0)(0) == 0.0


def test_a_metric_curve_knows_step_epoch_and_progress() -> None:
    curve = metric_curve("step + 10 * epoch + 100 * progress")
    assert curve(5, 0.5, 0.25) == 35.0
    assert metric_curve("step + progress", epochs=False)(5, 0.5, 0.25) == 5.25


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("step.real", "'step.real'" + ALLOWED.format(1)),
        ("1 + step.__class__.__mro__", "'step.__class__.__mro__'" + ALLOWED.format(5)),
        ("(x for x in step)", "'(x for x in step)'" + ALLOWED.format(1)),
        ("max(*step)", "'*step'" + ALLOWED.format(5)),
        ("max(step, key=abs)", "'max(step, key=abs)'" + ALLOWED.format(1)),
        ("step, 1", "'step, 1'" + ALLOWED.format(1)),
        ("2 * (yield)", "'yield'" + ALLOWED.format(6)),
        ("sin(1)(2)", "'sin(1)(2)'" + ALLOWED.format(1)),
        ("1 + True", "'True'" + ALLOWED.format(5)),
        ("None", "'None'" + ALLOWED.format(1)),
        ("2j", "'2j'" + ALLOWED.format(1)),
        ("...", "'...'" + ALLOWED.format(1)),
        ("step is step", "'step is step'" + ALLOWED.format(1)),
        ("1 in step", "'1 in step'" + ALLOWED.format(1)),
        ("step << 2", "'step << 2'" + ALLOWED.format(1)),
        ("(step := 1)", "':' is not allowed in an expression (column 7)"),
        (
            "lambda epoch: 0.95 ** epoch",
            "an expression is no function; write what it returns: 0.95 ** step",
        ),
        ("lambda: 1", "':' is not allowed in an expression (column 7)"),
        ("step[0]", "'[' is not allowed in an expression (column 5)"),
        ("{1}", "'{' is not allowed in an expression (column 1)"),
        ('"a" * 9', "'\"' is not allowed in an expression (column 1)"),
        ("step # 1", "'#' is not allowed in an expression (column 6)"),
        ("2 × step", "'×' is not allowed in an expression (column 3)"),
        ("ｓtep", "'ｓ' is not allowed in an expression (column 1)"),
        ("1\0", "'\\x00' is not allowed in an expression (column 2)"),
        ("~step", "'~' is not allowed in an expression (column 1)"),
        (
            "step ^ 2",
            "'^' is not allowed in an expression (column 6): a power is written **",
        ),
        (
            "2 * stpe",
            "no name 'stpe' (column 5) among step, total, progress, pi; did you mean step?",
        ),
        ("epoch", "no name 'epoch' (column 1) among step, total, progress, pi"),
        ("__import__", "no name '__import__' (column 1) among step, total, progress, pi"),
        (
            "1 + sine(step)",
            f"no function 'sine' (column 5) among {FUNCTIONS}; did you mean sin?",
        ),
        ("pow(step, 2)", f"no function 'pow' (column 1) among {FUNCTIONS}"),
        ("step * sqrt", "sqrt is a function (column 8): write sqrt(...)"),
        ("1 + sqrt(1, 2)", "sqrt has 2 arguments (column 5): give it one"),
        ("log()", "log has 0 arguments (column 1): give it one"),
        ("min()", "min has no arguments (column 1): give it one or more"),
        (
            "1 + 1" + "0" * 400,
            "the number is too large (column 5): a float ends at 1.8e308",
        ),
        ("1e999", "the number is too large (column 1): a float ends at 1.8e308"),
        ("", "the expression is empty"),
        (" \n ", "the expression is empty"),
        ("step +", "'step +' is not an expression: invalid syntax (column 7)"),
        ("1 + (2", "'1 + (2' is not an expression: '(' was never closed (column 5)"),
        ("1" * 501, "the expression has 501 characters; at most 500 can be"),
        (
            "-" * 100 + "1",
            "the expression is nested too deeply; at most 100 levels can be",
        ),
        (
            "max(" + "1," * 199 + "1)",
            "the expression has more than 200 parts; write it shorter",
        ),
    ],
)
def test_what_is_not_allowed_is_refused_by_column(text: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        lr_lambda(text, TOTAL)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("text", "value"),
    [("1" + " " * 497 + "+1", 2.0), ("-" * 99 + "1", -1.0), ("max(" + "1," * 198 + "2)", 2.0)],
)
def test_the_limits_themselves_are_allowed(text: str, value: float) -> None:
    assert len(text) <= 500
    assert lr_lambda(text, TOTAL)(0) == value


def test_a_curve_without_epochs_says_what_to_give() -> None:
    with pytest.raises(SpecError) as caught:
        metric_curve("1 + epoch", epochs=False)
    assert caught.value.message == (
        "epoch is not known (column 5): give train.steps_per_epoch (or dataset_size and batch_size)"
    )


@pytest.mark.parametrize(
    ("text", "step", "reason"),
    [
        ("1 / step", 0, "division by zero"),
        ("1 % step", 0, "division by zero"),
        ("1 / progress", 0, "division by zero"),
        ("exp(step)", 710, "a number becomes too large"),
        ("9 ** 9 ** 9", 3, "a number becomes too large"),
        ("10 ** step", 309, "a number becomes too large"),
        ("floor(step * 1e308)", 2, "a number becomes too large"),
        ("step * 1e308", 2, "it is inf"),
        ("-step * 1e308", 2, "it is -inf"),
        ("step * 1e308 - step * 1e308", 2, "it is nan"),
        ("sqrt(step - 5)", 4, "sqrt, log, sin, cos or ** is not defined there"),
        ("log(step)", 0, "sqrt, log, sin, cos or ** is not defined there"),
        ("step ** -1", 0, "sqrt, log, sin, cos or ** is not defined there"),
        ("(2 - step) ** 0.5", 3, "sqrt, log, sin, cos or ** is not defined there"),
    ],
)
def test_no_finite_value_names_the_step(text: str, step: int, reason: str) -> None:
    compiled = lr_lambda(text, TOTAL)
    with pytest.raises(ScheduleError) as caught:
        compiled(step)
    assert caught.value.message == f"'{text}' has no finite value at step {step}: {reason}{GUARD}"


def test_only_the_step_that_fails_fails() -> None:
    compiled = lr_lambda("sqrt(step - 5)", TOTAL)
    assert [compiled(step) for step in (5, 6, 9)] == [0.0, 1.0, 2.0]
    assert lr_lambda("10 ** step", TOTAL)(308) == 1e308


def test_a_long_text_is_cut_in_a_message() -> None:
    compiled = lr_lambda("1 / step" + " + 1" * 30, TOTAL)
    with pytest.raises(ScheduleError) as caught:
        compiled(0)
    shown = ("1 / step" + " + 1" * 30)[:57]
    assert caught.value.message == (
        f"'{shown}...' has no finite value at step 0: division by zero{GUARD}"
    )


SNIPPETS = [
    *("step", "total", "progress", "pi", "__class__", "abs", "min", "exp", "lambda", "yield"),
    *("if", "else", "for", "in", "is", "not", "and", "await", "9", "1e300", "0", "1j", "None"),
    *string.punctuation,
    *(" ", "**", "//", "\n", "\t", "é", "\0"),
]


@given(st.lists(st.sampled_from(SNIPPETS), max_size=30).map("".join))
@example("1if step else 2")
@example("(" * 250 + ")" * 250)
@example("9**" * 60 + "9")
@example("step(" * 30)
@example("not " * 120 + "1")
def test_any_text_is_a_finite_float_or_a_clear_error(text: str) -> None:
    try:
        value = lr_lambda(text, TOTAL)(7)
    except LrvizError:
        return
    assert math.isfinite(value)


@given(
    st.recursive(
        st.sampled_from(["step", "total", "progress", "pi", "2.5", "7"]),
        lambda part: st.one_of(
            st.tuples(part, st.sampled_from(["+", "-", "*", "/", "<", "=="]), part).map(
                lambda parts: f"({' '.join(parts)})"
            ),
            st.tuples(part, part, part).map(lambda parts: "({} if {} else {})".format(*parts)),
            st.tuples(part, part).map(lambda parts: "min({}, {})".format(*parts)),
        ),
        max_leaves=12,
    )
)
def test_random_arithmetic_equals_python(text: str) -> None:
    names = {"step": 7, "total": 1000.0, "progress": 7 / 1000, "pi": math.pi, "min": min}
    try:
        expected = float(eval(compile(ast.parse(text, mode="eval"), "test", "eval"), names))
    except ZeroDivisionError:
        with pytest.raises(ScheduleError):
            lr_lambda(text, TOTAL)(7)
    else:
        assert lr_lambda(text, TOTAL)(7) == expected
