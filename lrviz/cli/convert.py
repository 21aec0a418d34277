"""`lrviz convert`: another framework's config as a spec."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from lrviz.cli.console import emit, note
from lrviz.cli.options import Training
from lrviz.cli.running import import_late
from lrviz.cli.write import check_writable, write
from lrviz.errors import UsageError


def convert(
    shared: Training,
    config: Annotated[
        str,
        typer.Argument(metavar="CONFIG", help="A config of another framework.", show_default=False),
    ],
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="FILE", help="The spec to write; else stdout."),
    ] = None,
) -> None:
    """Write the spec that gives the same curve as another framework's config.

    A comment on each value says which key it is from, whose default it is, or what was assumed.

    lrviz convert train.yaml --dataset-size 50000 -o spec.yaml
    """
    import_late("lrviz.sources.loading")
    from lrviz.sources.grammar import reference
    from lrviz.sources.loading import origins_of
    from lrviz.views.text.spec import spec_lines

    if reference(config).kind in ("run", "function", "script"):  # whose code would be run
        raise UsageError(f"{config}: is code, and no config of another framework")
    [origin, *_] = origins_of(config, shared.overrides())
    if origin.config is None:
        raise UsageError(f"{config}: is no config of another framework, and a spec as it stands")
    if shared.lr is not None or shared.optimizer is not None:
        raise UsageError("convert writes what the config says; change the spec, or use --set")
    lines = list(spec_lines(origin.config, origin.source))
    if output is None:
        emit(lines)
        return
    target = Path(output)
    check_writable(target)
    if os.path.lexists(target) and not shared.force:
        raise UsageError(f"{target} is here already; --force overwrites it, -o names another file")
    write(target, ("\n".join(lines) + "\n").encode())
    if not shared.quiet:
        note(f"wrote {target}")
