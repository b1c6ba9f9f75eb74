"""Devices. Services see `device` only; the composition root opens them with `registry.open_devices`."""
