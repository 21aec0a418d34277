"""The key-step table and the comparison, as people read them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    MultiStepLR,
    OneCycleLR,
)

from lrviz.curves.comparison import compare
from lrviz.curves.trace import RunError, Trace
from lrviz.errors import UsageError
from lrviz.views.text.grid import Grid, markdown, plain
from lrviz.views.text.rows import table_rows
from lrviz.views.text.table import comparison, differences, table
from lrviz.writing.numbers import lr
from tests.conftest import Golden
from tests.traces import stepped, trace


def cosine(n: int, label: str = "cosine") -> Trace:
    return trace(stepped(lambda o: CosineAnnealingLR(o, n), n), label=label)


def resnet() -> Trace:
    rates = np.repeat(stepped(lambda o: MultiStepLR(o, [30, 60, 80]), 90), 1251)
    return trace(rates, label="resnet", per_epoch=1251, interval="epoch", after=1e-4)


def layered() -> Trace:
    rates = stepped(lambda o: CosineAnnealingLR(o, 100), 100)
    groups = [f"layers.{i}" for i in range(12)]
    return trace(np.outer(rates, 0.75 ** np.arange(11, -1, -1)), label="vit", groups=groups)


def cells_of(grid: Grid, what: str) -> tuple[str | None, ...]:
    (row,) = [row for row in grid.rows if row[grid.lead - 1] == what]
    return row


def test_two_schedules_as_plain_text(golden: Golden) -> None:
    n = 10_000
    cycle = trace(stepped(lambda o: OneCycleLR(o, 0.1, total_steps=n), n), label="onecycle")
    both = [cosine(n), cycle]
    golden("table/two.txt", "\n".join(plain(table(both, ["0,500"]))) + "\n")
    golden("table/two-compared.txt", "\n".join(plain(comparison(compare(both)))) + "\n")


def test_of_more_than_four_the_differences_are_a_matrix_of_all_pairs(golden: Golden) -> None:
    n = 10_000
    same = cosine(n, "cosine")
    half = trace(same.lr[:, 0] / 2, label="half")
    moved = replace(same, label="moved", curves={**same.curves, "momentum": same.lr})
    zero = trace(np.zeros(n), label="zero")
    many = [same, replace(same, label="same"), half, moved, zero]
    result = compare(many)
    assert differences(compare(many[:4])) is None
    grid = differences(result)
    assert grid is not None
    assert [row[1:] for row in grid.rows] == [
        ("", "same", "0", "same lr", "0"),
        ("x1", "", "0", "same lr", "0"),
        ("x2", "x2", "", "0", "0"),
        ("x1", "x1", "x2", "", "0"),
        ("none", "none", "none", "none", ""),
    ]
    assert grid.header == ("", "cosine", "same", "half", "moved", "zero")
    assert comparison(result).notes == (
        "cosine and moved have the same learning rate, bit for bit, at 10,000 updates. But the "
        "momentum of moved moves, that of the other does not.",
    )
    golden("table/matrix.txt", "\n".join(plain(grid, 48)) + "\n")


def test_of_more_than_twelve_each_is_compared_with_the_first() -> None:
    many = [cosine(100, "first"), *(cosine(100 + k, f"c{k}") for k in range(12))]
    grid = differences(compare(many))
    assert grid is not None
    assert grid.header == ("", "differs at", "largest ratio", "at update")
    assert grid.rows[0] == ("c0", "same", "x1", None)
    assert [row[0] for row in grid.rows] == [f"c{k}" for k in range(12)]
    assert {row[1] for row in grid.rows[1:]} == {"1"}
    assert grid.notes == ("Each is compared with first, the first one.",)


def test_epochs_as_markdown(golden: Golden) -> None:
    golden("table/resnet.md", "\n".join(markdown(table([resnet()], ["30ep,10%"]))) + "\n")


def test_different_lengths_and_many_schedules_as_plain_text(golden: Golden) -> None:
    sgdr = trace(stepped(lambda o: CosineAnnealingWarmRestarts(o, 100), 300), label="sgdr")
    many = [sgdr, *(cosine(100 * k, f"cosine-of-{k}") for k in range(1, 8))]
    golden("table/many.txt", "\n".join(plain(table(many))) + "\n")


def test_every_value_is_that_of_its_row() -> None:
    made = [cosine(1000), resnet()]
    rows = table_rows(made, ["10%", "123"])
    grid = table(made, ["10%", "123"])
    assert len(grid.rows) == len(rows.rows)
    for row, texts in zip(rows.rows, grid.rows, strict=True):
        for each, step, text in zip(made, row.steps, texts[grid.lead :], strict=True):
            if step is None:
                assert text is None
            elif step == each.updates:
                assert text == lr(each.after["lr"][0])
            else:
                assert text == lr(each.lr[step, 0])


def test_of_different_lengths_shares_and_ends_are_each_curves_own() -> None:
    made = [cosine(100, "long"), cosine(40, "short")]
    rows = table_rows(made, ["10%", "50", "39"])
    assert [(row.step, row.steps, row.names) for row in rows.rows] == [
        (0, (0, 0), ("first", "peak")),
        (39, (39, 39), ("asked for",)),
        (50, (50, None), ("asked for",)),
        (None, (10, 4), ("10%",)),
        (None, (25, 10), ("25%",)),
        (None, (50, 20), ("50%",)),
        (None, (75, 30), ("75%",)),
        (None, (99, 39), ("last",)),
        (None, (100, 40), ("after",)),
    ]
    assert rows.updates(made) == [0, 4, 10, 20, 25, 30, 39, 50, 75, 99]
    grid = table(made)
    assert cells_of(grid, "last")[:1] == ("",)
    assert grid.notes[1] == (
        "25%, 50%, 75%, last, after: counted on each curve's own updates:"
        " long has 100, short has 40."
    )


def test_of_equal_lengths_they_are_rows_like_others() -> None:
    rows = table_rows([cosine(100, "a"), cosine(100, "b")], ["30%"])
    assert [row.step for row in rows.rows] == [0, 25, 30, 50, 75, 99, None]
    assert rows.rows[-1].names == ("after",)


def test_whose_reason_it_is_is_said_where_it_is_not_everybodys() -> None:
    drops = [
        trace(stepped(lambda o, at=at: MultiStepLR(o, [at]), 100), label=label)  # type: ignore[misc]
        for label, at in (("a", 40), ("b", 40), ("c", 60))
    ]
    names = {row.step: row.names for row in table_rows(drops).rows}
    assert names[0] == ("first", "peak")
    assert names[40] == ("drop x0.1 (2 of 3)",)
    assert names[60] == ("c: drop x0.1",)


def test_a_table_of_many_schedules_lists_fewer_events_of_each_and_says_so() -> None:
    milestones = list(range(10, 100, 10))
    one = trace(stepped(lambda o: MultiStepLR(o, milestones, 0.9), 105), label="steps")
    assert table_rows([one]).more == (0,)
    many = [one, *(cosine(105, f"c{i}") for i in range(7))]
    assert table_rows(many).more == (6, *[0] * 7)
    assert (
        "steps: 6 more jumps, turns and kinks; --at all --format csv has every update."
        in table(many).notes
    )


def test_like_groups_are_shown_by_their_ends_and_the_others_counted() -> None:
    grid = table([layered()])
    assert grid.header == ("step", "what", "vit/layers.0", "vit/layers.11")
    assert grid.notes[1:] == (
        "vit: 10 more groups, the same curve as one of these times a factor; --format csv has"
        " them.",
    )
    assert len(table([layered()], all_groups=True).header) == 14
    assert len(table([layered()], all_groups=True).notes) == 1


def test_momentum_has_a_column_and_key_steps_of_its_own_when_it_is_alone() -> None:
    moving = trace([0.1] * 40, momentum=[0.9] * 13 + [0.8] * 27)
    assert table([moving]).header == ("step", "what", "a", "a:momentum")
    assert [row.step for row in table_rows([moving]).rows] == [0, 10, 20, 30, 39, None]
    assert [row.step for row in table_rows([moving], (), ["momentum"]).rows][:3] == [0, 10, 13]
    assert table([moving], params=["momentum"]).header == ("step", "what", "a:momentum")


def test_epochs_are_cut_not_rounded() -> None:
    grid = table([resnet()])
    assert grid.header == ("step", "epoch", "what", "resnet")
    assert cells_of(grid, "last") == ("112,589", "89.999", "last", "1e-4")
    assert grid.rows[2][:3] == ("37,530", "30", "drop x0.1")
    assert grid.rows[1][:3] == ("28,148", "22.5", "25%")


def test_epochs_are_left_out_where_they_are_unknown_or_differ() -> None:
    assert "epoch" not in table([cosine(10)]).header
    assert "epoch" not in table([resnet(), cosine(10)]).header
    only = trace([0.1] * 5, per_epoch=1, interval="epoch", epochs_only=True)
    assert table([only]).header == ("epoch", "what", "a")


def test_one_update() -> None:
    assert table([trace([0.1], after=0.3)]).rows == (
        ("0", "first, peak, last", "0.1"),
        ("", "after", "0.3"),
    )


def test_all_has_every_update_up_to_what_can_be_read() -> None:
    grid = table([cosine(200)], ["all"])
    assert [row[0] for row in grid.rows] == [*(str(step) for step in range(200)), ""]
    assert len(table([cosine(10_000)], ["all"]).rows) == 10_001
    with pytest.raises(UsageError) as caught:
        table([trace(np.zeros(10_001))], ["all"])
    assert caught.value.message == (
        "--at all: a table of 10,001 rows is more than anybody reads;"
        " use --format csv or --format json, which have no limit"
    )


def test_a_step_beyond_every_end_is_an_error() -> None:
    made = [cosine(100), cosine(40)]
    assert table(made, ["99"]).rows
    with pytest.raises(UsageError) as caught:
        table(made, ["100"])
    assert caught.value.message == (
        "--at: 100 is beyond the end, of 100 updates from 0 to 99; allowed are updates (500),"
        " shares (50%), epochs (30ep), tokens (375Mtok), first, peak, last, after and all"
    )


def test_a_step_that_a_failed_run_did_not_reach_says_why() -> None:
    failed = trace(
        stepped(lambda o: CosineAnnealingLR(o, 11), 11),
        label="short",
        updates=1_000,
        error=RunError(10, "ValueError: Tried to step 11 times"),
    )
    start = "--at: {} is beyond the end, of 11 updates from 0 to 10; "
    why = (
        "short: its scheduler failed after update 10 of 1,000, and the curve ends there: "
        "ValueError: Tried to step 11 times"
    )
    for token in ("11", "50%", "100%", "999"):
        with pytest.raises(UsageError) as caught:
            table([failed], [token])
        assert caught.value.message == start.format(token) + why
    for token in ("1000", "200%"):  # which it would not have reached either
        with pytest.raises(UsageError) as caught:
            table([failed], [token])
        assert caught.value.message.startswith(start.format(token) + "allowed are updates (500),")
    assert table([failed], ["10", "last"]).rows
    assert table([failed, cosine(501)], ["50%"]).rows


def test_a_unit_that_one_of_the_trainings_knows_is_no_error() -> None:
    rows = table_rows([resnet(), cosine(100)], ["40ep"])
    (row,) = [row for row in rows.rows if "40ep" in row.names]
    assert row.steps == (40 * 1251, None)
    with pytest.raises(UsageError, match=r"--at: 3ep .*steps_per_epoch"):
        table_rows([cosine(100)], ["3ep"])


def test_a_run_that_an_error_ended_says_so() -> None:
    made = trace([0.1] * 60, updates=100, error=RunError(59, "ValueError: no more"))
    assert table([made]).notes[-1] == (
        "a: its scheduler failed after update 59 of 100, and the curve ends there: "
        "ValueError: no more"
    )


def notes(*made: Trace) -> str:
    return " ".join(comparison(compare(made)).notes)


def test_sentences_on_what_is_the_same() -> None:
    assert notes(trace([1.0, 2.0], label="a"), trace([1.0, 2.0], label="b")) == (
        "a and b are identical: the same values, bit for bit, at 2 updates."
    )
    assert notes(trace([1.0, 2.0, 3.0], label="a"), trace([1.0, 2.0], label="b")) == (
        "a and b have the same learning rate, bit for bit, at 2 updates."
        " There one of them ends; the other goes on to 3."
    )
    assert notes(trace([1.0], label="a"), trace([1.0], label="b", momentum=[0.5])) == (
        "a and b have the same learning rate, bit for bit, at 1 update."
        " But the momentum of b moves, that of the other does not."
    )


def test_sentences_on_what_differs() -> None:
    assert notes(trace([1.0, 2.0, 0.0], label="a"), trace([1.0, 0.5, 0.1, 1.0], label="b")) == (
        "a and b differ, first at update 1: a 2, b 0.5. The largest ratio is 4, at update 1: a 2,"
        " b 0.5. Update 2 has no ratio: one of the two is 0, negative or not finite. Compared are"
        " the 3 updates that both have; the longer one has 4."
    )
    assert notes(trace([0.0, 0.0], label="a"), trace([1.0, 1.0], label="b")) == (
        "a and b differ, first at update 0: a 0, b 1. There is no ratio: at no update are both"
        " learning rates above 0. 2 updates, from 0 on, have no ratio: one of the two is 0,"
        " negative or not finite."
    )


def test_a_ratio_of_1_is_none() -> None:
    assert notes(trace([1.0, -1.0], label="a"), trace([1.0, -2.0], label="b")) == (
        "a and b differ, first at update 1: a -1, b -2. Where both are above 0 they are the same."
        " Update 1 has no ratio: one of the two is 0, negative or not finite."
    )


def test_values_that_differ_are_never_written_alike() -> None:
    assert "a 0.1, b 0.10000000000000002." in notes(
        trace([0.1], label="a"), trace([0.10000000000000002], label="b")
    )
    assert "The largest ratio is 1 + 2.22e-16, at" in notes(
        trace([0.1], label="a"), trace([0.10000000000000002], label="b")
    )
    assert "a 0.1, b 0.1000001." in notes(trace([0.1], label="a"), trace([0.1000001], label="b"))


def test_which_group_is_compared_is_said() -> None:
    grid = comparison(compare([layered(), cosine(100)]))
    assert [row[0] for row in grid.rows] == ["vit/layers.11", "cosine"]
    assert grid.notes[-1] == (
        "vit: of 12 param groups layers.11 is compared, the one with the highest peak."
    )


def test_figures_of_the_comparison() -> None:
    grid = comparison(compare([trace([0.5, 1.0, 0.75, 0.25], label="x")]))
    assert grid.rows == (("x", "4", "1", "1 (25%)", "0.25", "0.625", "50%"),)
    assert grid.notes == ()


def test_goldens_are_no_wider_than_a_log() -> None:
    for path in (Path(__file__).parents[2] / "golden" / "table").glob("*.txt"):
        assert max(map(len, path.read_text(encoding="utf-8").splitlines())) <= 80
