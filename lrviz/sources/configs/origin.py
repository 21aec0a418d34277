"""A document to the Origin that loading goes on with, where it is another framework's config."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lrviz.document import Map
from lrviz.errors import SpecError, UsageError
from lrviz.sources.configs import reading
from lrviz.sources.configs.framework import Converted, Document, Facts
from lrviz.sources.kind import Origin
from lrviz.sources.overrides import Overrides, with_sets
from lrviz.spec.config import Config
from lrviz.spec.models import Curve, Spec

_SCHEDULES = ("scheduler", "schedulers", "schedules")


def of_config(
    document: Any, named: tuple[str, str, Path], overrides: Overrides, form: str = "yaml"
) -> list[Origin] | None:
    """Return a config as an Origin; None where the document is a spec of lrviz, or nothing known.

    Args:
        document: Plain data with places.
        named: Its label, its source and its folder.
        overrides: What the command line says for all.
        form: The file's format.

    Raises:
        SpecError: It may be of several frameworks, or it is a config and something in it is wrong.
    """
    label, source, folder = named
    if not isinstance(document, Map):
        return None
    if overrides.framework is None and is_spec(document):
        return None
    document = with_sets(document, overrides.sets)
    config = Document(document, source.partition("#")[0], folder, form)
    version = ""
    if overrides.framework is not None:
        framework, version = reading.named(overrides.framework)
    else:
        found = reading.recognised(config)
        if found is None:
            if form == "python" or any(key in Spec.model_fields for key in document):
                return None  # what is wrong with it as a spec, or as a script, says more
            raise unknown(document)
        framework = found
    converted = reading.converted(framework, config, facts(overrides, version))
    return [Origin(label, source, converted.tree, folder, config=converted)]


def facts(overrides: Overrides, version: str = "") -> Facts:
    """Return what the command line says of a training."""
    return Facts(
        version=version,
        steps=overrides.steps,
        epochs=overrides.epochs,
        dataset_size=overrides.dataset_size,
        world_size=overrides.world_size,
        steps_per_epoch=overrides.steps_per_epoch,
        metric=overrides.metric,
        interval=overrides.interval,
    )


def is_spec(document: Map) -> bool:
    """Tell whether a document is a spec of lrviz: its keys are a spec's, and one is a schedule."""
    if not any(key in document for key in _SCHEDULES):
        return False
    inner = [document.get(key) for key in ("scheduler", "optimizer")]
    if any(isinstance(each, Map) and isinstance(each.get("params"), Map) for each in inner):
        return False  # DeepSpeed's
    return all(key in Spec.model_fields or key in Curve.model_fields for key in document)


def known(converted: Converted) -> Config:
    """Return what a schedule keeps of the config that it is from."""
    parts = [converted.summary, *converted.assumed]
    said = f"read as {converted.title}: {'; '.join(filter(None, parts))}"
    return Config(converted.title, said, converted.traps, converted.keys)


def unknown(document: Map) -> SpecError:
    """Return the error for a document that is neither a spec nor a config that is known."""
    known = "; ".join(f"{each.name} ({each.looked_for})" for each in reading.frameworks())
    return SpecError(
        "neither a spec (`scheduler:` or `schedules:`) nor a config of a framework that is known; "
        f"looked for: {known}; say what it is with --as NAME",
        document.place,
    )


def no_config(overrides: Overrides, *, functions: bool) -> None:
    """Refuse what is said of configs where nothing that is read is one.

    Args:
        overrides: What the command line says.
        functions: There are functions, whose schedulers may look at a metric.

    Raises:
        UsageError: It is.
    """
    for name in reading.ONLY_CONFIGS:
        if name == "metric" and functions:
            continue
        if getattr(overrides, name) is not None:
            raise UsageError(
                f"--{name.replace('_', '-')}: for configs of other frameworks, and none is read; "
                "a spec of lrviz says it itself"
            )
