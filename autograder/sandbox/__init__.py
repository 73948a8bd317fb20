"""How untrusted code runs: confined processes, and the wire to them."""
