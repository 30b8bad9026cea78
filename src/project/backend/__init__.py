"""The former module of the agents' entry point, still stored in flows registered before."""
