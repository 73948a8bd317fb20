"""What is not computed again: the digests it depends on, replies of jobs, and what a second is worth here."""
