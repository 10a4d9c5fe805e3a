"""Who may call: refusals, keys, tokens, limits and the record, through the whole program."""

import base64
import http.server
import json
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse
from pathlib import Path

from events_test import write_ratings
from support import PROGRAM, Server, marquee

PASSWORD = "correct horse battery staple"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*args, given=b""):
    return subprocess.run(["openssl", *map(str, args)], input=given, capture_output=True, check=True).stdout


def der_integers(der):
    """The two whole numbers of an ECDSA signature."""
    numbers, at = [], 2
    for _ in range(2):
        size = der[at + 1]
        numbers.append(int.from_bytes(der[at + 2 : at + 2 + size], "big"))
        at += 2 + size
    return numbers


class Issuer:
    """An outside issuer: keys and signatures by OpenSSL, the key set over HTTP."""

    def __init__(self, folder):
        self.rsa, self.ec = folder / "rsa.pem", folder / "ec.pem"
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self.rsa)
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.ec)
        modulus = openssl("rsa", "-in", self.rsa, "-noout", "-modulus").decode().strip().split("=")[1]
        point = openssl("pkey", "-in", self.ec, "-pubout", "-outform", "DER")[-64:]
        jwks = {"keys": [
            {"kty": "RSA", "kid": "r1", "use": "sig", "n": base64url(bytes.fromhex(modulus)), "e": "AQAB"},
            {"kty": "EC", "kid": "e1", "crv": "P-256", "x": base64url(point[:32]), "y": base64url(point[32:])},
        ]}
        body = json.dumps(jwks).encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/keys"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def token(self, algorithm, kid, **changes):
        header = {"alg": algorithm, "kid": kid, "typ": "JWT"}
        claims = {"iss": "https://issuer.test", "aud": "films", "sub": "ada", "role": "operator", "exp": time.time() + 300, **changes}
        signed = base64url(json.dumps(header).encode()) + "." + base64url(json.dumps(claims).encode())
        if algorithm == "none":
            return signed + "."
        signature = openssl("dgst", "-sha256", "-sign", self.ec if kid == "e1" else self.rsa, given=signed.encode())
        if kid == "e1":
            signature = b"".join(number.to_bytes(32, "big") for number in der_integers(signature))
        return signed + "." + base64url(signature)


