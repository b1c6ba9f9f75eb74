"""`tillbox-office`: head office for a person and for scripts, until its pages come."""
