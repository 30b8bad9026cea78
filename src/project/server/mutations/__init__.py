"""The mutations: each is a function whose annotations declare its input and payload."""
