"""Everything that talks to a Prefect API: register a flow, start, report and follow its runs."""
