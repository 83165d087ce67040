"""Entry point of `seatrial` and `kubectl seatrial`: finds the command, prints errors, sets exit codes.

Command modules are imported only when their command (or the list of commands) is asked for, and
they import heavy libraries inside their functions, so that `--help` answers at once.
"""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

try:  # the slowest of our imports: Ctrl-C during it needs no traceback either
    import click
    from click.exceptions import NoArgsIsHelpError, NoSuchCommand

    from seatrial.cli.completion import complete_if_asked, completion_options
    from seatrial.cli.options import Group
except KeyboardInterrupt:
    sys.exit(130)

from seatrial import __version__
from seatrial.errors import ExitCode, SeatrialError

_MEMORY = "Give it more (a container's limit counts), or check fewer or smaller files."

COMMANDS = (
    "demo",
    "check",
    "checks",
    "fix",
    "rbac",
    "complexity",
    "snapshot",
    "rehearse",
    "plan",
    "apply",
    "rollout",
    "accuracy",
    "stop",
    "worker",
    "fleet",
    "facts",
    "simulator",
)
"""In the order of `--help`; each is the module `seatrial.cli.NAME` with a click command `NAME`."""


class _Commands(Group):
    """Loads a command's module when the command is looked up."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"seatrial.cli.{cmd_name}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except NoSuchCommand as error:
            raise NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from error


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"seatrial {__version__}")
        ctx.exit()


@click.group(
    cls=_Commands,
    epilog="Exit codes: 0 clean, 1 warnings, 2 blockers, 3 incomplete, 4 could not run, 130 interrupted.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version and exit.",
)
@completion_options
def root() -> None:
    """Check a Kubernetes cluster, rehearse its upgrade on a simulated twin, roll it across a fleet."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit the process with its code."""
    gc.freeze()  # what was imported stays
    gc.set_threshold(200_000, 20, 20)  # values by the thousand and hardly a cycle: a search finds nothing
    _open_missing_streams()
    _end_as_by_ctrl_c()
    for stream in (sys.stdout, sys.stderr):  # an ASCII terminal gets "?" for an icon, not an error
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    code = run(arguments)
    gc.freeze()  # the end of the process gives all of it back at once
    for number in (signal.SIGTERM, signal.SIGHUP):  # nothing is left that our handler could interrupt
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    sys.exit(code)


def _open_missing_streams() -> None:
    """A parent may have closed them (`<&-`): then nothing is read, and nobody reads what we print."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115  for the whole run


def _end_as_by_ctrl_c() -> None:
    """SIGTERM and a terminal that went away end the work as Ctrl-C does: with a word, nothing left behind."""

    def interrupt(number: int, frame: object) -> None:
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a background job of a script
            raise KeyboardInterrupt
        signal.raise_signal(signal.SIGINT)

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup stays nohup
            signal.signal(number, interrupt)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code. No traceback reaches the user."""
    program = "kubectl seatrial" if Path(sys.argv[0]).name == "kubectl-seatrial" else "seatrial"
    try:
        result = _call(program, sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
    except SeatrialError as error:
        _print_error(error)
        return error.exit_code
    except BaseExceptionGroup as group:
        return _fail_with_group(group)
    except click.UsageError as error:
        return _usage_error(error, program)
    except (KeyboardInterrupt, click.Abort):
        _say("Interrupted.")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.COULD_NOT_RUN
    except OSError as error:
        _print_error(_from_os_error(error))
        return ExitCode.COULD_NOT_RUN
    except MemoryError:
        _print_error(SeatrialError("the memory of this machine does not suffice.", next_step=_MEMORY))
        return ExitCode.COULD_NOT_RUN
    except Exception as error:
        return _bug(error)
    if result == ExitCode.INTERRUPTED:
        _say("Interrupted.")
    return int(result or 0) if isinstance(result, int) else 0


def _call(program: str, arguments: Sequence[str]) -> object:
    """What click's own `main` does, without the exit codes and texts that it would choose."""
    complete_if_asked(root)
    try:
        with root.make_context(program, list(arguments)) as context:
            return root.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code


def _fail_with_group(group: BaseExceptionGroup[BaseException]) -> int:
    """Tasks that ran side by side failed: print each of our errors; anything else is a bug."""
    ours, others = group.split(SeatrialError)
    if others is not None:
        interrupted, others = others.split(KeyboardInterrupt)
        if others is not None:
            return _bug(others)
        if interrupted is not None and ours is None:
            _say("Interrupted.")
            return ExitCode.INTERRUPTED
    errors = [each for each in _leaves(ours) if isinstance(each, SeatrialError)] if ours is not None else []
    for error in {(each.what, each.next_step): each for each in errors}.values():  # one cause, said once
        _print_error(error)
    return max((error.exit_code for error in errors), default=ExitCode.COULD_NOT_RUN)


def _leaves(group: BaseExceptionGroup[Any]) -> list[BaseException]:
    leaves: list[BaseException] = []
    for error in group.exceptions:
        leaves.extend(_leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    return leaves


def _print_error(error: SeatrialError) -> None:
    where = f"{error.where}: " if error.where else ""
    _say(f"Error: {where}{error.what}")
    if error.next_step:
        _say(f"  → {error.next_step}")


def _say(text: str) -> None:
    """Print to stderr, without what could steer the terminal; where stderr is gone, the exit code speaks."""
    from seatrial.cli.output import harmless

    with suppress(OSError):
        click.echo("\n".join(harmless(line) for line in text.split("\n")), err=True)


def _usage_error(error: click.UsageError, program: str) -> int:
    if isinstance(error, NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return ExitCode.COULD_NOT_RUN
    path = error.ctx.command_path if error.ctx is not None else program
    _say(f"Error: {error.format_message()}\n  → Try: {path} --help")
    return ExitCode.COULD_NOT_RUN


def _from_os_error(error: OSError) -> SeatrialError:
    where = str(error.filename) if error.filename else ""
    hints = {
        "FileNotFoundError": "Check the path.",
        "PermissionError": "Check the permissions, or run as a user who may.",
        "IsADirectoryError": "Name a file, not a folder.",
        "FileExistsError": "Choose another name, or remove it first.",
    }
    hint = hints.get(type(error).__name__, "Check the path, the disk and your rights, and try again.")
    if error.errno == 28:
        hint = "Free some space and run the command again; nothing that was done is lost."
    return SeatrialError(f"{error.strerror or error}.", where=where, next_step=hint)


def _bug(error: BaseException) -> int:
    if os.environ.get("SEATRIAL_TRACEBACK"):
        raise error
    _say(
        f"Error: Seatrial met something that it does not handle: {type(error).__name__}.\n"
        "  → This is a bug. Please report it with the command and the output of the same command\n"
        "    under SEATRIAL_TRACEBACK=1 (look it over first: it may name your objects)."
    )
    return ExitCode.COULD_NOT_RUN


if __name__ == "__main__":
    main()
