"""Calibration of stochastic checks: thresholds, their error rates, and the certificate that records both."""
