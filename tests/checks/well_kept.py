"""Realistic clusters that are well kept, as EKS, GKE and AKS make them: no check has cause for alarm.

Six nodes in three zones, the provider's own pods and webhooks, and a shop on top: deployments with budgets
and spread, a database with volumes of a zone each, an ingress controller, cert-manager, cron jobs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.builders import a_snapshot, an_object, endpoints_of

from seatrial.cluster.metrics import ApiMetrics
from seatrial.cluster.objects import Obj
from seatrial.cluster.snapshot import Snapshot

ZONES = ("a", "b", "c")
_OF_EKS = "602401143452.dkr.ecr.eu-central-1.amazonaws.com"


@dataclass(frozen=True, slots=True)
class Flavour:
    name: str
    version: str
    kubelet: str
    region: str
    os_image: str
    kernel: str
    node_labels: Mapping[str, str]
    registry: str
    csi_driver: str
    deployments: tuple[str, ...]
    """Of kube-system; two pods and a budget each."""
    daemons: tuple[str, ...]
    images: Mapping[str, str] = field(default_factory=dict)
    webhooks: tuple[Obj, ...] = ()
    static_kube_proxy: bool = False


def eks() -> Flavour:
    hook = {"name": "mpod.elbv2.k8s.aws", "service": "aws-load-balancer-webhook-service"}
    return Flavour(
        name="eks",
        version="v1.35.4-eks-3025e55",
        kubelet="v1.35.4-eks-3025e55",
        region="eu-central-1",
        os_image="Amazon Linux 2023.9.20260810",
        kernel="6.12.40-64.114.amzn2023.x86_64",
        node_labels={
            "eks.amazonaws.com/nodegroup": "general",
            "eks.amazonaws.com/nodegroup-image": "ami-0a1b2c3d4e5f60718",
            "eks.amazonaws.com/capacityType": "ON_DEMAND",
        },
        registry=f"{_OF_EKS}/eks",
        csi_driver="ebs.csi.aws.com",
        deployments=("coredns", "ebs-csi-controller", "metrics-server", "aws-load-balancer-controller"),
        daemons=("aws-node", "kube-proxy", "ebs-csi-node", "eks-pod-identity-agent"),
        images={
            "coredns": f"{_OF_EKS}/eks/coredns:v1.12.4-eksbuild.1",
            "kube-proxy": f"{_OF_EKS}/eks/kube-proxy:v1.35.0-eksbuild.2",
            "aws-node": f"{_OF_EKS}/amazon-k8s-cni:v1.21.1-eksbuild.1",
            "metrics-server": f"{_OF_EKS}/eks/metrics-server:v0.8.1-eksbuild.1",
            "aws-load-balancer-controller": "public.ecr.aws/eks/aws-load-balancer-controller:v2.17.0",
        },
        webhooks=(
            _webhook("Mutating", "pod-identity-webhook", {"name": "iam-for-pods.amazonaws.com", "url": True}),
            _webhook("Mutating", "aws-load-balancer-webhook", hook, rules=_SERVICES),
        ),
    )


def gke() -> Flavour:
    return Flavour(
        name="gke",
        version="v1.35.3-gke.1389000",
        kubelet="v1.35.3-gke.1389000",
        region="europe-west1",
        os_image="Container-Optimized OS from Google",
        kernel="6.12.38+",
        node_labels={
            "cloud.google.com/gke-nodepool": "general",
            "cloud.google.com/gke-os-distribution": "cos",
            "cloud.google.com/gke-provisioning": "standard",
        },
        registry="gke.gcr.io",
        csi_driver="pd.csi.storage.gke.io",
        deployments=("kube-dns", "konnectivity-agent", "metrics-server-v1.35.0", "l7-default-backend"),
        daemons=("fluentbit-gke", "gke-metrics-agent", "pdcsi-node", "netd"),
        images={
            "kube-dns": "gke.gcr.io/k8s-dns-kube-dns:1.24.0-gke.1",
            "kube-proxy": "gke.gcr.io/kube-proxy-amd64:v1.35.3-gke.1389000",
            "metrics-server-v1.35.0": "gke.gcr.io/metrics-server:v0.8.0-gke.9",
        },
        webhooks=(
            _webhook(
                "Validating",
                "warden-validating.config.common-webhooks.networking.gke.io",
                {"name": "warden-validating.common-webhooks.networking.gke.io", "url": True},
            ),
        ),
        static_kube_proxy=True,
    )


def aks() -> Flavour:
    return Flavour(
        name="aks",
        version="v1.35.2",
        kubelet="v1.35.2",
        region="westeurope",
        os_image="Ubuntu 24.04.3 LTS",
        kernel="6.8.0-1034-azure",
        node_labels={
            "kubernetes.azure.com/agentpool": "general",
            "kubernetes.azure.com/cluster": "MC_shop_shop_westeurope",
            "kubernetes.azure.com/mode": "user",
            "kubernetes.azure.com/node-image-version": "AKSUbuntu-2404gen2containerd-202608.12.0",
        },
        registry="mcr.microsoft.com/oss/v2/kubernetes",
        csi_driver="disk.csi.azure.com",
        deployments=("coredns", "coredns-autoscaler", "konnectivity-agent", "metrics-server"),
        daemons=("azure-cns", "cloud-node-manager", "csi-azuredisk-node", "kube-proxy"),
        images={
            "coredns": "mcr.microsoft.com/oss/v2/kubernetes/coredns:v1.12.1-8",
            "kube-proxy": "mcr.microsoft.com/oss/v2/kubernetes/kube-proxy:v1.35.2-1",
            "metrics-server": "mcr.microsoft.com/oss/v2/kubernetes/metrics-server:v0.8.0-2",
        },
        webhooks=(
            _webhook(
                "Mutating",
                "aks-node-mutating-webhook",
                {"name": "aks-node-mutating-webhook.azmk8s.io", "url": True},
            ),
            _webhook(
                "Validating",
                "aks-node-validating-webhook",
                {"name": "aks-node-validating-webhook.azmk8s.io", "url": True},
            ),
        ),
    )


def well_kept(flavour: Flavour) -> Snapshot:
    """The whole cluster."""
    return a_snapshot(
        *_nodes(flavour),
        *_system(flavour),
        *_platform(),
        *_shop(flavour),
        version=flavour.version,
        metrics=ApiMetrics(servers_known=None),
        cluster=f"{flavour.name}-shop",
    )


def _nodes(flavour: Flavour) -> Iterator[Obj]:
    for number in range(6):
        zone = f"{flavour.region}{ZONES[number % 3]}"
        resources = {"cpu": "3920m", "memory": "14Gi", "pods": "110", "ephemeral-storage": "90Gi"}
        node = an_object(
            "v1",
            "Node",
            f"node-{number}",
            labels={
                **flavour.node_labels,
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/os": "linux",
                "kubernetes.io/hostname": f"node-{number}",
                "node.kubernetes.io/instance-type": "m6i.xlarge",
                "topology.kubernetes.io/region": flavour.region,
                "topology.kubernetes.io/zone": zone,
            },
            spec={"providerID": f"cloud:///{zone}/i-{number}"},
            status={
                "conditions": [
                    {"type": "Ready", "status": "True"},
                    *({"type": f"{each}Pressure", "status": "False"} for each in ("Memory", "Disk", "PID")),
                ],
                "capacity": resources,
                "allocatable": resources,
                "nodeInfo": {
                    "kubeletVersion": flavour.kubelet,
                    "kubeProxyVersion": flavour.kubelet,
                    "containerRuntimeVersion": "containerd://2.1.5",
                    "osImage": flavour.os_image,
                    "kernelVersion": flavour.kernel,
                    "architecture": "amd64",
                    "operatingSystem": "linux",
                },
            },
        )
        yield node


def _system(flavour: Flavour) -> Iterator[Obj]:
    for name in ("kube-system", "kube-public", "kube-node-lease", "default"):
        yield an_object("v1", "Namespace", name, status={"phase": "Active"})
    for name in flavour.deployments:
        yield from _deployment(
            name, "kube-system", 2, image=_image(flavour, name), priority="system-cluster-critical"
        )
    for name in flavour.daemons:
        yield from _daemon_set(name, "kube-system", _image(flavour, name))
    if flavour.static_kube_proxy:
        for number in range(6):
            yield _pod(
                f"kube-proxy-gke-node-{number}",
                "kube-system",
                {"component": "kube-proxy"},
                number,
                {**_pod_spec(_image(flavour, "kube-proxy")), "priorityClassName": "system-node-critical"},
                owner=("Node", f"node-{number}"),
                annotations={"kubernetes.io/config.mirror": "f00", "kubernetes.io/config.source": "file"},
            )
    yield from flavour.webhooks
    yield from _service("metrics-server", "kube-system", flavour.deployments[2])
    yield from _service("aws-load-balancer-webhook-service", "kube-system", "aws-load-balancer-controller")
    yield an_object(
        "apiregistration.k8s.io/v1",
        "APIService",
        "v1beta1.metrics.k8s.io",
        spec={
            "group": "metrics.k8s.io",
            "version": "v1beta1",
            "service": {"name": "metrics-server", "namespace": "kube-system"},
        },
        status={"conditions": [{"type": "Available", "status": "True"}]},
    )
    yield an_object("storage.k8s.io/v1", "StorageClass", "fast", provisioner=flavour.csi_driver)
    yield an_object("storage.k8s.io/v1", "CSIDriver", flavour.csi_driver, spec={"attachRequired": True})


def _platform() -> Iterator[Obj]:
    """An ingress controller and cert-manager, with charts' own labels."""
    for name in ("ingress", "cert-manager"):
        yield an_object("v1", "Namespace", name, status={"phase": "Active"})
    yield from _deployment("traefik", "ingress", 3, image="docker.io/traefik:v3.6.2")
    yield from _service("traefik", "ingress", "traefik", kind="LoadBalancer")
    yield an_object(
        "networking.k8s.io/v1",
        "IngressClass",
        "traefik",
        spec={"controller": "traefik.io/ingress-controller"},
    )
    for name in ("controller", "cainjector", "webhook"):
        full = "cert-manager" if name == "controller" else f"cert-manager-{name}"
        yield from _deployment(full, "cert-manager", 2, image=f"quay.io/jetstack/cert-manager-{name}:v1.21.0")
    yield from _service("cert-manager-webhook", "cert-manager", "cert-manager-webhook")
    yield _webhook(
        "Validating",
        "cert-manager-webhook",
        {"name": "webhook.cert-manager.io", "service": "cert-manager-webhook", "namespace": "cert-manager"},
        rules=[
            {
                "apiGroups": ["cert-manager.io", "acme.cert-manager.io"],
                "apiVersions": ["v1"],
                "operations": ["CREATE", "UPDATE"],
                "resources": ["*/*"],
            }
        ],
    )
    yield an_object(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "certificates.cert-manager.io",
        spec={
            "group": "cert-manager.io",
            "scope": "Namespaced",
            "names": {"kind": "Certificate", "plural": "certificates"},
            "versions": [{"name": "v1", "served": True, "storage": True}],
        },
        status={"storedVersions": ["v1"], "conditions": [{"type": "Established", "status": "True"}]},
    )


