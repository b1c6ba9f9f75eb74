"""Proofs of the rules that must never be wrong: every interleaving of a small world, and long lives of a large one."""
