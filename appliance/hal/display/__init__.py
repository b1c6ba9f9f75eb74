"""The customer's line display."""
