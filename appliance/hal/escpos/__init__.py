"""Receipt printers that speak ESC/POS: bytes out, status in, one driver for every wire."""
