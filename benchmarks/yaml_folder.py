"""A folder of YAML files as a platform team's Git repository has them, made from a number.

Nine in ten files hold one object, the others three; six objects in a hundred have an API version that some
minor removed, as old manifests do. With `large`, one in a hundred is a CustomResourceDefinition and one a
dashboard in a ConfigMap, some 30 KB each. The same number always gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

_LABELS = """\
  labels:
    app.kubernetes.io/name: {name}
    app.kubernetes.io/part-of: shop
    app.kubernetes.io/managed-by: Helm
    team: team-{team}
"""

_CONTAINER = """\
        - name: app
          image: registry.example.com/team-{team}/{name}:1.{minor}.0
          # the port is the one of the team's chart
          ports:
            - name: http
              containerPort: 8080
              protocol: TCP
          env:
            - name: LOG_LEVEL
              value: "info"
            - name: DATABASE_URL
              valueFrom:
                secretKeyRef:
                  name: {name}-database
                  key: url
            - name: REGION
              value: eu-central-1
            - name: WORKERS
              value: "4"
          resources:
            requests: {{cpu: 50m, memory: 64Mi}}
            limits:
              memory: 256Mi
          readinessProbe:
            httpGet:
              path: /healthz
              port: http
            periodSeconds: 10
          livenessProbe:
            httpGet:
              path: /livez
              port: http
            initialDelaySeconds: 15
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: ["ALL"]
          volumeMounts:
            - name: config
              mountPath: /etc/app
              readOnly: true
"""

_POD = (
    """\
      serviceAccountName: {name}
      containers:
"""
    + _CONTAINER
    + """\
      volumes:
        - name: config
          configMap:
            name: {name}
"""
)

_HEAD = (
    """\
apiVersion: {version}
kind: {kind}
metadata:
  name: {name}
  namespace: team-{team}
"""
    + _LABELS
)

_WORKLOAD = (
    _HEAD
    + """\
spec:
  replicas: 3
  selector:
    matchLabels:
      app.kubernetes.io/name: {name}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {name}
        team: team-{team}
      annotations:
        checksum/config: 3f786850e387550fdab836ed7e6dc881de23001b
    spec:
"""
    + _POD
)

_STATEFUL = _WORKLOAD.replace("  replicas: 3\n", "  replicas: 3\n  serviceName: {name}\n")
_DAEMON = _WORKLOAD.replace("  replicas: 3\n", "")

_CRON = (
    _HEAD
    + """\
spec:
  schedule: "17 3 * * *"
  concurrencyPolicy: Forbid
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: OnFailure
          containers:
            - name: job
              image: registry.example.com/team-{team}/{name}:1.{minor}.0
              args: ["--once", "--verbose"]
              resources:
                requests:
                  cpu: 50m
                  memory: 64Mi
"""
)

_SERVICE = (
    _HEAD
    + """\
spec:
  type: ClusterIP
  selector:
    app.kubernetes.io/name: {name}
  ports:
    - name: http
      port: 80
      targetPort: http
      protocol: TCP
"""
)

_CONFIG = (
    _HEAD
    + """\
data:
  app.ini: |
    [server]
    listen = 0.0.0.0:8080
    threads = 8
    # apiVersion: this is a comment in a setting, not an object
    [database]
    pool = 20
    timeout = 30s
  features.json: |
    {{"checkout": true, "search": {{"engine": "new", "share": 0.25}}, "regions": ["eu", "us"]}}
  motd: "Welcome to {name}"
"""
)

_INGRESS = (
    _HEAD
    + """\
spec:
  ingressClassName: nginx
  tls:
    - hosts: [{name}.example.com]
      secretName: {name}-tls
  rules:
    - host: {name}.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: {name}
                port:
                  name: http
"""
)

_BUDGET = (
    _HEAD
    + """\
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: {name}
"""
)

_SCALER = (
    _HEAD
    + """\
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {name}
  minReplicas: 3
  maxReplicas: 12
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: 70
"""
)

_ROLE = (
    _HEAD
    + """\
rules:
  - apiGroups: [""]
    resources: ["configmaps", "secrets"]
    verbs: ["get", "list", "watch"]
  - apiGroups: ["batch"]
    resources: ["jobs"]
    verbs: ["create"]
