"""The GraphQL API: query documents, the schema, and its execution on the database."""
