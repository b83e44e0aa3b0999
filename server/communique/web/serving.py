"""Running the application in Waitress, a production WSGI server."""

from __future__ import annotations

import logging
import signal
import socket
import sys
import threading
import time
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, cast

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from communique import __version__
from communique.errors import CallError
from communique.web.limits import BrokenOff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType

    from flask import Flask
    from waitress.trigger import trigger

    from communique.settings import Settings
    from communique.web.limits import Limited

MAX_HEADER: Final = 256 * 1024
"""The longest request line and header that is read, in bytes."""
MAX_FIELDS: Final = 200
"""How many header fields are read."""
MAX_CONNECTIONS: Final = 500
"""How many connections are open at once; further ones wait."""

_IDENT: Final = f"communique/{__version__}"
"""The Server header."""
_SWITCH: Final = 0.001
"""Seconds after which a thread that computes lets another one go on; Python has five times that."""
_SPARE_THREADS: Final = 8
"""Threads for what needs no worker, so that pages and the state are to be had at all times."""
_STACK: Final = 16 * 1024 * 1024
"""Bytes for each thread: the engine recurses, and some platforms give threads half a megabyte."""
_MOST_BODY: Final = 2 * 1024 * 1024
"""The longest body that the application gets to see, which refuses half of it already."""
_IDLE: Final = 60
"""Seconds after which a connection is closed on which nothing happens."""
_REQUEST: Final = 60
"""Seconds in which a request has to arrive."""
_SENDING: Final = 300
"""Seconds that a client may take to read an answer after its deadline."""
_CLEANUP: Final = 5
"""Seconds between two looks for connections to close."""
_LAST: Final = 1
"""Seconds for what was stopped to be told."""


def serve(
    app: Flask,
    settings: Settings,
    limited: Limited,
    announce: Callable[[str], None] = print,
) -> None:
    """Serve an application until SIGTERM or SIGINT, then finish what has begun.

    Args:
        app: The application.
        settings: Where, and how long requests have to finish at the end.
        limited: How it asks; its workers are ended.
        announce: Is told the URL as soon as it can be asked.

    Raises:
        CallError: The address cannot be listened at.
    """
    host = settings.host
    try:
        with _listen(host, settings.port) as listener:
            server = _Server.create(app, listener, settings)
            with _signals(server):
                shown = f"[{host}]" if ":" in host else host
                announce(f"http://{shown}:{listener.getsockname()[1]}/")
                server.serve()
                if limited.pool is not None:
                    limited.pool.drain()
                server.finish(settings.grace)
                if limited.pool is not None:
                    limited.pool.close()
                server.finish(_LAST)
                server.end()
    finally:
        if limited.pool is not None:
            limited.pool.close()


class _Parser(HTTPRequestParser):
    """Waitress's parser; it sets no path on a request it refuses, and later logs the path."""

    path = ""

    def parse_header(self, header_plus: bytes) -> None:
        """Read the request line and the header fields.

        Args:
            header_plus: Both.

        Raises:
            ParsingError: They are wrong, or so many that reading them keeps all others waiting.
        """
        if header_plus.count(b"\n") > MAX_FIELDS:
            raise ParsingError(f"more than {MAX_FIELDS} header fields")
        super().parse_header(header_plus)


class _Channel(HTTPChannel):
    """A connection, with that parser."""

    parser_class = _Parser


