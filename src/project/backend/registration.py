"""Stored as ``project.backend.registration:load_flow`` in flows of the first releases."""

from project.deploy.entrypoint import load_flow

__all__ = ["load_flow"]
