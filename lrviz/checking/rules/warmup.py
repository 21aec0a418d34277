"""LRV1xx: the warmup."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from lrviz.checking import unplanned
from lrviz.checking.counts import fall, kind, warmup
from lrviz.checking.rule import Fault, rule
from lrviz.checking.subject import Subject, argument
from lrviz.writing.numbers import count, lr, percent

if TYPE_CHECKING:
    from lrviz.building.built import Part

# Decays that begin under the warmup are published too (EfficientNet), and take some percent off the
# peak. A fifth is more than that, and more than learning rates are tuned to.
PEAK_REACHED = unplanned.PEAK_REACHED[1]
# The default of LinearLR, 5 steps, is a warmup of some training of epochs; below a hundredth of a
# training (warmups are 1 to 10 % of it) it was rather forgotten.
LEAST_WARMUP = 0.01
# A whole schedule that is planned for twice the steps, or more, was planned for another training.
ANOTHER_RUN = 2
_TORCH = (
    *("StepLR", "MultiStepLR", "ConstantLR", "LinearLR", "ExponentialLR", "PolynomialLR"),
    *("CosineAnnealingLR", "CosineAnnealingWarmRestarts", "ReduceLROnPlateau"),
    *("OneCycleLR", "CyclicLR"),
)


@rule(
    "LRV101",
    "warmup-reaches-end",
    "warning",
    what="The warmup takes the whole training, or more.",
    why="The learning rate only rises: the peak that was tuned is never used, and what should come"
    " after the warmup never comes. It happens when a config is reused for a shorter training.",
    references=(
        "https://github.com/PrimeIntellect-ai/prime-rl/issues/968",
        "https://github.com/facebookresearch/d2go/issues/19",
    ),
    makes_pointless=("LRV102", "LRV202", "LRV401", "LRV403", "LRV407"),
)
def warmup_reaches_end(subject: Subject) -> Iterator[Fault]:
    """Compare the warmup's length with the steps that there are."""
    yield from unplanned.warmup_reaches_end(subject)
    for leaf in subject.leaves:
        part, planned = leaf.part, warmup(subject, leaf.part)
        # Value `calls` of a warmup is the first at the peak; update calls - 1 is the last there is.
        if planned is None or planned.calls < part.calls or not subject.governs_end(leaf):
            continue
        steps = subject.top(part).calls
        if planned.calls + part.start < steps or steps == 1:
            continue
        short = f"{planned.name}: {max(1, steps // 20)}" + ("" if subject.foreign else ", or 5%")
        advice, path = f"shorten it: write {short}", planned.path
        whole = fall(subject, part)
        if whole is not None and whole.calls >= ANOTHER_RUN * steps:  # both are another training's
            advice = f"set {whole.name} to {steps}, the length of this training, and {short}"
            path = whole.path
        yield Fault(
            f"the warmup takes {count(planned.calls)} steps of {count(steps)}: the LR rises until"
            f" the end, where it is {lr(subject.final)}",
            advice,
            subject.place(part, *path),
            update=subject.updates - 1,
        )


@rule(
    "LRV102",
    "peak-never-reached",
    "warning",
    what="No update uses the learning rate that the schedule is said to peak at.",
    why="The optimizer's lr (or max_lr) was chosen with care, and the training runs below it: a"
    " cycle too long for the training, a factor that is never taken back, or two schedulers that"
    " multiply.",
    references=("https://github.com/Lightning-AI/pytorch-lightning/issues/5631",),
    makes_pointless=("LRV302",),
)
def peak_never_reached(subject: Subject) -> Iterator[Fault]:
    """Compare the highest learning rate with the one aimed at."""
    yield from unplanned.peak_never_reached(subject)
    aims = [_aim(subject, leaf.part) for leaf in subject.leaves]
    known = [aim for aim in aims if aim is not None]
    if not known or len(known) < len(aims) or subject.updates == 1 or subject.resumed:
        return
    aim, part, name = max(known, key=lambda each: each[0])
    if not 0 <= subject.peak < PEAK_REACHED * aim:
        return
    place = subject.schedule.at("optimizer", "lr", key=True)
    yield Fault(
        f"the LR is at most {lr(subject.peak)} (update {count(subject.peak_at)}),"
        f" {percent(subject.peak / aim)} of {name} {lr(aim)}",
        "let the rise end within the training, or set the LR that is meant",
        place if name == "lr" and place is not None else subject.place(part, name),
        update=subject.peak_at,
    )


