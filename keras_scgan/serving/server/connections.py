"""Connections, of which those that wait for a request make room for new ones."""

from uvicorn.protocols.http.h11_impl import H11Protocol


class Connection(H11Protocol):
    """A connection at whose begin, if there are too many, the one is closed that has waited longest for a request.

    So nobody is kept out by clients that send nothing, or never all of a request's head. nginx does likewise.
    """

    def connection_made(self, transport):
        super().connection_made(transport)
        self._waiting_since = self.loop.time()
        if len(self.connections) >= self.limit_concurrency:
            waiting = [other for other in self.connections if other is not self and other.is_waiting]
            if waiting:
                min(waiting, key=lambda other: other._waiting_since).transport.close()

    def on_response_complete(self):
        self._waiting_since = self.loop.time()
        super().on_response_complete()

    @property
    def is_waiting(self):
        """Whether it is open, and no request is in work."""
        return (self.cycle is None or self.cycle.response_complete) and not self.transport.is_closing()
