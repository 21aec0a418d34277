"""A page's spec to the sections that its controls stand in: training, optimizer, each curve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from lrviz import catalog, shapes
from lrviz.building.signatures import Parameter
from lrviz.document import KeyPath, Map, unplaced
from lrviz.errors import LrvizError
from lrviz.explorer.configs import FACTS, Configs, asked
from lrviz.explorer.controls import Control, Known, arguments, control, of_optimizer, of_shape
from lrviz.explorer.document import FromConfig, in_a_page
from lrviz.explorer.ranges import Measure, Range
from lrviz.sources.configs.framework import facts_in
from lrviz.sources.configs.reading import frameworks
from lrviz.spec import training
from lrviz.spec.durations import Length
from lrviz.spec.inheritance import merged_train
from lrviz.spec.models import Interval, Train, validated
from lrviz.views.text.about import example

_MEANT = ("lr", "momentum", "betas")  # arguments of an optimizer that schedules move
_COUNTS = Range("counts", 0.0, 6.0)
_TENS = Range("log", 0.0, 3.0)
_UNITS = ("steps", "epochs", "tokens")


def _known(
    name: str, annotation: Any, default: Any, said: str, span: Range | None = None, role: str = ""
) -> Known:
    return Known(Parameter(name, annotation, default), said, role, span)


_LENGTHS = (
    _known("steps", int, None, "Optimizer updates in all.", _COUNTS),
    _known("epochs", float, None, "Epochs; may be fractional.", _TENS),
    _known("tokens", float, None, "Tokens in all.", Range("log", 3.0, 13.0)),
    _known(
        "tokens_per_update", float, None, "Tokens that one update sees.", Range("log", 0.0, 8.0)
    ),
    _known("steps_per_epoch", int, None, "Updates an epoch.", _COUNTS),
    _known("dataset_size", int, None, "Samples an epoch.", Range("counts", 0.0, 9.0)),
    _known("batch_size", int, None, "Samples a batch of one device.", _COUNTS),
    _known("world_size", int, 1, "Devices.", Range("counts", 0.0, 4.0)),
    _known("accumulate", int, 1, "Batches an update.", Range("counts", 0.0, 4.0)),
    _known("drop_last", bool, False, "Leave out a device's incomplete last batch."),
    _known("sampler_drop_last", bool, False, "Leave out what does not fill all devices."),
    _known("start", int, 0, "The update at which training is resumed."),
    _known("resume", str, "all", "What is restored there."),
)
_GROUP = (
    _known("lr", float | None, None, "Its own lr: a number, or a share as 0.1lr.", role="lr"),
    _known("count", int, 1, "This many groups.", Range("counts", 0.0, 3.0)),
    _known("lr_decay", float, 1.0, "Of n groups, group i has lr * lr_decay ** (n - i)."),
)
_BOUNDS = (
    _known("begin", int | None, None, "step() is called from here on."),
    _known("end", int | None, None, "step() is called until here."),
)
_FREQUENCY = _known("frequency", int, 1, "step() after every n-th only.", Range("counts", 0.0, 4.0))
_METRIC = (
    _known("curve", str, None, "An expression of step, epoch and progress."),
    _known("values", list[float], None, "The metric's values."),
    _known("noise", float, 0.0, "Standard deviation of the noise that is added."),
    _known("seed", int, 0, "Of that noise.", Range("whole", 0.0, 100.0)),
)


@dataclass(frozen=True)
class Section:
    """Controls that belong together.

    Attributes:
        path: Of what they are about.
        kind: What that is, which says what can be done with it.
        title: Its name.
        type: The class or preset, which can be another one; empty where there is none.
        controls: Its controls.
        sections: What is in it: the members of a scheduler, the groups of an optimizer.
        said: What is known of it, in a sentence.
    """

    path: KeyPath
    kind: Literal["config", "train", "optimizer", "group", "curve", "scheduler", "member"]
    title: str
    type: str = ""
    controls: tuple[Control, ...] = ()
    sections: tuple[Section, ...] = ()
    said: str = ""


def sections(tree: Map) -> tuple[Section, ...]:
    """Return the sections of a page's spec; of what is wrong in it, those that can be told."""
    document: dict[str, Any] = unplaced(tree)
    measure = measure_of(document, {})
    found = []
    if "train" in document:
        found.append(_train(("train",), document["train"], measure))
    if "optimizer" in document:
        found.append(_optimizer(("optimizer",), document["optimizer"], measure))
    curves = document.get("schedules")
    for label, value in curves.items() if isinstance(curves, dict) else ():
        curve = value if isinstance(value, dict) else {"scheduler": value}
        found.append(_curve(("schedules", label), label, curve, measure_of(document, curve)))
    return tuple(found)


