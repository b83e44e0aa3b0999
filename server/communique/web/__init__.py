"""The endpoint over HTTP.

Nothing below this package knows HTTP, and nothing in it knows the engine.
"""

from communique.web.application import create_app
from communique.web.limits import Limited
from communique.web.logs import configure
from communique.web.serving import serve

__all__ = ["Limited", "configure", "create_app", "serve"]
