"""Kedro pipelines: plain Kedro, with no knowledge of what runs them."""
