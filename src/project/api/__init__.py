"""A Prefect API: its client and its queries; reporting and following flow runs."""

from project.compat.versions import require_supported_versions

require_supported_versions()  # before any module below imports Prefect
