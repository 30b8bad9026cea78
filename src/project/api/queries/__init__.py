"""Every GraphQL request to a Prefect API, each with the rows that it returns.

A filter with null matches everything: without a tenant, queries search all tenants.
"""
