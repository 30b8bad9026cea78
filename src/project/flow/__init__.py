"""A Kedro pipeline as a Prefect flow: groups of nodes, their tasks, and the graph."""

from project.compat.versions import require_supported_versions

require_supported_versions()  # before any module below imports Prefect
