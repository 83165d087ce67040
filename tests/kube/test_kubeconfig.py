from __future__ import annotations

import base64
import os
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.errors import BadInput
from seatrial.kube import (
    Basic,
    ClientCertificate,
    ClientCertificateFiles,
    ClusterAccess,
    Context,
    ExecSpec,
    Impersonation,
    Kubeconfig,
    Token,
    TokenFile,
    in_cluster,
)
from seatrial.kube.config import merge
from seatrial.kube.kubeconfig_file import ClusterEntry, ContextEntry, KubeconfigFile, UserEntry

CANARY = "canary-8f14e45fceea167a"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(text))
    return path


def minimal(path: Path, *, cluster: str = "server: https://one:6443", user: str = f"token: {CANARY}") -> Path:
    return write(
        path,
        f"""\
        apiVersion: v1
        kind: Config
        current-context: main
        clusters: [{{name: c, cluster: {{{cluster}}}}}]
        users: [{{name: u, user: {{{user}}}}}]
        contexts: [{{name: main, context: {{cluster: c, user: u}}}}]
        """,
    )


def load(path: Path, **env: str) -> Kubeconfig:
    return Kubeconfig.load(path, env=env)


def problem(path: Path, context: str | None = None) -> str:
    with pytest.raises(BadInput) as caught:
        load(path).access(context)
    assert CANARY not in str(caught.value)
    assert caught.value.next_step
    return str(caught.value)


def test_one_file_gives_the_access_of_its_current_context(tmp_path: Path) -> None:
    assert load(minimal(tmp_path / "config")).access() == ClusterAccess(
        name="main", server="https://one:6443", login=Token(CANARY)
    )


def test_secrets_do_not_show_in_the_repr(tmp_path: Path) -> None:
    assert CANARY not in repr(load(minimal(tmp_path / "config")).access())


def test_the_first_file_wins_for_each_name_and_for_the_current_context(tmp_path: Path) -> None:
    first = write(
        tmp_path / "first",
        """\
        clusters: [{name: c, cluster: {server: "https://first"}}]
        users: [{name: u, user: {username: a, password: b}}]
        """,
    )
    second = write(
        tmp_path / "second",
        """\
        current-context: main
        clusters:
        - {name: c, cluster: {server: "https://second", tls-server-name: lost}}
        - {name: d, cluster: {server: "https://d"}}
        users: [{name: u, user: {token: lost}}, {name: v, user: {token: kept}}]
        contexts:
        - {name: main, context: {cluster: c, user: u, namespace: shop}}
        - {name: other, context: {cluster: d, user: v}}
        """,
    )
    third = write(tmp_path / "third", "current-context: other\n")
    listed = os.pathsep.join(map(str, [tmp_path / "missing", first, "", second, third, first]))
    config = Kubeconfig.load(env={"KUBECONFIG": listed})
    assert config.files == (first, second, third)
    assert config.contexts == (
        Context("main", "c", "u", "shop", True),
        Context("other", "d", "v", "default", False),
    )
    assert config.access() == ClusterAccess(
        name="main", server="https://first", namespace="shop", login=Basic("a", "b")
    )
    assert config.access("other").login == Token("kept")


def test_without_kubeconfig_the_home_folder_is_read(tmp_path: Path) -> None:
    minimal(tmp_path / ".kube" / "config")
    assert Kubeconfig.load(env={"HOME": str(tmp_path)}).current_context == "main"


def test_an_explicit_file_stands_alone(tmp_path: Path) -> None:
    other = write(tmp_path / "other", "contexts: [{name: elsewhere, context: {cluster: c, user: u}}]\n")
    config = Kubeconfig.load(minimal(tmp_path / "config"), env={"KUBECONFIG": str(other)})
    assert [context.name for context in config.contexts] == ["main"]


def test_an_explicit_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not exist"):
        load(tmp_path / "nowhere")


