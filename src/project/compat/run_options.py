"""The options of a run: one table for the flow's parameters, their check and the page.

``kedro run`` takes them on the command line, a flow run as parameters.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Tuple, Union

from project.errors import FlowRunError, UnsupportedVersionError

RunParams = Mapping[str, Any]  # what Kedro passes to before_pipeline_run
OptionValue = Union[None, bool, str, List[str], Dict[str, Any]]
RunOptions = Mapping[str, OptionValue]  # keyed by the names in RUN_OPTIONS; None: not given


class OptionType(NamedTuple):
    """Type of an option's value, with the words for it."""

    name: str
    python_type: type
    description: str


STRING = OptionType("string", str, "a string")
BOOLEAN = OptionType("boolean", bool, "true or false")
LIST = OptionType("list", list, 'a list, as in ["name"]')
MAPPING = OptionType("mapping", dict, 'a mapping, as in {"name": "value"}')


class RunOption(NamedTuple):
    """One option of a run; ``keywords`` are the names that Kedro has used for it, newest first."""

    name: str
    keywords: Tuple[str, ...]
    type: OptionType
    help: str
    is_selection: bool = True


# In the order in which the page's form shows them.
RUN_OPTIONS = (
    RunOption(
        "params",
        ("runtime_params", "extra_params"),
        MAPPING,
        "Values that replace the project's parameters",
        False,
    ),
    RunOption("env", ("env",), STRING, "Configuration environment, as in conf/<env>", False),
    RunOption("nodes", ("node_names",), LIST, "Only these nodes"),
    RunOption("tags", ("tags",), LIST, "Only nodes with one of these tags"),
    RunOption(
        "namespaces",
        ("namespaces", "namespace"),
        LIST,
        "Only nodes in one of these namespaces",
    ),
    RunOption("from_nodes", ("from_nodes",), LIST, "These nodes and all after them"),
    RunOption("to_nodes", ("to_nodes",), LIST, "These nodes and all before them"),
    RunOption("from_inputs", ("from_inputs",), LIST, "Nodes that need one of these datasets"),
    RunOption("to_outputs", ("to_outputs",), LIST, "Nodes that these datasets need"),
    RunOption("load_versions", ("load_versions",), MAPPING, "Versions of datasets to load", False),
    RunOption(
        "only_missing_outputs",
        ("only_missing_outputs",),
        BOOLEAN,
        "Only nodes with missing outputs (Kedro 1)",
    ),
    RunOption("is_async", ("is_async",), BOOLEAN, "Load and save datasets with threads", False),
)


def read_run_options(run_params: RunParams) -> Dict[str, OptionValue]:
    """Return the options of a Kedro run, by name."""
    return {option.name: _as_option(option, run_params) for option in RUN_OPTIONS}


def _as_option(option: RunOption, run_params: RunParams) -> OptionValue:
    value = next((run_params[key] for key in option.keywords if run_params.get(key)), None)
    if not value:
        return None
    if option.type is MAPPING:
        return dict(value)
    if option.type is LIST:  # releases of Kedro differ in the type: tuple, set, list or string
        return [value] if isinstance(value, str) else sorted(value)
    return bool(value) if option.type is BOOLEAN else str(value)


def check_run_options(options: RunOptions) -> None:
    """Check the parameters of a flow run.

    Raises:
        FlowRunError: one of them has the wrong type.
    """
    for option in RUN_OPTIONS:
        value = options.get(option.name)
        if value is not None and not isinstance(value, option.type.python_type):
            raise FlowRunError(
                f"The parameter '{option.name}' of the flow run must be "
                f"{option.type.description}, not {value!r}."
            )


def selection_keywords(options: RunOptions, accepted: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the keyword arguments of ``KedroSession.run`` that select nodes.

    ``accepted`` are the parameters of the installed ``KedroSession.run``.

    Raises:
        FlowRunError: there are several namespaces, and this Kedro runs one.
        UnsupportedVersionError: this Kedro does not have an option that was given.
    """
    keywords: Dict[str, Any] = {}
    for option in RUN_OPTIONS:
        value = options.get(option.name)
        if not option.is_selection or not value:
            continue
        keyword = next((each for each in option.keywords if each in accepted), None)
        if keyword is None:
            raise UnsupportedVersionError(
                f"The installed Kedro has no run option '{option.name}'. Leave the parameter out, "
                "or upgrade Kedro."
            )
        keywords[keyword] = _only_namespace(value) if keyword == "namespace" else value
    return keywords


def _only_namespace(namespaces: Any) -> str:
    """Return the namespace of a run before Kedro 1, which has one."""
    if len(namespaces) > 1:
        raise FlowRunError(
            f"The installed Kedro runs one namespace, not {', '.join(namespaces)}. Name only one, "
            "or upgrade to Kedro 1."
        )
    return str(namespaces[0])


def describe_run_options() -> List[Dict[str, str]]:
    """Return the table as JSON, for the page."""
    return [
        {"name": option.name, "type": option.type.name, "help": option.help}
        for option in RUN_OPTIONS
    ]
