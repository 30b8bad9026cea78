"""The old name of what agents load, which flows that were registered before have stored."""
