"""What is mended in Prefect 1.1.0, which will not change any more, where it stands."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def mend_cron_clock() -> None:
    """Give pendulum 3 the name that Prefect's cron clock looks for."""
    pendulum_tz = import_module("pendulum.tz")
    if not hasattr(pendulum_tz, "_Timezone"):
        pendulum_tz.__dict__["_Timezone"] = import_module("pendulum.tz.timezone").Timezone


def mend_context() -> None:
    """Make Prefect's context cheap: a thread copies the configuration, a task enters it thrice.

    Prefect's own copy passes every value through the checks of python-box, which it has passed
    already when the configuration was read (0.7 ms instead of 0.1); and its own way to leave a
    context looks for one key after the other.
    """
    Config = import_module("prefect.configuration").Config  # noqa: N806 (it is a class)

    def copy(self: Any) -> Any:
        new = Config()
        for key, value in self.items():
            dict.__setitem__(new, key, value.copy() if isinstance(value, Config) else value)
        return new

    Config.copy = copy
    import_module("prefect.utilities.collections").DotDict.clear = lambda self: (
        self.__dict__.clear()
    )
