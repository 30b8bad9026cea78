# A Kedro project with its agent; build it in the project's folder; see docs/containers.md.
FROM python:3.11-slim

ENV DO_NOT_TRACK=1 PYTHONUNBUFFERED=1 PREFECT__BACKEND=server
RUN pip install --no-cache-dir uv
WORKDIR /project
COPY requirements.txt kedro_prefect_runner-*.whl /tmp/wheels/
RUN uv pip install --system --no-cache --find-links /tmp/wheels \
    kedro-prefect-runner --requirement /tmp/wheels/requirements.txt
COPY pyproject.toml ./
COPY conf conf
COPY src src
RUN useradd --create-home agent && mkdir -p data .prefect && chown agent data .prefect

USER agent
ENTRYPOINT ["kedro", "prefect", "agent"]
