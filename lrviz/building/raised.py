"""What to do about an exception that a scheduler raised, by its words."""

from __future__ import annotations

_REMEDIES = {
    "Tried to step": "make its own length that of the training",
    "zip() argument": "it has fewer rates than the optimizer has param groups: one was added after"
    " the scheduler was built, or its list has one value for all; give it one value a group",
    "argument: 'metrics'": "give it what it watches: `metric:` in a spec",
    "argument: 'epoch'": "its step() is given the epoch: wrap it in a class whose step() counts, or"
    " return a function of the step",
    "left no number": "let it leave a number as every group's lr",
    "param groups where there were": "add all param groups before the first update",
}


def remedy(message: str) -> str | None:
    """Return what to do about an exception; None where its words tell nothing.

    Args:
        message: Its type and its words.
    """
    return next((advice for words, advice in _REMEDIES.items() if words in message), None)


def by_torch(error: BaseException) -> bool:
    """Tell whether torch's schedulers raised an error, and not the code that calls them."""
    frames = error.__traceback__
    while frames is not None and frames.tb_next is not None:
        frames = frames.tb_next
    return frames is not None and frames.tb_frame.f_globals.get("__name__") == (
        "torch.optim.lr_scheduler"
    )
