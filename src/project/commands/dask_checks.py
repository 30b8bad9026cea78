"""The checks of ``kedro prefect doctor --dask``: each worker of a cluster beside this process."""

from __future__ import annotations

from typing import Any, Iterator

from distributed import Client

from project.commands.check_result import CheckResult, failure, ok, warning
from project.deploy.deployment import Deployment
from project.execution.executors.dask import CONNECT_SECONDS, describe_no_cluster
from project.execution.remote.code import code_of_run
from project.execution.remote.versions import (
    LIBRARIES,
    Versions,
    describe_difference,
    differing,
    versions_here,
    versions_of_workers,
)
from project.execution.remote.worker_project import examine_project


def check_dask(deployment: Deployment) -> Iterator[CheckResult]:
    """Check that each worker of the cluster can run the nodes as this process has them."""
    address = deployment.settings.executor.address
    if address is None:
        yield warning(
            "dask",
            "no cluster to compare with. Set 'executor: {type: dask, address: ...}' in prefect.yml",
        )
        return
    try:
        client = Client(address, timeout=CONNECT_SECONDS)
    except Exception as error:  # of the address, of TLS, of the network
        yield failure("dask", describe_no_cluster(deployment.settings, error))
        return
    with client:
        workers = versions_of_workers(client)
        for worker, versions in workers.items():
            yield from _check_worker(client, worker, versions, deployment)
        if not workers:
            text = f"the scheduler at {address} has no worker. Start one: dask worker {address}"
            yield failure("dask", text)


def _check_worker(
    client: Any, worker: str, there: Versions, deployment: Deployment
) -> Iterator[CheckResult]:
    subject, here = f"worker {worker}", versions_here()
    names = differing(here, there)
    if names:
        yield failure(subject, describe_difference(names, here, there))
        return
    names = [name for name in LIBRARIES if here[name] != there[name]]
    if names:  # of Dask: it says itself what does not work
        yield warning(subject, describe_difference(names, here, there))
    digest = code_of_run(deployment.ref).digest
    arguments = (deployment.ref, deployment.env, digest)
    found = client.run(examine_project, *arguments, workers=[worker])[worker]
    if found.problem is not None:
        yield failure(subject, found.problem)
    else:
        text = (
            f"opens the project in {found.folder}, with the code and the versions of this process"
        )
        yield ok(subject, text)
