"""What starts upgrades of managed clusters: one Protocol, and its implementations."""
