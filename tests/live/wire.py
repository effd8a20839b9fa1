"""Answers: how is the network between two servers cut, and how does it come back?

A TCP relay. While it is cut, what was open breaks off; what is tried anew is first left without an answer, as lost packets
are, and in the second half turned away at once, as a closed port does.
"""

from __future__ import annotations

import contextlib
import socket
import threading


class Wire:
    """A port that leads to another one, until it is cut."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.mode = "whole"  # whole, silent or closed
        self.turned_away = 0
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def set(self, mode: str) -> None:
        """Cut it (`silent`, `closed`) or mend it (`whole`). What is open breaks off; what waited for an answer gets none."""
        self.mode = mode
        with self._lock:
            broken, self._open = self._open, set()
        for end in broken:
            _break(end)

    def stop(self) -> None:
        """Let go of the port and of what is open."""
        self._listener.close()
        self.set("closed")

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self.mode != "whole":
                self.turned_away += 1
            if self.mode == "closed":
                _break(near)
                continue
            with self._lock:
                self._open.add(near)
            if self.mode == "whole":
                threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(("127.0.0.1", self.target), timeout=10)
        except OSError:
            _break(near)
            return
        far.settimeout(None)
        with self._lock:
            self._open.add(far)
        threading.Thread(target=self._carry, args=(far, near), daemon=True).start()
        self._carry(near, far)

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
        with self._lock:
            self._open -= {source}


def _break(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
