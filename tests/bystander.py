"""A client that asks the same all the time, until its standard input ends; then it says how it was.

Run as a process of its own, so that it does not wait for the attacker's turns:
``python bystander.py PORT`` writes the seconds of each answer and how many were not right, as JSON.
"""

import json
import select
import sys
import time

from hostile import asking, send

PAUSE = 0.01
"""Seconds between two questions."""
QUERY = asking("SELECT (COUNT(*) AS ?n) { ?s a ?c }", "text/csv")


def main(port: int) -> None:
    """Ask until it is over.

    Args:
        port: The server's port.
    """
    seconds: list[float] = []
    faults = 0
    while not select.select([sys.stdin], [], [], PAUSE)[0]:
        begun = time.monotonic()
        answer = send(port, QUERY)
        seconds.append(time.monotonic() - begun)
        faults += answer is None or answer.status != 200
    json.dump((seconds, faults), sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))
