from __future__ import annotations

import numpy as np
import pytest

from lrviz.curves import groups as module
from lrviz.curves.events import Array
from lrviz.curves.groups import shown
from lrviz.curves.trace import Trace
from lrviz.errors import UsageError
from lrviz.spec.durations import Length
from lrviz.views.plan.panels import panels

CURVE = np.array([0.1, 0.3, 0.0])


def trace(label: str, groups: int, **curves: Array) -> Trace:
    names = tuple(f"g{index}" for index in range(groups))
    after = {name: values[-1] for name, values in curves.items()}
    return Trace(label, label, names, curves, after, Length(3))


def picked(values: Array) -> list[tuple[int, int]]:
    """Return the groups that are shown, and how many others each stands for."""
    return [(each.group, each.hidden) for each in shown(values)]


def test_of_groups_that_are_one_curve_up_to_a_factor_the_ends_are_shown() -> None:
    assert picked(np.outer(CURVE, [0.25, 0.5, 0.75, 1.0])) == [(0, 0), (3, 2)]
    assert picked(np.outer(CURVE, [1.0, 0.5])) == [(0, 0), (1, 0)]


def test_ends_are_the_highest_and_the_lowest_and_not_the_first_and_the_last() -> None:
    layers = [0.8 ** (24 - layer) for layer in range(24)]
    head_first = shown(np.outer(CURVE, [1.0, *layers]))
    assert [each[:2] for each in head_first] == [(0, 0), (1, 23)]
    assert head_first[1].reach == pytest.approx(0.8**-24, rel=1e-12)
    lowest_within = shown(np.outer(CURVE, [0.5, 0.1, 1.0, 0.2]))
    assert lowest_within == [(1, 0, 1.0), (2, 2, pytest.approx(0.1, rel=1e-12))]
    assert shown(np.outer(CURVE, [-0.5, 1.0])) == [(0, 0, 1.0), (1, 0, 1.0)]


def test_factors_may_be_off_by_a_rounding() -> None:
    values = np.outer(CURVE, [1.0, 0.75**5, 0.75**11])
    values[1, 1] = np.nextafter(values[1, 1], 1)
    assert picked(values) == [(0, 0), (2, 1)]


def test_equal_groups_are_one_curve() -> None:
    assert picked(np.outer(CURVE, [1.0, 1.0, 1.0])) == [(0, 2)]
    assert picked(np.outer(CURVE, [1.0, 0.5, 1.0])) == [(0, 0), (1, 1)]


def test_another_shape_is_always_drawn() -> None:
    other = np.array([0.1, 0.1, 0.1])
    assert picked(np.stack([CURVE, other, CURVE / 2, CURVE / 4], axis=1)) == [
        (0, 0),
        (1, 0),
        (3, 1),
    ]


def test_a_group_that_is_zero_is_not_a_factor_of_the_others() -> None:
    assert picked(np.stack([CURVE, 0 * CURVE], axis=1)) == [(0, 0), (1, 0)]
    assert picked(np.stack([0 * CURVE, CURVE], axis=1)) == [(0, 0), (1, 0)]


def test_non_finite_groups_are_one_only_where_they_are_equal() -> None:
    broken = np.array([0.1, np.nan, np.inf])
    assert picked(np.stack([broken, broken, broken * 2], axis=1)) == [(0, 1), (2, 0)]


@pytest.mark.parametrize(
    ("factors", "labels"),
    [
        ([1.0], ["vit"]),
        ([1.0, 1.0, 1.0], ["vit (3 groups)"]),
        ([1.0, 0.5], ["vit/g0", "vit/g1"]),
        ([1.0, 0.5, 0.25], ["vit/g0", "vit/g2 +1 group up to ×4"]),
        ([1.0, 0.5, 0.25, 0.1], ["vit/g0", "vit/g3 +2 groups up to ×10"]),
        ([1.0, 0.5, 1.5, 0.25], ["vit/g2", "vit/g3 +2 groups up to ×6"]),
        ([0.25, 0.5, 1.0], ["vit/g0", "vit/g2 +1 group down to ×0.25"]),
    ],
)
def test_labels_say_what_is_not_drawn(factors: list[float], labels: list[str]) -> None:
    [panel] = panels([trace("vit", len(factors), lr=np.outer(CURVE, factors))], None, "ends")
    assert [line.label for line in panel.lines] == labels


