"""A run on Prefect is like a run on Kedro's SequentialRunner."""

from __future__ import annotations

import random
import traceback
from collections import Counter
from typing import Any, Callable, Dict

import pytest
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline, node
from kedro.runner import SequentialRunner

from project.compat.kedro import DatasetError, MemoryDataset, get_dataset
from tests.kits.projects import (
    FAILING,
    FAILING_CATALOG,
    NODE,
    RUNNERS,
    SESSION_RUNNERS,
    KedroProject,
    Outcome,
    OwnDefault,
    accepts,
)

MakeProject = Callable[..., KedroProject]

DIAMOND = (
    NODE
    + """
def load(text, threshold):
    return len(text) + threshold

def double(size):
    return size * 2

def negate(size):
    return -size

def join(left, right):
    return {"left": left, "right": right}, left + right

def tell(total):
    print(total)

def register_pipelines():
    whole = Pipeline([
        node(join, ["doubled", "negated"], ["table", "total"], name="join", tags=["late"]),
        node(tell, "total", None, name="tell", tags=["late"]),
        node(load, ["text", "params:threshold"], "size", name="load", tags=["early"]),
        node(double, "size", "doubled", name="double", tags=["early"]),
        node(negate, "size", "negated", name="negate", tags=["early"]),
    ])
    again = Pipeline([node(double, "total", "twice", name="again")])
    return {"__default__": whole, "other": whole + again}
"""
)

CATALOG = """
text: {type: tests.kits.projects.FileDataset, filepath: data/text}
doubled: {type: tests.kits.projects.FileDataset, filepath: data/doubled}
table: {type: tests.kits.projects.FileDataset, filepath: data/table}
"""


@pytest.fixture
def diamond(make_project: MakeProject) -> KedroProject:
    project = make_project(DIAMOND, catalog=CATALOG, parameters="threshold: 3")
    project.write("conf/prod/parameters.yml", "threshold: 30")
    project.write("data/text", "'abc'")
    return project


def both(project: KedroProject, runner: str, is_async: bool = False, **options: Any) -> Any:
    """Run a project with Kedro's runner and with ours, from the same files."""
    before = project.files()
    expected = project.run(SequentialRunner(is_async=is_async), **options)
    project.clear()
    for path, text in before.items():
        project.write(f"data/{path}", text)
    return expected, project.run(SESSION_RUNNERS[runner](is_async=is_async), **options)


def assert_same(runner: str, expected: Outcome, got: Outcome) -> None:
    assert got.raised == expected.raised
    assert got.result == expected.result
    assert got.files == expected.files
    if runner == "local":
        assert got.calls == expected.calls
    else:
        assert counted(got) == counted(expected)


def counted(outcome: Outcome) -> Dict[str, int]:
    return Counter(map(repr, outcome.calls))


@pytest.mark.parametrize("runner", SESSION_RUNNERS)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"pipeline_name": "other"},
        {"tags": ["early"]},
        {"tags": ["early", "late"]},
        {"node_names": ["load", "double"]},
        {"to_nodes": ["double"]},
        {"from_nodes": ["load"], "to_nodes": ["negate"]},
        {"to_outputs": ["total"]},
        {"from_inputs": ["text"], "to_outputs": ["negated"]},
        {"params": {"threshold": 7}},
        {"env": "prod"},
    ],
    ids=str,
)
def test_a_session_runs_the_same_nodes_to_the_same_end(
    diamond: KedroProject, runner: str, options: Dict[str, Any]
) -> None:
    expected, got = both(diamond, runner, **options)

    assert expected.error is None
    assert expected.nodes_run
    assert_same(runner, expected, got)


@pytest.mark.skipif(not accepts("namespace"), reason="this Kedro cannot select by namespace")
@pytest.mark.parametrize("runner", SESSION_RUNNERS)
def test_a_namespace_selects_the_same_nodes(make_project: MakeProject, runner: str) -> None:
    project = make_project(
        NODE
        + """
def add(left, right):
    return left + right

def register_pipelines():
    inner = Pipeline([
        node(add, ["a", "b"], "c", name="add"), node(add, ["c", "c"], "d", name="again"),
    ])
    spaced = pipeline(inner, namespace="space", inputs={"a", "b"})
    return {"__default__": spaced + Pipeline([node(add, ["a", "space.d"], "e", name="last")])}
""",
        catalog="""
        a: {type: tests.kits.projects.FileDataset, filepath: data/a}
        b: {type: tests.kits.projects.FileDataset, filepath: data/b}
        """,
    )
    project.write("data/a", "1")
    project.write("data/b", "2")
    expected, got = both(project, runner, namespace="space")

    assert len(got.nodes_run) == 2
    assert_same(runner, expected, got)


