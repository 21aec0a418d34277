"""`lrviz explore`: a local page with a control for each argument."""

from __future__ import annotations

import threading
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from lrviz.cli import signals
from lrviz.cli.console import emit, note
from lrviz.cli.options import Sources, Training, required
from lrviz.cli.running import import_late, introduce, load, user_code
from lrviz.errors import UsageError

_IN_A_TERMINAL = ("www-browser", "links", "elinks", "lynx", "w3m")  # and without JavaScript


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
            if not no_open:  # beside the server: some return once the browser is closed
                threading.Thread(target=show, args=(server.address,), daemon=True).start()
            with user_code(shared.verbose):
                server.serve_forever()
        except KeyboardInterrupt:
            if signals.code() not in (None, signals.INTERRUPTED):
                raise


def show(address: str) -> None:
    """Open the address in a browser, or say that there is none."""
    try:
        browser = webbrowser.get()
        can = Path(getattr(browser, "name", "")).name not in _IN_A_TERMINAL
        shown = can and browser.open(address)
    except webbrowser.Error:
        shown = False
    if not shown:
        note("no browser is found here; open the address yourself")
