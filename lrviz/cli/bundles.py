"""Commands whose options come in bundles: dataclasses, each one parameter of several commands."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """Return `command` with the fields of its dataclass parameters as options of its own."""
    hints = get_type_hints(command, include_extras=True)
    bundles: dict[str, type] = {}
    parameters = []
    for name, parameter in inspect.signature(command).parameters.items():
        kind = hints[name]
        if not is_dataclass(kind):
            own = parameter.replace(annotation=kind, kind=inspect.Parameter.KEYWORD_ONLY)
            parameters.append(own)
            continue
        bundles[name] = kind  # type: ignore[assignment]  # a class, not an instance
        parameters += _options(bundles[name])

    @functools.wraps(command)
    def call(**values: Any) -> None:
        for name, kind in bundles.items():
            values[name] = kind(**{each.name: values.pop(each.name) for each in fields(kind)})
        command(**values)

    # Typer reads both; what `wraps` left would lead it back to the dataclasses.
    vars(call)["__signature__"] = inspect.Signature(parameters)
    call.__annotations__ = {each.name: each.annotation for each in parameters}
    return call


@functools.cache  # a bundle is several commands', and its hints take a millisecond to evaluate
def _options(bundle: type) -> list[inspect.Parameter]:
    hints = get_type_hints(bundle, include_extras=True)
    return [
        inspect.Parameter(
            each.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=each.default,
            annotation=hints[each.name],
        )
        for each in fields(bundle)
    ]
