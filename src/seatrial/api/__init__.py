"""The HTTP API: one file per resource. So far there is one, the fleet-wide stop."""
