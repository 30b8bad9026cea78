"""All patches of Prefect 1.1.0, which gets no further releases.

Each patch can be applied any number of times.
"""

from __future__ import annotations

from functools import partial, wraps
from http import HTTPStatus
from importlib import import_module
from time import monotonic, sleep
from typing import Any, Callable, Optional

UNREACHABLE_SECONDS = 300.0
PAUSE_SECONDS = 1.0

_PATCHED = "_project_patched"


def patch_cron_clock() -> None:
    """Give pendulum 3 the name that Prefect's cron clock looks for in an assertion."""
    pendulum_tz = import_module("pendulum.tz")
    if not hasattr(pendulum_tz, "_Timezone"):
        pendulum_tz.__dict__["_Timezone"] = import_module("pendulum.tz.timezone").Timezone


def patch_context() -> None:
    """Make Prefect's context cheap: each thread copies the configuration, each task enters it.

    Prefect's copy passes every value through python-box's checks again (0.7 ms instead of 0.1),
    and leaving a context looks up one key after the other.
    """
    config_class = import_module("prefect.configuration").Config
    if not hasattr(config_class, _PATCHED):
        setattr(config_class, _PATCHED, True)
        config_class.copy = _copy_config
        import_module("prefect.utilities.collections").DotDict.clear = _clear_dict


def _copy_config(config: Any) -> Any:
    new = type(config)()
    for key, value in config.items():
        dict.__setitem__(new, key, value.copy() if isinstance(value, type(config)) else value)
    return new


def _clear_dict(dot_dict: Any) -> None:
    dot_dict.__dict__.clear()


def patch_local_agent() -> None:
    """Let local agents in this process start flow runs in sessions of their own.

    Otherwise Ctrl-C in the agent's terminal ends the flow runs, too, which then report nothing.
    """
    names = import_module("prefect.agent.local.agent").__dict__
    if not isinstance(names["Popen"], partial):
        names["Popen"] = partial(names["Popen"], start_new_session=True)


def patch_client_to_retry() -> None:
    """Let every client in this process retry while the API is unreachable.

    Over https, Prefect's client retries by itself; over http it does not, and a flow run whose
    start cannot be reported then ends. Only for processes that an agent starts, which do nothing
    but run their flow.
    """
    client_class = import_module("prefect").Client
    if not hasattr(client_class._send_request, _PATCHED):
        client_class._send_request = _retry_while_unreachable(client_class._send_request)


def _retry_while_unreachable(send: Callable[..., Any]) -> Callable[..., Any]:
    unreachable_since: Optional[float] = None

    @wraps(send)
    def send_until_answered(*args: Any, **kwargs: Any) -> Any:
        nonlocal unreachable_since
        while True:
            try:
                response = send(*args, **kwargs)
            except OSError as error:  # the base of requests' exceptions
                _require_transient(error)
                unreachable_since = unreachable_since or monotonic()
                # Also before giving up: Prefect's own loops retry without a pause.
                sleep(PAUSE_SECONDS)
                if monotonic() - unreachable_since > UNREACHABLE_SECONDS:
                    raise
            else:
                unreachable_since = None
                return response

    setattr(send_until_answered, _PATCHED, True)
    return send_until_answered


def _require_transient(error: OSError) -> None:
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None and status < HTTPStatus.INTERNAL_SERVER_ERROR:
        raise error