def config_sections(configs: Sequence[FromConfig], known: Configs) -> Iterator[Section]:
    """Yield a section a config: what can be said of its training, what is asked for first."""
    names = Literal[tuple(each.name for each in frameworks())]  # type: ignore[valid-type]  # as a signature has it
    taken = {each.parameter.name: each for each in _LENGTHS}
    taken["framework"] = _known("framework", names, None, "Whose config it is.")
    for config in configs:
        said, wanted = "", tuple(config.facts)
        try:
            loaded = known.read(config)
            said = " ".join(each.config.said for each in loaded.schedules[:1] if each.config)
            wanted += facts_in(said)
        except LrvizError as error:  # which is said where the page's state is made
            wanted += asked(error)
        path: KeyPath = ("configs", config.name)
        controls = [control(path, taken[each], config.facts, Measure()) for each in FACTS]
        yield Section(
            path,
            "config",
            config.name,
            controls=tuple(replace(each, minor=each.name not in wanted) for each in controls),
            said=in_a_page(said),
        )


def measure_of(document: Mapping[str, Any], curve: Mapping[str, Any]) -> Measure:
    """Return what the shares in a curve of a spec are of."""
    optimizer = {**_mapping(document.get("optimizer")), **_mapping(curve.get("optimizer"))}
    lr = optimizer.get("lr")
    shared, own = (Map(_mapping(each.get("train"))) for each in (document, curve))
    return Measure(_length(merged_train(shared, own)), lr if isinstance(lr, int | float) else None)


def _length(train: Map) -> Length | None:
    try:
        return training.length(validated(Train, train), train, force=True)
    except LrvizError:
        return None  # which is said where it is simulated


def _mapping(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"type": value}
    return value if isinstance(value, dict) else {}


def _train(path: KeyPath, value: Any, measure: Measure) -> Section:
    inside = _mapping(value)
    unit = next((each for each in _UNITS if each in inside), "steps")
    needed = (unit, "tokens_per_update") if unit == "tokens" else (unit,)
    shown = {*needed, *inside, "steps_per_epoch" if "dataset_size" not in inside else unit}
    controls = [
        replace(control(path, each, inside, measure), required=each.parameter.name in needed)
        for each in _LENGTHS
        if each.parameter.name in shown
    ]
    which = Control((*path, "length in"), "length in", "choice", unit, given=True, choices=_UNITS)
    return Section(path, "train", "Training", controls=(which, *controls))


def _optimizer(path: KeyPath, value: Any, measure: Measure) -> Section:
    inside = _mapping(value)
    name = str(inside.get("type", "SGD"))
    known = of_optimizer(name)
    meant = (*_MEANT, *inside)
    controls = [
        replace(control(path, each, inside, measure), minor=each.parameter.name not in meant)
        for each in known
    ]
    groups = _mapping(inside.get("groups"))
    return Section(
        path,
        "optimizer",
        "Optimizer",
        name,
        (*controls, *_unknown(path, inside, known, measure, "type", "groups")),
        tuple(
            _group((*path, "groups", label), label, group, known, measure)
            for label, group in groups.items()
        ),
    )


def _group(
    path: KeyPath, label: str, value: Any, known: tuple[Known, ...], measure: Measure
) -> Section:
    inside = _mapping(value)
    own = [each for each in known if each.parameter.name in inside.keys() - {"lr"}]
    controls = tuple(control(path, each, inside, measure) for each in (*_GROUP, *own))
    return Section(path, "group", label, controls=controls)


