// A consumer of the published types: it must compile against the emitted declarations as it stands.

import { SendError, Session } from "throughline";
import io, { connect, Manager, io as named, type Socket } from "throughline/events";
import { describe, reason } from "throughline/words";

const session: Session = new Session("https://app.example/realtime", ["chat"], {
  token: async () => "token",
  transports: ["websocket", "long_poll"],
  queue: 65_536,
  window: 131_072,
  signal: new AbortController().signal,
  WebSocket,
  fetch,
  storage: localStorage,
  random: Math.random,
});
new Session(new URL("wss://app.example/realtime"), { WebSocket: null });

/** A library that takes a WebSocket constructor, as they do. */
type Constructor = new (
  url: string,
  protocols?: string | string[],
) => Pick<
  WebSocket,
  | "readyState"
  | "protocol"
  | "extensions"
  | "bufferedAmount"
  | "binaryType"
  | "url"
  | "close"
  | "onopen"
  | "onmessage"
  | "onclose"
  | "onerror"
  | "OPEN"
> & { send(data: string | ArrayBuffer): void };
const slot: Constructor = Session;

session.onmessage = (event: MessageEvent<string>) => session.send(event.data);
session.addEventListener("transport", () => {});
session.binaryType = "arraybuffer";
try {
  session.send(new Uint8Array(1));
} catch (error) {
  if (error instanceof SendError && error.code === "queue_full") session.close(3001, "too slow");
}
session.use("periodic");
session.use(null);

const transport: "websocket" | "long_poll" | "periodic" | null = session.transport;
const state: "connecting" | "live" | "waiting" | "closing" | "closed" = session.state;
const numbers: number[] = [
  Session.OPEN,
  session.readyState,
  session.bufferedAmount,
  session.stats.up.sent,
  session.stats.up.ack,
  session.stats.down.received,
];
const sentences: string[] = [reason(4500), describe("websocket", session.verdicts.websocket)];

// @ts-expect-error: not a transport
session.use("pigeon");
// @ts-expect-error: not something that can be sent
session.send({});

const socket: Socket = io("https://app.example/chat", {
  path: "/realtime",
  auth: (done) => done({ token: "token" }),
  query: { room: "a" },
  transports: ["websocket", "polling"],
  reconnectionAttempts: 5,
  timeout: false,
  forceNew: true,
});
socket.on("connect", () => socket.emit("hello", 1, new Uint8Array(1), (answer: string) => numbers.push(answer.length)));
socket.once("connect_error", (error: Error) => sentences.push(error.message)).off("connect");
socket.io.on("reconnect", (attempt: number) => numbers.push(attempt));
socket.timeout(1000).volatile.emit("position", { x: 1 });
socket.prependAny((event: string) => sentences.push(event)).disconnect();
const reply: Promise<string> = socket.timeout(1000).emitWithAck("ask");
const manager = new Manager("https://app.example", { autoConnect: false, auth: { token: "token" } });
const others: Socket[] = [
  connect(),
  named({ autoConnect: false }),
  manager.socket("/chat"),
  new io.Manager("/").socket("/"),
];

// @ts-expect-error: for the manager alone
socket.arrive({ type: 2, nsp: "/" });

export { numbers, others, reply, sentences, slot, state, transport };
