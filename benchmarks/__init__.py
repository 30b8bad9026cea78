"""Benchmarks: this package beside Kedro's runners and plain Prefect, in one run."""
