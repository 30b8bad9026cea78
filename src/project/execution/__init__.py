"""A process that runs nodes: its Kedro runs, sessions, runners, executors and output."""

from project.compat.versions import require_supported_versions

require_supported_versions()  # before any module below imports Prefect
