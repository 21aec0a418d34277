"""The entry of the command line: `lrviz`, and `python -m lrviz`."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Run the command line and exit with its code: 0, 1, 2 or 130; see the README."""
    # Nothing of the start is garbage; `import_late` turns it on again.
    gc.disable()
    # Else pydantic reads the metadata of every installed package: 0.1 s where there are hundreds.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        # What a terminal or a CI log cannot show must not end a command.
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")
        from lrviz.cli.app import app

        app(prog_name="lrviz")
    except KeyboardInterrupt:  # during the imports
        sys.exit(130)


if __name__ == "__main__":
    main()
