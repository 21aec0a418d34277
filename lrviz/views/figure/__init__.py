"""The figure view: traces to a matplotlib Figure, and to the bytes of a picture file."""

from lrviz.views.figure.drawing import figure, save_bytes
from lrviz.views.plan.marks import Mark
from lrviz.views.plan.options import FigureOptions

__all__ = ["FigureOptions", "Mark", "figure", "save_bytes"]