def _shop(flavour: Flavour) -> Iterator[Obj]:
    yield an_object(
        "v1",
        "Namespace",
        "shop",
        labels={
            "pod-security.kubernetes.io/enforce": "baseline",
            "pod-security.kubernetes.io/enforce-version": "v1.35",
        },
        status={"phase": "Active"},
    )
    for name, replicas in (("web", 3), ("api", 4), ("worker", 2)):
        yield from _deployment(name, "shop", replicas, image=f"registry.example.com/shop/{name}:1.42.0")
        yield from _service(name, "shop", name)
    yield an_object(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        "api",
        "shop",
        spec={
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"},
            "minReplicas": 3,
            "maxReplicas": 10,
        },
        status={"currentReplicas": 4, "desiredReplicas": 4},
    )
    yield an_object(
        "networking.k8s.io/v1",
        "Ingress",
        "shop",
        "shop",
        spec={
            "ingressClassName": "traefik",
            "rules": [
                {
                    "host": "shop.example.com",
                    "http": {
                        "paths": [
                            {
                                "path": "/",
                                "pathType": "Prefix",
                                "backend": {"service": {"name": "web", "port": {"number": 80}}},
                            }
                        ]
                    },
                }
            ],
        },
        status={"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}]}},
    )
    yield an_object(
        "batch/v1",
        "CronJob",
        "nightly-report",
        "shop",
        spec={
            "schedule": "17 3 * * *",
            "concurrencyPolicy": "Forbid",
            "jobTemplate": {
                "spec": {
                    "backoffLimit": 3,
                    "template": {
                        "spec": {
                            **_pod_spec("registry.example.com/shop/report:1.4.0"),
                            "restartPolicy": "OnFailure",
                        }
                    },
                }
            },
        },
        status={"lastScheduleTime": "2026-11-21T03:17:00Z", "lastSuccessfulTime": "2026-11-21T03:18:00Z"},
    )
    yield from _finished_job()
    yield from _database(flavour)


def _finished_job() -> Iterator[Obj]:
    spec = {**_pod_spec("registry.example.com/shop/report:1.4.0"), "restartPolicy": "OnFailure"}
    yield an_object(
        "batch/v1",
        "Job",
        "nightly-report-29384",
        "shop",
        owner=("CronJob", "nightly-report"),
        spec={"template": {"spec": spec}, "completions": 1, "parallelism": 1},
        status={"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]},
    )
    yield _pod(
        "nightly-report-29384-x",
        "shop",
        {"job-name": "nightly-report-29384"},
        0,
        spec,
        owner=("Job", "nightly-report-29384"),
        phase="Succeeded",
    )


def _database(flavour: Flavour) -> Iterator[Obj]:
    """Three members, a zone and a volume each; there is a second node in each zone."""
    labels = {"app.kubernetes.io/name": "db"}
    spec = {
        **_pod_spec("registry.example.com/shop/database:16.4", labels),
        "terminationGracePeriodSeconds": 60,
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data-db-0"}}],
    }
    template = {key: value for key, value in spec.items() if key != "volumes"}
    yield an_object(
        "apps/v1",
        "StatefulSet",
        "db",
        "shop",
        labels=labels,
        spec={
            "replicas": 3,
            "serviceName": "db",
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": template},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"storageClassName": "fast"}}],
        },
        status={
            "replicas": 3,
            "readyReplicas": 3,
            "availableReplicas": 3,
            "currentReplicas": 3,
            "updatedReplicas": 3,
            "currentRevision": "db-1",
            "updateRevision": "db-1",
            "observedGeneration": 1,
        },
    )
    yield from _service("db", "shop", "db", headless=True)
    yield _budget("db", "shop", labels, 3)
    for number in range(3):
        claim = f"data-db-{number}"
        volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]
        yield _pod(
            f"db-{number}", "shop", labels, number, {**spec, "volumes": volumes}, ("StatefulSet", "db")
        )
        yield an_object(
            "v1",
            "PersistentVolumeClaim",
            claim,
            "shop",
            spec={"volumeName": f"pv-{number}", "storageClassName": "fast", "accessModes": ["ReadWriteOnce"]},
            status={"phase": "Bound"},
        )
        zone = f"{flavour.region}{ZONES[number]}"
        term = {"key": "topology.kubernetes.io/zone", "operator": "In", "values": [zone]}
        yield an_object(
            "v1",
            "PersistentVolume",
            f"pv-{number}",
            spec={
                "csi": {"driver": flavour.csi_driver, "volumeHandle": f"vol-{number}"},
                "storageClassName": "fast",
                "accessModes": ["ReadWriteOnce"],
                "claimRef": {"kind": "PersistentVolumeClaim", "namespace": "shop", "name": claim},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [term]}]}},
            },
            status={"phase": "Bound"},
        )


