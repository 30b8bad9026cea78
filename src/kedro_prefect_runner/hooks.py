"""The hooks that Kedro registers in every project."""

from __future__ import annotations

from kedro_prefect_runner import is_usable

hooks: object
if is_usable:
    from project.hooks import hooks
else:
    hooks = object()
