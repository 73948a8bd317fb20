"""Grade a class: where the slots run."""
