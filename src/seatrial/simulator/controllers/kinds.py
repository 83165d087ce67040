"""The resources that the controllers read and write, named once."""

from __future__ import annotations

from seatrial.simulator.store import ResourceKey

API_SERVICES = ResourceKey("apiregistration.k8s.io", "apiservices")
CONFIG_MAPS = ResourceKey("", "configmaps")
CONTROLLER_REVISIONS = ResourceKey("apps", "controllerrevisions")
CRON_JOBS = ResourceKey("batch", "cronjobs")
DAEMON_SETS = ResourceKey("apps", "daemonsets")
DEPLOYMENTS = ResourceKey("apps", "deployments")
ENDPOINTS = ResourceKey("", "endpoints")
ENDPOINT_SLICES = ResourceKey("discovery.k8s.io", "endpointslices")
EVENTS = ResourceKey("", "events")
HORIZONTAL_POD_AUTOSCALERS = ResourceKey("autoscaling", "horizontalpodautoscalers")
JOBS = ResourceKey("batch", "jobs")
NAMESPACES = ResourceKey("", "namespaces")
NODES = ResourceKey("", "nodes")
PERSISTENT_VOLUMES = ResourceKey("", "persistentvolumes")
PERSISTENT_VOLUME_CLAIMS = ResourceKey("", "persistentvolumeclaims")
PODS = ResourceKey("", "pods")
POD_DISRUPTION_BUDGETS = ResourceKey("policy", "poddisruptionbudgets")
REPLICA_SETS = ResourceKey("apps", "replicasets")
REPLICATION_CONTROLLERS = ResourceKey("", "replicationcontrollers")
RESOURCE_QUOTAS = ResourceKey("", "resourcequotas")
SERVICES = ResourceKey("", "services")
SERVICE_ACCOUNTS = ResourceKey("", "serviceaccounts")
STATEFUL_SETS = ResourceKey("apps", "statefulsets")
STORAGE_CLASSES = ResourceKey("storage.k8s.io", "storageclasses")
