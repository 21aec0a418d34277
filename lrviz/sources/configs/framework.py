"""What a framework's config is: how it is recognised, and what it comes to."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lrviz.document import KeyPath, Map
from lrviz.errors import Place, SpecError
from lrviz.spec.config import Trap
from lrviz.spec.models import Interval


@dataclass(frozen=True)
class Facts:
    """What the command line says of a training that its config does not hold; None: not said.

    Attributes:
        version: Of the framework; empty for the newest that is known.
        steps: Optimizer updates, in place of what the config says.
        epochs: Epochs, likewise.
        dataset_size: Samples of the training set.
        world_size: Processes that train on data of their own.
        steps_per_epoch: Updates an epoch.
        metric: `FILE:COLUMN` of the values that a plateau scheduler sees.
        interval: When step() is called, where the config does not hold that.
    """

    version: str = ""
    steps: int | None = None
    epochs: float | None = None
    dataset_size: int | None = None
    world_size: int | None = None
    steps_per_epoch: int | None = None
    metric: str | None = None
    interval: Interval | None = None

    def before(self, *version: int) -> bool:
        """Tell whether the version that was asked for is older; the newest is not.

        >>> Facts("4.9").before(4, 51), Facts("4.51").before(4, 51), Facts().before(4, 51)
        (True, False, False)
        """
        digits = [int(each) for each in self.version.split(".") if each.isdigit()]
        return bool(digits) and tuple(digits) < version


@dataclass(frozen=True)
class Document:
    """A config's data, and the file that it is from.

    Attributes:
        data: What stands in it, with places.
        file: Its name, as the user wrote it.
        folder: Where the files that it names are looked for.
        form: The file's format: `yaml` (and JSON), `toml`, `python` or `params`.
    """

    data: Map
    file: str
    folder: Path = field(default_factory=Path)
    form: str = "yaml"


@dataclass(frozen=True)
class Converted:
    """The spec that a config comes to.

    Attributes:
        tree: The spec, its places in the user's file.
        comments: Where each value of the tree is from, by its path in it.
        summary: How long the training is, in the config's own counts.
        assumed: What was assumed, each with the option that says otherwise.
        unused: Keys about the schedule that have no effect, and why, in the file's order.
        traps: What only this framework makes of what stands there.
        title: The framework with its version, as it is to be said.
        keys: Keys of the config by the path of the value in the tree that is theirs, as it stands.
        heard: Facts that were said and made a difference, by their fields.
    """

    tree: Map
    comments: Mapping[KeyPath, str] = field(default_factory=dict)
    summary: str = ""
    assumed: tuple[str, ...] = ()
    unused: tuple[tuple[str, str], ...] = ()
    traps: tuple[Trap, ...] = ()
    title: str = ""
    keys: Mapping[KeyPath, str] = field(default_factory=dict)
    heard: tuple[str, ...] = ()


@dataclass(frozen=True)
class Framework:
    """A framework whose configs are read.

    Attributes:
        name: Its name behind `--as`.
        title: Its name in messages.
        file: What is read, in some words.
        looked_for: The keys by which a config is recognised, in some words.
        version: The newest version that is known.
        recognises: Tells whether a document is one of its configs.
        convert: Makes the spec of one.
        aliases: Other names behind `--as`.
        versioned: Older versions give other numbers, and `--as NAME@VERSION` says which.
    """

    name: str
    title: str
    file: str
    looked_for: str
    version: str
    recognises: Callable[[Document], bool]
    convert: Callable[[Document, Facts], Converted]
    aliases: tuple[str, ...] = ()
    versioned: bool = False


class FactError(SpecError):
    """A config needs something said of its training that it does not hold."""

    @property
    def facts(self) -> tuple[str, ...]:
        """What is needed, the first thing first, by the names of the options without dashes."""
        return facts_in(self.message.rpartition(";")[2])


def facts_in(text: str) -> tuple[str, ...]:
    """Return the options that a text names, without dashes, each once.

    >>> facts_in("give --dataset-size (or --steps)")
    ('dataset_size', 'steps')
    """
    found = re.findall(r"--([a-z]+(?:-[a-z]+)*)", text)
    return tuple(dict.fromkeys(each.replace("-", "_") for each in found))


def missing(option: str, why: str, place: Place | None) -> FactError:
    """Return the error for a fact that the config does not hold.

    Args:
        option: The option that says it: `--dataset-size`.
        why: Why it is needed.
        place: The key that makes it needed.
    """
    return FactError(f"{why}; give {option}", place)
