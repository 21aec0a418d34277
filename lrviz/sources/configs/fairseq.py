"""fairseq's Hydra YAML: `optimization` and `lr_scheduler`."""

from __future__ import annotations

from lrviz.document import Map, Seq
from lrviz.errors import SpecError, suggestion
from lrviz.shapes import frameworks
from lrviz.sources.configs.draft import Draft, Given, Keys
from lrviz.sources.configs.framework import Converted, Document, Facts, Framework, missing

VERSION = "0.12.2"
_PARTS = ("lr_scheduler", "optimizer", "task", "model", "criterion")


def _recognises(document: Document) -> bool:
    data = document.data
    parts = [data.get(key) for key in _PARTS]
    return isinstance(data.get("optimization"), Map) and any(
        isinstance(each, Map) and "_name" in each for each in parts
    )


def _convert(document: Document, facts: Facts) -> Converted:
    keys = Keys(document.data, f"fairseq {VERSION}")
    draft = Draft(keys, facts, keys.defaults)
    training, block = keys.inner("optimization"), keys.inner("lr_scheduler")
    kind = block.text("_name", "fixed")
    known = frameworks.of("fairseq")
    if kind.value not in known:
        hint = suggestion(str(kind.value), known) or f"; covered are {', '.join(known)}"
        problem = f"lr_scheduler._name: {kind.value!r} is not covered{hint}"
        raise SpecError(problem, kind.place)
    lr, steps = _rate(training), _length(draft, training)
    draft.put("train.steps", steps)
    if facts.steps_per_epoch is not None:
        draft.put("train.steps_per_epoch", draft.said("--steps-per-epoch", facts.steps_per_epoch))
    draft.optimizer(lr)
    draft.summary = f"{steps.value:,} updates"
    if (training.number("stop_min_lr", -1.0).value or -1.0) >= 0:
        draft.assume("stop_min_lr is not looked at: the training may end before")
    draft.scheduler(f"fairseq.{kind.value}", kind, _arguments(block, kind, lr, steps))
    draft.put("interval", kind.to("step", "set before every update"))
    return draft.done()


def _rate(training: Keys) -> Given:
    """Return `optimization.lr`, a number or a list of one."""
    listed = training.any("lr")
    if isinstance(listed.value, Seq):
        if len(listed.value) != 1:
            raise training.wrong("lr", "several rates, one an epoch, are not covered")
        first = Map(place=listed.place)
        first.put("lr", listed.value[0], training.entry("lr"))
        given = Keys(first, training.defaults, training.path).number("lr")
        if given.value is None:
            raise training.wrong("lr", "must be a number, or a list of one")
        return given
    return training.number("lr", 0.25)


def _length(draft: Draft, training: Keys) -> Given:
    facts, updates = draft.facts, training.whole("max_update", 0)
    if facts.steps is not None:
        return draft.said("--steps", facts.steps)
    epochs = draft.whole_epochs(training.whole("max_epoch", 0))
    total: int | None = None
    if epochs.value and facts.steps_per_epoch is not None:
        total = epochs.value * facts.steps_per_epoch
    if updates.value > 0 and (total is None or updates.value <= total):
        if epochs.value and total is None:
            draft.assume("max_epoch assumed to be no shorter than max_update (--steps-per-epoch)")
        return updates
    if total is None:
        why = "optimization.max_update: nothing says how many updates the training has"
        raise missing("--steps (or --steps-per-epoch)", why, training.place("max_epoch"))
    return epochs.to(total, f"of {facts.steps_per_epoch:,} updates")


def _arguments(block: Keys, kind: Given, lr: Given, steps: Given) -> dict[str, Given]:
    if block.any("force_anneal").value is not None:
        raise SpecError("lr_scheduler.force_anneal is not covered", block.place("force_anneal"))
    warmup = block.whole("warmup_updates", 4000 if kind.value == "inverse_sqrt" else 0, least=0)
    first = block.number("warmup_init_lr", -1)
    match kind.value:
        case "fixed":
            return {"warmup_updates": warmup}
        case "inverse_sqrt":
            if not warmup.value:
                problem = "lr_scheduler.warmup_updates: fairseq divides by it; write 1 at least"
                raise SpecError(problem, warmup.place)
            return {"warmup_updates": warmup, "warmup_init_lr": first}
        case "polynomial_decay":
            total = block.number("total_num_update")
            return {
                "total_num_update": steps if total.value is None else total,
                "warmup_updates": warmup,
                "end_learning_rate": block.number("end_learning_rate", 0.0),
                "power": block.number("power", 1.0),
            }
        case "tri_stage":
            return _stages(block, steps)
    low, period = block.number("min_lr", 0.0), block.number("lr_period_updates", -1)
    if low.value >= lr.value:
        raise block.wrong("min_lr", f"must be below the lr, {lr.value:g}, in fairseq")
    if period.value <= 0:
        period = steps.to(steps.value - warmup.value, "less the warmup")
        if period.value <= 0:
            problem = "lr_scheduler.warmup_updates: leaves no update for the cosine"
            raise SpecError(problem, warmup.place)
    return {
        "lr_period_updates": period,
        "warmup_updates": warmup,
        "warmup_init_lr": first,
        "min_lr": low,
        "t_mult": block.number("t_mult", 1.0),
        "lr_shrink": block.number("lr_shrink", 0.1),
    }


def _stages(block: Keys, steps: Given) -> dict[str, Given]:
    names = ("warmup_steps", "hold_steps", "decay_steps")
    ratio = block.any("phase_ratio")
    value = ratio.value
    if isinstance(value, str):  # a Python list in text, as Hydra's overrides leave it
        try:
            value = [float(each) for each in value.strip("[]()").split(",")]
        except ValueError:
            raise block.wrong("phase_ratio", "must be a list of three shares") from None
    if value is None:
        stages = {name: block.whole(name, 0) for name in names}
    else:
        shares = value if isinstance(value, list) else []
        if len(shares) != 3 or not all(
            isinstance(each, int | float) and 0 <= each <= 1 for each in shares
        ):
            raise block.wrong("phase_ratio", "must be a list of three shares")
        if sum(shares) != 1:
            problem = f"lr_scheduler.phase_ratio: adds up to {sum(shares)!r} as floats do, and"
            raise SpecError(f"{problem} fairseq takes exactly 1; write the steps", ratio.place)
        counts = [int(steps.value * each) for each in shares]
        how = f"of {steps.value:,} updates, rounded down"
        stages = {name: ratio.to(count, how) for name, count in zip(names, counts, strict=True)}
    if stages["decay_steps"].value < 1:
        problem = "lr_scheduler: tri_stage needs phase_ratio or decay_steps: fairseq divides by it"
        raise SpecError(problem, stages["decay_steps"].place)
    return {
        **stages,
        "init_lr_scale": block.number("init_lr_scale", 0.01),
        "final_lr_scale": block.number("final_lr_scale", 0.01),
    }


FRAMEWORK = Framework(
    name="fairseq",
    title="fairseq",
    file="its Hydra YAML",
    looked_for="optimization with lr_scheduler or task of a _name",
    version=VERSION,
    recognises=_recognises,
    convert=_convert,
)
