"""A user's script, run in a process of its own: its optimizers to the values of their updates.

Run as `python -m lrviz.live.scripts REQUEST`, a JSON file; the answer is written beside it. The
script runs until an optimizer that has schedulers has made some updates; then the process ends,
and no later code of the script is run.
"""

from __future__ import annotations

import atexit
import json
import os
import runpy
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from lrviz.errors import LrvizError, words
from lrviz.live.following import Request, follow, is_never, seen_besides, stepped
from lrviz.live.observing import Observer, Seen
from lrviz.writing.numbers import count


def _write(folder: Path, found: dict[str, Any], curves: dict[str, Any]) -> None:
    """Write the answer, unless another process does; its JSON file comes last, and whole.

    A process that the script has started may have trained, and answered.
    """
    try:
        (folder / "answering").touch(exist_ok=False)
    except FileExistsError:
        return
    np.savez(folder / "curves.npz", **curves)
    text = folder / "answer.part"
    text.write_text(json.dumps(found), encoding="utf-8")
    text.replace(folder / "answer.json")


def answered(
    folder: Path, request: Request, seen: list[Seen], loader: int | None, *, over: bool
) -> None:
    """Follow what was seen, of a script that is over or not, and write it."""
    curves: dict[str, Any] = {}
    listed: list[dict[str, Any]] = []
    if not any(each.schedulers for each in seen):
        _write(folder, {"message": _unscheduled(seen)}, {})
        return
    try:
        for index, each in enumerate(seen):
            every = range(len(each.schedulers))
            never = [is_never(each, scheduler, request, over=over) for scheduler in every]
            trace, said = follow(each, request, loader, never)
            for name, curve in trace.curves.items():
                after = trace.after[name]
                curves[f"{index}/{name}"] = np.concatenate([curve, after[None, :]])
            listed.append(
                {
                    "optimizer": each.name,
                    "place": each.place,
                    "moved": not each.schedulers and each.moved,
                    "schedulers": [stepped(each, at, never=never[at], over=over) for at in every],
                    "groups": list(trace.groups),
                    "now": len(each.optimizer.param_groups),
                    "said": said,
                    "warnings": [*seen_besides(each), *trace.warnings],
                    "error": None if trace.error is None else trace.error.message,
                }
            )
        _write(folder, {"optimizers": listed}, curves)
    except LrvizError as error:
        _write(folder, {"message": error.message}, {})


def main(path: str) -> None:
    """Run what a request names, and answer it beside it."""
    folder = Path(path).parent
    sys.stdout.flush()
    os.dup2(2, 1)  # what the script prints is no result of lrviz
    request, observer, stop = _observed(Path(path))
    ended = _ran(request.arguments)
    observer.end()
    if any(each.schedulers for each in observer.seen) and not ended:
        stop(observer.seen, over=True)
    _write(folder, {"message": _nothing(observer.seen, ended)}, {})


def join(path: Path) -> None:
    """Look at the optimizers of this process, which a script that is run has started.

    Its launcher may have begun a session for it: its number is left where it is ended by.
    """
    processes = path.parent / "processes"
    processes.mkdir(exist_ok=True)
    (processes / str(os.getpid())).touch()
    _, observer, stop = _observed(path)

    def ended() -> None:
        observer.end()
        # One that raised was not over: Python has kept what it raised.
        if not hasattr(sys, "last_value") and any(each.schedulers for each in observer.seen):
            stop(observer.seen, over=True)

    atexit.register(ended)


def _observed(path: Path) -> tuple[Request, Observer, Callable[..., None]]:
    """Return a request, what looks at this process for it, and what answers it and ends."""
    folder = path.parent
    request = Request(**json.loads(path.read_text(encoding="utf-8")))

    def stop(seen: list[Seen], *, over: bool = False) -> None:
        answered(folder, request, seen, observer.loader, over=over)
        sys.stderr.flush()
        os._exit(0)

    def refuse(error: LrvizError) -> None:
        _write(folder, {"message": error.message}, {})
        sys.stderr.flush()
        os._exit(0)

    observer = Observer(request.after, stop, refuse)
    observer.begin()
    return request, observer, stop


def _ran(arguments: list[str]) -> str:
    """Run a script as Python does; return how it failed, empty where it did not."""
    try:
        if arguments[0] == "-m":
            sys.argv = arguments[1:]
            sys.path.insert(0, str(Path.cwd()))
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = list(arguments)
            sys.path.insert(0, str(Path(arguments[0]).resolve().parent))
            runpy.run_path(arguments[0], run_name="__main__")
    except SystemExit as error:
        if isinstance(error.code, str):  # Python prints it, and ends with 1
            sys.stderr.write(f"{error.code}\n")
            return f"it ended with {error.code!r}"
        return "" if error.code in (None, 0) else f"it ended with exit code {error.code}"
    except BaseException as error:  # noqa: BLE001  (whatever a script raises)
        traceback.print_exception(error.with_traceback(_of_script(error.__traceback__)))
        return f"it raised {words(error)}"
    return ""


def _of_script(raised: TracebackType | None) -> TracebackType | None:
    """Return a traceback from the script's own first line on, as Python shows it."""
    runners = {_ran.__code__.co_filename, runpy.run_path.__code__.co_filename}
    while raised is not None and raised.tb_frame.f_code.co_filename in runners:
        raised = raised.tb_next
    return raised


def _unscheduled(seen: list[Seen]) -> str:
    """Return what was seen of optimizers that no scheduler acts on."""
    names = ", ".join(each.name for each in seen)
    if any(each.moved for each in seen):
        return (
            f"no scheduler acts on {names}: the script sets the lr itself; name the function that "
            "gives it, as in train.py:get_lr"
        )
    updates = max(len(each.gaps) for each in seen)
    return f"no scheduler acts on {names}, whose lr stayed as it was for {count(updates)} updates"


def _nothing(seen: list[Seen], ended: str) -> str:
    """Return why there is no schedule."""
    if not seen:
        made = "before an optimizer made an update in its process"
    elif ended:
        made = "after updates: " + ", ".join(
            f"{count(len(each.gaps))} of {each.name}" for each in seen
        )
    else:
        return _unscheduled(seen)
    return f"{ended or 'it ended'} {made}"


if __name__ == "__main__":
    sys.path.pop(0)  # the folder that it is called from, which is not on a script's path
    main(sys.argv[1])
