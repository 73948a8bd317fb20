"""Autograded deep-learning homework that a course can trust."""

__version__ = "0.1.0"
