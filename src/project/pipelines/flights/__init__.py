"""The example: predict which departures from New York will be late."""
