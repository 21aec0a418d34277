"""Plant faults, one at a time, in a copy of the project, and see whether the tests notice.

    python -m tests.attacks.mutants [NAME...] [--list]

Each fault is a small change that a slip of the hand could make. Only the test modules named beside
it run in the copy, and the doctests of the changed file: they should notice it without the help of
others. The exit code is 1 if one was not noticed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS = 900  # for a run of tests; a fault may make it endless


@dataclass(frozen=True)
class Mutant:
    """One fault.

    Attributes:
        name: What is wrong with it.
        file: Below `lrviz`.
        old: The code as it is; it stands there once.
        new: What takes its place.
        tests: The test modules that should notice, as `spec/durations`.
    """

    name: str
    file: str
    old: str
    new: str
    tests: str

    def modules(self) -> list[Path]:
        """Return the paths of the test modules, below the project's root."""
        names = map(Path, self.tests.split())
        return [Path("tests", name.parent, f"test_{name.name}.py") for name in names]

    def plant(self, root: Path) -> None:
        """Change the file below `root`.

        Raises:
            ValueError: The code is not there, or more than once.
        """
        path = root / "lrviz" / self.file
        text = path.read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: stands {text.count(self.old)} times in {self.file}")
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")


READING = (
    Mutant(
        "a number of YAML 1.2 is read as text, as PyYAML does",
        "document.py",
        "    if _FLOAT.match(text):\n",
        "    if _FLOAT.match(text) and '.' in text:\n",
        "document",
    ),
    Mutant(
        "a training of 2.1 epochs ends early",
        "spec/training.py",
        "math.ceil(_exact(section.epochs) * (per_epoch or 1))",
        "math.floor(_exact(section.epochs) * (per_epoch or 1))",
        "spec/training",
    ),
    Mutant(
        "a last incomplete accumulation is no update",
        "spec/training.py",
        "-(-batches // section.accumulate)",
        "max(1, batches // section.accumulate)",
        "spec/training",
    ),
    Mutant(
        "layer-wise decay is one layer off",
        "spec/schedule.py",
        "group.lr_decay ** (group.count - index)",
        "group.lr_decay ** (group.count - index - 1)",
        "spec/schedule",
    ),
    Mutant(
        "--lr leaves the groups' own rates as they are",
        "building/optimizers.py",
        'result["lr"] * scale if "lr" in result else lr',
        'result["lr"] if "lr" in result else lr',
        "sources/loading",
    ),
    Mutant(
        "a duration is rounded down",
        "spec/durations.py",
        "    value = round(exact)\n",
        "    value = int(exact)\n",
        "spec/durations",
    ),
    Mutant(
        "`rest` does not begin where its phase does",
        "spec/durations.py",
        "        exact -= start\n",
        "        exact -= 0\n",
        "spec/durations",
    ),
    Mutant(
        "progress ends at 1 one step early",
        "spec/expressions.py",
        "progress = step / calls; ",
        "progress = step / max(1, calls - 1); ",
        "spec/expressions",
    ),
    Mutant(
        "the warmup of a shape begins one step late",
        "shapes/warmups.py",
        "    return warmup, lambda step, do: step / warmup\n",
        "    return warmup + 1, lambda step, do: step / (warmup + 1)\n",
        "shapes/shapes",
    ),
    Mutant(
        "the first value of a metric is left out",
        "spec/metrics.py",
        "np.array(metric.values[:count], dtype=np.float64)",
        "np.array(metric.values[1 : count + 1], dtype=np.float64)",
        "spec/metrics",
    ),
    Mutant(
        "a curve's own length does not replace the file's",
        "spec/inheritance.py",
        "        dropped.update(LENGTHS)\n",
        "        pass\n",
        "sources/loading spec/schedule",
    ),
    Mutant(
        "an optimizer of another type inherits all options",
        "spec/inheritance.py",
        'below.only("lr") if another else below',
        "below",
        "sources/loading spec/schedule",
    ),
)
BUILDING = (
    Mutant(
        "intervals are swapped",
        "building/factory.py",
        "cadence = Cadence(member.interval,",
        'cadence = Cadence({"step": "epoch", "epoch": "step"}[member.interval],',
        "building/factory",
    ),
    Mutant(
        "the frequency is ignored",
        "building/factory.py",
        "member.interval, member.frequency, begin, end)",
        "member.interval, 1, begin, end)",
        "building/factory",
    ),
    Mutant(
        "param groups are in another order",
        "building/optimizers.py",
        "groups = [_group(group, known, lr, scale) for group in described.groups]",
        "groups = [_group(group, known, lr, scale) for group in described.groups[::-1]]",
        "building/factory",
    ),
    Mutant(
        "a share of the lr is that of the first group, for all groups",
        "building/values.py",
        "return [part * lr for lr in phase.lrs]",
        "return [part * phase.lrs[0] for lr in phase.lrs]",
        "building/factory",
    ),
    Mutant(
        "a phase's `total` runs to the end of the whole training",
        "building/factory.py",
        "phase.start + begin, max(1, end - begin)",
        "phase.start + begin, phase.total",
        "building/factory attacks/differ",
    ),
    Mutant(
        "the share of the training that `begin` cuts off is forgotten",
        "building/factory.py",
        "        start=cadence.missed,\n",
        "        start=0,\n",
        "building/factory attacks/differ",
    ),
    Mutant(
        "the light steps are used for a class that is not torch's",
        "building/factory.py",
        "        phase.own = False\n    return target\n",
        "        pass\n    return target\n",
        "attacks/differ",
    ),
)
SIMULATING = (
    Mutant(
        "each row is what the update after it uses",
        "simulation/loop.py",
        "        recorder.record(t - start)\n        built.optimizer.step()\n"
        "        raised = _step_schedulers(schedulers, t, built.length)\n"
        "        error = recorder.look(t - start, raised)\n",
        "        built.optimizer.step()\n"
        "        raised = _step_schedulers(schedulers, t, built.length)\n"
        "        error = recorder.look(t - start, raised)\n        recorder.record(t - start)\n",
        "simulation/loop",
    ),
    Mutant(
        "`begin` is one late",
        "spec/cadence.py",
        "if rest or index < self.begin or",
        "if rest or index <= self.begin - (self.begin == 0) or",
        "simulation/loop attacks/differ",
    ),
    Mutant(
        "`end` is one late",
        "spec/cadence.py",
        "index >= self.end):",
        "index > self.end):",
        "simulation/loop attacks/differ",
    ),
    Mutant(
        "the metric is one late",
        "building/built.py",
        "(float(self.metric[index]),)",
        "(float(self.metric[max(index - 1, 0)]),)",
        "simulation/loop",
    ),
    Mutant(
        "per-epoch schedulers come before the per-update ones",
        "simulation/stepping.py",
        'key=lambda built: built.interval == "epoch")',
        'key=lambda built: built.interval != "epoch")',
        "attacks/differ",
    ),
    Mutant(
        "epochs end one update early",
        "spec/cadence.py",
        "divmod(update + 1, length",
        "divmod(update + 2, length",
        "simulation/loop",
    ),
    Mutant(
        "`after` is the last row once more",
        "simulation/loop.py",
        "after = {name: np.array(row) for name, row in self.now.items()}",
        "after = {name: curves[name][-1].copy() for name in self.now}",
        "simulation/loop",
    ),
    Mutant(
        "momentum is read from the wrong beta",
        "building/quantities.py",
        'if (key, index) == ("betas", 0) else',
        'if (key, index) == ("betas", 1) else',
        "simulation/loop",
    ),
    Mutant(
        "the fast path fills from the update after",
        "simulation/filling.py",
        "np.diff(after, prepend=start - 1, append=stop - 1)",
        "np.diff(after + (after < stop - 1), prepend=start - 1, append=stop - 1)",
        "simulation/stepping",
    ),
    Mutant(
        "the fast path's first call ignores the frequency",
        "spec/cadence.py",
        "range(self.begin + -(self.begin + 1) % self.frequency, stop",
        "range(self.begin, stop",
        "simulation/stepping",
    ),
    Mutant(
        "the fast path's metric is one late",
        "simulation/timeline.py",
        "self.metric[indices.start : indices.stop : indices.step].tolist()",
        "np.roll(self.metric, 1)[indices.start : indices.stop : indices.step].tolist()",
        "simulation/stepping",
    ),
    Mutant(
        "the fast path says that a metric moved the lr one call late",
        "simulation/filling.py",
        "moves.append(calls - length_hint(metrics) - 1)",
        "moves.append(min(calls - 1, calls - length_hint(metrics)))",
        "simulation/stepping",
    ),
    Mutant(
        "a light step does not say that get_lr is called in a step",
        "simulation/light.py",
        "        LRScheduler._update_lr(scheduler, epoch)\n"
        "        scheduler._get_lr_called_within_step = True\n",
        "        LRScheduler._update_lr(scheduler, epoch)\n",
        "simulation/stepping",
    ),
    Mutant(
        "a light step counts no steps",
        "simulation/light.py",
        "            scheduler._step_count += 1\n            scheduler.last_epoch += 1\n"
        "            values = rates()\n            for group",
        "            scheduler.last_epoch += 1\n"
        "            values = rates()\n            for group",
        "simulation/stepping",
    ),
    Mutant(
        "many steps at once are used one update early",
        "simulation/filling.py",
        "found[name][:-1], np.diff(made))",
        "found[name][1:], np.diff(made))",
        "simulation/light",
    ),
    Mutant(
        "steps of which some are skipped and some doubled are taken for one each",
        "simulation/rows.py",
        "once = stop - start == len(states) and repeats.all()",
        "once = stop - start == len(states)",
        "simulation/stepping",
    ),
    Mutant(
        "many steps of a cosine leave out its floor",
        "simulation/bulk/recursions.py",
        "lr := factor * (lr - floor) + floor for",
        "lr := factor * lr for",
        "simulation/light",
    ),
    Mutant(
        "many steps of growing cycles go through a restart",
        "simulation/bulk/closed.py",
        "steps = min(steps, turn - 1 - at)",
        "steps = min(steps, turn - at)",
        "simulation/light",
    ),
    Mutant(
        "many steps of one cycle begin its next phase one step early",
        "simulation/bulk/closed.py",
        "np.searchsorted(ends, counts)",
        "np.searchsorted(ends, counts + 1)",
        "simulation/light",
    ),
    Mutant(
        "a member of a chain is left with what the first one made",
        "simulation/bulk/products.py",
        "lrs[place :: len(members)]",
        "lrs[0 :: len(members)]",
        "simulation/light",
    ),
    Mutant(
        "many steps of a sequence go beyond a milestone",
        "simulation/bulk/__init__.py",
        "steps = min(steps, milestones[index] - count)",
        "steps = min(steps, milestones[index] - count + 1)",
        "simulation/light",
    ),
    Mutant(
        "a plateau is not seen to end in the steps that are passed over",
        "simulation/bulk/plateaus.py",
        "bad + count <= patience",
        "bad <= patience",
        "simulation/light",
    ),
    Mutant(
        "many steps of a plateau forget the best metric",
        "simulation/light.py",
        "            best = scheduler.best\n            bound = beat(best)\n",
        "            best = scheduler.best\n",
        "simulation/light",
    ),
    Mutant(
        "whole numbers of an expression are added as arrays wrap them",
        "spec/many.py",
        ">= _EXACT",
        ">= 2.0**80",
        "spec/many",
    ),
    Mutant(
        "equal numbers of an expression change places",
        "spec/many.py",
        "other < first if",
        "other <= first if",
        "spec/many",
    ),
    Mutant(
        "schedulers are stepped together of which one is not called yet",
        "simulation/filling.py",
        "line.after == timelines[0].after and line.metric is None",
        "line.metric is None",
        "simulation/light",
    ),
    Mutant(
        "many steps are made where another scheduler steps between",
        "simulation/filling.py",
        "if called.count(True) == 1",
        "if True in called",
        "simulation/light",
    ),
    Mutant(
        "a function is asked for the step before",
        "simulation/bulk/functions.py",
        "moved(scheduler, groups, base * factors)",
        "moved(scheduler, groups, base * np.roll(factors, 1, axis=0))",
        "simulation/light",
    ),
    Mutant(
        "a block with a kink in it is taken for a smooth one",
        "curves/events.py",
        "    bound = _ROUNDING * scale\n",
        "    bound = scale\n",
        "curves/events",
    ),
    Mutant(
        "a row that is taken from a file is its neighbour",
        "curves/filed.py",
        "self._slice(at, at + 1) for at in order",
        "self._slice(at - 1, at) for at in order",
        "curves/long",
    ),
    Mutant(
        "a light plateau holds on to its first best",
        "simulation/light.py",
        "            bound = beat(metric)\n",
        "            beat(metric)\n",
        "simulation/light",
    ),
    Mutant(
        "a light cycle ends its warmup one step late",
        "simulation/light.py",
        "            if at <= end:\n",
        "            if at < end + 1:\n",
        "simulation/light",
    ),
    Mutant(
        "a failed run keeps the row that its failed call belongs to out",
        "simulation/stepping.py",
        "                updates = error.update + 1\n",
        "                updates = max(1, error.update)\n",
        "simulation/stepping",
    ),
    Mutant(
        "a momentum that only the last call moves is left out",
        "simulation/stepping.py",
        "(curve.max(axis=0) == first) & (after == first)",
        "(curve.max(axis=0) == first)",
        "attacks/differ",
    ),
    Mutant(
        "record begins at the optimizer's defaults",
        "live/copying.py",
        "            result[key] = _copy(",
        '            result[key] = 0.1 if key == "lr" else _copy(',
        "live/tracing attacks/differ",
    ),
    Mutant(
        "record steps the user's own objects",
        "live/tracing.py",
        "            replace(built, scheduler=copied)\n",
        "            built\n",
        "live/tracing attacks/differ",
    ),
)
DERIVING = (
    Mutant(
        "the final value is taken one early",
        "curves/trace.py",
        "last: Array = self.lr[-1]",
        "last: Array = self.lr[max(-2, -len(self.lr))]",
        "curves/trace",
    ),
    Mutant(
        "the peak is one update late",
        "curves/trace.py",
        "highest, at = float(block[index]), start + index",
        "highest, at = float(block[index]), start + index + (index > 0)",
        "curves/trace",
    ),
    Mutant(
        "the main group is the one with the lowest peak",
        "curves/trace.py",
        "(not math.isnan(peaks[group]), peaks[group])",
        "(not math.isnan(peaks[group]), -peaks[group])",
        "curves/trace",
    ),
    Mutant(
        "half the peak itself counts as above it",
        "curves/trace.py",
        "np.count_nonzero(block > highest / 2)",
        "np.count_nonzero(block >= highest / 2)",
        "curves/trace curves/comparison",
    ),
    Mutant(
        "schedules differ one update later than they do",
        "curves/comparison.py",
        "            return start + int(unequal[0])\n",
        "            return min(start + int(unequal[0]) + 1, len(first) - 1)\n",
        "curves/comparison",
    ),
    Mutant(
        "the largest ratio is looked for on one side only",
        "curves/comparison.py",
        "np.maximum(a / b, b / a)",
        "a / b",
        "curves/comparison",
    ),
    Mutant(
        "the peak is no key step",
        "curves/keysteps.py",
        '    names.setdefault(top, []).append("peak")\n',
        "",
        "curves/keysteps",
    ),
    Mutant(
        "a jump is one update off",
        "curves/events.py",
        "return np.append(False, jumps), np.append(False, milestone & ~seen)",
        "return np.append(jumps, False), np.append(False, milestone & ~seen)",
        "curves/events",
    ),
    Mutant(
        "the end of the warmup is one epoch off",
        "curves/keysteps.py",
        "return trace.update(at * stride) if rose else None",
        "return trace.update((at - 1) * stride) if rose else None",
        "curves/keysteps",
    ),
    Mutant(
        "a share in --at is rounded down",
        "curves/keysteps.py",
        "min(round(exact), length.updates - 1)",
        "min(int(exact), length.updates - 1)",
        "curves/keysteps",
    ),
)
SHOWING = (
    Mutant(
        "CSV keeps 15 digits",
        "views/text/export.py",
        "texts = [repr(value) for value in _values(curve, inside)]",
        'texts = [f"{value:.15g}" for value in _values(curve, inside)]',
        "views/text/export",
    ),
    Mutant(
        "JSON keeps 16 digits",
        "views/text/export.py",
        "return repr(value) if math.isfinite(value) else",
        'return f"{value:.16g}" if math.isfinite(value) else',
        "views/text/export",
    ),
    Mutant(
        "an epoch in CSV is that of the next update",
        "views/text/export.py",
        "repr(t / per_epoch) if per_epoch",
        "repr((t + 1) / per_epoch) if per_epoch",
        "views/text/export",
    ),
    Mutant(
        "a shorter curve has a cell beyond its end",
        "views/text/rows.py",
        "steps = tuple(step if trace.reaches(step) else None for trace in traces)",
        "steps = tuple(step if trace.reaches(step - 1) else None for trace in traces)",
        "views/text/table",
    ),
    Mutant(
        "an epoch in a table is rounded up to the next",
        "views/text/table.py",
        "divmod(step * 1000 // per_epoch, 1000)",
        "divmod(round(step * 1000 / per_epoch), 1000)",
        "views/text/table",
    ),
    Mutant(
        "a rate is cut, not rounded",
        "writing/numbers.py",
        '    rounded = Decimal(f"{value:.{digits - 1}e}")\n',
        '    decimal = __import__("decimal")\n'
        '    rounded = decimal.Context(digits, "ROUND_DOWN").create_decimal(repr(float(value)))\n',
        "writing/numbers",
    ),
    Mutant(
        "a tick label has a digit too few",
        "views/plan/scales.py",
        "digits = 6 if self.log else max(4, ",
        "digits = 1 if self.log else min(2, ",
        "views/plan/scales",
    ),
    Mutant(
        "the last tick is left out",
        "views/plan/scales.py",
        "math.floor(high / step + 1e-9)",
        "math.ceil(high / step - 1e-9) - 1",
        "views/plan/scales",
    ),
    Mutant(
        "an epoch on the x axis is one update short",
        "views/plan/scales.py",
        "return 1 / trace.updates_per_epoch if trace.updates_per_epoch else None",
        "return 1 / max(1, trace.updates_per_epoch - 1) if trace.updates_per_epoch else None",
        "views/plan/scales",
    ),
    Mutant(
        "a figure draws the groups in another order than it names them",
        "views/plan/panels.py",
        "trace.by_update(param, group), index, group, steps, more)",
        "trace.by_update(param, -1 - group), index, group, steps, more)",
        "views/plan/panels",
    ),
    Mutant(
        "a figure's curve is one update to the right",
        "views/figure/lines.py",
        "                at * factor,\n                np.clip(values,",
        "                (at + 1) * factor,\n                np.clip(values,",
        "views/figure/drawing",
    ),
    Mutant(
        "a figure holds a value for no update",
        "views/plan/downsample.py",
        "edges = np.append(starts, len(values)).astype(np.float64)",
        "edges = np.append(starts, len(values) - 1).astype(np.float64)",
        "views/figure/drawing",
    ),
    Mutant(
        "progress ends where a run was cut short",
        "views/plan/scales.py",
        "tuple(100 / trace.length.updates for trace in traces)",
        "tuple(100 / trace.updates for trace in traces)",
        "views/plan/scales",
    ),
    Mutant(
        "a chart in the terminal is upside down",
        "views/chart/frame.py",
        "np.asarray((rows - 1 - axis.rows(values)) * down + (down - 1) // 2)",
        "np.asarray(axis.rows(values) * down + (down - 1) // 2)",
        "views/chart/drawing",
    ),
    Mutant(
        "the code to paste forgets where a phase begins",
        "views/text/code.py",
        'return "total_steps" if start == "0" else f"max(1, total_steps - {start})"',
        'return "total_steps"',
        "cli/find",
    ),
)
HOLDING = (
    Mutant(
        "a scheduler that exits ends the command",
        "simulation/loop.py",
        "        except BaseException as raised:",
        "        except Exception as raised:",
        "attacks/misbehaving",
    ),
    Mutant(
        "groups that are replaced are not followed",
        "simulation/loop.py",
        "        for index, group in enumerate(self._optimizer.param_groups):\n",
        "        self._first = vars(self).setdefault('_first', self._optimizer.param_groups)\n"
        "        for index, group in enumerate(self._first):\n",
        "attacks/misbehaving",
    ),
    Mutant(
        "groups that are added are not noticed",
        "simulation/loop.py",
        "        if groups != self._shape[1]:\n",
        "        if groups < self._shape[1]:\n",
        "attacks/misbehaving",
    ),
    Mutant(
        "text that looks like a number is one",
        "building/quantities.py",
        "    if isinstance(value, str):",
        "    if isinstance(value, bytes):",
        "attacks/misbehaving",
    ),
    Mutant(
        "every warning is kept",
        "simulation/loop.py",
        "            if len(found) < _WARNINGS:\n",
        "            if len(found) < 10**9:\n",
        "attacks/misbehaving",
    ),
    Mutant(
        "what user code prints is mixed with the result",
        "cli/running.py",
        "        with contextlib.redirect_stdout(sys.stderr):\n",
        "        with contextlib.nullcontext():\n",
        "attacks/misbehaving",
    ),
    Mutant(
        "a file is written in place",
        "cli/write.py",
        "            _replace(Path(os.path.realpath(path)), data)\n",
        "            path.write_bytes(data)\n",
        "attacks/faults",
    ),
    Mutant(
        "a temporary file is left over",
        "cli/write.py",
        "        temporary.unlink(missing_ok=True)\n",
        "        pass\n",
        "attacks/faults",
    ),
    Mutant(
        "root takes a file from its owner",
        "cli/write.py",
        "os.chown(temporary, before.st_uid, before.st_gid)",
        "pass",
        "attacks/faults",
    ),
    Mutant(
        "SIGTERM ends a command between two lines",
        "cli/signals.py",
        "            signal.signal(number, _end)\n",
        "            pass\n",
        "attacks/faults",
    ),
    Mutant(
        "a hangup ends a command under nohup",
        "cli/signals.py",
        "        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):\n",
        "        if True:\n",
        "attacks/faults",
    ),
    Mutant(
        "matplotlib logs to stderr with -q too",
        "cli/console.py",
        "logging.ERROR if quiet else logging.WARNING",
        "logging.WARNING",
        "cli/environments",
    ),
    Mutant(
        "a wrong MPLBACKEND ends what opens no window",
        "cli/running.py",
        'os.environ.pop("MPLBACKEND", None)',
        'os.environ.get("MPLBACKEND")',
        "cli/environments",
    ),
    Mutant(
        "rich breaks numbers in a narrow terminal",
        "views/text/grid.py",
        "options.update(width=width)",
        "options",
        "cli/environments",
    ),
    Mutant(
        "two columns of a CSV file are named alike",
        "views/text/export.py",
        "        while name in header:\n",
        "        while not name:\n",
        "views/text/export",
    ),
    Mutant(
        "curves that are one up to their sign are not compared",
        "curves/groups.py",
        "np.abs(values[rows]) / peaks",
        "values[rows] / peaks",
        "views/plan/panels",
    ),
)
ANSWERING = (
    Mutant(
        "a page's curves are not drawn",
        "views/html/script/08-painter.js",
        "    context.stroke(path);\n",
        "",
        "views/html/browser",
    ),
    Mutant(
        "a page's falling curves lose what rises for one update",
        "views/html/script/02-series.js",
        "if (falls && top < one) point(middle, top);",
        "",
        "views/html/browser",
    ),
    Mutant(
        "a page's names do not see the other curves",
        "views/html/script/05-ground.js",
        "if (index === own) continue;",
        "continue;",
        "views/html/browser",
    ),
    Mutant(
        "a page's cycles beside a level stretch are not all counted",
        "views/html/script/03-bands.js",
        "return more.length ? edges.sort() : edges;",
        "return edges;",
        "views/html/browser",
    ),
    Mutant(
        "a page tells the value of the next update",
        "views/html/script/11-figure.js",
        "const update = Math.floor(place / factor);",
        "const update = Math.floor(place / factor) + 1;",
        "views/html/browser",
    ),
    Mutant(
        "a page's doubles lose a carry",
        "views/html/script/01-unpack.js",
        "hi = (high[order] + hi + (sum < lo ? 1 : 0)) >>> 0;",
        "hi = (high[order] + hi) >>> 0;",
        "views/html/browser",
    ),
    Mutant(
        "a page's blocks forget what was before them",
        "views/html/packing.py",
        "bits[max(0, start - _ORDER) : start]",
        "bits[max(0, start - 1) : start]",
        "views/html/packing",
    ),
    Mutant(
        "a page's tables show labels as markup",
        "views/html/table.py",
        "return escape(visible(text))",
        "return visible(text)",
        "views/html/table",
    ),
)
MUTANTS = (*READING, *BUILDING, *SIMULATING, *DERIVING, *SHOWING, *HOLDING, *ANSWERING)


