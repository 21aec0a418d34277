"""The key-step table and the comparison, as grids of text; `grid.py` gives them their form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lrviz.curves.comparison import Comparand, Comparison, Difference, Point
from lrviz.curves.groups import Column, columns
from lrviz.curves.trace import Trace
from lrviz.errors import UsageError
from lrviz.views.text.grid import Grid
from lrviz.views.text.rows import Row, Rows, common_updates_per_epoch, table_rows, wants_all
from lrviz.writing.numbers import count, lr, percent

AFTER = "after: what would come next; no update uses it."

_TOLD = 4  # schedules whose differences are told in words
_MOST_ROWS = 10_000  # more is not read, and as text would take far more memory than the traces


def table(
    traces: Sequence[Trace],
    at: Sequence[str | int] = (),
    params: Sequence[str] = (),
    *,
    all_groups: bool = False,
) -> Grid:
    """Return the values at the key steps: a row a step, a column a curve.

    Args:
        traces: One or more.
        at: More steps than those found, see `curves.keysteps.resolve`; `all`: every update.
        params: The quantities shown; none means all that move.
        all_groups: Show every param group, also where all are one curve up to a factor.

    Raises:
        UsageError: Something in `at` is no step of any trace, one of `params` is none of their
            quantities, or `all` would be more than 10,000 rows.
    """
    longest = max(trace.updates for trace in traces)
    if wants_all(at) and longest > _MOST_ROWS:
        raise UsageError(
            f"--at all: a table of {count(longest)} rows is more than anybody reads;"
            " use --format csv or --format json, which have no limit"
        )
    shown = columns(traces, params, all_groups=all_groups)
    rows = table_rows(traces, at, params)
    per_epoch = common_updates_per_epoch(traces)
    lead = ("step", "what") if per_epoch in (None, 1) else ("step", "epoch", "what")
    if all(trace.length.epochs_only for trace in traces):
        lead = ("epoch", "what")
    return Grid(
        header=(*lead, *(column.name for column in shown)),
        rows=tuple(
            (
                *_lead(row, per_epoch, lead),
                *(_cell(traces[column.trace], column, row) for column in shown),
            )
            for row in rows.rows
        ),
        lead=len(lead),
        text=frozenset({len(lead) - 1}),
        faint=frozenset(i for i, row in enumerate(rows.rows) if row.names == ("after",)),
        notes=tuple(_notes(traces, rows, shown)),
    )


def comparison(result: Comparison) -> Grid:
    """Return what each schedule comes to, a row each, and below it how they differ.

    Of more than four the differences have a table of their own, see `differences`, and only what
    it has no place for is said here.
    """
    labels = [each.label for each in result.comparands]
    groups = [_group_note(each) for each in result.comparands if each.group is not None]
    sentences = [
        " ".join(_sentences(difference))
        for difference in result.differences
        if len(labels) <= _TOLD or (difference.differs is None and not difference.identical)
    ]
    return Grid(
        header=("", "updates", "peak", "peak at", "final", "mean", "above half the peak"),
        rows=tuple(
            _summary_row(label, each) for label, each in zip(labels, result.comparands, strict=True)
        ),
        notes=(*sentences, *groups),
    )


def differences(result: Comparison) -> Grid | None:
    """Return where schedules differ first and by how much at most; None for up to four of them.

    Of up to twelve every pair is shown, of more each with the first.
    """
    labels = [each.label for each in result.comparands]
    if len(labels) <= _TOLD:
        return None
    if not result.others:
        return Grid(
            header=("", "differs at", "largest ratio", "at update"),
            rows=tuple(
                (
                    each.second,
                    _first(each),
                    _most(each),
                    count(each.largest.update) if each.largest else None,
                )
                for each in result.differences
            ),
            notes=(f"Each is compared with {labels[0]}, the first one.",),
        )
    found = iter((*result.differences, *result.others))
    cells: list[list[str]] = [[""] * len(labels) for _ in labels]
    for one in range(len(labels)):
        for other in range(one + 1, len(labels)):
            each = next(found)
            cells[one][other], cells[other][one] = _first(each), _most(each)
    return Grid(
        header=("", *labels),
        rows=tuple((label, *row) for label, row in zip(labels, cells, strict=True)),
        notes=(
            "At the upper right: the update at which two differ first. At the lower left: their "
            "largest ratio, where both are above 0.",
        ),
    )


def _first(difference: Difference) -> str:
    if difference.differs is not None:
        return count(difference.differs.update)
    return "same" if difference.identical else "same lr"


def _most(difference: Difference) -> str:
    if difference.differs is None:
        return "x1"
    return "none" if difference.largest is None else f"x{_ratio(difference.largest.ratio)}"


def _lead(row: Row, per_epoch: int | None, lead: Sequence[str]) -> tuple[str, ...]:
    what = ", ".join(row.names)
    step = "" if row.step is None else count(row.step)
    if len(lead) == 2:
        return step, what
    return step, "" if row.step is None else _epoch(row.step, per_epoch or 1), what


def _epoch(step: int, per_epoch: int) -> str:
    """Write step / per_epoch; cut, not rounded, so that the last update stays before the end.

    >>> _epoch(112589, 1251), _epoch(5, 2), _epoch(300, 100)
    ('89.999', '2.5', '3')
    """
    whole, thousandths = divmod(step * 1000 // per_epoch, 1000)
    return f"{count(whole)}.{thousandths:03}".rstrip("0").rstrip(".")


def _cell(trace: Trace, column: Column, row: Row) -> str | None:
    step = row.steps[column.trace]
    if step is None:
        return None
    if step < trace.updates:
        return lr(float(column.values[trace.row(step)]))
    return None if column.after is None else lr(column.after)


def _notes(traces: Sequence[Trace], rows: Rows, shown: Sequence[Column]) -> Iterator[str]:
    if any(row.names == ("after",) for row in rows.rows):
        yield AFTER
    own = [row.names[0] for row in rows.rows if row.step is None and row.names != ("after",)]
    if own:
        updates = ", ".join(f"{trace.label} has {count(trace.updates)}" for trace in traces)
        yield f"{', '.join((*own, 'after'))}: counted on each curve's own updates: {updates}."
    for index, (trace, more) in enumerate(zip(traces, rows.more, strict=True)):
        if more:
            what = "jump, turn or kink" if more == 1 else "jumps, turns and kinks"
            yield (
                f"{trace.label}: {count(more)} more {what}; --at all --format csv has every update."
            )
        groups = len({column.group for column in shown if column.trace == index})
        if groups < len(trace.groups):
            yield (
                f"{trace.label}: {_counted(len(trace.groups) - groups, 'more group')}, the same"
                " curve as one of these times a factor; --format csv has them."
            )
        if trace.logged:
            yield f"{trace.label}: logged values, each of the logged update that is nearest."
        if trace.cut_short:
            yield trace.cut_short


def _summary_row(label: str, each: Comparand) -> tuple[str, ...]:
    name = label if each.group is None else f"{label}/{each.group}"
    summary = each.summary
    return (
        name,
        count(each.updates),
        lr(summary.peak),
        f"{count(summary.peak_at)} ({percent(summary.peak_at / each.updates)})",
        lr(summary.final),
        lr(summary.mean),
        percent(summary.above_half),
    )


def _group_note(each: Comparand) -> str:
    return (
        f"{each.label}: of {each.groups} param groups {each.group} is compared,"
        " the one with the highest peak."
    )


def _sentences(difference: Difference) -> Iterator[str]:
    """Say how two schedules differ: whether, from where, and by how much at most."""
    one, other = difference.first, difference.second
    common = _counted(difference.updates, "update")
    shorter, longer = map(count, sorted(difference.lengths))
    if difference.identical:
        same = "the same values, bit for bit"
        yield f"{one} and {other} are identical: {same}, at {common}."
        return
    if difference.differs is None:
        yield f"{one} and {other} have the same learning rate, bit for bit, at {common}."
        if difference.elsewhere:
            yield f"But {difference.elsewhere}."
        if shorter != longer:
            yield f"There one of them ends; the other goes on to {longer}."
        return
    yield f"{one} and {other} differ, first at update {_point(difference.differs, one, other)}."
    if difference.largest is None:
        yield "There is no ratio: at no update are both learning rates above 0."
    elif difference.largest.ratio == 1:
        yield "Where both are above 0 they are the same."
    else:
        ratio = _ratio(difference.largest.ratio)
        yield f"The largest ratio is {ratio}, at update {_point(difference.largest, one, other)}."
    if difference.unrated_from is not None:
        update, why = count(difference.unrated_from), "one of the two is 0, negative or not finite"
        if difference.unrated == 1:
            yield f"Update {update} has no ratio: {why}."
        else:
            yield f"{count(difference.unrated)} updates, from {update} on, have no ratio: {why}."
    if shorter != longer:
        yield f"Compared are the {common} that both have; the longer one has {longer}."


def _ratio(ratio: float) -> str:
    """Write a ratio; one that is nearly 1 by what it has above 1."""
    return lr(ratio) if lr(ratio) != "1" else f"1 + {lr(ratio - 1)}"


def _point(point: Point, one: str, other: str) -> str:
    """Write the two values with as many digits as it takes to tell them apart."""
    values = point.first, point.second
    tries = [[lr(value, digits) for value in values] for digits in (4, 8, 12)]
    apart = (texts for texts in tries if texts[0] != texts[1])
    first, second = next(apart, [repr(value) for value in values])
    return f"{count(point.update)}: {one} {first}, {other} {second}"


def _counted(number: int, noun: str) -> str:
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"
