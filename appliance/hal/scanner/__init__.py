"""Bar-code scanners: serial lines and keyboard wedges become `Scan` events."""
