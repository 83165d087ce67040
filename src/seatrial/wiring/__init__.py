"""Which step is performed by what, and which adapters are in use: the only place that knows them all."""
