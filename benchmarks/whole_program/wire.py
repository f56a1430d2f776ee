"""Two hosts on one wire: network namespaces joined by a veth pair, as a modality and an archive stand on a switch."""
import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

ADDRESSES = {"client": "10.0.0.1", "server": "10.0.0.2"}
LISTENING = "0A"  # state of a socket in /proc/net/tcp
NEEDED = ("ethtool", "ip", "sysctl", "tcpdump")


class Failure(Exception):
    """The benchmark cannot go on; the text says why."""


def why_not():
    """Why there can be no wire here, or nothing."""
    if os.geteuid() != 0:
        return "captures are made in network namespaces, which needs root"
    missing = [tool for tool in NEEDED if not shutil.which(tool)]
    return f"not installed: {', '.join(missing)}" if missing else None


def _run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


class Wire:
    """Frames of 1,500 bytes at most, whole and with true checksums, as a mirror port shows them. Everything on it ends with it."""

    def __init__(self, window_bytes=None):
        self.window_bytes = window_bytes  # the most that a connection sends ahead; nothing: as the kernel likes
        self.processes = []
        self.logs = contextlib.ExitStack()

    @staticmethod
    def namespace(host):
        return f"dcmbench{os.getpid()}-{host}"  # two benchmarks on one machine do not meet

    def __enter__(self):
        try:
            for host in ADDRESSES:
                _run("ip", "netns", "add", self.namespace(host))
            _run("ip", "link", "add", "wire", "netns", self.namespace("client"), "type", "veth",
                 "peer", "name", "wire", "netns", self.namespace("server"))
            for host, address in ADDRESSES.items():
                inside = ("ip", "netns", "exec", self.namespace(host))
                # Few ports, soon used again: a busy modality's connections have the addresses and ports of earlier ones.
                _run(*inside, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv4.ip_local_port_range=20000 32767",
                     "net.ipv4.tcp_tw_reuse=1", "net.core.somaxconn=4096")
                if self.window_bytes:
                    limits = f"4096 16384 {self.window_bytes}"
                    _run(*inside, "sysctl", "-qw", f"net.ipv4.tcp_rmem={limits}", f"net.ipv4.tcp_wmem={limits}")
                _run(*inside, "ethtool", "-K", "wire", "tso", "off", "gso", "off", "gro", "off", "tx", "off", "rx", "off")
                _run("ip", "-n", self.namespace(host), "addr", "add", f"{address}/24", "dev", "wire")
                _run("ip", "-n", self.namespace(host), "link", "set", "wire", "mtu", "1500", "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self.processes:
            self.stop(process)
        for host in ADDRESSES:
            pids = subprocess.run(["ip", "netns", "pids", self.namespace(host)], capture_output=True, text=True, check=False).stdout
            for pid in map(int, pids.split()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            subprocess.run(["ip", "netns", "del", self.namespace(host)], capture_output=True, check=False)
        self.logs.close()

    def start(self, host, *command, **options):
        options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **options}
        process = subprocess.Popen(["ip", "netns", "exec", self.namespace(host), *map(str, command)], text=True,
                                   start_new_session=True, **options)
        self.processes.append(process)
        return process

    @staticmethod
    def stop(process, how=signal.SIGTERM):
        """With all that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def serve(self, port, *command):
        """A server, once it listens."""
        log = self.logs.enter_context(tempfile.TemporaryFile("w+"))
        server = self.start("server", *command, stdout=log, stderr=log)
        end = time.monotonic() + 60
        while time.monotonic() < end and server.poll() is None:
            for family in ("tcp", "tcp6"):
                with contextlib.suppress(OSError), open(f"/proc/{server.pid}/net/{family}", encoding="ascii") as sockets:
                    if any(fields[1].endswith(f":{port:04X}") and fields[3] == LISTENING for fields in map(str.split, sockets)):
                        return server
            time.sleep(0.02)
        log.seek(0)
        raise Failure(f"{command[0]} does not listen on port {port} (exit status {server.poll()}): {log.read()[-500:].strip()}")

    def run_clients(self, commands, at_once):
        """All of them, so many at a time; what each printed."""
        waiting = list(reversed(commands))
        running, printed = [], []
        while waiting or running:
            while waiting and len(running) < at_once:
                running.append(self.start("client", *waiting.pop(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
            time.sleep(0.005)
            for client in [c for c in running if c.poll() is not None]:
                running.remove(client)
                self.processes.remove(client)
                text = client.stdout.read()
                client.stdout.close()
                if client.returncode:
                    raise Failure(f"{client.args[4]} ended with status {client.returncode}: {text.strip()[-500:]}")
                printed.append(text)
        return printed

    @contextlib.contextmanager
    def capture(self, path, port_filter, buffer_mib):
        """What passes while the block runs, without a single drop."""
        # Before all others, or its ring runs over. Immediate mode has no block time-out to wait for at the end; its ring is of frames
        # as large as the snap length.
        dump = self.start("server", "nice", "-n", "-20", "tcpdump", "--immediate-mode", "-i", "wire", "-n", "-s", "2048",
                          "-B", str(buffer_mib * 1024), "-Z", "root", "-w", str(path), port_filter, stderr=subprocess.PIPE)
        if "listening on" not in dump.stderr.readline():
            raise Failure(f"tcpdump: {dump.stderr.read().strip()}")
        yield
        self._wait_until_written(path)
        self.stop(dump, signal.SIGINT)
        told = dump.stderr.read()
        counts = [int(n) for n in re.findall(r"^(\d+) packets? (?:captured|received|dropped)", told, re.MULTILINE)]
        if len(counts) != 3 or counts[0] != counts[1] or counts[2]:
            raise Failure(f"the capture {path.name} is not whole ({told.strip()}); try again on a quieter machine")

    @staticmethod
    def _wait_until_written(path):
        size, since = -1, time.monotonic()
        while time.monotonic() - since < 0.3:
            time.sleep(0.05)
            now = path.stat().st_size
            if now != size:
                size, since = now, time.monotonic()
