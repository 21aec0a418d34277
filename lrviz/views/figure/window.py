"""A figure in a window, for those who ask for one."""

from __future__ import annotations

import os

from matplotlib.figure import Figure

from lrviz.errors import UsageError


def show_window(figure: Figure) -> None:
    """Open a window through matplotlib's interactive backend; return when it is closed.

    Raises:
        UsageError: There is no such backend, or no display.
    """
    import matplotlib.pyplot as plt  # noqa: TID251  # it alone knows which backend works here

    try:
        if backend := os.environ.get("MPLBACKEND"):  # which matplotlib did not see when it began
            plt.switch_backend(backend)
        holder = plt.figure()
    except (ImportError, RuntimeError, ValueError) as error:
        raise UsageError(f"no window can be opened here: {error}; write a file with -o") from error
    manager = holder.canvas.manager
    if manager is None or holder.canvas.required_interactive_framework is None:
        plt.close(holder)
        raise UsageError(
            f"no window can be opened here: matplotlib's backend is {plt.get_backend()}; "
            "write a file with -o"
        )
    manager.canvas.figure = figure
    figure.set_canvas(manager.canvas)
    plt.show(block=True)
    plt.close("all")
