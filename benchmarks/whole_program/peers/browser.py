"""Somebody browses: `browser.py HOST PORT COUNT PATH...` fetches COUNT times, the paths in turn, each on a connection of its own."""
import http.client
import itertools
import sys

host, port, count, *paths = sys.argv[1:]
for path in itertools.islice(itertools.cycle(paths), int(count)):
    connection = http.client.HTTPConnection(host, int(port))
    connection.request("GET", path)
    connection.getresponse().read()
    connection.close()
