"""Running nodes in other processes: what they are sent, what they report, and who waits for it."""
