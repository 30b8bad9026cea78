"""The example in plain Kedro, independent of what runs it."""
