"""Whether a download can start at all, known within seconds."""

import queue
import socket
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterable


def reaches_any(urls: Iterable[str], seconds: float = 3.0) -> bool:
    """Whether a TCP connection to the host of any of the URLs opens within `seconds`.

    Where the environment names a proxy for a URL, the proxy is what has to answer. Looking up a name
    can hang far longer than any timeout that sockets offer; so each host is tried in a thread of its
    own that nobody waits for.

    Args:
        urls: http, https or ftp addresses; the first 8 different hosts are tried, all at once.
        seconds: how long to wait for the first that answers.
    """
    addresses = list(dict.fromkeys(map(_address, urls)))[:8]
    answers: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def knock(address: tuple[str, int]) -> None:
        try:
            socket.create_connection(address, timeout=seconds).close()
            answers.put(True)
        except OSError:
            answers.put(False)

    for address in addresses:
        threading.Thread(target=knock, args=(address,), daemon=True).start()
    deadline = time.monotonic() + seconds
    for _ in addresses:
        try:
            if answers.get(timeout=max(0.0, deadline - time.monotonic())):
                return True
        except queue.Empty:
            return False
    return False


def _address(url: str) -> tuple[str, int]:
    """Host and port that a download of `url` talks to first."""
    parts = urllib.parse.urlsplit(url)
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy and not urllib.request.proxy_bypass(parts.hostname or ""):
        parts = urllib.parse.urlsplit(proxy if "//" in proxy else f"http://{proxy}")
    default = {"https": 443, "ftp": 21}.get(parts.scheme, 80)
    return parts.hostname or "", parts.port or default
