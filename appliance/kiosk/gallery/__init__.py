"""Pictures of every screen and state, drawn by the real kiosk from recorded views."""
