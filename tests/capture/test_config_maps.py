"""A few well-known ConfigMaps keep the words that checks read; all others keep nothing."""

import json

from hypothesis import given
from hypothesis import strategies as st
from tests.builders import a_snapshot, an_object

from seatrial.capture.config_maps import kept_text
from seatrial.capture.redact import portable
from seatrial.cluster.models import ConfigMap, KnownData
from seatrial.cluster.objects import GroupKind

PROXY = """\
apiVersion: kubeproxy.config.k8s.io/v1alpha1
bindAddress: 0.0.0.0
clientConnection:
  kubeconfig: /var/lib/kube-proxy/kubeconfig.conf
kind: KubeProxyConfiguration
mode: "ipvs"
password: hunter2
"""
COREFILE = """\
.:53 {
    errors
    kubernetes cluster.local in-addr.arpa {
       ttl 30 # AKIAPLANTED in a comment
    }
    route53 example.org.:Z1 {
        aws_access_key AKIAPLANTED s3cr3t
    }
}
"""


def test_kube_proxy_keeps_its_mode() -> None:
    kept = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
    assert kept_text("kube-system", "kube-proxy", "config.conf", PROXY) == kept + 'mode: "ipvs"\n'


def test_corefile_keeps_the_names_of_its_plugins() -> None:
    outline = [
        ".:53 {",
        "    errors",
        "    kubernetes {",
        "       ttl",
        "    }",
        "    route53 {",
        "        aws_access_key",
        "    }",
        "}",
    ]
    assert (kept_text("kube-system", "coredns", "Corefile", COREFILE) or "").splitlines() == outline


def test_nothing_else_is_kept() -> None:
    assert kept_text("shop", "coredns", "Corefile", COREFILE) is None
    assert kept_text("kube-system", "kube-proxy", "kubeconfig.conf", PROXY) is None


@given(st.text(st.sampled_from("ab{}# :\n\"'mode"), max_size=60))
def test_what_is_reduced_stays_as_it_is(text: str) -> None:
    for name, key in (("kube-proxy", "config.conf"), ("coredns", "Corefile")):
        once = kept_text("kube-system", name, key, text)
        assert once is not None
        assert kept_text("kube-system", name, key, once) == once


def test_portable_snapshot_holds_the_mode_and_no_secret() -> None:
    live = a_snapshot(
        an_object(
            "v1", "ConfigMap", "kube-proxy", "kube-system", data={"config.conf": PROXY, "x": "AKIAPLANTED"}
        ),
        an_object("v1", "ConfigMap", "coredns", "kube-system", data={"Corefile": COREFILE}),
        an_object("v1", "ConfigMap", "coredns", "shop", data={"Corefile": COREFILE}),
        an_object("v1", "ConfigMap", "empty", "shop"),
    )
    carried = portable(live)
    texts = [json.dumps(each) for each in carried.objects(GroupKind("", "ConfigMap"))]
    assert not [text for text in texts if "AKIAPLANTED" in text or "hunter2" in text]
    proxy, dns, other, empty = carried.read(ConfigMap)
    assert proxy.data.kube_proxy.endswith('mode: "ipvs"\n')
    assert dns.data.corefile.startswith(".:53 {")
    assert "kubernetes" not in other.data.corefile
    assert empty.data == KnownData()