def test_missing_files_of_the_list_are_skipped_until_none_is_left(tmp_path: Path) -> None:
    config = Kubeconfig.load(env={"KUBECONFIG": str(tmp_path / "nowhere")})
    with pytest.raises(BadInput, match="no kubeconfig was found") as caught:
        config.access()
    assert "KUBECONFIG" in caught.value.next_step


def test_relative_paths_are_relative_to_the_file_that_holds_them(tmp_path: Path) -> None:
    for name in ("ca.crt", "me.crt", "me.key"):
        write(tmp_path / "pki" / name, name)
    path = minimal(
        tmp_path / "deep" / "config",
        cluster="server: https://one, certificate-authority: ../pki/ca.crt",
        user="client-certificate: ../pki/me.crt, client-key: ../pki/me.key",
    )
    access = load(path).access()
    assert access.ca == b"ca.crt"
    assert access.certificate == ClientCertificateFiles(tmp_path / "pki/me.crt", tmp_path / "pki/me.key")


def test_data_and_token_file_and_impersonation_are_read(tmp_path: Path) -> None:
    token = write(tmp_path / "token", "t")
    data = base64.b64encode(b"pem").decode()
    path = minimal(
        tmp_path / "config",
        cluster=f"server: https://one/, certificate-authority-data: {data}, tls-server-name: n",
        user=f"client-certificate-data: {data}, client-key-data: {data}, token: lost, tokenFile: token, "
        "as: jane, as-uid: '7', as-groups: [a, b], as-user-extra: {Scope: [x, y]}",
    )
    assert load(path).access() == ClusterAccess(
        name="main",
        server="https://one",
        ca=b"pem",
        tls_server_name="n",
        login=TokenFile(token, origin=path),
        certificate=ClientCertificate(b"pem", b"pem"),
        impersonate=Impersonation("jane", ("a", "b"), "7", (("Scope", ("x", "y")),)),
    )


def test_an_exec_plugin_becomes_its_spec(tmp_path: Path) -> None:
    path = write(
        tmp_path / "config",
        """\
        current-context: main
        clusters:
        - name: c
          cluster:
            server: https://one
            extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: x}}]
        users:
        - name: u
          user:
            exec:
              apiVersion: client.authentication.k8s.io/v1
              command: ./login
              args: [--cluster, one]
              env: [{name: A, value: b}]
              interactiveMode: Never
              provideClusterInfo: true
              installHint: Install it.
        contexts: [{name: main, context: {cluster: c, user: u}}]
        """,
    )
    assert load(path).access().login == ExecSpec(
        command=str(tmp_path / "login"),
        args=("--cluster", "one"),
        env=(("A", "b"),),
        interactive_mode="Never",
        provide_cluster_info=True,
        install_hint="Install it.",
        user="u",
        origin=path,
        cluster_config={"audience": "x"},
    )


