"""Batches by size: Prefect Server takes requests of up to 5 MB, and is slower with larger ones."""

from __future__ import annotations

import json
from typing import Any, Callable, Iterable, Iterator, List, TypeVar

T = TypeVar("T")

MAX_BYTES = 1_000_000


def json_size(value: Any) -> int:
    """Return the size in bytes of a value in a request, whose variables are JSON within JSON."""
    return len(json.dumps(json.dumps(value)))


def batches(
    items: Iterable[T], max_items: int = 500, size: Callable[[T], int] = json_size
) -> Iterator[List[T]]:
    """Yield the items in order, as many at a time as fit; a larger item comes alone."""
    batch: List[T] = []
    batch_size = 0
    for item in items:
        item_size = size(item)
        if batch and (len(batch) == max_items or batch_size + item_size > MAX_BYTES):
            yield batch
            batch, batch_size = [], 0
        batch.append(item)
        batch_size += item_size
    if batch:
        yield batch
