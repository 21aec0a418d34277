"""What a notebook shows of an object of lrviz: how is for the Python API to say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar


class Displayed:
    """Is displayed as a figure: a trace, or a list of schedules, which is simulated for it.

    Attributes:
        as_svg: Draws one; `lrviz.api` registers it, so that no curve has to know the views.
    """

    as_svg: ClassVar[Callable[[Any], str] | None] = None

    def _repr_svg_(self) -> str | None:
        """Return the figure as SVG; nothing of matplotlib is imported before."""
        return None if Displayed.as_svg is None else Displayed.as_svg(self)
