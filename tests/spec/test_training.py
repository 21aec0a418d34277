"""How long a training is."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from lrviz.document import placed
from lrviz.errors import SpecError
from lrviz.sources.loading import load
from lrviz.spec.durations import Length
from lrviz.spec.models import Train, validated
from lrviz.spec.training import length


def of(**train: Any) -> Length:
    return found(train)


def found(train: dict[str, Any], *, force: bool = False) -> Length:
    data = placed(train)
    return length(validated(Train, data, ("train",)), data, force=force)


@pytest.mark.parametrize(
    ("train", "expected"),
    [
        ({"steps": 10}, Length(10)),
        ({"steps": 1e4}, Length(10_000)),
        ({"steps": 10, "steps_per_epoch": 4}, Length(10, 4)),
        ({"epochs": 90}, Length(90, 1, epochs_only=True)),
        ({"epochs": 2.5}, Length(3, 1, epochs_only=True)),
        ({"epochs": 90, "steps_per_epoch": 1251}, Length(112_590, 1251)),
        # 1.1 * 10 is 11.000000000000002 in doubles, and 11 in the user's mind
        ({"epochs": 1.1, "steps_per_epoch": 10}, Length(11, 10)),
        ({"epochs": 1.11, "steps_per_epoch": 10}, Length(12, 10)),
        ({"epochs": 1, "dataset_size": 100, "batch_size": 25}, Length(4, 4)),
        ({"epochs": 1, "dataset_size": 101, "batch_size": 25}, Length(5, 5)),
        ({"epochs": 1, "dataset_size": 101, "batch_size": 25, "drop_last": True}, Length(4, 4)),
        ({"epochs": 1, "dataset_size": 1000, "batch_size": 32, "world_size": 8}, Length(4, 4)),
        ({"epochs": 1, "dataset_size": 100, "batch_size": 10, "accumulate": 3}, Length(4, 4)),
        (
            {"tokens": 300e9, "tokens_per_update": 3.2e6},
            Length(93_750, None, Fraction(3_200_000)),
        ),
        ({"tokens": 10, "tokens_per_update": 3}, Length(4, None, Fraction(3))),
    ],
)
def test_length(train: dict[str, Any], expected: Length) -> None:
    assert of(**train) == expected


@pytest.mark.parametrize("world_size", [2, 3, 4])
@pytest.mark.parametrize("dataset_size", [115, 116, 1200])
@pytest.mark.parametrize("batch_size", [1, 7, 10])
@pytest.mark.parametrize("sampler_drops", [True, False])
@pytest.mark.parametrize("drop_last", [True, False])
def test_updates_an_epoch_are_the_batches_that_torch_gives_a_device(
    dataset_size: int, batch_size: int, world_size: int, drop_last: bool, sampler_drops: bool
) -> None:
    from torch.utils.data import DataLoader, DistributedSampler

    data: Any = range(dataset_size)
    sampler: Any = DistributedSampler(data, world_size, rank=0, drop_last=sampler_drops)
    loader: Any = DataLoader(data, batch_size=batch_size, sampler=sampler, drop_last=drop_last)
    sizes = {"dataset_size": dataset_size, "batch_size": batch_size, "world_size": world_size}
    found = of(epochs=1, **sizes, drop_last=drop_last, sampler_drop_last=sampler_drops)
    assert found.updates == len(loader)


def test_what_the_sampler_does_with_the_last_samples_is_said_where_it_matters() -> None:
    sizes = {"epochs": 3, "dataset_size": 115, "batch_size": 1, "world_size": 4, "drop_last": True}
    spec = {"train": sizes, "optimizer": {"type": "SGD", "lr": 0.1}, "scheduler": "cosine"}
    [schedule] = load(spec)
    assert (schedule.length.updates, schedule.notes) == (
        87,
        (
            "29 updates an epoch, as torch's DistributedSampler fills up what does not fill all "
            "devices; 28 where it drops that too (sampler_drop_last: true)",
        ),
    )
    [schedule] = load({**spec, "train": {**sizes, "sampler_drop_last": True}})
    assert (schedule.length.updates, schedule.notes) == (84, ())
    assert load({**spec, "train": {**sizes, "dataset_size": 116}})[0].notes == ()
    with pytest.raises(SpecError, match=r"^train: sampler_drop_last leaves out what does not fill"):
        of(epochs=1, dataset_size=9, batch_size=2, sampler_drop_last=True)


def test_absurd_lengths_need_force() -> None:
    assert of(steps=10**8).updates == 10**8
    with pytest.raises(SpecError, match=r"^train: 100,000,001 updates, more than 100,000,000; "):
        of(steps=10**8 + 1)
    assert found({"steps": 10**8 + 1}, force=True).updates == 10**8 + 1
