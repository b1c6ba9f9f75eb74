"""The process that owns the hardware, the store and the rules. `__main__` builds everything."""
