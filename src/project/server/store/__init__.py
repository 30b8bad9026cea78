"""The SQLite database: tables, connections, rows, and the rules for states."""
