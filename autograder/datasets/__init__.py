"""The data sets a homework can name."""