def _curve(path: KeyPath, label: str, curve: dict[str, Any], measure: Measure) -> Section:
    below: list[Section] = []
    if "train" in curve:
        below.append(_train((*path, "train"), curve["train"], measure))
    if "optimizer" in curve:
        below.append(_optimizer((*path, "optimizer"), curve["optimizer"], measure))
    controls: list[Control] = []
    kind = ""
    if isinstance(curve.get("schedulers"), list):
        for index, item in enumerate(curve["schedulers"]):
            member = item if isinstance(item, dict) and "scheduler" in item else {"scheduler": item}
            below.append(_member((*path, "schedulers", index), member, measure))
    else:
        node = _mapping(curve.get("scheduler"))
        kind = str(node.get("type", ""))
        controls += _scheduler_controls((*path, "scheduler"), node, measure)
        below += _nested((*path, "scheduler"), node, measure)
    return Section(
        path,
        "curve",
        label,
        kind,
        (*controls, *_cadence(path, curve, measure)),
        tuple(below),
    )


def _member(path: KeyPath, member: dict[str, Any], measure: Measure) -> Section:
    node = _mapping(member.get("scheduler"))
    where = (*path, "scheduler")
    bounds = [control(path, each, member, measure) for each in _BOUNDS]
    return Section(
        path,
        "member",
        str(node.get("type", "")),
        str(node.get("type", "")),
        (*_scheduler_controls(where, node, measure), *bounds, *_cadence(path, member, measure)),
        tuple(_nested(where, node, measure)),
    )


def _nested(path: KeyPath, node: dict[str, Any], measure: Measure) -> Iterator[Section]:
    """Yield a section a member of a composite scheduler."""
    members = node.get("schedulers")
    for index, item in enumerate(members if isinstance(members, list) else ()):
        inner = _mapping(item)
        where = (*path, "schedulers", index)
        name = str(inner.get("type", ""))
        yield Section(
            where,
            "scheduler",
            name,
            name,
            tuple(_scheduler_controls(where, inner, measure)),
            tuple(_nested(where, inner, measure)),
        )


def _scheduler_controls(path: KeyPath, node: dict[str, Any], measure: Measure) -> Iterator[Control]:
    known = arguments(node)
    for each in known:
        value = node.get(each.parameter.name)
        if isinstance(value, dict) and value.get("shape") in shapes.SHAPES:
            yield from _shape((*path, each.parameter.name), value, measure)
        else:
            yield control(path, each, node, measure)
    yield from _unknown(path, node, known, measure, "type", "schedulers")


def _shape(path: KeyPath, value: dict[str, Any], measure: Measure) -> Iterator[Control]:
    names = Literal[tuple(shapes.SHAPES)]  # type: ignore[valid-type]  # as a signature has it
    shape = _known("shape", names, None, "A shape of lrviz's.")
    for each in (shape, *of_shape(value["shape"])):
        yield control(path, each, value, measure)


def _unknown(
    path: KeyPath, inside: dict[str, Any], known: tuple[Known, ...], measure: Measure, *others: str
) -> Iterator[Control]:
    """Yield a control of text for each key that no argument has, so that it can be taken out."""
    names = {each.parameter.name for each in known}
    for key in inside:
        if key not in names and key not in others:
            found = control(path, Known(Parameter(key, str, None)), inside, measure)
            yield replace(found, kind="text", span=None)


def _cadence(path: KeyPath, inside: dict[str, Any], measure: Measure) -> Iterator[Control]:
    said = "When step() is called: after each update, each epoch, or with the epochs done."
    yield control(
        path, _known("interval", Interval, _default_interval(inside), said), inside, measure
    )
    yield replace(control(path, _FREQUENCY, inside, measure), minor="frequency" not in inside)
    metric = _mapping(inside.get("metric"))
    for each in _METRIC:
        name = each.parameter.name
        asked = name == "curve" and not metric and _needs_metric(inside)
        if asked or name in metric or (name == "noise" and "curve" in metric):
            shown = control((*path, "metric"), each, metric, measure)
            yield replace(shown, name=f"metric {name}")


def _needs_metric(inside: dict[str, Any]) -> bool:
    """Tell whether a class of torch steps on a metric."""
    name = str(_mapping(inside.get("scheduler")).get("type", ""))
    return name in catalog.class_names() and "metric" in example(catalog.find(name))


def _default_interval(inside: dict[str, Any]) -> str:
    node = _mapping(inside.get("scheduler"))
    preset = catalog.preset(str(node.get("type", "")))
    return str(preset.data.get("interval", "step")) if preset is not None else "step"
