"""The terminal view: traces to a chart of an exact width and height, without matplotlib."""

from lrviz.views.chart.drawing import chart
from lrviz.views.chart.options import ChartOptions
from lrviz.views.chart.spark import sparkline

__all__ = ["ChartOptions", "chart", "sparkline"]
