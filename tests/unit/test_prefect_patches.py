"""The patches of Prefect: each is needed, and can be applied twice."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

COUNT_CALLS = """
import json, sys
import prefect
from project.compat.prefect_patches import patch_context

def calls(function):
    count = 0
    def profile(frame, event, argument):
        nonlocal count
        count += event == "call"
    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count

def copy():
    assert prefect.config.copy() == prefect.config

def enter():
    before = dict(prefect.context)
    with prefect.context(map_index=1):
        pass
    assert dict(prefect.context) == before

before = [calls(prefect.config.copy), calls(prefect.context.clear)]
prefect.context.update(config=prefect.config)
patch_context()
once = prefect.configuration.Config.copy
patch_context()
assert prefect.configuration.Config.copy is once
copy(), enter()
after = [calls(prefect.config.copy), calls(prefect.context.clear)]
print(json.dumps([before, after]))
"""

CRON = """
import json, pendulum
from prefect.schedules.clocks import CronClock
from project.compat.prefect_patches import patch_cron_clock

def first_event():
    clock = CronClock("0 6 * * *", start_date=pendulum.datetime(2026, 1, 1, tz="Europe/Paris"))
    try:
        return next(clock.events(after=pendulum.datetime(2026, 7, 1))).start_time.isoformat()
    except AttributeError as error:
        return str(error)

before = first_event()
patch_cron_clock(), patch_cron_clock()
print(json.dumps([pendulum.__version__, before, first_event()]))
"""

RETRY = """
import json, requests
from prefect import Client
from project.compat import prefect_patches

prefect_patches.PAUSE_SECONDS = 0.0
answers = []

def send(self, *args, **kwargs):
    answers.append(len(answers))
    if len(answers) < 4:
        raise requests.ConnectionError("refused")
    if len(answers) == 5:
        response = requests.Response()
        response.status_code = 400
        raise requests.HTTPError(response=response)
    return "answer"

Client._send_request = send

def ask():
    try:
        return Client._send_request(None)
    except requests.RequestException as error:
        return type(error).__name__

before = ask()
prefect_patches.patch_client_to_retry()
prefect_patches.patch_client_to_retry()
print(json.dumps([before, ask(), len(answers), ask(), len(answers)]))
"""

SESSION = """
import json, subprocess, sys
from prefect.agent.local import agent
from project.compat.prefect_patches import patch_local_agent

def has_own_session():
    command = [sys.executable, "-c", "import os; print(os.getsid(0) == os.getpid())"]
    return agent.Popen(command, stdout=subprocess.PIPE, text=True).communicate()[0].strip()

before = has_own_session()
patch_local_agent()
once = agent.Popen
patch_local_agent()
assert agent.Popen is once
print(json.dumps([before, has_own_session()]))
"""


def run_script(script: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_copy_of_the_configuration_and_leaving_a_context_are_cheap() -> None:
    (copy_before, clear_before), (copy_after, clear_after) = run_script(COUNT_CALLS)

    assert copy_after < copy_before / 2
    assert clear_after < clear_before


def test_a_cron_schedule_has_events_with_pendulum_3() -> None:
    version, before, after = run_script(CRON)

    assert after == "2026-07-01T06:00:00+02:00"
    if version.startswith("3."):
        assert "_Timezone" in before


def test_clients_retry_while_the_api_is_unreachable_and_no_longer() -> None:
    before, answer, requests_until_answer, refused, requests_in_all = run_script(RETRY)

    assert before == "ConnectionError"
    assert (answer, requests_until_answer) == ("answer", 4)
    assert (refused, requests_in_all) == ("HTTPError", 5)


def test_a_local_agent_starts_flow_runs_in_sessions_of_their_own() -> None:
    assert run_script(SESSION) == ["False", "True"]