class _Server(TcpWSGIServer):
    """Waitress's server, which can stop gracefully and keeps nobody's connection for ever."""

    channel_class = _Channel
    stopping = False
    answering = 0.0
    """Seconds that a request may take in all."""
    stages: Mapping[HTTPChannel, tuple[str, float]] = MappingProxyType({})
    """What happens on each connection, and since when."""

    @classmethod
    def create(cls, app: Flask, listener: socket.socket, settings: Settings) -> _Server:
        """Create a server.

        Args:
            app: The application.
            listener: The socket, which is bound.
            settings: The settings.
        """
        threading.stack_size(_STACK)
        sys.setswitchinterval(_SWITCH)
        threads = settings.worker_count + settings.queue + _SPARE_THREADS
        proxy = settings.trusted_proxy
        forwarded = {"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"}
        adjustments = Adjustments(
            ident=_IDENT,
            threads=threads,
            connection_limit=MAX_CONNECTIONS,
            asyncore_use_poll=True,
            # Whether the client has gone shows only where its socket is read.
            channel_request_lookahead=1,
            channel_timeout=_IDLE,
            cleanup_interval=_CLEANUP,
            max_request_header_size=MAX_HEADER,
            max_request_body_size=_MOST_BODY,
            clear_untrusted_proxy_headers=True,
            trusted_proxy=proxy or None,
            trusted_proxy_headers=forwarded if proxy else set(),
        )
        logging.getLogger("waitress").addFilter(_is_no_break)
        dispatcher = ThreadedTaskDispatcher()
        dispatcher.set_thread_count(threads)
        place = (listener.family, listener.type, listener.proto, listener.getsockname())
        server = cls(
            app,
            {},
            _sock=listener,
            dispatcher=dispatcher,
            adj=adjustments,
            bind_socket=False,
            sockinfo=place,
        )
        server.answering = 2 * settings.timeout + _SENDING
        return server

    def serve(self) -> None:
        """Serve until it is told to stop."""
        while not self.stopping:
            self._turn(_CLEANUP)

    def stop(self) -> None:
        """Have it stop, from whichever thread."""
        self.stopping = True
        self.pull_trigger()

    def finish(self, seconds: float) -> None:
        """Accept no more connections, and answer the requests that have begun.

        Args:
            seconds: How long that may take.
        """
        if self.accepting:
            self.accepting = False
            wasyncore.dispatcher.close(self)
        limit = time.monotonic() + seconds
        while time.monotonic() < limit and any(
            channel.requests or channel.total_outbufs_len for channel in self._channels()
        ):
            self._turn(0.1)

    def end(self) -> None:
        """Close all connections, and end the threads."""
        for channel in self._channels():
            channel.handle_close()
        self.task_dispatcher.shutdown(timeout=_LAST)
        cast("trigger", self.trigger).close()

    def maintenance(self, now: float) -> None:
        """Close the connections that are idle, and those that take too long.

        Args:
            now: The time.
        """
        super().maintenance(now)  # type: ignore[arg-type] # likewise
        before = self.stages
        stages: dict[HTTPChannel, tuple[str, float]] = {}
        for channel in self._channels():
            if channel.requests or channel.total_outbufs_len:
                stage, limit = "answering", self.answering
            elif channel.request is not None:
                stage, limit = "reading", float(_REQUEST)
            else:
                continue
            known, since = before.get(channel, (stage, now))
            if known != stage:
                since = now
            if now - since > limit:
                channel.handle_close()
            else:
                stages[channel] = (stage, since)
        self.stages = stages

    def _turn(self, seconds: float) -> None:
        """Wait for something to happen, and see to it."""
        wasyncore.loop(timeout=seconds, use_poll=True, map=vars(self)["_map"], count=1)

    def _channels(self) -> list[HTTPChannel]:
        """Return the open connections."""
        return list(cast("dict[int, HTTPChannel]", self.active_channels).values())


def _is_no_break(record: logging.LogRecord) -> bool:
    """Tell whether a record of Waitress's is about anything but an answer that was broken off."""
    return not (record.exc_info and isinstance(record.exc_info[1], BrokenOff))


@contextmanager
def _signals(server: _Server) -> Iterator[None]:
    """Stop a server on SIGTERM and SIGINT; at once on the second."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        if server.stopping:
            raise KeyboardInterrupt
        server.stop()

    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _listen(host: str, port: int) -> socket.socket:
    """Open the socket to serve at.

    Raises:
        CallError: It cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        message = f"cannot listen at {host}, port {port}: {error.strerror or error}"
        raise CallError(message, "choose another address with --host or --port") from error
