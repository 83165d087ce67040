"""Completion by the shell: prints the script that a shell needs for it, or puts it where the shell looks."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from seatrial.errors import BadInput

Declared = TypeVar("Declared", bound=Callable[..., Any])

PROGRAM = "seatrial"
VARIABLE = f"_{PROGRAM.upper()}_COMPLETE"  # the script that the shell runs says in it what it asks
SHELLS = ("bash", "zsh", "fish", "powershell")


def complete_if_asked(root: click.Command) -> None:
    """Answer the shell's script and exit, where it is that which started us."""
    asked = os.environ.get(VARIABLE)
    if asked:
        from click.shell_completion import shell_complete

        sys.exit(shell_complete(root, {}, PROGRAM, VARIABLE, asked))


def completion_options(declared: Declared) -> Declared:
    """`--install-completion` and `--show-completion`."""
    install = _shell_option(
        "--install-completion", _install, "Install completion for your shell, or for SHELL."
    )
    show = _shell_option("--show-completion", _show, "Print what --install-completion would install.")
    return install(show(declared))


def _shell_option(
    name: str, do: Callable[[click.Command, str], None], help: str
) -> Callable[[Declared], Declared]:
    def called(ctx: click.Context, _: click.Parameter, shell: str | None) -> None:
        if shell is not None and not ctx.resilient_parsing:
            do(ctx.command, _known(shell or Path(os.environ.get("SHELL", "")).name))
            ctx.exit()

    return click.option(
        name,
        metavar="[SHELL]",
        is_flag=False,
        flag_value="",
        is_eager=True,
        expose_value=False,
        callback=called,
        help=help,
    )


def _known(shell: str) -> str:
    if shell not in SHELLS:
        raise BadInput(
            f"there is no completion for {shell!r}." if shell else "SHELL does not say which shell you use.",
            next_step=f"Name one of these after the option: {', '.join(SHELLS)}.",
        )
    return shell


def _show(root: click.Command, shell: str) -> None:
    click.echo(_script(root, shell))


def _script(root: click.Command, shell: str) -> str:
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101  one of SHELLS
    return kind(root, {}, PROGRAM, VARIABLE).source()


def _install(root: click.Command, shell: str) -> None:
    script, home = _script(root, shell), Path.home()
    match shell:
        case "bash":
            file = home / ".bash_completions" / f"{PROGRAM}.sh"
            _add_line(home / ".bashrc", f"source '{file}'")
        case "zsh":
            file = home / ".zfunc" / f"_{PROGRAM}"
            _add_line(home / ".zshrc", "fpath+=~/.zfunc; autoload -Uz compinit; compinit")
        case "fish":
            file = home / ".config" / "fish" / "completions" / f"{PROGRAM}.fish"
        case _:
            raise BadInput(
                "PowerShell alone knows where its profile is.",
                next_step="Run there: seatrial --show-completion powershell >> $PROFILE",
            )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(script, encoding="utf-8")
    click.echo(f"{file}: completion for {shell}, from the next terminal on.")


def _add_line(file: Path, line: str) -> None:
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    if line not in text.splitlines():
        with file.open("a", encoding="utf-8") as out:
            out.write(f"{'' if not text or text.endswith(chr(10)) else chr(10)}{line}\n")
