# The embedded API; see docs/containers.md.
FROM python:3.11-slim

ENV DO_NOT_TRACK=1 PYTHONUNBUFFERED=1
RUN pip install --no-cache-dir uv
WORKDIR /server
COPY kedro_prefect_runner-*.whl /tmp/wheels/
RUN uv pip install --system --no-cache "kedro-prefect-runner[server]" --find-links /tmp/wheels \
    && useradd --create-home server && mkdir .prefect && chown server .prefect
# `kedro prefect server` is a command of a Kedro project; this one is empty.
RUN KEDRO=$(python -c 'from importlib.metadata import version; print(version("kedro"))') \
    && mkdir -p src/server conf/base conf/local && touch src/server/__init__.py \
    && printf '[tool.kedro]\npackage_name = "server"\nproject_name = "server"\nkedro_init_version = "%s"\n' "$KEDRO" > pyproject.toml

USER server
VOLUME /server/.prefect
EXPOSE 4200
HEALTHCHECK CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:4200/health')"]
# Clients send the value of KEDRO_PREFECT_TOKEN as their API key.
ENTRYPOINT ["kedro", "prefect", "server", "--host", "0.0.0.0"]
