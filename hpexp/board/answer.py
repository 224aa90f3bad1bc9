"""Does a TensorBoard answer at this URL, and what does it show?"""

from __future__ import annotations


def shown_logdir(url: str, *, timeout: float = 5.0) -> str | None:
    """The `--logdir` of the TensorBoard that answers at `url`; None where none does.

    Asks the machine itself, past any proxy. `timeout` is in seconds.
    """
    import http.client
    import json
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request("GET", f"{parts.path}data/environment")
        response = connection.getresponse()
        text = response.read()
        facts = json.loads(text) if response.status == http.client.OK else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    if not isinstance(facts, dict) or "data_location" not in facts:
        return None
    return str(facts["data_location"])
