"""Settings of this repository as a Kedro project."""

from project.compat import project_hooks
from project.hooks import PrefectHooks

HOOKS = (PrefectHooks(), *project_hooks())

# The same hooks are an entry point of this package, for projects that install it. Kedro would
# call them twice here.
DISABLE_HOOKS_FOR_PLUGINS = ("kedro-prefect-runner",)
