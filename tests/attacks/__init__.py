"""The attack zoo: what might be handed in to gain points, read secrets or break grading, graded for real."""
