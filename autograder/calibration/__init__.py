"""How sure a verdict about something random is: thresholds, their error rates, and the record of both."""
