"""Documents of the documented shape, made up for the tests; each has a canary where secrets may be."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

CANARY = "canary-7d21-ca-94fe"
ARN = "arn:aws:eks:eu-west-1:111122223333:cluster/harbour"


def raw(document: Any) -> bytes:
    return json.dumps(document, indent=4).encode()


def eks_insight(
    *clients: dict[str, Any],
    minor: str = "1.37",
    status: str = "ERROR",
    refreshed: Any = "2026-11-21T05:00:00Z",
) -> dict[str, Any]:
    """`aws eks describe-insight`."""
    detail = {
        "usage": "/apis/networking.k8s.io/v1beta1/ipaddresses",
        "replacedWith": "/apis/networking.k8s.io/v1/ipaddresses",
        "stopServingVersion": minor,
        "startServingReplacementVersion": "1.33",
        "clientStats": list(clients),
    }
    return {
        "insight": {
            **eks_summary(minor, status, refreshed),
            "recommendation": f"Update clients. {CANARY}",
            "additionalInfo": {"guide": CANARY},
            "resources": [
                {
                    "insightStatus": {"status": status, "reason": None},
                    "kubernetesResourceUri": "/apis/networking.k8s.io/v1beta1/ipaddresses/null",
                }
            ],
            "categorySpecificSummary": {"deprecationDetails": [detail]},
        }
    }


def eks_client(
    agent: str = "deployer/v1.4 (linux/amd64)", last: Any = "2026-11-20T11:00:00+01:00"
) -> dict[str, Any]:
    return {"userAgent": agent, "numberOfRequestsLast30Days": 12, "lastRequestTime": last}


def eks_summary(
    minor: str = "1.37",
    status: str = "ERROR",
    refreshed: Any = "2026-11-21T05:00:00Z",
    name: str = "Deprecated APIs removed in Kubernetes v{}",
) -> dict[str, Any]:
    """One of `aws eks list-insights`."""
    return {
        "id": "0deb269d-0000-458c-a2b4-000000000000",
        "name": name.format(minor),
        "category": "UPGRADE_READINESS",
        "kubernetesVersion": minor,
        "lastRefreshTime": refreshed,
        "lastTransitionTime": refreshed,
        "description": CANARY,
        "insightStatus": {"status": status, "reason": CANARY},
    }


def eks_cluster(version: str = "1.36", name: str = "harbour") -> dict[str, Any]:
    """`aws eks describe-cluster`."""
    return {
        "cluster": {
            "name": name,
            "arn": f"arn:aws:eks:eu-west-1:111122223333:cluster/{name}",
            "version": version,
            "endpoint": "https://0A1B2C.gr7.eu-west-1.eks.amazonaws.com",
            "roleArn": f"arn:aws:iam::111122223333:role/{CANARY}",
            "resourcesVpcConfig": {"subnetIds": ["subnet-a", "subnet-b"], "vpcId": "vpc-1"},
            "identity": {"oidc": {"issuer": f"https://oidc.example/{CANARY}"}},
            "status": "ACTIVE",
            "certificateAuthority": {"data": CANARY},
            "clientRequestToken": CANARY,
            "platformVersion": "eks.14",
            "tags": {"owner": CANARY},
            "upgradePolicy": {"supportType": "STANDARD"},
        }
    }


def eks_node_group(**more: Any) -> dict[str, Any]:
    """`aws eks describe-nodegroup`."""
    return {
        "nodegroup": {
            "nodegroupName": "workers",
            "nodegroupArn": "arn:aws:eks:eu-west-1:111122223333:nodegroup/harbour/workers/0",
            "clusterName": "harbour",
            "version": "1.36",
            "releaseVersion": "1.36.1-20261101",
            "status": "DEGRADED",
            "capacityType": "ON_DEMAND",
            "scalingConfig": {"minSize": 2, "maxSize": 8, "desiredSize": 5},
            "instanceTypes": ["m7g.large"],
            "subnets": ["subnet-a"],
            "amiType": "AL2023_ARM_64_STANDARD",
            "nodeRole": f"arn:aws:iam::111122223333:role/{CANARY}",
            "diskSize": None,
            "health": {
                "issues": [{"code": "AsgInstanceLaunchFailures", "message": CANARY, "resourceIds": [CANARY]}]
            },
            "updateConfig": {"maxUnavailablePercentage": 33},
            "launchTemplate": {"name": "workers", "version": "7", "id": "lt-0a"},
            "tags": {"owner": CANARY},
            **more,
        }
    }


EKS_VERSIONS = {
    "clusterVersions": [
        {"clusterVersion": "1.37", "kubernetesPatchVersion": "1.37.1", "versionStatus": "STANDARD_SUPPORT"},
        {"clusterVersion": "1.36", "versionStatus": "STANDARD_SUPPORT"},
        {"clusterVersion": "1.29", "versionStatus": "UNSUPPORTED"},
    ]
}
SUBNETS = {
    "Subnets": [
        {
            "SubnetId": "subnet-a",
            "AvailableIpAddressCount": 3,
            "AvailabilityZone": "eu-west-1a",
            "CidrBlock": "10.0.0.0/28",
            "OwnerId": "111122223333",
            "Tags": [{"Key": "owner", "Value": CANARY}],
        }
    ]
}
TEMPLATES = {
    "LaunchTemplates": [
        {
            "LaunchTemplateId": "lt-0a",
            "LaunchTemplateName": "workers",
            "LatestVersionNumber": 9,
            "CreatedBy": f"arn:aws:iam::111122223333:user/{CANARY}",
        }
    ]
}


def gke_cluster(**more: Any) -> dict[str, Any]:
    """`gcloud container clusters describe`."""
    pool = {
        "name": "workers",
        "version": "1.36.2-gke.1000",
        "initialNodeCount": 1,
        "status": "RUNNING_WITH_ERROR",
        "statusMessage": CANARY,
        "conditions": [{"canonicalCode": "RESOURCE_EXHAUSTED", "message": CANARY}],
        "locations": ["europe-west1-b", "europe-west1-c"],
        "config": {"imageType": "COS_CONTAINERD", "metadata": {"key": CANARY}},
        "autoscaling": {"enabled": True, "minNodeCount": 1, "maxNodeCount": 4},
        "upgradeSettings": {"maxUnavailable": 1, "strategy": "SURGE"},
        "podIpv4CidrSize": 24,
    }
    return {
        "name": "harbour",
        "currentMasterVersion": "1.36.3-gke.1100",
        "status": "RUNNING",
        "endpoint": "203.0.113.7",
        "masterAuth": {"clusterCaCertificate": CANARY, "password": CANARY},
        "clusterIpv4Cidr": "10.4.0.0/20",
        "ipAllocationPolicy": {"useIpAliases": True, "additionalPodRangesConfig": {}},
        "releaseChannel": {"channel": "REGULAR"},
        "resourceLabels": {"owner": CANARY},
        "nodePools": [pool],
        **more,
    }


GKE_VERSIONS = {
    "defaultClusterVersion": "1.36.3-gke.1100",
    "validMasterVersions": ["1.37.2-gke.100", "1.36.4-gke.200"],
    "validNodeVersions": ["1.37.2-gke.100"],
    "channels": [
        {"channel": "RAPID", "defaultVersion": "1.37.3-gke.300", "validVersions": ["1.37.3-gke.300"]},
        {
            "channel": "REGULAR",
            "defaultVersion": "1.36.4-gke.200",
            "validVersions": ["1.36.5-gke.1", "1.36.4-gke.200"],
        },
    ],
}


def gke_insight(
    subtype: str = "DEPRECATION_K8S_1_37_API", cluster: str = "harbour", **more: Any
) -> dict[str, Any]:
    """One of `gcloud recommender insights list`."""
    kind = "projects/42/locations/europe-west1/insightTypes/google.container.DiagnosisInsight/insights/"
    return {
        "name": f"{kind}0a1b",
        "description": CANARY,
        "insightSubtype": subtype,
        "targetResources": [
            f"//container.googleapis.com/projects/42/locations/europe-west1/clusters/{cluster}"
        ],
        "content": {"whatever": CANARY},
        "lastRefreshTime": "2026-11-20T08:00:00.123456789Z",
        "stateInfo": {"state": "ACTIVE"},
        "severity": "HIGH",
        "etag": CANARY,
        **more,
    }


ID = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/quay/providers"
    "/Microsoft.ContainerService/managedClusters/harbour"
)


def aks_pool(**more: Any) -> dict[str, Any]:
    """One of `az aks nodepool list`."""
    return {
        "name": "workers",
        "id": f"{ID}/agentPools/workers",
        "type": "Microsoft.ContainerService/managedClusters/agentPools",
        "count": 7,
        "minCount": None,
        "maxCount": None,
        "enableAutoScaling": False,
        "orchestratorVersion": "1.36",
        "currentOrchestratorVersion": "1.36.2",
        "nodeImageVersion": "AKSUbuntu-2404gen2containerd-202611.02.0",
        "provisioningState": "Failed",
        "availabilityZones": ["1", "2"],
        "upgradeSettings": {"maxSurge": "33%", "maxUnavailable": "0"},
        "nodeLabels": {"owner": CANARY},
        "tags": {"owner": CANARY},
        **more,
    }


def aks_cluster(**more: Any) -> dict[str, Any]:
    """`az aks show`."""
    return {
        "name": "harbour",
        "id": ID,
        "type": "Microsoft.ContainerService/ManagedClusters",
        "kubernetesVersion": "1.36",
        "currentKubernetesVersion": "1.36.2",
        "provisioningState": "Succeeded",
        "fqdn": "harbour-0a1b.hcp.westeurope.azmk8s.io",
        "privateFqdn": None,
        "identityProfile": {"kubeletidentity": {"clientId": CANARY}},
        "windowsProfile": {"adminPassword": CANARY},
        "linuxProfile": {"ssh": {"publicKeys": [{"keyData": CANARY}]}},
        "agentPoolProfiles": [aks_pool(type="VirtualMachineScaleSets", id=None)],
        "tags": {"owner": CANARY},
        **more,
    }


AKS_UPGRADES = {
    "agentPoolProfiles": None,
    "controlPlaneProfile": {
        "kubernetesVersion": "1.36.2",
        "name": None,
        "osType": "Linux",
        "upgrades": [
            {"isPreview": None, "kubernetesVersion": "1.37.1"},
            {"isPreview": True, "kubernetesVersion": "1.38.0"},
        ],
    },
    "id": f"{ID}/upgradeprofiles/default",
    "name": "default",
    "resourceGroup": "quay",
    "type": "Microsoft.ContainerService/managedClusters/upgradeprofiles",
}

ALL = (
    eks_insight(eks_client()),
    {"insights": [eks_summary()]},
    eks_cluster(),
    eks_node_group(),
    EKS_VERSIONS,
    SUBNETS,
    TEMPLATES,
    gke_cluster(),
    GKE_VERSIONS,
    [gke_insight()],
    aks_cluster(),
    AKS_UPGRADES,
    [aks_pool()],
)
"""One of each."""

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("1.36"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def altered(data: st.DataObject) -> Any:
    """One of these documents with something else somewhere in it."""
    document = json.loads(json.dumps(data.draw(st.sampled_from(ALL))))
    spot = document
    while isinstance(spot, (dict, list)) and spot:
        key: Any = data.draw(st.sampled_from(sorted(spot) if isinstance(spot, dict) else range(len(spot))))
        if not isinstance(spot[key], (dict, list)) or data.draw(st.integers(0, 3)) == 0:
            spot[key] = data.draw(_VALUES)
            break
        spot = spot[key]
    return document
