"""How long a training is: its updates, and those of an epoch, from what a spec says."""

from __future__ import annotations

import math
from fractions import Fraction

from lrviz.document import Map, place_of
from lrviz.errors import SpecError
from lrviz.spec.durations import MOST, Length
from lrviz.spec.models import PLANNED, Train

DEFAULT_STEPS = 1000
MAX_UPDATES = 10**8

# What says how long a training is, and what says how long an epoch is: one of each at most.
LENGTHS = ("steps", "epochs", "tokens")
SIZES = (
    *("dataset_size", "batch_size", "world_size"),
    *("accumulate", "drop_last", "sampler_drop_last"),
)


def length(section: Train, data: Map, *, force: bool = False) -> Length:
    """Return how long a training is.

    Each of `world_size` devices sees ceil(dataset_size / world_size) samples an epoch (rounded down
    with `sampler_drop_last`), in ceil(samples / batch_size) batches (rounded down with
    `drop_last`), and updates an epoch are ceil(batches / accumulate): what torch's
    DistributedSampler and DataLoader give. Updates are ceil(epochs * updates an epoch), or
    ceil(tokens / tokens_per_update).

    Args:
        section: What a spec says of it.
        data: The same with the places of its keys.
        force: Go on with more than `MAX_UPDATES`.

    Raises:
        SpecError: Nothing says how long, two things say it, or it is absurdly long.
    """
    given = [key for key in LENGTHS if getattr(section, key) is not None]
    if len(given) > 1:
        raise SpecError(
            f"train: {' and '.join(given)} at once; keep one", place_of(data, (given[1],), key=True)
        )
    if not given:
        raise SpecError(
            "nothing says how long training is; add `train: {steps: 10000}` or `epochs:`, "
            "or give --steps",
            data.place,
        )
    per_epoch = _updates_per_epoch(section, data)
    per_update = _fraction(section.tokens_per_update)
    if section.steps is not None:
        updates = section.steps
    elif section.epochs is not None:
        updates = math.ceil(_exact(section.epochs) * (per_epoch or 1))
    elif per_update is None:
        raise SpecError("train: tokens needs tokens_per_update", place_of(data, ("tokens",)))
    else:
        updates = math.ceil(_exact(section.tokens or 0.0) / per_update)
    meant, place = f"is `{given[0]}` what was meant?", place_of(data, (given[0],))
    if updates > MOST:
        raise SpecError(f"train: more than {MOST:,} updates; {meant}", place)
    if updates > MAX_UPDATES and not force:
        raise SpecError(
            f"train: {updates:,} updates, more than {MAX_UPDATES:,}; {meant} --force goes on", place
        )
    only = section.epochs is not None and per_epoch is None
    return Length(updates, 1 if only else per_epoch, per_update, epochs_only=only)


def _updates_per_epoch(section: Train, data: Map) -> int | None:
    sizes = [key for key in SIZES if key in data]
    if section.steps_per_epoch is not None:
        if sizes:
            raise SpecError(
                f"train: steps_per_epoch and {sizes[0]} at once; keep one of the two ways",
                place_of(data, (sizes[0],), key=True),
            )
        return section.steps_per_epoch
    if not sizes:
        return None
    if section.dataset_size is None or section.batch_size is None:
        needs = "dataset_size" if section.dataset_size is None else "batch_size"
        raise SpecError(f"train: {sizes[0]} needs {needs} too", place_of(data, (sizes[0],)))
    if section.sampler_drop_last and section.world_size == 1:
        raise SpecError(
            "train: sampler_drop_last leaves out what does not fill all devices, and there is one; "
            "give world_size, or take it out",
            place_of(data, ("sampler_drop_last",), key=True),
        )
    batches = _batches(section, section.sampler_drop_last)
    if not batches:
        device_batch = section.batch_size * section.world_size
        raise SpecError(
            f"train: {section.dataset_size:,} samples do not fill one batch of {device_batch:,}, "
            "and drop_last leaves it out",
            place_of(data, ("batch_size",)),
        )
    return -(-batches // section.accumulate)


def _batches(section: Train, sampler_drops: bool) -> int:
    """Return the batches that one device sees an epoch."""
    samples = _divided(section.dataset_size or 0, section.world_size, down=sampler_drops)
    return _divided(samples, section.batch_size or 1, down=section.drop_last)


def _divided(count: int, by: int, *, down: bool) -> int:
    return count // by if down else -(-count // by)


def check_start(section: Train, data: Map, length: Length) -> None:
    """Check where a training is resumed.

    Raises:
        SpecError: It is not within the training, or what is restored is said of none.
    """
    if section.start >= length.updates:
        raise SpecError(
            f"train.start: {section.start:,} is not before the end of {length.updates:,} updates",
            place_of(data, ("start",)),
        )
    if section.resume != "all" and not section.start:
        raise SpecError(
            f"train.resume: {section.resume}, and nothing says where training is resumed; add "
            "`start:` to train, or give --start",
            place_of(data, ("resume",)),
        )
    planned = section.resume.removeprefix(PLANNED)
    if planned != section.resume and int(planned) < section.start:
        raise SpecError(
            f"train.resume: {section.resume}, a run that ended before update {section.start:,}, at "
            "which it is resumed",
            place_of(data, ("resume",)),
        )


def padding(section: Train) -> str:
    """Return what is to be known of the samples that do not fill all devices; or nothing.

    With `drop_last` it matters whether the sampler fills them up, as torch's does by itself.
    """
    if not section.drop_last or section.world_size == 1 or section.sampler_drop_last:
        return ""
    filled, dropped = (-(-_batches(section, each) // section.accumulate) for each in (False, True))
    if filled == dropped:
        return ""
    return (
        f"{filled:,} updates an epoch, as torch's DistributedSampler fills up what does not fill "
        f"all devices; {dropped:,} where it drops that too (sampler_drop_last: true)"
    )


def _exact(value: float) -> Fraction:
    # The number that was written: 1.1 is 11/10, not the double beside it.
    return Fraction(repr(value))


def _fraction(value: float | None) -> Fraction | None:
    return None if value is None else _exact(value)
