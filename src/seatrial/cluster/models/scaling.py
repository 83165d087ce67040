"""What scales workloads, and what can scale them to nothing until somebody asks."""

from typing import ClassVar

from seatrial.cluster.models.metadata import Part, Resource
from seatrial.cluster.objects import GroupVersionKind


class ScaleTarget(Part, frozen=True):
    kind: str = ""
    name: str = ""


class AutoscalerSpec(Part, frozen=True):
    min_replicas: int = 1
    max_replicas: int = 0
    scale_target_ref: ScaleTarget = ScaleTarget()


class HorizontalPodAutoscaler(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("autoscaling", "v2", "HorizontalPodAutoscaler")
    PLURAL: ClassVar = "horizontalpodautoscalers"

    spec: AutoscalerSpec = AutoscalerSpec()


class KnativeService(Resource, frozen=True):
    """Knative's Service, which scales to zero by default."""

    API: ClassVar = GroupVersionKind("serving.knative.dev", "v1", "Service")
    PLURAL: ClassVar = "services"
    OPTIONAL: ClassVar = True


class HTTPScaledObject(Resource, frozen=True):
    """KEDA's HTTP add-on."""

    API: ClassVar = GroupVersionKind("http.keda.sh", "v1alpha1", "HTTPScaledObject")
    PLURAL: ClassVar = "httpscaledobjects"
    OPTIONAL: ClassVar = True
