"""Settings of this repository as a Kedro project."""

from project.compat import project_hooks
from project.hooks import PrefectHooks

HOOKS = (PrefectHooks(), *project_hooks())

# For projects that install this package, an entry point registers the same hooks. Here Kedro would
# call them twice.
DISABLE_HOOKS_FOR_PLUGINS = ("kedro-prefect-runner",)
