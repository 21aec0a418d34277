"""lrviz: see exactly what a learning-rate schedule does, before the run.

The public names are loaded on first use: `import lrviz` alone imports neither torch nor
matplotlib.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lrviz.api import build, compare, plot, simulate
    from lrviz.curves.trace import Trace
    from lrviz.errors import LrvizError
    from lrviz.explorer.widget import explore
    from lrviz.live import assert_schedule, monitor, record
    from lrviz.sources.loading import load
    from lrviz.spec.schedule import Schedule
    from lrviz.views.figure import FigureOptions

__version__ = "0.1.0"
__all__ = [
    "FigureOptions",
    "LrvizError",
    "Schedule",
    "Trace",
    "assert_schedule",
    "build",
    "compare",
    "explore",
    "load",
    "monitor",
    "plot",
    "record",
    "simulate",
]

_HOMES = {
    "FigureOptions": "lrviz.views.figure",
    "LrvizError": "lrviz.errors",
    "Schedule": "lrviz.spec.schedule",
    "Trace": "lrviz.curves.trace",
    "assert_schedule": "lrviz.live",
    "build": "lrviz.api",
    "compare": "lrviz.api",
    "explore": "lrviz.explorer.widget",
    "load": "lrviz.sources.loading",
    "monitor": "lrviz.live",
    "plot": "lrviz.api",
    "record": "lrviz.live",
    "simulate": "lrviz.api",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'lrviz' has no attribute {name!r}")
    import_module("lrviz.api")  # it says what a notebook shows
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