def _image(flavour: Flavour, name: str) -> str:
    return flavour.images.get(name, f"{flavour.registry}/{name}:v1.0.0")


def _deployment(name: str, namespace: str, replicas: int, *, image: str, priority: str = "") -> Iterator[Obj]:
    labels = {"app.kubernetes.io/name": name}
    spec = {**_pod_spec(image, labels), **({"priorityClassName": priority} if priority else {})}
    metadata = {"labels": {**labels, "pod-template-hash": "5d4f8c"}}
    counts = {"replicas": replicas, "readyReplicas": replicas, "availableReplicas": replicas}
    yield an_object(
        "apps/v1",
        "Deployment",
        name,
        namespace,
        labels=labels,
        spec={
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
            },
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
        status={
            **counts,
            "updatedReplicas": replicas,
            "observedGeneration": 1,
            "conditions": [
                {"type": "Available", "status": "True"},
                {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"},
            ],
        },
    )
    yield an_object(
        "apps/v1",
        "ReplicaSet",
        f"{name}-5d4f8c",
        namespace,
        labels=metadata["labels"],
        owner=("Deployment", name),
        spec={
            "replicas": replicas,
            "selector": {"matchLabels": metadata["labels"]},
            "template": {"metadata": metadata, "spec": spec},
        },
        status={**counts, "observedGeneration": 1},
    )
    for number in range(replicas):
        yield _pod(
            f"{name}-5d4f8c-{number}",
            namespace,
            metadata["labels"],
            number,
            spec,
            ("ReplicaSet", f"{name}-5d4f8c"),
        )
    yield _budget(name, namespace, labels, replicas)


def _daemon_set(name: str, namespace: str, image: str) -> Iterator[Obj]:
    labels = {"k8s-app": name}
    spec = {
        **_pod_spec(image),
        "hostNetwork": True,
        "priorityClassName": "system-node-critical",
        "tolerations": [{"operator": "Exists"}],
        "volumes": [{"name": "run", "hostPath": {"path": "/run"}}],
    }
    yield an_object(
        "apps/v1",
        "DaemonSet",
        name,
        namespace,
        labels=labels,
        spec={
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}},
        },
        status={
            "desiredNumberScheduled": 6,
            "currentNumberScheduled": 6,
            "numberReady": 6,
            "numberAvailable": 6,
            "updatedNumberScheduled": 6,
            "observedGeneration": 1,
        },
    )
    for number in range(6):
        yield _pod(f"{name}-{number}", namespace, labels, number, spec, ("DaemonSet", name))


