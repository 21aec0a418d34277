"""Runs a command line in this process."""

from __future__ import annotations

from dataclasses import dataclass

from typer.testing import CliRunner

from lrviz.cli.app import app


@dataclass(frozen=True)
class Ran:
    """What came of a command line."""

    code: int
    out: str
    err: str


def lrviz(*args: str, stdin: str | None = None, **env: str | None) -> Ran:
    """Run `lrviz ARGS...`; `env` is set, or unset where None, for that time."""
    plain: dict[str, str | None] = dict.fromkeys(("NO_COLOR", "FORCE_COLOR", "COLUMNS"))
    runner = CliRunner(env={**plain, **env})
    result = runner.invoke(app, list(args), input=stdin, prog_name="lrviz", catch_exceptions=False)
    return Ran(result.exit_code, result.stdout, result.stderr)
