"""Measurements of the project, run by hand, and the synthetic corpora that they run on."""
