"""A page that describes every term of a dataset's vocabulary, with a diagram of the core classes.

``python -m communique.documentation build/docs`` writes it.
"""
