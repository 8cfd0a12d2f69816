"""The one error a person is meant to read."""


class Problem(Exception):
    """Something the user can act on: printed as one message, without a stack, exit code 1."""