def test_nulls_mean_not_set(tmp_path: Path) -> None:
    path = write(
        tmp_path / "config",
        """\
        current-context: main
        preferences: {}
        clusters: [{name: c, cluster: {server: "https://one", proxy-url: null}}]
        users: null
        contexts: [{name: main, context: {cluster: c, user: "", namespace: null}}]
        """,
    )
    assert load(path).access() == ClusterAccess(name="main", server="https://one")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("clusters: []\nusers: []\nclusters: []\n", ":3: the key 'clusters' is written twice"),
        ("clusters:\n\t- name: c\n", ":2: the kubeconfig is not valid YAML: a tab"),
        ("clusters: [\n", "not valid YAML"),
        (f"users: [{{name: u, user: {{token: '{CANARY}\n", "not valid YAML"),
        ("- a\n", "not a mapping"),
        ("just text", "not a mapping"),
        ("a: 1\n---\nb: 2\n", "not valid YAML"),
        ("kind: Pod\n", "another kind"),
        (f"clusters: {CANARY}\n", "clusters: expected array, got str"),
        (
            "clusters: [{name: c, cluster: {server: 5}}]\n",
            "clusters[0].cluster.server: expected str, got int",
        ),
        ("users: [{name: u, user: {token: 5}}]\n", "wrong type"),
        ("clusters: [{name: c, cluster: {insecure-skip-tls-verify: maybe}}]\n", "expected bool"),
        ("users: [{name: u}, {name: u}]\n", "two users named 'u'"),
        ("", "no cluster"),
        ("# only a comment\n", "no cluster"),
        (
            "contexts: [{name: a, context: {cluster: c, user: u}}]\n",
            "no context is named and none is current",
        ),
        (
            "current-context: gone\ncontexts: [{name: a, context: {}}]\n",
            "no context 'gone'. Name another: a.",
        ),
        (
            "current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\n",
            "its cluster 'c' is not defined",
        ),
        (
            "current-context: a\nclusters: [{name: c, cluster: {server: x}}]\n"
            "contexts: [{name: a, context: {cluster: c, user: u}}]\n",
            "its user 'u' is not defined",
        ),
    ],
)
def test_a_broken_file_is_one_error_with_the_next_step(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    message = problem(path)
    assert str(path) in message
    assert said in message


@pytest.mark.parametrize(
    ("cluster", "user", "said"),
    [
        ("server: ''", "token: t", "cluster 'c': it has no server"),
        ("server: 'ftp://x'", "token: t", "not an http or https URL"),
        ("server: 'https://x:99999'", "token: t", "not an http or https URL"),
        (f"server: 'https://me:{CANARY}@x'", "token: t", "credentials in its server URL"),
        (
            "server: 'https://x', certificate-authority-data: '%%%'",
            "token: t",
            "certificate-authority-data is not valid base64",
        ),
        ("server: 'https://x', certificate-authority: gone.crt", "token: t", "cannot be read (No such file"),
        (
            "server: 'https://x', certificate-authority: a, certificate-authority-data: b",
            "token: t",
            "sets both",
        ),
        (
            "server: 'https://x', insecure-skip-tls-verify: true, certificate-authority-data: YQ==",
            "token: t",
            "also a cert",
        ),
        ("server: 'https://x', proxy-url: 'socks5://h:1'", "token: t", "scheme 'socks5'"),
        ("server: 'https://x', proxy-url: 'nonsense'", "token: t", "not a URL with a host"),
        ("server: 'https://x'", f"token: {CANARY}, username: u", "both a token and a password"),
        ("server: 'https://x'", f"token: '{CANARY} x'", "its token holds spaces"),
        ("server: 'https://x'", "client-certificate-data: YQ==", "half a client certificate"),
        ("server: 'https://x'", "client-key-data: YQ==", "half a client certificate"),
        (
            "server: 'https://x'",
            f"client-certificate-data: YQ==, client-key-data: '{CANARY}!'",
            "client-key-data is not",
        ),
        ("server: 'https://x'", "tokenFile: gone", "its tokenFile"),
        ("server: 'https://x'", "auth-provider: {name: gcp}", "auth-provider 'gcp'"),
        ("server: 'https://x'", "as-groups: [a]", "without a user"),
        ("server: 'https://x'", 'as: "a\\nX: y"', "control characters"),
        (
            "server: 'https://x'",
            "exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}",
            "v1alpha1",
        ),
        (
            "server: 'https://x'",
            "exec: {command: x, apiVersion: client.authentication.k8s.io/v1}",
            "interactiveMode",
        ),
        (
            "server: 'https://x'",
            "exec: {apiVersion: client.authentication.k8s.io/v1beta1}",
            "names no command",
        ),
    ],
)
def test_an_unusable_entry_names_the_file_the_entry_and_the_reason(
    tmp_path: Path, cluster: str, user: str, said: str
) -> None:
    path = minimal(tmp_path / "config", cluster=cluster, user=user)
    message = problem(path)
    assert str(path) in message
    assert said in message


def test_an_unreadable_or_binary_file_is_an_error(tmp_path: Path) -> None:
    assert "cannot be read" in problem(tmp_path)
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00\x01")
    assert "not UTF-8" in problem(binary)


@pytest.mark.parametrize(
    ("server", "env", "proxy"),
    [
        ("https://api.corp:6443", {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ("https://api.corp:6443", {"https_proxy": "p:1"}, "http://p:1"),
        ("http://api.corp", {"HTTPS_PROXY": "http://p:1"}, ""),
        ("https://api.corp", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "corp"}, ""),
        ("https://api.corp", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".corp"}, ""),
        ("https://corp", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".corp"}, "http://p:1"),
        ("https://notcorp", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "corp"}, "http://p:1"),
        ("https://10.1.2.3", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8"}, ""),
        ("https://api.corp:6443", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "api.corp:443"}, "http://p:1"),
        ("https://127.0.0.1:6443", {"HTTPS_PROXY": "http://p:1"}, ""),
        ("https://api.corp", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, ""),
    ],
)
def test_the_environments_proxy_is_used_as_kubectl_uses_it(
    tmp_path: Path, server: str, env: dict[str, str], proxy: str
) -> None:
    path = minimal(tmp_path / "config", cluster=f"server: '{server}'")
    assert load(path, **env).access().proxy_url == proxy


