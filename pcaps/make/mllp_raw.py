#!/usr/bin/python3
"""mllp_raw.py HOST PORT HOW FILES...: what ordinary clients do not do to the stream.

HOW: together (all messages in one write) | dribble (seven bytes a write) | slow (a message, a pause, the next) |
     unanswered (waits two seconds for an answer that does not come, then hangs up) |
     unframed (takes answers with or without blocks) | release2 (likewise, and commits each answer with a block of 06, MLLP release 2) |
     startless (no start block) | between (bytes between the blocks) | two (a file of two messages, answered each)
"""
import re
import socket
import sys
import time

START, END, ACK = b'\x0b', b'\x1c\r', b'\x06'


def acknowledgements(connection, wanted):
    buffer = b''
    while wanted > 0:
        received = connection.recv(65536)
        if not received:
            raise SystemExit('closed by the peer')
        buffer += received
        while END in buffer:
            frame, buffer = buffer.split(END, 1)
            print([s for s in re.split('[\r\n]', frame.decode('latin-1')) if s.startswith('MSA')][0], flush=True)
            wanted -= 1


def whatever_comes(connection, commit):
    """Until nothing has come for half a second."""
    connection.settimeout(0.5)
    buffer = b''
    try:
        while received := connection.recv(65536):
            buffer += received
            if commit and b'MSA' in received:
                connection.sendall(START + ACK + END)
    except TimeoutError:
        pass
    for word in re.findall(rb'\x06|\x15|MSA[^\r]*', buffer):
        print(word.decode() if word[0] > 0x20 else 'commit %02X' % word[0], flush=True)


def main():
    host, port, how, *files = sys.argv[1:]
    messages = []
    for name in files:
        with open(name, 'rb') as file:
            messages.append((b'' if how == 'startless' else START) + file.read() + END)
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
        if how == 'between':
            connection.sendall(b'\r\n')
        if how in ('unframed', 'release2'):
            whatever_comes(connection, how == 'release2')
            continue
        acknowledgements(connection, 2 if how == 'two' else 1)
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
