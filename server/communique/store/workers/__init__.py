"""Queries in processes of their own, which can be stopped for real.

The engine has neither a time limit nor a way to cancel, and its faults take the whole process with
them.  So each query runs in a worker: over its time it is killed, over its memory it dies, and in
either case alone.
"""
