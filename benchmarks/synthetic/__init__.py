"""Synthetic articles with the shape of the encoded one: made-up names, words and events.

Everything is a function of a seed and a number: article 17 of seed 1 is the same in a corpus of
100 articles and in one of 100,000, so a smaller corpus is the beginning of a larger one.
"""
