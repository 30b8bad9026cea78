"""One Prefect API: its client and queries, and reporting and following flow runs."""

from project.compat.versions import require_supported_versions

require_supported_versions()  # before any module below imports Prefect
