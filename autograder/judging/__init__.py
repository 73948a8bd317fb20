"""The checks of one submission: pytest runs them, and each becomes a record with a verdict."""
