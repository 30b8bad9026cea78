"""Run Kedro pipelines as Prefect 1.1.0 flows."""

__version__ = "0.1.0"