def _pod_spec(image: str, spread: Mapping[str, str] | None = None) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "serviceAccountName": "app",
        "terminationGracePeriodSeconds": 30,
        "containers": [
            {
                "name": "main",
                "image": image,
                "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
                "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}},
                "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
            }
        ],
    }
    if spread:
        spec["topologySpreadConstraints"] = [
            {
                "maxSkew": 1,
                "topologyKey": "topology.kubernetes.io/zone",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": dict(spread)},
            }
        ]
    return spec


def _pod(
    name: str,
    namespace: str,
    labels: Mapping[str, str],
    number: int,
    spec: Mapping[str, Any],
    owner: tuple[str, str] | None = None,
    *,
    phase: str = "Running",
    annotations: Mapping[str, str] | None = None,
) -> Obj:
    ready = "True" if phase == "Running" else "False"
    return an_object(
        "v1",
        "Pod",
        name,
        namespace,
        labels=labels,
        owner=owner,
        annotations=annotations,
        spec={**spec, "nodeName": f"node-{number % 6}"},
        status={
            "phase": phase,
            "podIP": f"10.0.{number}.9",
            "startTime": "2026-11-01T09:00:00Z",
            "conditions": [{"type": "Ready", "status": ready}, {"type": "PodScheduled", "status": "True"}],
            "containerStatuses": [{"name": "main", "ready": phase == "Running", "restartCount": 0}],
        },
    )


