"""Two HL7 v2 applications: `hl7.py serve PORT` acknowledges, `hl7.py send HOST PORT CONNECTIONS MESSAGES` sends and awaits each answer."""
import random
import socket
import sys
import threading

BEGIN, END = b"\x0b", b"\x1c\x0d"  # MLLP's block


def segments(*lines):
    return ("\r".join(lines) + "\r").encode("ascii")


def admission(number):
    return segments(f"MSH|^~\\&|ADT|HOSPITAL|EMR|HOSPITAL|20240102101112||ADT^A01^ADT_A01|A{number:08}|P|2.5.1", "EVN|A01|20240102101112",
                    f"PID|1||PID{number % 99991:06}^^^HOSPITAL^MR||Nobody^Jane||19700101|F|||2 Bench St^^Town^ST^12345||(555)555-1212",
                    "PV1|1|I|ICU^1^2||||1234^Bench^A", "AL1|1||^PENICILLIN", "DG1|1||I10^Hypertension^I10")


def result(number, chance):
    values = (f"OBX|{k + 1}|NM|{2000 + k}^ANALYTE {k}^LN||{chance.random() * 9:.2f}|mg/dL|3.5-5.0|{chance.choice('NHL')}|||F|||20240102101112"
              for k in range(chance.randint(4, 16)))
    return segments(f"MSH|^~\\&|LAB|HOSPITAL|EMR|HOSPITAL|20240102101112||ORU^R01^ORU_R01|R{number:08}|P|2.5.1",
                    f"PID|1||PID{number % 99991:06}^^^HOSPITAL^MR||Nobody^John||19600101|M|||1 Bench St^^Town^ST^12345", "PV1|1|I|WARD^389^1",
                    f"ORC|RE|P{number}|F{number}", f"OBR|1|P{number}|F{number}|24323-8^PANEL^LN|||20240102101112", *values)


def acknowledgement(message):
    header = message[:message.index(b"\r")].split(b"|")
    return segments(f"MSH|^~\\&|EMR|HOSPITAL|{header[2].decode()}|HOSPITAL|20240102101113||ACK|K{header[9].decode()}|P|2.5.1",
                    f"MSA|AA|{header[9].decode()}")


def read_block(connection, buffer):
    """The next message, and what came after it; nothing where the peer is done."""
    while END not in buffer:
        more = connection.recv(65536)
        if not more:
            return None, b""
        buffer += more
    block, _, rest = buffer.partition(END)
    return block[len(BEGIN):], rest


def acknowledge_all(connection):
    rest = b""
    while True:
        message, rest = read_block(connection, rest)
        if message is None:
            return connection.close()
        connection.sendall(BEGIN + acknowledgement(message) + END)


def send_all(connection, numbers):
    chance, rest = random.Random(numbers.start), b""
    for number in numbers:
        connection.sendall(BEGIN + (result(number, chance) if number % 2 else admission(number)) + END)
        answer, rest = read_block(connection, rest)
        if b"MSA|AA|" not in answer:
            raise RuntimeError(f"message {number} was not accepted")
    connection.close()


def serve(port):
    with socket.create_server(("", int(port)), backlog=64) as server:
        while True:
            connection, _ = server.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=acknowledge_all, args=(connection,), daemon=True).start()


def send(host, port, *counts):
    connections, messages = map(int, counts)
    threads = []
    for k in range(connections):
        connection = socket.create_connection((host, port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        numbers = range(messages * k // connections, messages * (k + 1) // connections)
        threads.append(threading.Thread(target=send_all, args=(connection, numbers)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


{"serve": serve, "send": send}[sys.argv[1]](*sys.argv[2:])
