"""What a notebook shows of a trace, and of schedules."""

from __future__ import annotations

from typing import Any


class Shown:
    """Is displayed as a figure: a trace, or a list of schedules, which is simulated for it."""

    def _repr_svg_(self) -> str:
        """Return the figure as SVG; nothing of matplotlib is imported before."""
        from lrviz.api import plot
        from lrviz.views.figure import save_bytes

        shown: Any = self
        figure = plot(*shown) if isinstance(self, list) else plot(shown)
        return save_bytes(figure, "svg").decode()
