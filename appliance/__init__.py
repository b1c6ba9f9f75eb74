"""Tillbox, a till appliance: a daemon that owns the truth of one shop counter and a kiosk that draws it."""

__version__ = "0.1.0"
