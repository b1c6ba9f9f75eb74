"""Tillbox: the till appliance."""