def _aim(subject: Subject, part: Part) -> tuple[float, Part, str] | None:
    """Return the peak that a scheduler aims at, None where nothing says."""
    if part.type in ("OneCycleLR", "CyclicLR"):
        rates = subject.per_group(argument(part, "max_lr"))
        return (rates[subject.group], part, "max_lr") if rates else None
    shape = subject.shape(part).get("shape")
    falls = shape is not None and shape not in ("constant", "exponential_ramp")
    if part.type in _TORCH or falls or "num_warmup_steps" in part.arguments:
        return (subject.base, part, "lr")
    return None


@rule(
    "LRV103",
    "starts-at-zero",
    "info",
    what="The first update uses a learning rate of 0.",
    why="It changes nothing but the optimizer's moments: a batch is thrown away. That matters in"
    " short trainings, and when checkpoints of the first updates are compared.",
    references=(
        "https://github.com/huggingface/transformers/issues/34754",
        "https://github.com/meta-pytorch/torchtune/issues/2010",
        "https://github.com/EleutherAI/gpt-neox/issues/1373",
    ),
)
def starts_at_zero(subject: Subject) -> Iterator[Fault]:
    """Look at the first learning rate."""
    if subject.at(0) != 0 or not subject.peak > 0 or not subject.leaves:
        return
    idle = int(np.argmax(subject.lr != 0))
    part = subject.leaves[0].part
    planned = warmup(subject, part)
    first = "update 0 uses" if idle == 1 else f"the first {count(idle)} updates use"
    yield Fault(
        f"{first} an LR of 0 and {'changes' if idle == 1 else 'change'} nothing,"
        f" of {count(subject.updates)} updates",
        "nothing to do in long trainings; else start above 0, as LinearLR with start_factor does",
        subject.place(part, *(planned.path if planned else ("type",))),
        update=0,
    )


@rule(
    "LRV104",
    "default-warmup-length",
    "warning",
    what="LinearLR warms up for its default of 5 steps, in a training of many.",
    why="total_iters was left out. Its default suits trainings of some epochs; per update the"
    " warmup is over before it did anything.",
    references=(
        "https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LinearLR.html",
    ),
)
def default_warmup_length(subject: Subject) -> Iterator[Fault]:
    """Look for a LinearLR that was given no length."""
    for leaf in subject.leaves:
        part, planned = leaf.part, warmup(subject, leaf.part)
        if part.type != "LinearLR" or "total_iters" not in part.defaults or planned is None:
            continue
        # A phase of just that length is as good as having it said.
        top = subject.top(part)
        if planned.calls >= LEAST_WARMUP * top.calls or part.calls == planned.calls:
            continue
        yield Fault(
            f"the warmup takes LinearLR's default of {planned.calls} steps, of"
            f" {count(top.calls)}: the LR goes from {lr(subject.at(0))} to {lr(subject.base)}"
            f" in {planned.calls} steps",
            f"add total_iters: {max(1, top.calls // 20)}" + ("" if subject.foreign else ", or 5%"),
            subject.place(part, "total_iters"),
            update=subject.update_of(part, planned.calls),
        )


@rule(
    "LRV105",
    "warmup-ignored",
    "warning",
    what="A warmup is given to a schedule that has none.",
    why="transformers' get_scheduler takes num_warmup_steps for every name, and `constant` does"
    " nothing with it: the training starts at the full learning rate.",
    references=("https://github.com/unslothai/unsloth/issues/8269",),
)
def warmup_ignored(subject: Subject) -> Iterator[Fault]:
    """Look for a count of warmup steps whose first update is at the peak already."""
    for leaf in subject.leaves:
        part, steps = leaf.part, argument(leaf.part, "num_warmup_steps")
        if not isinstance(steps, int) or steps < 1 or len(subject.leaves) > 1:
            continue
        if not subject.peak > 0 or subject.at(0) < subject.peak or "warmup" not in kind(part):
            continue
        yield Fault(
            f"num_warmup_steps is {count(steps)}, and update 0 uses the peak"
            f" {lr(subject.peak)}: {argument(part, 'name') or part.type} has no warmup",
            "name constant_with_warmup, or take num_warmup_steps out",
            subject.place(part, "num_warmup_steps"),
            update=0,
        )


RULES = (
    *(warmup_reaches_end, peak_never_reached, starts_at_zero, default_warmup_length),
    *(warmup_ignored,),
)
