#!/usr/bin/python3
"""mllp_raw.py HOST PORT HOW FILES...: what ordinary clients do not do to the stream.

HOW: together (all messages in one write) | dribble (seven bytes a write) | slow (a message, a pause, the next) |
     unanswered (waits two seconds for an answer that does not come, then hangs up)
"""
import socket
import sys
import time

START, END = b'\x0b', b'\x1c\r'


def acknowledgements(connection, wanted):
    buffer = b''
    while wanted > 0:
        received = connection.recv(65536)
        if not received:
            raise SystemExit('closed by the peer')
        buffer += received
        while END in buffer:
            frame, buffer = buffer.split(END, 1)
            print([s for s in frame.decode('latin-1').split('\r') if s.startswith('MSA')][0], flush=True)
            wanted -= 1


def main():
    host, port, how, *files = sys.argv[1:]
    messages = []
    for name in files:
        with open(name, 'rb') as file:
            messages.append(START + file.read() + END)
    connection = socket.create_connection((host, int(port)))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print('sent', len(messages), 'messages', how, flush=True)
    if how == 'together':
        connection.sendall(b''.join(messages))
        acknowledgements(connection, len(messages))
        return
    for message in messages:
        if how == 'dribble':
            for i in range(0, len(message), 7):
                connection.sendall(message[i:i + 7])
                time.sleep(0.001)
        else:
            connection.sendall(message)
        if how == 'unanswered':
            connection.settimeout(2)
            try:
                connection.recv(1)
            except TimeoutError:
                print('no answer', flush=True)
            continue
        acknowledgements(connection, 1)
        if how == 'slow':
            unasked(connection)


def unasked(connection):
    """A pause; what comes in it was not expected."""
    connection.settimeout(0.3)
    try:
        acknowledgements(connection, 1)
    except TimeoutError:
        pass
    connection.settimeout(None)


main()
