"""Data sets to weights, by one command each."""
