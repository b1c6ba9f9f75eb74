"""Use cases: what the till does when somebody asks, scans or plugs. Knows the store and `hal.device`, no driver."""
