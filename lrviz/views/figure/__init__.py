"""The figure view: traces to a matplotlib Figure, and to the bytes of a picture file."""

from lrviz.views.figure.drawing import figure, save_bytes
from lrviz.views.figure.options import FigureOptions

__all__ = ["FigureOptions", "figure", "save_bytes"]
