"""Fetching the titles from a server that behaves as Kaggle's API does: `GET /datasets/download/{owner}/{slug}` with
HTTP Basic answers 302 to a signed URL of a file host, which must not see the credentials, and that gives a zip archive."""

import base64
import hashlib
import http.server
import io
import os
import ssl
import subprocess
import tempfile
import threading
import unittest
import zipfile
from pathlib import Path

from support import PROGRAM

HEADER = "show_id,type,title,director,cast,country,date_added,release_year,rating,duration,listed_in,description\n"
# What does not compress, so that a transfer can be cut in the middle of it.
TITLES = HEADER + "".join(
    f's{i},Movie,{hashlib.sha256(str(i).encode()).hexdigest()},,,France,"August 1, 2021",2020,PG,90 min,Dramas,{hashlib.sha512(str(i).encode()).hexdigest()}\n'
    for i in range(5000)
)
BASIC = "Basic " + base64.b64encode(b"ada:secret-key").decode()


def zipped(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "."), text)
    return out.getvalue()


class Host:
    """A server whose answers are taken from `plan`, one a request, the last one again and again; keeps what it was asked."""

    def __init__(self, test):
        self.plan, self.asked = [], []
        host = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                host.asked.append((self.path, dict(self.headers)))
                (host.plan.pop(0) if len(host.plan) > 1 else host.plan[0])(self)

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                pass  # a client that hangs up is part of a test

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        test.addCleanup(self.server.server_close)
        test.addCleanup(self.server.shutdown)


def answer(status, body=b"", **headers):
    def send(request):
        request.send_response(status)
        for name, value in {"Content-Length": len(body), **headers}.items():
            request.send_header(name.replace("_", "-"), str(value))
        request.end_headers()
        request.wfile.write(body)

    return send


