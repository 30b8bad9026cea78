"""Random kills of all processes, which take too long for the ordinary tests."""