@pytest.mark.skipif(not accepts("only_missing_outputs"), reason="this Kedro has no such option")
@pytest.mark.parametrize("runner", SESSION_RUNNERS)
@pytest.mark.parametrize(("missing", "nodes_run"), [("c", ["two", "three"]), (None, [])])
def test_only_missing_outputs_are_made(
    make_project: MakeProject, runner: str, missing: Any, nodes_run: Any
) -> None:
    project = make_project(
        NODE
        + """
def pass_on(value):
    return value

def register_pipelines():
    return {"__default__": Pipeline([
        node(pass_on, "a", "b", name="one"),
        node(pass_on, "b", "in memory", name="two"),
        node(pass_on, "in memory", "c", name="three"),
    ])}
""",
        catalog="\n".join(
            f"{name}: {{type: tests.kits.projects.FileDataset, filepath: data/{name}}}"
            for name in "abc"
        ),
    )
    for name in {"a", "b", "c"} - {missing}:
        project.write(f"data/{name}", "'old'")
    expected, got = both(project, runner, only_missing_outputs=True)

    assert got.error is None
    assert [name for name in ("one", "two", "three") if name in str(got.nodes_run)] == nodes_run
    assert_same(runner, expected, got)


@pytest.mark.parametrize("runner", SESSION_RUNNERS)
def test_async_loading_and_saving_is_honoured(diamond: KedroProject, runner: str) -> None:
    expected, got = both(diamond, runner, is_async=True)

    flags = {
        dict(arguments)["is_async"] for hook, arguments in got.calls if hook == "after_node_run"
    }
    assert flags == {"True"}
    assert (got.raised, got.result, got.files) == (None, expected.result, expected.files)
    assert counted(got) == counted(expected)


@pytest.fixture
def failing(make_project: MakeProject) -> KedroProject:
    project = make_project(FAILING, catalog=FAILING_CATALOG)
    project.write("data/text", "'abc'")
    return project


def test_the_exception_of_a_node_is_raised_and_no_further_node_starts(
    failing: KedroProject,
) -> None:
    expected, got = both(failing, "local")

    assert expected.raised == ("Broken", "cannot use abc")
    assert_same("local", expected, got)


def test_the_suggestion_to_resume_is_kedros(failing: KedroProject) -> None:
    expected, got = both(failing, "local")
    advice = [message for message in expected.warnings if "resume" in message]

    assert len(advice) == 1
    assert [message for message in got.warnings if "resume" in message] == advice


def test_the_traceback_leads_to_the_line_of_the_node(failing: KedroProject) -> None:
    error = failing.run(RUNNERS["local"]()).error

    assert error is not None
    frames = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    assert frames[-1] == "fail"


def test_on_threads_the_exception_of_the_node_is_raised_too(failing: KedroProject) -> None:
    expected, got = both(failing, "threads")

    assert got.raised == expected.raised
    assert not any("downstream" in node for node in got.nodes_run)


@pytest.mark.parametrize("runner", SESSION_RUNNERS)
def test_a_missing_input_is_kedros_error_before_anything_runs(
    make_project: MakeProject, runner: str
) -> None:
    project = make_project(DIAMOND)
    expected, got = both(project, runner)

    assert "'text'" in str(expected.error)
    assert got.nodes_run == []
    assert_same(runner, expected, got)


@pytest.mark.parametrize("runner", SESSION_RUNNERS)
def test_an_exception_of_a_hook_is_raised(make_project: MakeProject, runner: str) -> None:
    project = make_project(DIAMOND, catalog=CATALOG, parameters="threshold: 3")
    project.write("data/text", "'abc'")
    project.add_to_settings("""
from kedro.framework.hooks import hook_impl

class Refuse:
    @hook_impl
    def before_node_run(self, node):
        if node.name == "double":
            raise PermissionError("double may not run")

HOOKS += (Refuse(),)
""")
    expected, got = both(project, runner)

    assert expected.raised == ("PermissionError", "double may not run")
    assert got.raised == expected.raised


