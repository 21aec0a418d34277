"""The command line as a whole: the commands, their errors and the exit codes."""

from __future__ import annotations

import platform
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from lrviz import __version__
from lrviz.cli import (
    cache,
    check,
    compare,
    convert,
    explore,
    gallery,
    info,
    init,
    list_,
    plot,
    rule,
    schema,
    signals,
    table,
)
from lrviz.cli.bundles import spread
from lrviz.cli.console import fail, give_up
from lrviz.errors import LrvizError, UsageError, suggestion

WRONG = 2


class Commands(TyperGroup):
    """The commands, with one message and one exit code for each way to fail."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run one command line; exit with its code, or return it if not `standalone_mode`."""
        try:
            code = (
                super().main(args, prog_name, complete_var, False, windows_expand_args, **extra)
                or 0
            )
        except LrvizError as error:
            fail(str(error))
            code = WRONG
        except typer.TyperException as error:
            fail(_usage(error))
            code = WRONG
        except OSError as error:  # a full disk behind stdout, a file that cannot be read
            give_up(sys.stdout)
            fail(f"{error.filename or 'the output cannot be written'}: {error.strerror or error}")
            code = WRONG
        except (KeyboardInterrupt, typer.Abort):
            code = signals.INTERRUPTED
        if code:  # which Typer takes for Ctrl-C's where it sees the exception
            code = signals.code() or code
        if standalone_mode:
            sys.exit(code)
        return code

    def make_context(self, info_name: Any, args: list[str], *rest: Any, **extra: Any) -> Any:
        """Read the command line; `--help` prints here, and `help` is another way to say it."""
        if args[:1] == ["help"]:
            args = [*args[1:2], "--help"]
        with _EndsQuietly():
            return super().make_context(info_name, args, *rest, **extra)

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # as typer exports it
        """Run the command."""
        with _EndsQuietly():
            return super().invoke(ctx)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command, or say which one may have been meant."""
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            raise UsageError(f"there is no command {name!r}{_meant(name, list(self.commands))}")
        return super().resolve_command(ctx, args)


def _meant(name: str, commands: Sequence[str]) -> str:
    from lrviz.sources.grammar import reference

    if reference(name).kind:
        return f"; to see that schedule: lrviz plot {name}"
    if name == "version":
        return "; it is an option: lrviz --version"
    return suggestion(name, commands) or f"; there are: {', '.join(commands)}"


def _usage(error: typer.TyperException) -> str:
    """Return what Typer found wrong with the command line in our form."""
    context = getattr(error, "ctx", None)
    parameter = getattr(error, "param", None)
    option = getattr(error, "option_name", None)
    message = error.format_message()
    if isinstance(error, typer.BadParameter) and parameter is not None:
        message = (
            f"{parameter.opts[-1]}: {error.message.removeprefix('Value error, ') or 'is missing'}"
        )
    if hasattr(error, "possibilities") and context is not None:
        known = [name for each in context.command.get_params(context) for name in each.opts]
        path = context.command_path
        message = f"{path} has no option {option}{suggestion(str(option), known)}"
    message = message[:1].lower() + message[1:].rstrip(".")
    return f"{message} (`{context.command_path} --help`)" if context is not None else message


class _EndsQuietly:
    """Ends the command without a word where a signal or a closed pipe ends it."""

    # Not a generator: a signal that comes beside it would leave one behind, which complains.
    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        code = signals.code()
        # rich, which prints the help, makes a SystemExit of a broken pipe.
        pipe = error.__context__ if isinstance(error, SystemExit) else error
        if code is None and isinstance(pipe, BrokenPipeError):
            give_up(sys.stdout)
            code = 0
        if code is not None:
            raise typer.Exit(code) from None


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        torch = version("torch")
        typer.echo(f"lrviz {__version__}, torch {torch}, Python {platform.python_version()}")
        raise typer.Exit


app = typer.Typer(
    cls=Commands,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def lrviz(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_version,
            is_eager=True,
            help="Show the versions of lrviz, torch and Python.",
        ),
    ] = False,
) -> None:
    """See exactly what a PyTorch learning-rate schedule does, before the run."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


_LOOK, _FIND = "Look at schedules", "Find and write schedules"
_CHECK = "Check schedules"
app.command(rich_help_panel=_LOOK)(spread(plot.plot))
app.command(rich_help_panel=_LOOK)(spread(compare.compare))
app.command(rich_help_panel=_LOOK)(spread(table.table))
app.command(rich_help_panel=_LOOK)(spread(explore.explore))
app.command(rich_help_panel=_LOOK)(spread(gallery.gallery))
app.command(rich_help_panel=_CHECK)(spread(check.check))
app.command(rich_help_panel=_CHECK)(rule.rule)
app.command("list", rich_help_panel=_FIND)(list_.list_)
app.command(rich_help_panel=_FIND)(info.info)
app.command(rich_help_panel=_FIND)(spread(convert.convert))
app.command(rich_help_panel=_FIND)(init.init)
app.command(rich_help_panel=_FIND)(schema.schema)
app.command(rich_help_panel=_FIND)(cache.cache)
