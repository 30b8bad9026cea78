"""A Kedro pipeline as a Prefect flow: building it, its tasks, and where they run."""
