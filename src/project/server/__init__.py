"""A Prefect 1.x API on SQLite: what Prefect's own client, agent and command line need."""
