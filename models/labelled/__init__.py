"""Labelled pictures: annotations as files, and what other detectors say about a picture."""
