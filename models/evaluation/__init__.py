"""Weights to figures, by one command each."""
