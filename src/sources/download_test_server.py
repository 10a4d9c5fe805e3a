"""A file server for download_test.cc: serves a folder, with ranges, and fails on request.

Usage: download_test_server.py FOLDER. Prints its port, serves until its standard input closes.
A file NAME.faults beside NAME holds one word a line, used up one a request:
  ok        answer properly
  cut       send half of what is left, then drop the connection
  norange   ignore the Range header
  <status>  answer with that status
Each request is written to requests.log: its path, its Range header or "-".
"""
import http.server
import os
import sys
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder = "."

    def log_message(self, *args):
        pass

    def next_fault(self, path):
        faults = path + ".faults"
        if not os.path.exists(faults):
            return "ok"
        with open(faults) as file:
            words = file.read().split()
        with open(faults, "w") as file:
            file.write("\n".join(words[1:]))
        return words[0] if words else "ok"

    def do_GET(self):
        path = os.path.join(self.folder, os.path.basename(self.path))
        asked = self.headers.get("Range")
        with open(os.path.join(self.folder, "requests.log"), "a") as log:
            log.write(f"{self.path} {asked or '-'}\n")
        fault = self.next_fault(path)
        if fault.isdigit() or not os.path.exists(path):
            return self.fail(int(fault) if fault.isdigit() else 404)
        with open(path, "rb") as file:
            body = file.read()
        start = 0
        if asked and fault != "norange":
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(body):
                return self.fail(416)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        else:
            self.send_response(200)
        left = body[start:]
        self.send_header("Content-Length", str(len(left)))
        self.end_headers()
        if fault == "cut":
            left = left[: len(left) // 2]
            self.close_connection = True
        self.wfile.write(left)

    def fail(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *args):
        pass  # a client that hangs up is part of a test


def main():
    Handler.folder = sys.argv[1]
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


main()