@pytest.mark.parametrize("runner", SESSION_RUNNERS)
def test_a_hook_may_replace_the_inputs_of_a_node(make_project: MakeProject, runner: str) -> None:
    project = make_project(DIAMOND, catalog=CATALOG, parameters="threshold: 3")
    project.write("data/text", "'abc'")
    project.add_to_settings("""
from kedro.framework.hooks import hook_impl

class Replace:
    @hook_impl
    def before_node_run(self, node, catalog, inputs):
        if node.name == "double":
            return {"size": inputs["size"] + catalog.load("params:threshold")}

HOOKS += (Replace(),)
""")
    expected, got = both(project, runner)

    assert expected.result == {"total": 12} or expected.files["doubled"] == "18"
    assert_same(runner, expected, got)


@pytest.mark.parametrize("runner", SESSION_RUNNERS)
def test_a_run_has_one_save_version_and_the_next_run_another(
    versioned: KedroProject, runner: str
) -> None:
    outcomes = [versioned.run(SESSION_RUNNERS[runner]()) for _ in range(2)]
    versions = {
        name: {path.split("/")[1] for path in outcomes[1].files if path.startswith(name)}
        for name in ("first", "second")
    }

    assert [outcome.raised for outcome in outcomes] == [None, None]
    assert versions["first"] == versions["second"]
    assert len(versions["first"]) == 2


@pytest.mark.parametrize("runner", SESSION_RUNNERS)
def test_a_load_version_is_honoured(versioned: KedroProject, runner: str) -> None:
    versioned.run(SESSION_RUNNERS[runner]())
    (version,) = {path.split("/")[1] for path in versioned.files() if path.startswith("first")}
    versioned.run(SESSION_RUNNERS[runner]())
    versioned.write(f"data/first/{version}/first", "old")
    got = versioned.run(
        SESSION_RUNNERS[runner](), pipeline_name="read", load_versions={"first": version}
    )

    assert got.raised is None
    assert got.result == {"both": "oldtwo"}


@pytest.mark.parametrize("runner", SESSION_RUNNERS)
def test_what_a_node_confirms_is_confirmed_once(make_project: MakeProject, runner: str) -> None:
    project = make_project(
        NODE
        + """
from tests.kits.projects import FileDataset

class ConfirmedFile(FileDataset):
    def confirm(self):
        with open(str(self._filepath) + ".confirmed", "a") as file:
            file.write("confirmed ")

def size(text):
    return len(text)

def register_pipelines():
    return {"__default__": Pipeline([
        node(size, "text", "size", name="size"),
        node(size, "text", "again", name="again", confirms="text"),
    ])}
"""
    )
    project.write(
        "conf/base/catalog.yml",
        f"text: {{type: {project.package}.pipeline_registry.ConfirmedFile, filepath: data/text}}",
    )
    project.write("data/text", "'abc'")
    expected, got = both(project, runner)

    assert got.files["text.confirmed"] == "confirmed "
    assert_same(runner, expected, got)


NAMED_LIKE_PARAMETERS = (
    NODE
    + """
class NothingError(Exception):
    def __len__(self):
        return 0

def start():
    return 1

def more(n):
    return n + 1

def fail(n):
    raise NothingError("found")

def register_pipelines():
    whole = Pipeline([
        node(start, None, "n", name="nodes"),
        node(more, "n", "m", name="tags"),
        node(more, "m", "k", name="env"),
    ])
    failing = Pipeline([node(fail, "k", "never", name="fail")])
    return {"__default__": whole, "failing": whole + failing, "a+b": whole}
"""
)


@pytest.mark.parametrize("runner", SESSION_RUNNERS)
def test_nodes_may_have_the_names_of_run_parameters(make_project: MakeProject, runner: str) -> None:
    project = make_project(NAMED_LIKE_PARAMETERS)
    expected, got = both(project, runner)
    again = project.run(SESSION_RUNNERS[runner](), node_names=["nodes"])

    assert_same(runner, expected, got)
    assert got.result == {"k": 3}
    assert (again.raised, again.result) == (None, {"n": 1})


@pytest.mark.parametrize("runner", SESSION_RUNNERS)
def test_a_falsy_exception_is_raised(make_project: MakeProject, runner: str) -> None:
    project = make_project(NAMED_LIKE_PARAMETERS)
    expected, got = both(project, runner, pipeline_name="failing")

    assert [repr(one.error) for one in (expected, got)] == ["NothingError('found')"] * 2
    assert counted(got) == counted(expected)