"""
)

_ACCOUNT = _HEAD

_SECRET_OF_OTHERS = (
    _HEAD
    + """\
spec:
  refreshInterval: 1h
  secretStoreRef:
    kind: ClusterSecretStore
    name: vault
  target:
    name: {name}-database
  data:
    - secretKey: url
      remoteRef:
        key: team-{team}/{name}
        property: url
"""
)

_Shape = tuple[int, str, str, str]
_SHAPES: tuple[_Shape, ...] = (  # of a hundred, apiVersion, kind, text
    (28, "apps/v1", "Deployment", _WORKLOAD),
    (16, "v1", "Service", _SERVICE),
    (14, "v1", "ConfigMap", _CONFIG),
    (6, "networking.k8s.io/v1", "Ingress", _INGRESS),
    (5, "policy/v1", "PodDisruptionBudget", _BUDGET),
    (5, "autoscaling/v2", "HorizontalPodAutoscaler", _SCALER),
    (4, "apps/v1", "StatefulSet", _STATEFUL),
    (3, "apps/v1", "DaemonSet", _DAEMON),
    (4, "batch/v1", "CronJob", _CRON),
    (4, "rbac.authorization.k8s.io/v1", "Role", _ROLE),
    (3, "v1", "ServiceAccount", _ACCOUNT),
    (2, "external-secrets.io/v1", "ExternalSecret", _SECRET_OF_OTHERS),
    (2, "policy/v1beta1", "PodDisruptionBudget", _BUDGET),
    (2, "batch/v1beta1", "CronJob", _CRON),
    (1, "autoscaling/v2beta2", "HorizontalPodAutoscaler", _SCALER),
    (1, "extensions/v1beta1", "Deployment", _WORKLOAD),
)
_BY_PERCENT: tuple[_Shape, ...] = tuple(shape for shape in _SHAPES for _ in range(shape[0]))


def write_folder(folder: Path, files: int, *, large: bool) -> int:
    """Write them side by side; how many bytes they are."""
    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    for number in range(files):
        text = "---\n".join(
            _document(number * 7 + part, large) for part in range(3 if number % 10 == 0 else 1)
        )
        content = text.encode()
        (folder / f"app-{number}.yaml").write_bytes(content)
        written += len(content)
    return written


def _document(number: int, large: bool) -> str:
    if large and number % 50 == 1:
        return _definition(number) if number % 100 == 1 else _dashboard(number)
    _, version, kind, text = _BY_PERCENT[number * 37 % len(_BY_PERCENT)]
    return _filled(text, version, kind, number)


def _filled(text: str, version: str, kind: str, number: int) -> str:
    fill: Callable[..., str] = text.format
    return fill(version=version, kind=kind, name=f"app-{number}", team=number % 40, minor=number % 30)


def _definition(number: int) -> str:
    """A CRD as controller-gen writes it: a schema of a hundred described fields."""
    head = f"""\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.team-{number}.example.com
spec:
  group: team-{number}.example.com
  names: {{kind: Widget, listKind: WidgetList, plural: widgets, singular: widget}}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
"""
    return head + "".join(
        f"""\
                field{each}:
                  description: |-
                    Field number {each} says how the widget behaves when its backend answers late or not
                    at all. More info: https://example.com/docs/widgets#field-{each}
                  type: object
                  properties:
                    name:
                      type: string
                      maxLength: 253
                    values:
                      items:
                        type: string
                      type: array
                      x-kubernetes-list-type: atomic
                  required:
                    - name
"""
        for each in range(55)
    )


def _dashboard(number: int) -> str:
    head = _filled(_HEAD, "v1", "ConfigMap", number)
    panel = """\
        {"id": %d, "type": "timeseries", "title": "Requests per second of the service",
         "targets": [{"expr": "sum(rate(http_requests_total{job=\\"app\\"}[5m])) by (code)", "refId": "A"}],
         "gridPos": {"h": 8, "w": 12, "x": 0, "y": %d}, "options": {"legend": {"showLegend": true}}},
"""
    return (
        head
        + 'data:\n  dashboard.json: |\n      {"panels": [\n'
        + "".join(panel % (each, each * 8) for each in range(90))
        + '        {"id": 90}]}\n'
    )
