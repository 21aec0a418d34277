"""`lrviz explore`: a local page with a control for each argument."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from lrviz.cli import signals
from lrviz.cli.console import emit, note
from lrviz.cli.options import Sources, Training, required
from lrviz.cli.running import import_late, introduce, load, user_code
from lrviz.errors import UsageError


def explore(
    shared: Training,
    sources: Sources = None,
    no_open: Annotated[
        bool,
        typer.Option("--no-open", help="Print the address only, and open no browser."),
    ] = False,
) -> None:
    """Pull at schedules: a local page with a control for each argument.

    The real schedulers are stepped again at each change. Ctrl-C ends it, as does an hour without
    an open page.

    lrviz explore onecycle --steps 10000
    """
    if shared.trust:
        raise UsageError("--trust: a page runs no code but what the command line names itself")
    given = required(sources, "explore")
    loaded = load(given, shared)
    introduce(loaded, shared)
    import_late("lrviz.explorer.server")
    from lrviz.explorer.opening import of_loaded
    from lrviz.explorer.server import Explorer

    with Explorer(of_loaded(loaded, shared.overrides())) as server:
        emit([server.address])
        if not shared.quiet:
            note("Ctrl-C ends it, as does an hour without an open page")
        try:
            if not no_open:
                webbrowser.open(server.address)
            with user_code(shared.verbose):
                server.serve_forever()
        except KeyboardInterrupt:
            if signals.code() not in (None, signals.INTERRUPTED):
                raise
