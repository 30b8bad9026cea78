"""Which nodes of a pipeline run as one unit, where an executor sends them elsewhere."""