def copied(folder: Path) -> Path:
    """Copy the project into a folder; the working tree is never changed."""
    target = folder / "project"
    ignored = shutil.ignore_patterns(".git", "__pycache__", ".*_cache", ".venv", ".hypothesis")
    shutil.copytree(ROOT, target, ignore=ignored)
    return target


def failed(root: Path, paths: list[str]) -> str:
    """Run tests in a copy until one fails; return its name, or nothing where all pass."""
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *paths]
    try:
        done = subprocess.run(
            command, cwd=root, env=environment, capture_output=True, text=True, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return "no end within 15 minutes"
    if done.returncode == 0:
        return ""
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return found[1] if found else f"pytest: exit code {done.returncode}\n{done.stdout[-2000:]}"


def paths(mutant: Mutant) -> list[str]:
    """Return the test modules that should notice a fault, and the doctests beside it."""
    doctests = [f"lrviz/{mutant.file}"] if mutant.file.endswith(".py") else []
    return doctests + [each.as_posix() for each in mutant.modules()]


def main() -> int:
    """Plant the faults; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="faults with this in their name")
    parser.add_argument("--list", action="store_true", help="only name them")
    options = parser.parse_args()
    chosen = [
        each for each in MUTANTS if not options.names or any(n in each.name for n in options.names)
    ]
    if options.list:
        sys.stdout.writelines(f"{each.file}: {each.name}\n" for each in chosen)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        root = copied(Path(folder))
        everything = sorted({path for each in chosen for path in paths(each)})
        if found := failed(root, everything):
            sys.stdout.write(f"without any fault, this fails: {found}\n")
            return 1
        survived = [each for each in chosen if not noticed(each, root)]
    sys.stdout.write(f"{len(chosen)} faults, {len(chosen) - len(survived)} noticed\n")
    return 1 if survived else 0


def noticed(mutant: Mutant, root: Path) -> bool:
    """Plant one fault, run the tests, mend it; say what noticed it."""
    start = time.monotonic()
    path = root / "lrviz" / mutant.file
    text = path.read_text(encoding="utf-8")
    try:
        mutant.plant(root)
        found = failed(root, paths(mutant))
    finally:
        path.write_text(text, encoding="utf-8")
    verdict = f"noticed by {found}" if found else "NOT NOTICED"
    seconds = time.monotonic() - start
    sys.stdout.write(f"{mutant.file}: {mutant.name}: {verdict} ({seconds:.0f} s)\n")
    sys.stdout.flush()
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
