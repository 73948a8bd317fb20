"""The pytest plugin: turns plain pytest functions into graded checks."""
