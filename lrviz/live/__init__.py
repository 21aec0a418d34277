"""An optimizer and schedulers that user code built to their Trace; they stay as they are.

The schedulers are copied, onto an optimizer of the same class that has the groups' numbers and no
parameters, and the copies are stepped. What a copy would still share with the training are the
functions in it, so what these read is looked at first, and watched while they run.
"""

from lrviz.live.tracing import record

__all__ = ["record"]
