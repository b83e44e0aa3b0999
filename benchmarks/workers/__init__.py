"""What is measured, each in a process of its own: ours, and the competitors'.

Each reads one file of N-Triples, the ontology's axioms among them, and prints one line of JSON:
``seconds`` by phase, and how many triples it was given and has in the end.
"""
