"""Grade one submission: pytest plugin, slot, journal."""
