"""detectron2's YAML: `SOLVER`, and the files that `_BASE_` names."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from lrviz.document import Map, parse, place_of
from lrviz.errors import SpecError
from lrviz.sources.configs.draft import Draft, Given, Keys
from lrviz.sources.configs.forms.bases import read_base
from lrviz.sources.configs.forms.python import merged
from lrviz.sources.configs.framework import Converted, Document, Facts, Framework

VERSION = "0.6"
_NAMES = ("WarmupMultiStepLR", "WarmupCosineLR", "WarmupStepWithFixedGammaLR")
_PARTS = ("MODEL", "SOLVER", "DATASETS", "INPUT", "DATALOADER")
_LONGEST = 10_000  # characters of a tuple that stands in text


def _recognises(document: Document) -> bool:
    data = document.data
    solver = data.get("SOLVER")
    if isinstance(data.get("_BASE_"), str | list):
        return any(isinstance(data.get(key), Map) for key in _PARTS)
    return isinstance(solver, Map) and any(key.isupper() for key in solver)


def _convert(document: Document, facts: Facts) -> Converted:
    file = (document.folder / Path(document.file).name).resolve()
    data = _with_bases(document.data, document.folder, (file,))
    keys = Keys(data, f"detectron2 {VERSION}")
    draft = Draft(keys, facts, keys.defaults)
    solver = keys.inner("SOLVER")
    kind = solver.text("LR_SCHEDULER_NAME", _NAMES[0])
    if kind.value not in _NAMES:
        problem = f"SOLVER.LR_SCHEDULER_NAME: {kind.value!r} is not covered"
        raise SpecError(f"{problem}; covered are {', '.join(_NAMES)}", kind.place)
    scale, how = _scale(draft, solver)
    steps = _scaled(solver.whole("MAX_ITER", 40_000, least=1), scale, how)
    if facts.steps is not None:
        steps = draft.said("--steps", facts.steps)
    if steps.value < 1:
        raise SpecError("SOLVER.MAX_ITER: scaled down to no update", steps.place)
    lr = solver.number("BASE_LR", 0.001)
    if scale != 1:
        lr = lr.to(lr.value * scale, how)
    draft.put("train.steps", steps)
    if facts.steps_per_epoch is not None:
        draft.put("train.steps_per_epoch", draft.said("--steps-per-epoch", facts.steps_per_epoch))
    draft.optimizer(lr, "SGD")
    bias = solver.number("BIAS_LR_FACTOR", 1.0)
    if bias.value not in (None, 1.0):
        draft.put("optimizer.groups.others", lr.to({}))
        draft.put("optimizer.groups.bias.lr", bias.to(bias.value * lr.value, "times BASE_LR"))
    draft.summary = f"{steps.value:,} updates"
    draft.scheduler(
        f"detectron2.{kind.value}", kind, _arguments(draft, solver, kind, steps, (scale, how))
    )
    draft.put("interval", kind.to("step", "after every update"))
    return draft.done()


def _arguments(
    draft: Draft, solver: Keys, kind: Given, steps: Given, scaled: tuple[float, str]
) -> dict[str, Given]:
    arguments = {
        "max_iter": steps,
        "warmup_factor": solver.number("WARMUP_FACTOR", 1.0 / 1000),
        "warmup_iters": _scaled(solver.whole("WARMUP_ITERS", 1000, least=0), *scaled),
        "warmup_method": solver.text("WARMUP_METHOD", "linear"),
        "rescale_interval": solver.flag("RESCALE_INTERVAL"),
    }
    if arguments["warmup_method"].value not in ("linear", "constant"):
        raise solver.wrong("WARMUP_METHOD", "must be linear or constant")
    if kind.value == "WarmupCosineLR":
        end, lr = solver.number("BASE_LR_END", 0.0), solver.number("BASE_LR", 0.001)
        share = end.value / (lr.value * scaled[0]) if lr.value else 0.0
        if not 0 <= share <= 1:
            raise solver.wrong("BASE_LR_END", "must be between 0 and BASE_LR")
        for key in ("STEPS", "GAMMA", "NUM_DECAYS"):
            draft.unused(solver, key, f"{kind.value} has none")
        return arguments | {"end_value": end.to(share, "as a share of BASE_LR")}
    draft.unused(solver, "BASE_LR_END", f"{kind.value} has none")
    arguments["gamma"] = solver.number("GAMMA", 0.1)
    if kind.value == "WarmupStepWithFixedGammaLR":
        draft.unused(solver, "STEPS", f"{kind.value} spreads its drops evenly")
        return arguments | {"num_decays": solver.whole("NUM_DECAYS", 3)}
    listed = solver.any("STEPS", (30_000,))
    points = _numbers(listed.value)
    if points is None:
        raise solver.wrong("STEPS", "must be a list of iterations")
    if scaled[0] != 1:
        points = [round(each / scaled[0]) for each in points]
    kept = [each for each in points if each <= steps.value]
    if kept != sorted(set(kept)) or any(not 0 < each < steps.value for each in kept):
        raise solver.wrong("STEPS", f"must rise, from above 0 to below {steps.value}")
    note = "those up to MAX_ITER" if len(kept) < len(points) else ""
    return arguments | {"steps": listed.to(kept, note)}


def _numbers(value: Any) -> list[int] | None:
    """Return the iterations of a list, or of a Python tuple in text: `(60000, 80000)`."""
    if isinstance(value, str) and len(value) <= _LONGEST:
        try:
            value = ast.literal_eval(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    if not isinstance(value, list | tuple):
        return None
    known = all(isinstance(each, int) and not isinstance(each, bool) for each in value)
    return list(value) if known else None


def _scale(draft: Draft, solver: Keys) -> tuple[float, str]:
    """Return by what the training is scaled to another number of processes, and why."""
    reference = solver.whole("REFERENCE_WORLD_SIZE", 0, least=0).value
    if not reference:
        return 1, ""
    if draft.facts.world_size is None:
        draft.assume(f"REFERENCE_WORLD_SIZE's {reference} processes assumed (--world-size)")
        return 1, ""
    if draft.facts.world_size == reference:
        return 1, ""
    return draft.facts.world_size / reference, f"for {draft.facts.world_size} processes"


def _scaled(given: Given, scale: float, how: str) -> Given:
    return given if scale == 1 else given.to(round(given.value / scale), how)


def _with_bases(data: Map, folder: Path, above: tuple[Path, ...]) -> Map:
    """Return a config over the files that its `_BASE_` names, the last of them uppermost.

    Raises:
        SpecError: One cannot be read, or they lead back to themselves.
    """
    named = data.get("_BASE_")
    if named is None:
        return data
    place, result = place_of(data, ("_BASE_",)), Map()
    for name in named if isinstance(named, list) else [named]:
        path, text = read_base("_BASE_", name, folder, above, place)
        base = parse(text, str(path))
        if not isinstance(base, Map):
            raise SpecError(f"_BASE_: {name} is no mapping", place)
        result = merged(result, _with_bases(base, path.parent, (*above, path.resolve())))
    return merged(result, data.without("_BASE_"))


FRAMEWORK = Framework(
    name="detectron2",
    title="detectron2",
    file="its YAML, with the files of _BASE_",
    looked_for="SOLVER in capitals, or _BASE_",
    version=VERSION,
    recognises=_recognises,
    convert=_convert,
)
