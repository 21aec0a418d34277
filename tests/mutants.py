"""Plant faults, one at a time, in a copy of the project, and see whether the tests notice.

    python -m tests.mutants [NAME...] [--list]

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

ROOT = Path(__file__).parent.parent
SECONDS = 900  # for a run of tests; a fault may make it endless


@dataclass(frozen=True)
class Mutant:
    """One fault.

    Attributes:
        name: What is wrong with it.
        file: Below `lrviz`.
        old: The code as it is; it stands there once.
        new: What takes its place.
        tests: Names of the test modules that should notice, without `test_`.
    """

    name: str
    file: str
    old: str
    new: str
    tests: str

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
        "spec.py",
        "math.ceil(_exact(section.epochs) * (per_epoch or 1))",
        "math.floor(_exact(section.epochs) * (per_epoch or 1))",
        "spec",
    ),
    Mutant(
        "a last incomplete accumulation is no update",
        "spec.py",
        "-(-batches // section.accumulate)",
        "max(1, batches // section.accumulate)",
        "spec",
    ),
    Mutant(
        "layer-wise decay is one layer off",
        "spec.py",
        "group.lr_decay ** (group.count - index)",
        "group.lr_decay ** (group.count - index - 1)",
        "spec",
    ),
    Mutant(
        "--lr leaves the groups' own rates as they are",
        "optimizers.py",
        'result["lr"] * scale if "lr" in result else lr',
        'result["lr"] if "lr" in result else lr',
        "sources",
    ),
    Mutant(
        "a duration is rounded down",
        "durations.py",
        "    value = round(exact)\n",
        "    value = int(exact)\n",
        "durations",
    ),
    Mutant(
        "`rest` does not begin where its phase does",
        "durations.py",
        "        exact -= start\n",
        "        exact -= 0\n",
        "durations",
    ),
    Mutant(
        "progress ends at 1 one step early",
        "expressions.py",
        "progress = step / calls; ",
        "progress = step / max(1, calls - 1); ",
        "expressions",
    ),
    Mutant(
        "the warmup of a shape begins one step late",
        "shapes.py",
        "        return step / warmup if step < warmup else 1.0\n",
        "        return step / warmup if step <= warmup - 1 else min(1.0, (step - 1) / warmup)\n",
        "shapes",
    ),
    Mutant(
        "the first value of a metric is left out",
        "metrics.py",
        "np.array(metric.values[:count], dtype=np.float64)",
        "np.array(metric.values[1 : count + 1], dtype=np.float64)",
        "metrics",
    ),
    Mutant(
        "a curve's own length does not replace the file's",
        "merging.py",
        "        dropped.update(LENGTHS)\n",
        "        pass\n",
        "sources spec",
    ),
    Mutant(
        "an optimizer of another type inherits all options",
        "merging.py",
        'below.only("lr") if another else below',
        "below",
        "sources spec",
    ),
)
BUILDING = (
    Mutant(
        "intervals are swapped",
        "factory.py",
        "built = BuiltScheduler(scheduler, member.interval,",
        'built = BuiltScheduler(scheduler, {"step": "epoch", "epoch": "step"}[member.interval],',
        "factory",
    ),
    Mutant(
        "the frequency is ignored",
        "factory.py",
        "member.interval, member.frequency, begin, end)",
        "member.interval, 1, begin, end)",
        "factory",
    ),
    Mutant(
        "param groups are in another order",
        "optimizers.py",
        "groups = [_group(group, known, lr, scale) for group in described.groups]",
        "groups = [_group(group, known, lr, scale) for group in described.groups[::-1]]",
        "factory",
    ),
    Mutant(
        "a share of the lr is that of the first group, for all groups",
        "values.py",
        "return [part * lr for lr in slot.lrs]",
        "return [part * slot.lrs[0] for lr in slot.lrs]",
        "factory",
    ),
    Mutant(
        "a phase's `total` runs to the end of the whole training",
        "factory.py",
        "total=max(1, end - begin), parts=inner)",
        "total=slot.total, parts=inner)",
        "factory differential",
    ),
    Mutant(
        "the share of the training that `begin` cuts off is forgotten",
        "factory.py",
        "        start=begin // member.frequency,\n",
        "        start=0,\n",
        "factory differential",
    ),
    Mutant(
        "the light steps are used for a class that is not torch's",
        "factory.py",
        "        slot.own = False\n    return target\n",
        "        pass\n    return target\n",
        "differential",
    ),
)
SIMULATING = (
    Mutant(
        "each row is what the update after it uses",
        "simulation.py",
        "        recorder.record(t)\n        built.optimizer.step()\n"
        "        raised = _step_schedulers(slots, t, built.length.updates_per_epoch or 1)\n"
        "        error = recorder.look(t, raised)\n",
        "        built.optimizer.step()\n"
        "        raised = _step_schedulers(slots, t, built.length.updates_per_epoch or 1)\n"
        "        error = recorder.look(t, raised)\n        recorder.record(t)\n",
        "simulation",
    ),
    Mutant(
        "`begin` is one late",
        "simulation.py",
        "return index >= slot.begin and",
        "return index > slot.begin - (slot.begin == 0) and",
        "simulation differential",
    ),
    Mutant(
        "`end` is one late",
        "simulation.py",
        "index >= slot.end\n",
        "index > slot.end\n",
        "simulation differential",
    ),
    Mutant(
        "the metric is one late",
        "simulation.py",
        "(float(slot.metric[index]),)",
        "(float(slot.metric[max(index - 1, 0)]),)",
        "simulation",
    ),
    Mutant(
        "per-epoch schedulers come before the per-update ones",
        "stepping.py",
        'key=lambda slot: slot.interval == "epoch")',
        'key=lambda slot: slot.interval != "epoch")',
        "differential",
    ),
    Mutant(
        "epochs end one update early",
        "simulation.py",
        "within != updates_per_epoch - 1",
        "within != max(0, updates_per_epoch - 2)",
        "simulation",
    ),
    Mutant(
        "`after` is the last row once more",
        "simulation.py",
        "after = {name: np.array(row) for name, row in self.now.items()}",
        "after = {name: curves[name][-1].copy() for name in self.now}",
        "simulation",
    ),
    Mutant(
        "momentum is read from the wrong beta",
        "recording.py",
        'if (key, index) == ("betas", 0) else',
        'if (key, index) == ("betas", 1) else',
        "simulation",
    ),
    Mutant(
        "the fast path fills from the update after",
        "stepping.py",
        "np.diff(after, prepend=start - 1, append=stop - 1)",
        "np.diff(after + (after < stop - 1), prepend=start - 1, append=stop - 1)",
        "stepping",
    ),
    Mutant(
        "the fast path's first call ignores the frequency",
        "stepping.py",
        "begin = slot.begin + -(slot.begin + 1) % slot.frequency",
        "begin = slot.begin",
        "stepping",
    ),
    Mutant(
        "the fast path's metric is one late",
        "stepping.py",
        "self.metric[indices.start : indices.stop : indices.step].tolist()",
        "np.roll(self.metric, 1)[indices.start : indices.stop : indices.step].tolist()",
        "stepping",
    ),
    Mutant(
        "the fast path says that a metric moved the lr one call late",
        "stepping.py",
        "moves.append(calls - length_hint(metrics) - 1)",
        "moves.append(min(calls - 1, calls - length_hint(metrics)))",
        "stepping",
    ),
    Mutant(
        "a light step does not say that get_lr is called in a step",
        "stepping.py",
        "        LRScheduler._update_lr(scheduler, epoch)\n"
        "        scheduler._get_lr_called_within_step = True\n",
        "        LRScheduler._update_lr(scheduler, epoch)\n",
        "stepping",
    ),
    Mutant(
        "a light step counts no steps",
        "stepping.py",
        "            scheduler._step_count += 1\n            scheduler.last_epoch += 1\n"
        "            values = get_lr()\n            for group",
        "            scheduler.last_epoch += 1\n"
        "            values = get_lr()\n            for group",
        "stepping",
    ),
    Mutant(
        "a failed run keeps the row that its failed call belongs to out",
        "stepping.py",
        "curve[: error.update + 1].copy()",
        "curve[: max(1, error.update)].copy()",
        "stepping",
    ),
    Mutant(
        "a momentum that only the last call moves is left out",
        "stepping.py",
        "(curve.max(axis=0) == first) & (after == first)",
        "(curve.max(axis=0) == first)",
        "differential",
    ),
    Mutant(
        "record begins at the optimizer's defaults",
        "adoption/copying.py",
        "            result[key] = _copy(",
        '            result[key] = 0.1 if key == "lr" else _copy(',
        "adoption differential",
    ),
    Mutant(
        "record steps the user's own objects",
        "adoption/tracing.py",
        "            replace(slot, scheduler=copied)\n",
        "            slot\n",
        "adoption differential",
    ),
)
DERIVING = (
    Mutant(
        "the final value is taken one early",
        "trace.py",
        "last: Array = self.lr[-1]",
        "last: Array = self.lr[max(-2, -len(self.lr))]",
        "trace",
    ),
    Mutant(
        "the peak is one update late",
        "trace.py",
        "highest, at = float(block[index]), start + index",
        "highest, at = float(block[index]), start + index + (index > 0)",
        "trace",
    ),
    Mutant(
        "the main group is the one with the lowest peak",
        "trace.py",
        "(not math.isnan(peaks[group]), peaks[group])",
        "(not math.isnan(peaks[group]), -peaks[group])",
        "trace",
    ),
    Mutant(
        "half the peak itself counts as above it",
        "trace.py",
        "np.count_nonzero(block > highest / 2)",
        "np.count_nonzero(block >= highest / 2)",
        "trace comparison",
    ),
    Mutant(
        "schedules differ one update later than they do",
        "comparison.py",
        "            return start + int(unequal[0])\n",
        "            return min(start + int(unequal[0]) + 1, len(first) - 1)\n",
        "comparison",
    ),
    Mutant(
        "the largest ratio is looked for on one side only",
        "comparison.py",
        "np.maximum(a / b, b / a)",
        "a / b",
        "comparison",
    ),
    Mutant(
        "the peak is no key step",
        "keysteps.py",
        '    names.setdefault(top, []).append("peak")\n',
        "",
        "keysteps",
    ),
    Mutant(
        "a jump is one update off",
        "events.py",
        "return np.append(False, jumps), np.append(False, milestone & ~seen)",
        "return np.append(jumps, False), np.append(False, milestone & ~seen)",
        "events",
    ),
    Mutant(
        "the end of the warmup is one epoch off",
        "keysteps.py",
        "            at = start + int(np.argmax(rising))\n",
        "            at = start + int(np.argmax(rising)) - 1\n",
        "keysteps",
    ),
    Mutant(
        "a share in --at is rounded down",
        "keysteps.py",
        "min(round(exact), whole - 1)",
        "min(int(exact), whole - 1)",
        "keysteps",
    ),
)
SHOWING = (
    Mutant(
        "CSV keeps 15 digits",
        "views/export.py",
        "texts = [repr(value) for value in _values(curve, inside)]",
        'texts = [f"{value:.15g}" for value in _values(curve, inside)]',
        "export",
    ),
    Mutant(
        "JSON keeps 16 digits",
        "views/export.py",
        "return repr(value) if math.isfinite(value) else",
        'return f"{value:.16g}" if math.isfinite(value) else',
        "export",
    ),
    Mutant(
        "an epoch in CSV is that of the next update",
        "views/export.py",
        "repr(t / per_epoch) if per_epoch",
        "repr((t + 1) / per_epoch) if per_epoch",
        "export",
    ),
    Mutant(
        "a shorter curve has a cell beyond its end",
        "views/rows.py",
        "steps = tuple(step if step < trace.updates else None for trace in traces)",
        "steps = tuple(step if step <= trace.updates else None for trace in traces)",
        "table",
    ),
    Mutant(
        "an epoch in a table is rounded up to the next",
        "views/table.py",
        "divmod(step * 1000 // per_epoch, 1000)",
        "divmod(round(step * 1000 / per_epoch), 1000)",
        "table",
    ),
    Mutant(
        "a rate is cut, not rounded",
        "views/formatting.py",
        '    rounded = Decimal(f"{value:.{digits - 1}e}")\n',
        '    decimal = __import__("decimal")\n'
        '    rounded = decimal.Context(digits, "ROUND_DOWN").create_decimal(repr(float(value)))\n',
        "formatting",
    ),
    Mutant(
        "a tick label has a digit too few",
        "views/scales.py",
        "digits = 6 if self.log else max(4, ",
        "digits = 1 if self.log else min(2, ",
        "scales",
    ),
    Mutant(
        "the last tick is left out",
        "views/scales.py",
        "math.floor(high / step + 1e-9)",
        "math.ceil(high / step - 1e-9) - 1",
        "scales",
    ),
    Mutant(
        "an epoch on the x axis is one update short",
        "views/scales.py",
        "return 1 / trace.updates_per_epoch if trace.updates_per_epoch else None",
        "return 1 / max(1, trace.updates_per_epoch - 1) if trace.updates_per_epoch else None",
        "scales",
    ),
    Mutant(
        "a figure draws the groups in another order than it names them",
        "views/panels.py",
        "lines.append(Line(label, values[:, group], index, group))",
        "lines.append(Line(label, values[:, -1 - group], index, group))",
        "panels",
    ),
    Mutant(
        "a figure's curve is one update to the right",
        "views/figure/lines.py",
        "                at * factor,\n                values,\n                color=",
        "                (at + 1) * factor,\n                values,\n                color=",
        "figure",
    ),
    Mutant(
        "a figure holds a value for no update",
        "views/figure/downsample.py",
        "edges = np.append(starts, len(values)).astype(np.float64)",
        "edges = np.append(starts, len(values) - 1).astype(np.float64)",
        "figure",
    ),
    Mutant(
        "progress ends where a run was cut short",
        "views/scales.py",
        "tuple(100 / trace.length.updates for trace in traces)",
        "tuple(100 / trace.updates for trace in traces)",
        "scales",
    ),
    Mutant(
        "a chart in the terminal is upside down",
        "views/chart/frame.py",
        "np.asarray((rows - 1 - axis.rows(values)) * down + (down - 1) // 2)",
        "np.asarray(axis.rows(values) * down + (down - 1) // 2)",
        "chart",
    ),
    Mutant(
        "the code to paste forgets where a phase begins",
        "views/code.py",
        'return "total_steps" if start == "0" else f"total_steps - {start}"',
        'return "total_steps"',
        "cli_find",
    ),
)
HOLDING = (
    Mutant(
        "a scheduler that exits ends the command",
        "simulation.py",
        "        except BaseException as raised:",
        "        except Exception as raised:",
        "misbehaving",
    ),
    Mutant(
        "groups that are replaced are not followed",
        "simulation.py",
        "        for index, group in enumerate(self._optimizer.param_groups):\n",
        "        self._first = vars(self).setdefault('_first', self._optimizer.param_groups)\n"
        "        for index, group in enumerate(self._first):\n",
        "misbehaving",
    ),
    Mutant(
        "groups that are added are not noticed",
        "simulation.py",
        "        if groups != self._shape[1]:\n",
        "        if groups < self._shape[1]:\n",
        "misbehaving",
    ),
    Mutant(
        "text that looks like a number is one",
        "recording.py",
        "    if isinstance(value, str):",
        "    if isinstance(value, bytes):",
        "misbehaving",
    ),
    Mutant(
        "every warning is kept",
        "simulation.py",
        "            if len(found) < _WARNINGS:\n",
        "            if len(found) < 10**9:\n",
        "misbehaving",
    ),
    Mutant(
        "what user code prints is mixed with the result",
        "cli/running.py",
        "        with contextlib.redirect_stdout(sys.stderr):\n",
        "        with contextlib.nullcontext():\n",
        "misbehaving",
    ),
    Mutant(
        "a file is written in place",
        "cli/write.py",
        "            _replace(Path(os.path.realpath(path)), data)\n",
        "            path.write_bytes(data)\n",
        "faults",
    ),
    Mutant(
        "a temporary file is left over",
        "cli/write.py",
        "        temporary.unlink(missing_ok=True)\n",
        "        pass\n",
        "faults",
    ),
    Mutant(
        "root takes a file from its owner",
        "cli/write.py",
        "os.chown(temporary, before.st_uid, before.st_gid)",
        "pass",
        "faults",
    ),
    Mutant(
        "SIGTERM ends a command between two lines",
        "cli/signals.py",
        "            signal.signal(number, _end)\n",
        "            pass\n",
        "faults",
    ),
    Mutant(
        "a hangup ends a command under nohup",
        "cli/signals.py",
        "        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):\n",
        "        if True:\n",
        "faults",
    ),
    Mutant(
        "matplotlib logs to stderr with -q too",
        "cli/console.py",
        "logging.ERROR if quiet else logging.WARNING",
        "logging.WARNING",
        "environments",
    ),
    Mutant(
        "a wrong MPLBACKEND ends what opens no window",
        "cli/running.py",
        'os.environ.pop("MPLBACKEND", None)',
        'os.environ.get("MPLBACKEND")',
        "environments",
    ),
    Mutant(
        "rich breaks numbers in a narrow terminal",
        "views/grid.py",
        "options.update(width=width)",
        "options",
        "environments",
    ),
    Mutant(
        "two columns of a CSV file are named alike",
        "views/export.py",
        "        while name in header:\n",
        "        while not name:\n",
        "export",
    ),
    Mutant(
        "curves that are one up to their sign are not compared",
        "views/panels.py",
        "np.abs(values[rows]) / peaks",
        "values[rows] / peaks",
        "panels",
    ),
)
MUTANTS = (*READING, *BUILDING, *SIMULATING, *DERIVING, *SHOWING, *HOLDING)


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
    return [f"lrviz/{mutant.file}", *(f"tests/test_{name}.py" for name in mutant.tests.split())]


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
