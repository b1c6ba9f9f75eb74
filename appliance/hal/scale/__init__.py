"""Counter scales."""
