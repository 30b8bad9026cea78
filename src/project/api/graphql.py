"""The protocol of what sends GraphQL to a Prefect API."""

from __future__ import annotations

from typing import Any, Protocol

from project.api.transport import REQUEST_SECONDS

Json = Any  # a JSON value


class GraphQL(Protocol):
    """Protocol of a client that sends GraphQL to a Prefect API."""

    def query(self, text: str, **variables: Json) -> Any:
        """Return the value of a query's only root field."""

    def mutate(
        self, name: str, fields: str, /, *, seconds: float = REQUEST_SECONDS, **payload: Json
    ) -> Any:
        """Run a mutation within some seconds, and return its payload."""
