"""The tree of what ends the demo before it runs.

DemoFailed          set-up cannot go on: one sentence for the developer, exit status 1, no trace
"""


class DemoFailed(Exception):
    """Says what is missing and what to do about it."""
