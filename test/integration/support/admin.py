"""The admin listener as a client sees it."""

import json as jsonlib

from support.client import Client
from support.headgate import connectable

TOKENS = {"viewer": "viewer-token-of-a-test", "operator": "operator-token-of-a-test", "admin": "admin-token-of-a-test"}


def tokens():
    """The `tokens` of a configuration: one of each role, named as the role."""
    return [{"name": role, "token": token, "role": role} for role, token in TOKENS.items()]


def adminAddress(headgate):
    """(host, port), or the path of a Unix socket."""
    return connectable(headgate.waitFor(r"admin listens on (\S+)")[1])


class Admin:
    """Calls operations, each on a connection of its own."""

    def __init__(self, headgate, role=None):
        self.address = adminAddress(headgate)
        self.role = role

    def call(self, method, path, json=None, body=None, fields=(), contentType=None, host="localhost", role=None):
        """The response. `json` is sent as such; `body`: bytes, of type `contentType`."""
        role = role or self.role
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *fields]
        if role:
            lines.append(f"Authorization: Bearer {TOKENS.get(role, role)}")
        if json is not None:
            body = jsonlib.dumps(json).encode()
        if body is not None:
            lines += [f"Content-Length: {len(body)}", f"Content-Type: {contentType or 'application/json'}"]
        with Client(self.address) as client:
            client.send("\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b""))
            return client.readResponse(method)

    def get(self, path, **options):
        return self.call("GET", path, **options)