def _budget(name: str, namespace: str, labels: Mapping[str, str], pods: int) -> Obj:
    return an_object(
        "policy/v1",
        "PodDisruptionBudget",
        name,
        namespace,
        spec={"maxUnavailable": 1, "selector": {"matchLabels": dict(labels)}},
        status={
            "currentHealthy": pods,
            "desiredHealthy": pods - 1,
            "expectedPods": pods,
            "disruptionsAllowed": 1,
            "observedGeneration": 1,
        },
    )


def _service(
    name: str, namespace: str, app: str, *, kind: str = "ClusterIP", headless: bool = False
) -> Iterator[Obj]:
    yield an_object(
        "v1",
        "Service",
        name,
        namespace,
        spec={
            "type": kind,
            "selector": {"app.kubernetes.io/name": app},
            "ports": [{"port": 443, "targetPort": 8443}],
            "clusterIP": "None" if headless else "10.96.0.7",
        },
    )
    yield endpoints_of(name, namespace, ready=(True, True))


_SERVICES = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["services"]}]


def _webhook(
    kind: str, name: str, called: Mapping[str, Any], rules: Iterable[Mapping[str, Any]] | None = None
) -> Obj:
    service = {
        "name": called.get("service", ""),
        "namespace": called.get("namespace", "kube-system"),
        "path": "/mutate",
        "port": 443,
    }
    client = {"url": "https://127.0.0.1:23443/mutate"} if called.get("url") else {"service": service}
    pods = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]
    excluded = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system"]}
    return an_object(
        "admissionregistration.k8s.io/v1",
        f"{kind}WebhookConfiguration",
        name,
        webhooks=[
            {
                "name": called["name"],
                "clientConfig": client,
                "rules": list(rules or pods),
                "failurePolicy": "Ignore" if called.get("url") else "Fail",
                "timeoutSeconds": 10,
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
                "namespaceSelector": {"matchExpressions": [excluded]},
            }
        ],
    )
