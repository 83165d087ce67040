"""What a rollout over a fleet does next, and why: pure decisions over its document and its events."""
