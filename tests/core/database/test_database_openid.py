"""Signing in through a provider on this machine that does what a real one does, and what a wrong one could do."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from kyoto.core.database import Role, add_account
from kyoto.core.database.accounts import disable_account
from kyoto.core.database.openid import Provider, begin_sign_in, finish_sign_in
from kyoto.core.database.work import working
from kyoto.core.errors import KyotoError

KEY = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "one"}, private=True)


class FakeProvider(BaseHTTPRequestHandler):
    """The three addresses of a provider; ``server.wrong`` makes it lie."""

    def do_GET(self):
        issuer = f"http://127.0.0.1:{self.server.server_port}"
        if self.path.endswith("/openid-configuration"):
            said = "http://127.0.0.1:1" if "issuer" in self.server.wrong else issuer
            self.answer({
                "issuer": said, "authorization_endpoint": f"{issuer}/authorize", "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/keys",
            })  # fmt: skip
        else:
            self.answer({"keys": [KEY.as_dict(private=False)]})

    def do_POST(self):
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        challenge = base64.urlsafe_b64encode(hashlib.sha256(sent["code_verifier"][0].encode()).digest()).rstrip(b"=")
        if sent["code"][0] != "the-code" or challenge.decode() != self.server.begun["code_challenge"][0]:
            self.answer({"error": "invalid_grant"}, 400)
            return
        now = int(time.time())
        claims = {
            "iss": f"http://127.0.0.1:{self.server.server_port}", "sub": "4711", "aud": "kyoto", "iat": now,
            "exp": now + 300, "nonce": self.server.begun["nonce"][0], **self.server.wrong.get("claims", {}),
        }  # fmt: skip
        key = OTHER_KEY if "key" in self.server.wrong else KEY
        algorithm = {"alg": "RS256", "kid": "one"}
        token = jwt.encode(algorithm, claims, key)
        self.answer({"access_token": "x", "token_type": "Bearer", "id_token": token})

    def answer(self, content, status=200):
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    running = ThreadingHTTPServer(("127.0.0.1", 0), FakeProvider)
    running.wrong, running.begun = {}, {}
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture
def provider(server):
    return Provider(f"http://127.0.0.1:{server.server_port}", "kyoto", "secret", "http://127.0.0.1/back")


@pytest.fixture
def berta(database, provider):
    with working(database, "system") as work:
        add_account(work, "berta", Role.APPROVER, subject=f"{provider.issuer} 4711")


def begun(server, provider):
    sign_in = begin_sign_in(provider)
    server.begun = parse_qs(urlsplit(sign_in.address).query)
    return sign_in


def test_sign_in(database, server, provider, berta):
    sign_in = begun(server, provider)
    assert server.begun["code_challenge_method"] == ["S256"]
    assert server.begun["redirect_uri"] == [provider.redirect]
    actor = finish_sign_in(database, provider, sign_in, sign_in.state, "the-code")
    assert (actor.name, actor.role) == ("berta", Role.APPROVER)


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": True},
        {"claims": {"iss": "http://127.0.0.1:1"}},
        {"claims": {"aud": "another"}},
        {"claims": {"nonce": "another"}},
        {"claims": {"exp": 1}},
    ],
    ids=["another key", "another issuer", "for another", "another nonce", "too old"],
)
def test_tokens_that_are_not_for_us(database, server, provider, berta, wrong):
    sign_in = begun(server, provider)
    server.wrong = wrong
    with pytest.raises(KyotoError) as caught:
        finish_sign_in(database, provider, sign_in, sign_in.state, "the-code")
    assert caught.value.code == "database.sign-in-failed"


def test_answers_that_do_not_fit(database, server, provider, berta):
    sign_in = begun(server, provider)
    for state, code in (("another", "the-code"), (sign_in.state, "another")):
        with pytest.raises(KyotoError) as caught:
            finish_sign_in(database, provider, sign_in, state, code)
        assert caught.value.code == "database.sign-in-failed"
    server.wrong = {"issuer": True}
    with pytest.raises(KyotoError, match="failed"):
        begin_sign_in(provider)


def test_without_an_account(database, server, provider, berta):
    sign_in = begun(server, provider)
    server.wrong = {"claims": {"sub": "4712"}}
    with pytest.raises(KyotoError) as caught:
        finish_sign_in(database, provider, sign_in, sign_in.state, "the-code")
    assert caught.value.code == "database.unknown-subject"
    server.wrong = {}
    with working(database, "system") as work:
        disable_account(work, "berta")
    with pytest.raises(KyotoError, match="no account"):
        finish_sign_in(database, provider, sign_in, sign_in.state, "the-code")