class Security(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.home = Path(cls.folder.name) / "home"
        data = Path(cls.folder.name) / "ratings.csv"
        write_ratings(data)
        cls.run_ok("import", data, "--source", "csv", "--map", "user=user,item=item,rating=rating,timestamp=timestamp")

    @classmethod
    def run_ok(cls, *args):
        done = marquee(cls.home, *args)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def setUp(self):
        """Each test begins without keys and users."""
        for file in self.home.glob("auth.*"):
            file.unlink()

    def key(self, role, *args):
        return json.loads(self.run_ok("keys", "create", "--role", role, "--json", *args))

    def user(self, name, role):
        command = [str(PROGRAM), "--home", str(self.home), "users", "create", name, "--role", role, "--password-stdin"]
        done = subprocess.run(command, input=PASSWORD + "\n", capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)

    def form(self, server, **fields):
        body = urllib.parse.urlencode(fields).encode()
        return server.post("/oauth/token", body, {"Content-Type": "application/x-www-form-urlencoded"})

    def test_off_loopback_it_refuses_to_start_without_authentication(self):
        for args in ((), ("--config", "security.authentication=off")):
            done = marquee(self.home, *args, "up", "--host", "0.0.0.0", "--port", "0")
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("open to other machines", done.stderr)
            self.assertIn("marquee keys create --role admin", done.stderr)
        self.key("admin")
        with Server(self.home, "--host", "0.0.0.0") as server:
            self.assertEqual(server.get("/status")[0], 401)
            self.assertEqual(server.get("/health")[0], 200)

    def test_on_loopback_without_keys_everything_answers_but_not_to_other_sites(self):
        with Server(self.home) as server:
            self.assertEqual(server.get("/status")[0], 200)
            event = {"user_id": "u1", "movie_id": "f1", "event": "like"}
            self.assertEqual(server.post("/log_interaction", event)[0], 200)
            for headers in ({"Origin": "https://evil.test"}, {"Host": "rebound.evil.test"}):
                status, _, problem = server.post("/log_interaction", event, headers)
                self.assertEqual((status, problem["code"]), (403, "permission_denied"), headers)

    def test_keys_and_what_the_terminal_changes_while_it_runs(self):
        admin = self.key("admin", "--name", "first")
        with Server(self.home) as server:
            with_key = lambda path, key: server.send(server.request(path, {"X-API-Key": key}))
            self.assertEqual(server.get("/status")[1]["WWW-Authenticate"], 'Bearer realm="marquee"')
            self.assertEqual(with_key("/audit", admin["key"])[0], 200)
            made = self.run_ok("keys", "create", "--role", "viewer", "--expires", "2s").strip()
            time.sleep(1)
            self.assertEqual(with_key("/status", made)[0], 200)
            status, headers, problem = with_key("/audit", made)
            self.assertEqual(status, 403)
            self.assertIn('scope="admin"', headers["WWW-Authenticate"])
            self.assertIn("needs the role admin", problem["message"])
            time.sleep(1.5)
            self.assertEqual(with_key("/status", made)[0], 401)
            self.run_ok("keys", "revoke", admin["id"])
            time.sleep(1)
            self.assertEqual(with_key("/status", admin["key"])[0], 401)
        states = [key["state"] for key in json.loads(self.run_ok("keys", "list", "--json"))]
        self.assertEqual(states, ["revoked", "expired"])
        did = [entry["route"] for entry in json.loads(self.run_ok("audit", "--json"))]
        self.assertEqual(did, ["keys revoke", "keys create", "keys create"])

    def test_a_password_gives_tokens_and_a_refresh_token_is_good_once(self):
        self.user("ada", "operator")
        with Server(self.home) as server:
            status, headers, answer = self.form(server, grant_type="password", username="ada", password=PASSWORD)
            self.assertEqual((status, answer["token_type"], answer["scope"]), (200, "Bearer", "operator"))
            self.assertEqual(headers["Cache-Control"], "no-store")
            bearer = {"Authorization": "Bearer " + answer["access_token"]}
            event = {"user_id": "u1", "movie_id": "f1", "event": "like"}
            self.assertEqual(server.post("/log_interaction", event, bearer)[0], 200)
            again = self.form(server, grant_type="refresh_token", refresh_token=answer["refresh_token"])
            self.assertEqual(again[0], 200)
            reused = self.form(server, grant_type="refresh_token", refresh_token=answer["refresh_token"])
            self.assertEqual((reused[0], reused[2]["error"]), (400, "invalid_grant"))
            voided = self.form(server, grant_type="refresh_token", refresh_token=again[2]["refresh_token"])
            self.assertEqual((voided[0], voided[2]["error"]), (400, "invalid_grant"))
            self.run_ok("users", "remove", "ada")
            time.sleep(1)
            self.assertEqual(server.send(server.request("/status", bearer))[0], 401)

    def test_failures_are_limited_and_no_secret_is_written_anywhere(self):
        self.user("ada", "viewer")
        key = self.key("service")
        with Server(self.home, settings=["log.level=debug"]) as server:
            grant = self.form(server, grant_type="client_credentials", client_id=key["id"], client_secret=key["key"])
            self.assertEqual(grant[0], 200)
            login = self.form(server, grant_type="password", username="ada", password=PASSWORD)
            self.assertEqual(login[0], 200)
            answers = [self.form(server, grant_type="password", username="ada", password=PASSWORD + "x") for _ in range(12)]
            self.assertEqual([answer[0] for answer in answers], [400] * 10 + [429] * 2)
            self.assertGreater(int(answers[-1][1]["Retry-After"]), 0)
            self.assertEqual(self.form(server, grant_type="password", username="ada", password=PASSWORD)[0], 429)
            self.assertEqual(server.send(server.request("/status", {"X-API-Key": key["key"][:-1] + "g"}))[0], 429)
            self.assertEqual(server.send(server.request("/status", {"X-API-Key": key["key"]}))[0], 200)
            written = server.output().encode()
        self.assertIn(b"/oauth/token", written)
        for file in self.home.glob("auth.*"):
            if file.name != "auth.key":
                written += file.read_bytes()
            self.assertEqual(file.stat().st_mode & 0o077, 0, file)
        secrets = [PASSWORD, key["key"].rsplit("_", 1)[1], grant[2]["access_token"], login[2]["access_token"], login[2]["refresh_token"]]
        for secret in secrets:
            self.assertNotIn(secret.encode(), written)

    def test_requests_of_a_key_are_limited(self):
        key = self.key("viewer")
        with Server(self.home, settings=["security.requests_per_second_of_key=5"]) as server:
            answers = [server.send(server.request("/health" if i == 0 else "/status", {"X-API-Key": key["key"]})) for i in range(40)]
            self.assertEqual(answers[1][0], 200)
            limited = [answer for answer in answers if answer[0] == 429]
            self.assertTrue(limited)
            self.assertEqual(limited[0][1]["Retry-After"], "1")

    def test_tokens_of_an_outside_issuer(self):
        issuer = Issuer(Path(self.folder.name))
        self.addCleanup(issuer.close)
        settings = [f"security.jwks_url={issuer.url}", "security.issuer=https://issuer.test", "security.audience=films"]
        with Server(self.home, settings=settings) as server:
            status_of = lambda token, path="/status": server.send(server.request(path, {"Authorization": "Bearer " + token}))[0]
            for algorithm, kid in (("RS256", "r1"), ("ES256", "e1")):
                self.assertEqual(status_of(issuer.token(algorithm, kid)), 200)
                self.assertEqual(status_of(issuer.token(algorithm, kid), "/audit"), 403)
            for bad in (
                issuer.token("none", "r1"),
                issuer.token("HS256", "r1"),
                issuer.token("ES256", "r1"),
                issuer.token("RS256", "r1", aud="books"),
                issuer.token("RS256", "r1", iss="https://evil.test"),
                issuer.token("RS256", "r1", exp=time.time() - 100),
                issuer.token("RS256", "r1", nbf=time.time() + 1000),
                issuer.token("RS256", "r1")[:-8] + "AAAAAAAA",
            ):
                self.assertEqual(status_of(bad), 401, bad)


if __name__ == "__main__":
    unittest.main()
