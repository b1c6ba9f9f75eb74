"""Card terminals: two protocols, two faces, one rule about what may be unknown."""
