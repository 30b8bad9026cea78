"""Background services: scheduling, and ending runs whose process is gone."""
