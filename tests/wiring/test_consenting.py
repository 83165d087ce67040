"""What a kubeconfig asks for is done only when the user allowed it, and nobody else can have."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from seatrial.kube import ClusterAccess, ExecSpec, TokenFile, Wish
from seatrial.kube.consent import wish_to_run, wish_to_send
from seatrial.wiring.consenting import Answer, Consents, ask_here, consents, consents_file, question

ACCESS = ClusterAccess("prod", "https://cluster.example.com", ca=b"pem")


def spec(folder: Path, **more: object) -> ExecSpec:
    plain: dict[str, object] = {"command": "/opt/login", "args": ("--key", "canary"), "user": "u"}
    return ExecSpec(**{**plain, "origin": folder / "kubeconfig", **more})  # type: ignore[arg-type]


def wish(folder: Path, access: ClusterAccess = ACCESS, **more: object) -> Wish:
    (folder / "kubeconfig").touch(mode=0o600)
    return wish_to_run(spec(folder, **more), access)


def answering(answer: Answer) -> tuple[list[Wish], Callable[[Wish], Answer]]:
    asked: list[Wish] = []

    def ask(each: Wish) -> Answer:
        asked.append(each)
        return answer

    return asked, ask


def test_without_a_person_nothing_is_allowed(tmp_path: Path) -> None:
    assert consents({}, tmp_path, interactive=False)(wish(tmp_path)) is False
    assert consents({}, None, interactive=False)(wish(tmp_path)) is False


def test_a_terminal_that_is_none_says_no(tmp_path: Path) -> None:
    assert ask_here(wish(tmp_path)) is Answer.NO


@pytest.mark.parametrize("answer", [Answer.NO, Answer.ONCE])
def test_an_answer_for_now_is_asked_for_once_per_process_and_not_remembered(
    tmp_path: Path, answer: Answer
) -> None:
    file = tmp_path / "consents.json"
    asked, ask = answering(answer)
    here = Consents((), file, ask)
    assert [here(wish(tmp_path)) for _ in range(3)] == [answer is Answer.ONCE] * 3
    assert len(asked) == 1
    assert not file.exists()


def test_yes_is_remembered_for_this_very_wish_without_its_arguments(tmp_path: Path) -> None:
    file = tmp_path / "config" / "consents.json"
    os.umask(0)
    try:
        assert Consents((), file, answering(Answer.REMEMBER)[1])(wish(tmp_path)) is True
    finally:
        os.umask(0o022)
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert "canary" not in file.read_text()
    later = Consents((), file, None)
    assert later(wish(tmp_path)) is True
    for other in (
        wish(tmp_path, args=("--key", "other")),
        wish(tmp_path, env=(("LD_PRELOAD", "/tmp/x.so"),)),
        wish(tmp_path, command="/tmp/login"),
        wish(tmp_path, replace(ACCESS, server="https://thief.example.com")),
        wish(tmp_path, replace(ACCESS, ca=b"thief's")),
        wish(tmp_path, replace(ACCESS, insecure=True)),
        wish(tmp_path, replace(ACCESS, tls_server_name="thief.example.com")),
        wish(tmp_path, provide_cluster_info=True),
    ):
        assert later(other) is False


def test_all_contexts_of_a_file_are_allowed_as_long_as_only_its_owner_writes_it(tmp_path: Path) -> None:
    file = tmp_path / "config" / "consents.json"
    assert Consents((), file, answering(Answer.WHOLE_FILE)[1])(wish(tmp_path)) is True
    later = Consents((), file, None)
    assert later(wish(tmp_path, args=("--cluster", "other"))) is True
    assert later(wish(tmp_path, env=(("LD_PRELOAD", "/tmp/x.so"),))) is False
    assert later(wish(tmp_path, command="/opt/other")) is False
    (tmp_path / "kubeconfig").chmod(0o666)
    assert later(wish(tmp_path)) is False


def test_a_file_of_consents_that_others_may_write_is_no_consent(tmp_path: Path) -> None:
    file = tmp_path / "config" / "consents.json"
    Consents((), file, answering(Answer.REMEMBER)[1])(wish(tmp_path))
    file.chmod(0o662)
    assert Consents((), file, None)(wish(tmp_path)) is False
    file.chmod(0o600)
    file.parent.chmod(0o777)
    assert Consents((), file, None)(wish(tmp_path)) is False
    file.parent.chmod(0o700)
    file.write_text('{"version": 1, "allowed": ')
    assert Consents((), file, None)(wish(tmp_path)) is False


def test_the_environment_names_programs_found_on_path_or_whole_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "aws"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    bare, by_path = wish(tmp_path, command="aws"), wish(tmp_path, command=str(program))

    def allowed(names: str) -> tuple[bool, bool]:
        consent = consents({"SEATRIAL_ALLOW_EXEC": names}, tmp_path, interactive=False)
        return consent(bare), consent(by_path)

    assert bare.subject == by_path.subject == str(program)
    assert allowed("aws") == (True, False)
    assert allowed(f"kubelogin, {program}") == (True, True)
    assert allowed("all") == (True, True)
    assert allowed("aw,ws,login") == (False, False)


def test_a_bare_name_is_not_looked_for_where_the_kubeconfig_says_nor_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "aws"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f".:{tmp_path}/none:")
    found = wish(tmp_path, command="aws", env=(("PATH", str(tmp_path)),))
    assert found.subject == "aws", "not found"


def test_a_token_file_beside_the_kubeconfig_came_with_it_and_another_is_asked_about(tmp_path: Path) -> None:
    folder = tmp_path / "customer"
    folder.mkdir()
    elsewhere, beside, link = tmp_path / "vault-token", folder / "token", folder / "link"
    elsewhere.write_text("canary")
    beside.write_text("t")
    link.symlink_to(elsewhere)
    origin = folder / "kubeconfig"

    def asked(path: Path) -> str:
        found = wish_to_send(TokenFile(path, origin), ACCESS)
        return found.subject if found else ""

    assert asked(beside) == ""
    assert asked(elsewhere) == str(elsewhere)
    assert asked(link) == str(elsewhere)
    assert wish_to_send(TokenFile(elsewhere), ACCESS) is None, "of our own choosing, as in a pod"


def test_in_the_home_folder_everything_would_be_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    found = wish_to_send(TokenFile(tmp_path / ".vault-token", tmp_path / "kubeconfig"), ACCESS)
    assert found is not None


def test_the_question_shows_all_that_would_happen_and_cannot_steer_the_terminal(tmp_path: Path) -> None:
    asked = wish(tmp_path, command="/opt/login", args=("a\x1b[2K b",), env=(("LD_PRELOAD", "/tmp/x.so"),))
    assert question(asked) == [
        f"The kubeconfig {tmp_path}/kubeconfig (context 'prod') asks to run a program with your rights:",
        "  /opt/login 'a\\x1b[2K b'",
        "  with LD_PRELOAD='/tmp/x.so'",
        "and to send what it answers to https://cluster.example.com.",
    ]
    assert question(replace(asked, server="https://x\x1b[8m"))[-1].endswith("https://x�[8m.")


def test_the_file_is_where_the_xdg_specification_says(tmp_path: Path) -> None:
    assert consents_file({"XDG_CONFIG_HOME": "/x"}, tmp_path) == Path("/x/seatrial/consents.json")
    assert consents_file({"HOME": "/h"}, None) == Path("/h/.config/seatrial/consents.json")
    assert consents_file({}, None) is None


@pytest.mark.parametrize(("typed", "answer"), [("y", Answer.REMEMBER), ("o", Answer.ONCE), ("", Answer.NO)])
def test_a_person_at_a_terminal_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, answer: Answer
) -> None:
    ours, theirs = os.openpty()
    with os.fdopen(os.dup(theirs)) as stdin, os.fdopen(theirs, "w") as stderr:
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr(sys, "stderr", stderr)
        os.write(ours, f"{typed}\n".encode())
        assert ask_here(wish(tmp_path)) is answer
    os.close(ours)