def test_the_kubeconfigs_own_proxy_comes_first(tmp_path: Path) -> None:
    path = minimal(tmp_path / "config", cluster="server: 'https://x', proxy-url: 'http://mine:1'")
    assert load(path, HTTPS_PROXY="http://p:1").access().proxy_url == "http://mine:1"


def test_a_pod_uses_its_service_account(tmp_path: Path) -> None:
    token = write(tmp_path / "token", CANARY)
    write(tmp_path / "ca.crt", "pem")
    write(tmp_path / "namespace", "seatrial\n")
    env = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    assert in_cluster(env, root=tmp_path) == ClusterAccess(
        name="in-cluster",
        server="https://[fd00::1]:443",
        namespace="seatrial",
        ca=b"pem",
        login=TokenFile(token),
    )
    assert in_cluster({}, root=tmp_path) is None


names = st.sampled_from("abcd")


@st.composite
def kubeconfig_files(draw: st.DrawFn) -> tuple[KubeconfigFile, ...]:
    files = []
    for index in range(draw(st.integers(0, 4))):
        files.append(
            KubeconfigFile(
                path=Path(f"/f{index}"),
                current_context=draw(st.sampled_from(["", "a", "b"])),
                clusters={n: ClusterEntry(server=f"https://{index}-{n}") for n in draw(st.sets(names))},
                users={n: UserEntry(username=f"{index}-{n}") for n in draw(st.sets(names))},
                contexts={
                    n: ContextEntry(cluster=n, user=n, namespace=f"n{index}") for n in draw(st.sets(names))
                },
            )
        )
    return tuple(files)


@given(kubeconfig_files())
def test_merging_takes_each_name_whole_from_the_first_file_that_has_it(
    files: tuple[KubeconfigFile, ...],
) -> None:
    merged = merge(files, env={})
    assert merged.current_context == next((f.current_context for f in files if f.current_context), "")
    assert {c.name: c.namespace for c in merged.contexts} == {
        name: next(f.contexts[name].namespace for f in files if name in f.contexts)
        for name in {name for f in files for name in f.contexts}
    }


@given(kubeconfig_files(), st.integers(0, 4))
def test_merging_is_associative(files: tuple[KubeconfigFile, ...], at: int) -> None:
    """Merging a list equals letting its first part win over its second."""
    whole, first, second = merge(files, env={}), merge(files[:at], env={}), merge(files[at:], env={})
    named = {c.name: (c.cluster, c.user, c.namespace) for c in second.contexts}
    named |= {c.name: (c.cluster, c.user, c.namespace) for c in first.contexts}
    assert {c.name: (c.cluster, c.user, c.namespace) for c in whole.contexts} == named
    assert whole.current_context == (first.current_context or second.current_context)