def cut(body, **headers):
    """Half of it, then nothing."""

    def send(request):
        answer(200, body[: len(body) // 2], **{"Content-Length": len(body), **headers})(request)
        request.close_connection = True

    return send


def rest(body, **headers):
    """What is asked for by Range, as long as If-Range names what is there."""

    def send(request):
        wanted = request.headers.get("Range")
        if not wanted or request.headers.get("If-Range") != headers["ETag"]:
            return answer(200, body, **headers)(request)
        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        answer(206, body[start:], Content_Range=f"bytes {start}-{len(body) - 1}/{len(body)}", **headers)(request)

    return send


class Kaggle(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.file = self.folder / "home/netflix/data/netflix_titles.csv"
        self.api, self.files = Host(self), Host(self)
        self.api.plan = [answer(302, b"<html>moved</html>", Location=f"{self.files.url}/archive.zip?X-Goog-Signature=s3cr3t")]
        self.files.plan = [answer(200, zipped(netflix_titles__csv=TITLES))]

    def fetch(self, source=None, env=None, **settings):
        credentials = {"KAGGLE_USERNAME": "ada", "KAGGLE_KEY": "secret-key"} if env is None else env
        config = {"netflix.kaggle_url": f"{self.api.url}/api/v1", **settings}
        command = [PROGRAM, "--home", self.folder / "home", *(word for key, value in config.items() for word in ("--config", f"{key}={value}"))]
        command += ["task", "run", "netflix_data_ingestion", "download_netflix_dataset"]
        if source:
            command += ["--conf", '{"source": "%s"}' % source]
        clean = {key: value for key, value in os.environ.items() if not key.startswith("KAGGLE_") and not key.lower().endswith("_proxy")}
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env={**clean, "HOME": str(self.folder), **credentials})
        self.assertNotIn("secret-key", done.stdout + done.stderr)
        self.assertNotIn("s3cr3t", done.stdout + done.stderr)
        return done

    def fetched(self, *args, **kwargs):
        done = self.fetch(*args, **kwargs)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.file.read_text(), TITLES)
        self.assertEqual(os.listdir(self.file.parent), [self.file.name])

    def refused(self, *words, source=None):
        """It fails with these words, and what was there stays."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text("older\n")
        done = self.fetch(source)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertEqual(self.file.read_text(), "older\n")
        self.assertEqual(os.listdir(self.file.parent), [self.file.name])

    def test_the_api_gets_the_credentials_and_the_file_host_does_not(self):
        self.fetched()
        path, headers = self.api.asked[0]
        self.assertEqual(path, "/api/v1/datasets/download/shivamb/netflix-shows")
        self.assertEqual(headers["Authorization"], BASIC)
        path, headers = self.files.asked[0]
        self.assertEqual(path, "/archive.zip?X-Goog-Signature=s3cr3t")
        self.assertNotIn("Authorization", headers)

    def test_credentials_of_the_file(self):
        (self.folder / ".kaggle").mkdir()
        (self.folder / ".kaggle/kaggle.json").write_text('{"username": "ada", "key": "secret-key"}')
        self.fetched("kaggle:some-one/other-titles", env={})
        self.assertEqual(self.api.asked[0][0], "/api/v1/datasets/download/some-one/other-titles")
        self.assertEqual(self.api.asked[0][1]["Authorization"], BASIC)

    def test_a_token_is_bearer(self):
        self.fetched(env={"KAGGLE_API_TOKEN": "secret-key"})
        self.assertEqual(self.api.asked[0][1]["Authorization"], "Bearer secret-key")

    def test_a_plain_url_of_a_table_or_an_archive(self):
        self.files.plan = [answer(200, TITLES.encode())]
        self.fetched(f"{self.files.url}/titles.csv?sig=s3cr3t", env={})
        self.file.unlink()
        self.files.plan = [answer(200, zipped(netflix_titles__csv=TITLES))]
        self.fetched(f"{self.files.url}/titles.zip", env={})

    def test_of_several_files_the_titles_are_taken(self):
        self.files.plan = [answer(200, zipped(**{"MACOSX/__" + "_netflix_titles__csv": "\0x", "credits__csv": "a,b\n", "netflix_titles__csv": TITLES}))]
        self.fetched()

    def test_what_the_api_refuses_is_told_with_what_to_do(self):
        for status, words in ((401, ("answers 401", "credentials are not accepted")), (403, ("answers 403", "accept the terms")), (404, ("answers 404",))):
            with self.subTest(status):
                self.api.asked.clear()
                self.api.plan = [answer(status, b'{"code": %d, "message": "no"}' % status)]
                self.refused(*words)
                self.assertEqual(len(self.api.asked), 1)

    def test_it_waits_as_it_is_asked_to(self):
        self.api.plan[:0] = [answer(429, Retry_After="0"), answer(503, Retry_After="0")]
        self.fetched()
        self.assertEqual(len(self.api.asked), 3)

    def test_a_long_wait_is_left_to_the_scheduler(self):
        self.api.plan = [answer(429, Retry_After="3600")]
        self.refused("answers 429, and asks to wait 3600 s")
        self.assertEqual(len(self.api.asked), 1)

    def test_it_gives_up(self):
        self.api.plan = [answer(429, Retry_After="0")]
        self.refused("answers 429")
        self.assertEqual(len(self.api.asked), 4)

    def test_a_transfer_that_was_cut_goes_on_where_it_ended(self):
        body = zipped(netflix_titles__csv=TITLES)
        self.files.plan = [cut(body, ETag='"v1"'), rest(body, ETag='"v1"')]
        self.fetched()
        self.assertEqual(self.files.asked[1][1]["Range"], f"bytes={len(body) // 2}-")
        self.assertNotIn("Authorization", self.files.asked[1][1])

    def test_a_file_that_changed_meanwhile_is_fetched_from_its_start(self):
        body = zipped(netflix_titles__csv=TITLES)
        self.files.plan = [cut(zipped(netflix_titles__csv=TITLES[: len(TITLES) // 2]), ETag='"v1"'), rest(body, ETag='"v2"')]
        self.fetched()

    def test_without_a_name_for_what_is_there_it_begins_again(self):
        body = zipped(netflix_titles__csv=TITLES)
        self.files.plan = [cut(body), answer(200, body)]
        self.fetched()
        self.assertNotIn("Range", self.files.asked[1][1])

    def test_a_zip_bomb_is_refused(self):
        self.files.plan = [answer(200, zipped(netflix_titles__csv=HEADER + "0" * (200 << 20)))]
        self.refused("more than 100 : 1")

    def test_a_damaged_archive_is_refused(self):
        body = bytearray(zipped(netflix_titles__csv=TITLES))
        body[len(body) // 2] ^= 0xFF
        self.files.plan = [answer(200, bytes(body))]
        self.refused("Kaggle's data set shivamb/netflix-shows: netflix_titles.csv")
        self.files.plan = [answer(200, bytes(body[:1000]))]
        self.refused("cannot open the archive")

    def test_what_is_no_table_of_titles_is_refused(self):
        self.files.plan = [answer(200, b"<html><title>Sign in</title></html>", Content_Type="text/html")]
        self.refused("Kaggle's data set shivamb/netflix-shows")
        self.files.plan = [answer(200, zipped(README__md="# nothing"))]
        self.refused("holds no CSV file")
        self.files.plan = [answer(200, zipped(credits__csv="user,item\n1,2\n"))]
        self.refused("is no table of titles", "found user, item")

    def test_redirects_without_end_are_refused(self):
        self.api.plan = [answer(302, Location=f"{self.api.url}/again")]
        self.refused("cannot fetch", source=f"{self.api.url}/titles.csv")

    def test_a_redirect_to_a_file_of_this_machine_is_refused(self):
        self.api.plan = [answer(302, Location="file:///etc/hostname")]
        self.refused("cannot fetch")

    def test_a_certificate_that_nobody_vouches_for_is_refused(self):
        key, certificate = self.folder / "key.pem", self.folder / "cert.pem"
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=127.0.0.1", "-keyout", key, "-out", certificate]
        if subprocess.run(command, capture_output=True).returncode != 0:
            self.skipTest("no openssl to make a certificate with")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.files.server.socket = context.wrap_socket(self.files.server.socket, server_side=True)
        self.refused("certificate", source=self.files.url.replace("http:", "https:") + "/titles.csv")
        self.assertEqual(self.files.asked, [])


if __name__ == "__main__":
    unittest.main()
