"""Passwords, sessions and request checks."""
