"""The commands ``kedro prefect ...``."""
