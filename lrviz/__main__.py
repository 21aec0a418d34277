"""The entry of the command line: `lrviz`, and `python -m lrviz`."""

from __future__ import annotations

import gc
import os
import sys
import warnings


def main() -> None:
    """Run the command line and exit with its code; see the README."""
    # Nothing of the start is garbage; `import_late` turns it on again.
    gc.disable()
    # Else pydantic reads the metadata of every installed package: 0.1 s where there are hundreds.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from lrviz.cli import signals

    try:
        signals.end_in_order()
        _open_streams()
        # Python's warnings are for who writes programs; those for users are said in our form.
        warnings.simplefilter("ignore")
        warnings.simplefilter("default", UserWarning)
        warnings.simplefilter("ignore", DeprecationWarning)  # pyparsing's are both
        warnings.showwarning = _show_warning  # type: ignore[assignment]  # its other arguments
        # What a terminal or a CI log cannot show must not end a command.
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")
        from lrviz.cli import lean
        from lrviz.cli.app import app

        lean.own_process = True
        app(prog_name="lrviz")
    except KeyboardInterrupt:  # during the imports
        sys.exit(signals.code() or signals.INTERRUPTED)


def _open_streams() -> None:
    """Open what the caller has closed of stdin, stdout and stderr to nothing.

    The next file that is opened would get its number, and what is printed would go there.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
            setattr(sys, name, os.fdopen(number, "r" if number == 0 else "w"))


def _show_warning(message: Warning | str, *_: object) -> None:
    from lrviz.cli.console import warn

    warn(" ".join(str(message).split()))


if __name__ == "__main__":
    main()
