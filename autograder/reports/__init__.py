"""Tables, pages and files about a graded class."""
