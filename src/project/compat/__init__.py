"""Differences between Kedro releases, patches for Prefect 1.1.0, and the table of run options."""

from project.compat.kedro_project import project_hooks

__all__ = ["project_hooks"]  # for the settings.py of projects on Kedro 0.17
