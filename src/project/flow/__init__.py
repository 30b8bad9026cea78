"""A Kedro pipeline as a Prefect flow: building it, its tasks, and where they run."""

from project.compat import require_supported_versions

# Before any module below imports Prefect: another Prefect lacks what they import.
require_supported_versions()
