"""The examination of ``kedro prefect doctor``: the checks, and what ``kedro run`` would do."""

from __future__ import annotations

from typing import Iterator, Optional

from project.api.client import PrefectApi
from project.api.embedded import find_server
from project.commands.api_checks import check_api, is_registered, next_version
from project.commands.check_result import CheckResult, Status, describe_exception, failure, ok
from project.commands.kedro_project import KedroProject
from project.commands.project_checks import (
    check_code,
    check_hooks,
    check_inputs,
    check_plugins,
    check_retries,
    check_settings,
    check_versions,
    count_hooks,
)
from project.compat.kedro_project import registered_pipelines
from project.config.webhook import find_webhook
from project.deploy.deployment import Deployment
from project.deploy.registration import Comparison, compare
from project.errors import ApiError, ProjectError
from project.execution.executors import make_executor


class Examination:
    """Examination of what ``kedro run`` of one pipeline needs.

    After ``run``, ``failures`` counts the checks that it would fail with, and ``plan`` says what it
    would do otherwise.
    """

    def __init__(self, project: KedroProject, pipeline: Optional[str], *, with_dask: bool = False):
        self.failures = 0
        self.plan = ""
        self._project = project
        self._pipeline = pipeline
        self._with_dask = with_dask

    @property
    def command(self) -> str:
        """The command that was examined."""
        env = [f"--env={self._project.env}"] if self._project.env else []
        pipeline = [f"--pipeline={self._pipeline}"] if self._pipeline else []
        runner = "--runner=project.runner.PrefectRunner"
        return " ".join(["kedro run", *env, *pipeline, runner])

    def run(self) -> Iterator[CheckResult]:
        """Check everything, and stop where the rest cannot be checked."""
        for result in self._check():
            self.failures += result.status is Status.FAILURE
            yield result

    def _check(self) -> Iterator[CheckResult]:
        yield check_versions()
        path = self._project.project_path
        subject = "project"
        try:
            # What a project imports may raise anything, and end the process.
            self._project.context  # noqa: B018
            subject = "pipelines"
            dict(registered_pipelines())
            subject = "prefect.yml"
            deployment = self._find_deployment()
        except ProjectError as error:
            yield failure(subject, error.message)
            return
        except (Exception, SystemExit) as error:
            yield failure(subject, describe_exception(error, path))
            return
        yield from check_settings(self._project, deployment)
        if not deployment.pipeline.nodes:
            text = "no nodes, so Kedro refuses to run it: check pipeline_registry.py"
            yield failure(f"pipeline '{deployment.ref.pipeline_name}'", text)
            return
        yield from check_inputs(self._project, deployment)
        yield from check_retries(deployment)
        yield from self._check_dask(deployment)
        hook_count = count_hooks(self._project)
        yield check_hooks(hook_count)
        count = len(deployment.pipeline.nodes)
        nodes = f"{count} node{'' if count == 1 else 's'}"
        if not hook_count:
            self.plan = f"run {nodes} here, without a Prefect API"
            return
        yield from check_plugins(self._project, deployment)
        yield check_code(deployment)
        try:
            with self._project.connect(
                deployment.settings.api, must_outlive_process=deployment.settings.run == "agent"
            ) as api:
                yield ok("API", self._describe_api(deployment, api))
                compared = compare(api, deployment)
                yield from check_api(api, deployment, compared)
                self.plan = _plan(deployment, compared, nodes)
        except ApiError as error:
            yield failure("API", error.message)

    def _describe_api(self, deployment: Deployment, api: PrefectApi) -> str:
        is_embedded = deployment.settings.api == "embedded"
        if is_embedded and find_server(self._project.project_path) is None:
            return "embedded, in the process of 'kedro run'"
        return api.url

    def _find_deployment(self) -> Deployment:
        """Return the deployment, once everything that ``kedro run`` makes of it could be made."""
        deployment = self._project.find_deployment(self._pipeline)
        deployment.make_flow()
        if deployment.settings.run == "here":
            find_webhook(deployment.settings)
            make_executor(deployment.settings, deployment.ref)
        return deployment

    def _check_dask(self, deployment: Deployment) -> Iterator[CheckResult]:
        if self._with_dask:
            from project.commands.dask_checks import check_dask  # takes half a second to import

            yield from check_dask(deployment)


def _plan(deployment: Deployment, compared: Comparison, nodes: str) -> str:
    verb = "use" if is_registered(deployment, compared) else "register"
    steps = [f"{verb} version {next_version(deployment, compared)}"]
    settings = deployment.settings
    if settings.run == "here":
        steps.append(f"run {nodes} here")
    elif settings.run == "none":
        steps.append("run nothing")
    else:
        steps.append(f"start a run of {nodes} for an agent")
        steps.append("follow it" if settings.wait else "leave it to the agent")
    return ", ".join(steps)
