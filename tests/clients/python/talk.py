"""The client python-socketio in conversation with a server: `talk.py ORIGIN [TRANSPORT...]`.

It prints what it heard as one object of JSON, with bytes in hexadecimal, and judges nothing.
"""

import asyncio
import json
import sys

import socketio

EVENTS = 1_000
# The client gives up a session in which more than 16 packets come in the answer to one poll.
TOGETHER = 10
DEADLINE = 30


async def talk(origin, transports):
    client = socketio.AsyncClient(reconnection=False)
    heard = {"auth": [], "message-back": [], "custom": []}
    client.on("auth", heard["auth"].append)
    client.on("message-back", lambda *args: heard["message-back"].append(args))
    client.on("auth", heard["custom"].append, namespace="/custom")
    await client.connect(origin, auth={"token": "abc"}, transports=transports, namespaces=["/", "/custom"])
    await client.emit("message", (1, "two", {"three": [4, None, True]}, "é€𝄞", b"\x01\x02"))
    answer = await client.call("message-with-ack", ("a", {"b": b"\xff"}))
    for number in range(EVENTS):
        await client.emit("message", number)
        if number % TOGETHER == TOGETHER - 1:
            await client.call("message-with-ack", "all of these")
    transport = client.transport()
    await client.disconnect()
    return {**heard, "answer": answer, "transport": transport}


async def refusal(origin, transports):
    """What is said of a namespace that is none."""
    client = socketio.AsyncClient(reconnection=False)
    try:
        await client.connect(f"{origin}", transports=transports, namespaces=["/nothing"])
    except socketio.exceptions.ConnectionError as error:
        return str(error)
    finally:
        await client.shutdown()
    return None


async def main(origin, *transports):
    transports = list(transports) or None
    async with asyncio.timeout(DEADLINE):
        heard = await talk(origin, transports)
        heard["refusal"] = await refusal(origin, transports)
    print(json.dumps(heard, default=bytes.hex))


asyncio.run(main(*sys.argv[1:]))
