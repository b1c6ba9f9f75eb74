"""What crosses a process border: the messages between daemon and kiosk and their codec. No I/O, no clock."""