@pytest.mark.parametrize("groups", ["ends", "all"])
def test_a_line_has_the_values_of_the_group_that_it_is_named_after(groups: str) -> None:
    [panel] = panels([trace("vit", 3, lr=np.outer(CURVE, [1.0, 0.5, 0.25]))], None, groups)
    for line in panel.lines:
        assert line.label.split(" ")[0] == f"vit/g{line.group}"
        assert line.values.tolist() == (CURVE * [1.0, 0.5, 0.25][line.group]).tolist()


def test_all_groups_on_request() -> None:
    [panel] = panels([trace("vit", 3, lr=np.outer(CURVE, [1, 1, 1]))], None, "all")
    assert [line.label for line in panel.lines] == ["vit/g0", "vit/g1", "vit/g2"]


def test_what_moves_has_a_panel_of_its_own_below_the_learning_rate() -> None:
    one = trace("one", 1, lr=CURVE[:, None])
    two = trace("two", 1, lr=CURVE[:, None], momentum=CURVE[:, None], weight_decay=CURVE[:, None])
    first, second, third = panels([one, two], None, "ends")
    assert [p.title for p in (first, second, third)] == [
        "learning rate",
        "momentum",
        "weight decay",
    ]
    assert [line.trace for line in first.lines] == [0, 1]
    assert [line.trace for line in second.lines] == [1]


def test_one_quantity_alone() -> None:
    two = trace("two", 1, lr=CURVE[:, None], momentum=CURVE[:, None])
    assert [panel.param for panel in panels([two], "momentum", "ends")] == ["momentum"]


def test_a_quantity_that_does_not_move_is_an_error() -> None:
    two = trace("two", 1, lr=CURVE[:, None], momentum=CURVE[:, None])
    with pytest.raises(UsageError) as caught:
        panels([two], "momentun", "ends")
    assert str(caught.value) == (
        "no momentun to show: these schedules move lr, momentum; did you mean momentum?"
    )


def test_families_are_those_of_comparing_every_pair() -> None:
    rng = np.random.default_rng(0)
    shapes = [rng.uniform(-1, 1, 40) for _ in range(6)]
    shapes += [np.zeros(40), np.full(40, np.nan), np.full(40, np.inf), np.r_[np.zeros(39), 1.0]]
    shapes += [np.tile([1.0, -1.0], 20), np.full(40, 5e-324), np.full(40, 5e307)]
    columns = [shapes[i] * factor for i in rng.permuted(range(13)) for factor in (1.0, 0.3, -2.0)]
    columns += [columns[0] * (1 + 1e-12), columns[1] * (1 + np.linspace(0, 1e-7, 40))]
    values = np.column_stack(columns)
    families: list[list[int]] = []
    for group in range(values.shape[1]):
        same = (f for f in families if module._proportional(values[:, f[0]], values[:, group]))
        family = next(same, None)
        if family is None:
            families.append(family := [])
        family.append(group)
    assert len(families) > 10
    chosen = dict(picked(values))
    for family in families:
        own = [group for group in family if group in chosen]
        heights = [values[np.abs(values[:, group]).argmax(), group] for group in family]
        ends = {family[int(np.argmin(heights))], family[int(np.argmax(heights))]}
        if len(ends) == 2:
            assert own == sorted(ends)
        assert (len(own) in (1, 2), sum(chosen[g] for g in own)) == (True, len(family) - len(own))
