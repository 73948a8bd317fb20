"""Students run the public checks on their own machine; grading imports nothing from here."""
