"""What course authors use: stubs, leak check, release, calibration and self-test."""
