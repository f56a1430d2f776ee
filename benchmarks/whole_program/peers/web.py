"""`web.py serve PORT DIR` serves files, `web.py browse HOST PORT COUNT PATH...` fetches the paths in turn, each on a connection of its own."""
import functools
import http.client
import http.server
import itertools
import socketserver
import sys


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingTCPServer):  # http.server's own asks for its name in the DNS first, and there is none
    allow_reuse_address = True
    request_queue_size = 64


def serve(port, folder):
    Server(("", int(port)), functools.partial(Quiet, directory=folder)).serve_forever()


def browse(host, port, count, *paths):
    for path in itertools.islice(itertools.cycle(paths), int(count)):
        connection = http.client.HTTPConnection(host, int(port))
        connection.request("GET", path)
        connection.getresponse().read()
        connection.close()


{"serve": serve, "browse": browse}[sys.argv[1]](*sys.argv[2:])
