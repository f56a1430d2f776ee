"""A mirror port without a department: two veth pairs, and frames of a capture sent into their far ends."""
import os
import pathlib
import struct
import subprocess
import sys

import network

PREFIX = f"dcmww{os.getpid()}-"
MONITOR = PREFIX + "monitor"
FAR = PREFIX + "far"
PORTS = ("span0", "span1")


def frames(capture):
    """The frames of a little-endian pcap file."""
    data = pathlib.Path(capture).read_bytes()
    at = 24
    while at < len(data):
        captured, = struct.unpack_from("<I", data, at + 8)
        yield data[at + 16:at + 16 + captured]
        at += 16 + captured


def tagged(frame, vlan):
    return frame[:12] + struct.pack("!HH", 0x8100, vlan) + frame[12:]


def by_sender(capture):
    """The frames, each with the mirror port of its side of a tap: who opened a connection's first packet is on side 0."""
    sides = {}
    for frame in frames(capture):
        source, destination = frame[26:30], frame[30:34]
        yield sides.setdefault(source, 1 - sides.get(destination, 1)), frame


class Wire:
    """`span0` and `span1` in a namespace of their own; send() puts frames into them from the far end."""

    def __init__(self):
        for namespace in (MONITOR, FAR):
            network.ip("netns", "add", namespace)
            subprocess.run(["ip", "netns", "exec", namespace, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
                            "net.ipv6.conf.default.disable_ipv6=1"], check=True)
        network.ip("-n", MONITOR, "link", "set", "lo", "up")
        for port in PORTS:
            self.plug(port)
        self.processes = []

    @staticmethod
    def plug(port):
        network.ip("link", "add", port, "netns", MONITOR, "mtu", "9000", "type", "veth", "peer", "name", "far-" + port, "netns", FAR)
        network.ip("-n", FAR, "link", "set", "far-" + port, "mtu", "9000", "up")
        network.ip("-n", MONITOR, "link", "set", port, "up")

    @staticmethod
    def unplug(port):
        network.ip("-n", MONITOR, "link", "del", port)

    @staticmethod
    def ip(*arguments):
        network.ip("-n", MONITOR, *arguments)

    def start(self, *command, **options):
        process = subprocess.Popen(["ip", "netns", "exec", MONITOR, *map(str, command)], stdout=subprocess.DEVNULL, text=True, **options)
        self.processes.append(process)
        return process

    @staticmethod
    def fetch(url):
        done = subprocess.run(["ip", "netns", "exec", MONITOR, "curl", "-s", "--max-time", "5", url], capture_output=True, text=True, check=False)
        return done.stdout if done.returncode == 0 else None

    @staticmethod
    def send(sided_frames, namespace=FAR, prefix="far-"):
        """Pairs of a port's number and a frame, in this order."""
        packed = b"".join(struct.pack("!BI", side, len(frame)) + frame for side, frame in sided_frames)
        subprocess.run(["ip", "netns", "exec", namespace, sys.executable, __file__, prefix], input=packed, check=True, timeout=60)

    @classmethod
    def send_from_the_monitors_host(cls, sided_frames):
        cls.send(sided_frames, MONITOR, "")

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()
        for namespace in (MONITOR, FAR):
            network.ip("netns", "del", namespace)


def main():
    """Sends what standard input holds; a frame at a time, so that a tap's two sides keep their order."""
    import socket  # pylint: disable=import-outside-toplevel
    sockets = []
    for port in PORTS:
        try:
            sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            sender.bind((sys.argv[1] + port, 0))
            sockets.append(sender)
        except OSError:  # unplugged
            sockets.append(None)
    data = sys.stdin.buffer.read()
    at = 0
    while at < len(data):
        side, length = struct.unpack_from("!BI", data, at)
        sockets[side].send(data[at + 5:at + 5 + length])
        at += 5 + length


if __name__ == "__main__":
    main()
