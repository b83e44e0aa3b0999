"""The embedded store: nothing above this package knows which engine it is."""