@pytest.mark.parametrize("runner", SESSION_RUNNERS)
def test_a_pipeline_may_have_a_plus_in_its_name(make_project: MakeProject, runner: str) -> None:
    project = make_project(NAMED_LIKE_PARAMETERS)
    expected, got = both(project, runner, pipeline_name="a+b")

    assert got.result == {"k": 3}
    assert_same(runner, expected, got)


REPLACED = (
    NODE
    + """
def first():
    return 1, 1

def other(ready):
    return ready

def read(replaced, other):
    return [replaced, other]

def register_pipelines():
    return {"__default__": Pipeline([
        node(first, None, ["replaced", "ready"], name="a_first"),
        node(other, "ready", "other", name="b_other"),
        node(read, ["replaced", "other"], "seen", name="c_read"),
    ])}
"""
)
REPLACING_HOOK = """
from project.compat.kedro import MemoryDataset, add_dataset
from kedro.framework.hooks import hook_impl

class Replacing:
    @hook_impl
    def before_node_run(self, node, catalog):
        if node.name == "b_other":
            add_dataset(catalog, "replaced", MemoryDataset(100))

HOOKS = (*HOOKS, Replacing())
"""


# On Dask, a node gets the value that its producer has left, wherever hooks have run meanwhile.
@pytest.mark.parametrize("runner", ["local", "threads"])
def test_a_dataset_that_a_hook_has_replaced_stays(make_project: MakeProject, runner: str) -> None:
    project = make_project(REPLACED)
    project.add_to_settings(REPLACING_HOOK)
    expected = project.run(SequentialRunner()).result

    # In Kedro 0.17, the hook gets another catalog than the one from which the node reads.
    assert expected in ({"seen": [100, 1]}, {"seen": [1, 1]})
    assert project.run(SESSION_RUNNERS[runner]()).result == expected


@pytest.mark.skipif(
    not hasattr(DataCatalog, "default_runtime_patterns"), reason="Kedro 1 brought these defaults"
)
@pytest.mark.parametrize("runner", RUNNERS)
def test_a_catalog_may_have_a_default_of_its_own(runner: str) -> None:
    class OwnCatalog(DataCatalog):
        default_runtime_patterns = {"{default}": {"type": "tests.kits.projects.OwnDefault"}}  # noqa: RUF012

    # str.upper has no module, as the methods of all classes in C.
    pipeline = Pipeline(
        [
            node(str.strip, "start", "middle", name="strip"),
            node(str.upper, "middle", "end", name="upper"),
        ]
    )
    kinds = {}
    for name, run_with in {"kedro": SequentialRunner(), "here": RUNNERS[runner]()}.items():
        catalog = OwnCatalog({"start": MemoryDataset(" some ")})
        assert run_with.run(pipeline, catalog)["end"].load() == "SOME"
        kinds[name] = {key: type(catalog.get(key)) for key in ("start", "middle", "end")}

    assert kinds["here"] == kinds["kedro"]
    assert kinds["here"]["middle"] is OwnDefault


def test_an_error_of_a_dataset_keeps_its_class() -> None:
    class OwnError(DatasetError):  # type: ignore[misc]
        """A dataset's own."""

    for run_with in (SequentialRunner(), RUNNERS["local"]()):
        catalog = DataCatalog({"start": MemoryDataset(1)})

        def fail(value: object, used: Any = catalog) -> None:
            get_dataset(used, "start").release()  # as a hook may
            raise OwnError("disk quota exceeded")

        with pytest.raises(OwnError, match="^disk quota exceeded$"):
            run_with.run(Pipeline([node(fail, "start", None, name="fail")]), catalog)


def test_numbers_from_a_seeded_generator_are_the_same(make_project: MakeProject) -> None:
    project = make_project(
        NODE
        + """
import random

def draw():
    return random.random()

def register_pipelines():
    return {"__default__": Pipeline([node(draw, None, "drawn")])}
"""
    )
    drawn = []
    for run_with in (SequentialRunner(), RUNNERS["local"](), RUNNERS["local"]()):
        random.seed(1)
        drawn.append(project.run(run_with).result["drawn"])

    assert len(set(drawn)) == 1
