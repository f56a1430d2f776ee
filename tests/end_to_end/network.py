"""A department in network namespaces, with a mirror port: hosts with real addresses on one machine."""
import os
import shutil
import subprocess
import time
import urllib.parse
import json

PREFIX = f"dcmwt{os.getpid()}-"  # two runs on one machine do not meet


def available(tools=("dcmqrscp", "movescu", "storescp", "storescu", "prometheus", "curl")):
    """Why not, or nothing."""
    if os.geteuid() != 0:
        return "needs root for network namespaces"
    for tool in ("ip", *tools):
        if not shutil.which(tool):
            return f"needs {tool}"
    return None


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


def wait_for(what, condition, seconds=20.0):
    """The condition's first true answer; an AssertionError if there is none in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = condition()
        if answer:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"no {what} within {seconds} s")


class Department:
    """Hosts on a switch that repeats every frame to its mirror port `span0`, in the namespace of the host `monitor`;
    a second one, `span1`, is quiet."""

    def __init__(self, hosts):
        self.processes = []
        ip("netns", "add", PREFIX + "switch")
        self.in_switch("link", "add", "br0", "type", "bridge", "ageing_time", "0")  # learns nothing: repeats to every port
        self.in_switch("link", "set", "br0", "up")
        for host, address in hosts.items():
            self._plug(host, "eth0")
            ip("-n", PREFIX + host, "addr", "add", f"{address}/16", "dev", "eth0")
        self._plug("monitor", "span0")
        # A second mirror port on which nothing comes.
        ip("link", "add", "span1", "netns", PREFIX + "monitor", "type", "veth", "peer", "name", "p-quiet", "netns", PREFIX + "switch")
        self.in_switch("link", "set", "p-quiet", "up")
        ip("-n", PREFIX + "monitor", "link", "set", "span1", "up")

    def _plug(self, host, interface):
        namespace = PREFIX + host
        ip("netns", "add", namespace)
        # A mirror port that speaks IPv6 by itself would not be silent.
        self.run(host, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
        ip("link", "add", interface, "netns", namespace, "type", "veth", "peer", "name", "p-" + host, "netns", PREFIX + "switch")
        self.in_switch("link", "set", "p-" + host, "master", "br0")
        self.in_switch("link", "set", "p-" + host, "up")
        ip("-n", namespace, "link", "set", "lo", "up")
        ip("-n", namespace, "link", "set", interface, "up")

    @staticmethod
    def in_switch(*arguments):
        ip("-n", PREFIX + "switch", *arguments)

    def run(self, host, *command, **options):
        return subprocess.run(["ip", "netns", "exec", PREFIX + host, *map(str, command)], capture_output=True, text=True, check=False, **options)

    def start(self, host, *command, **options):
        process = subprocess.Popen(["ip", "netns", "exec", PREFIX + host, *map(str, command)], text=True,
                                   stdout=options.pop("stdout", subprocess.DEVNULL), stderr=options.pop("stderr", subprocess.DEVNULL), **options)
        self.processes.append(process)
        return process

    def listens(self, host, port):
        return f":{port} " in self.run(host, "ss", "-Hltn").stdout

    def fetch(self, host, url):
        done = self.run(host, "curl", "-sf", "--max-time", "5", url)  # Prometheus says 503 until it is ready
        return done.stdout if done.returncode == 0 else None

    def ask_prometheus(self, query):
        answer = self.fetch("monitor", "http://127.0.0.1:9090/api/v1/query?query=" + urllib.parse.quote(query))
        return json.loads(answer)["data"]["result"] if answer else []

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()
        self.remove()

    @staticmethod
    def remove():
        listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=False).stdout
        for namespace in (line.split()[0] for line in listed.splitlines() if line.startswith(PREFIX)):
            pids = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True, check=False).stdout.split()
            for pid in pids:
                subprocess.run(["kill", "-9", pid], check=False, capture_output=True)
            ip("netns", "del", namespace)
