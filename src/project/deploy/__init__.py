"""What is registered with a Prefect API, and how an agent runs it."""

from project.compat.versions import require_supported_versions

require_supported_versions()  # before any module below imports Prefect
