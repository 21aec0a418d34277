"""An optimizer and schedulers that user code built to their Trace; they stay as they are.

`monitor` looks at a run itself, and holds it against a plan.

The schedulers are copied, onto an optimizer of the same class that has the groups' numbers and no
parameters, and the copies are stepped. What a copy would still share with the training are the
functions in it, so what these read is looked at first, and watched while they run.
"""

from lrviz.live.monitored import assert_schedule, monitor
from lrviz.live.monitoring import Mismatch, MismatchError
from lrviz.live.tracing import record
from lrviz.live.writing import ScheduleWarning

__all__ = [
    "Mismatch",
    "MismatchError",
    "ScheduleWarning",
    "assert_schedule",
    "monitor",
    "record",
]
