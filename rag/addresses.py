"""Addresses as they may be shown: without the user, the password and the keys that people write into them."""

from __future__ import annotations

from urllib.parse import urlsplit


def shown_addresses(given: str) -> str:
    """Addresses with commas between, each without user, password, query and fragment; one that cannot be read is said to be none."""
    return ", ".join(_shown(address) for address in given.split(","))


def _shown(address: str) -> str:
    try:
        parts = urlsplit(address.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "(an address that cannot be read)"
    if not parts.scheme or not host:
        return "(an address that cannot be read)"
    place = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{place}{f':{port}' if port else ''}{parts.path}"
