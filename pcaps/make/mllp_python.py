#!/usr/bin/python3
"""mllp_python.py: python3-hl7's MLLP streams (hl7.mllp), both sides. MLLP framing, character sets and ACKs are the library's.

  mllp_python.py serve PORT [encoding=NAME] [TYPE^EVENT=ANSWERS ...]
      ANSWERS: what a message of that type is answered, AA unless told: codes with + between them (CA+AA: enhanced mode),
      none, or close (the connection is closed instead); AE, AR, CE and CR bring an ERR segment.
  mllp_python.py send HOST PORT [encoding=NAME] [answers=N] [together] FILES...
      answers: so many to each message, 1 unless told; together: all are sent before the first answer is awaited.
"""
import asyncio
import sys

import hl7
from hl7.mllp import open_hl7_connection, start_hl7_server

# HL7 table 0357, and where: PID-3 of the first PID.
ERRORS = {'AE': ('101', 'E', 'PID^1^3'), 'AR': ('203', 'F', 'MSH^1^12'), 'CE': ('207', 'E', ''), 'CR': ('202', 'F', 'MSH^1^11')}


def field(message, segment, number):
    try:
        return str(message.segment(segment)[number])
    except (KeyError, IndexError):
        return ''


def answer_to(message, code):
    ack = message.create_ack(code, message_id='A' + code + field(message, 'MSH', 10), application='PYTHON', facility='HOSPITAL')
    text = str(ack)
    if code in ERRORS:
        number, severity, place = ERRORS[code]
        text += 'ERR||%s|%s^^HL70357|%s\r' % (place, number, severity)
    return hl7.parse(text)


async def serve(port, encoding, answers):
    async def handle(reader, writer):
        peer, here = (writer.get_extra_info(name)[0] for name in ('peername', 'sockname'))
        while True:
            try:
                message = await reader.readmessage()
            except asyncio.IncompleteReadError:
                break
            kind = '^'.join(field(message, 'MSH', 9).split(field(message, 'MSH', 2)[0])[:2])
            how = answers.get(kind, 'AA')
            codes = [] if how in ('none', 'close') else how.split('+')
            for code in codes:
                writer.writemessage(answer_to(message, code))
                await writer.drain()
                await asyncio.sleep(0.05)
            application = [code for code in codes if code[0] == 'A']
            accept = [code for code in codes if code[0] == 'C']
            print('HL7 source=%s destination=%s type=%s ack=%s%s control=%s' % (
                peer, here, kind, application[0] if application else 'null',
                ' accept=' + accept[0] if accept else '', field(message, 'MSH', 10)), flush=True)
            if how == 'close':
                break
        writer.close()

    async with await start_hl7_server(handle, None, port, encoding=encoding, encoding_errors='replace', limit=1 << 20) as server:
        await server.serve_forever()


async def send(host, port, encoding, count, together, files):
    reader, writer = await open_hl7_connection(host, port, encoding=encoding, encoding_errors='replace', limit=1 << 20)
    messages = []
    for name in files:
        with open(name, 'rb') as file:
            messages.append(hl7.parse(file.read().decode(encoding)))

    async def answered(number):
        for _ in range(number):
            try:
                answer = await asyncio.wait_for(reader.readmessage(), 3)
            except asyncio.IncompleteReadError:
                print('closed by the peer', flush=True)
                return
            except asyncio.TimeoutError:
                print('no answer', flush=True)
                return
            print('MSA|%s|%s' % (field(answer, 'MSA', 1), field(answer, 'MSA', 2)), flush=True)

    for message in messages:
        writer.writemessage(message)
        if not together:
            await writer.drain()
            await answered(count)
    if together:
        await answered(count * len(messages))
    writer.close()
    await writer.wait_closed()


def main():
    what, *words = sys.argv[1:]
    host = words.pop(0) if what == 'send' else None
    port, *words = words
    settings = dict(word.split('=', 1) for word in words if '=' in word)
    encoding = settings.pop('encoding', 'utf-8')
    if what == 'serve':
        asyncio.run(serve(int(port), encoding, settings))
    else:
        files = [word for word in words if '=' not in word and word != 'together']
        asyncio.run(send(host, int(port), encoding, int(settings.get('answers', 1)), 'together' in words, files))


main()
