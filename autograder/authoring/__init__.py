"""What course authors use: stubs and the leak check."""
