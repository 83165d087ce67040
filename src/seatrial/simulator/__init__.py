"""A Kubernetes API served from memory, with the controllers that decide whether an upgrade hurts."""
