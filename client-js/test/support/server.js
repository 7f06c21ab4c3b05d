// A naive server for tests: sessions as plain arrays, nothing bounded, nothing clever.
//
// It knows frames in JSON form only. A connection is whatever can `send(frame)` and `close()`; a request
// is answered by a call. What its application received is in `session.received`, in order.

export const LIMITS = {
  message: 65536,
  window: 262144,
  batch: 262144,
  hold: 25000,
  heartbeat: 20000,
  timeout: 10000,
  retention: 120000,
  offer: 10000,
};
export const SECRET = "00112233445566778899aabbccddeeff";

export class Server {
  sessions = new Map();
  /** What each hello carried. */
  hellos = [];
  /** Answers every hello with this frame while it is set. */
  verdict = undefined;
  expires_in = undefined;

  constructor(world, { limits = {}, onMessage = () => {} } = {}) {
    this.world = world;
    this.limits = { ...LIMITS, ...limits };
    this.onMessage = onMessage;
  }

  /** The last session that has begun, else the last on offer. */
  get session() {
    const all = [...this.sessions.values()];
    return all.findLast(({ generation }) => generation) ?? all.at(-1);
  }

  hello(json, begun) {
    this.hellos.push(json);
    if (this.verdict) return this.verdict;
    const known = json.session ?? begun;
    const session = known ? this.sessions.get(known) : this.#open(json);
    if (!session) return { kind: "abort", json: { code: 4502, reason: "" } };
    if (session.end) return this.#tombstone(session);
    const generation = ++session.offered;
    const { id: name, inbox } = session;
    const secret = session.generation ? undefined : SECRET;
    const { expires_in, limits } = this;
    const protocol = json.protocols?.[0];
    return {
      kind: "welcome",
      json: { session: name, secret, generation, received: inbox, ack: inbox, protocol, expires_in, limits },
    };
  }

  #open() {
    const id = `n1.s${this.sessions.size + 1}`;
    const session = {
      id,
      offered: 0,
      generation: 0,
      inbox: 0,
      received: [],
      log: [],
      peer: 0,
      acked: 0,
      starts: 0,
      tokens: [],
    };
    this.sessions.set(id, session);
    return session;
  }

  #tombstone({ end, inbox, extra }) {
    return { kind: "abort", json: { code: end, reason: "", received: inbox, ack: inbox, ...extra } };
  }

  /** A message of the application. */
  send(session, item) {
    session.log.push(item);
    this.#flush(session);
  }

  close(session, code = 1000, reason = "") {
    this.send(session, { kind: "close", code, reason, received: session.inbox, ack: session.inbox });
  }

  abort(session, code, extra = {}) {
    Object.assign(session, { end: code, extra });
    const frame = this.#tombstone(session);
    session.connection?.send(frame);
    this.#answer(session, [frame]);
    this.#detach(session);
  }

  #begin(session, generation, connection) {
    if (generation < session.generation) return "fenced";
    if (generation > session.offered) return "stale";
    if (generation === session.generation) return undefined;
    this.#answer(session, [{ kind: "fenced", generation }]);
    session.connection?.close();
    session.connection = connection;
    if (!session.generation) session.starts++;
    session.generation = generation;
    return undefined;
  }

  #detach(session) {
    session.connection?.close();
    session.connection = undefined;
  }

  #take(session, seq, frame) {
    if (seq !== session.inbox + 1) return;
    session.inbox = seq;
    if (frame.kind === "close") return this.close(session, frame.code, frame.reason);
    session.received.push(frame.text ?? Buffer.from(frame.hex, "hex"));
    this.onMessage(session, frame);
  }

  #acknowledge(session, { received, ack }) {
    session.peer = Math.max(session.peer, received);
    session.acked = Math.max(session.acked, ack);
    const closed = session.log.findIndex(({ kind }) => kind === "close") + 1;
    if (closed && session.acked >= closed) session.end = session.log[closed - 1].code;
  }

  #number(item, seq) {
    return { ...item, seq_mod: seq % 32 };
  }

  #flush(session) {
    const { connection } = session;
    if (connection) {
      for (; connection.next <= session.log.length; connection.next++) {
        connection.send(this.#number(session.log[connection.next - 1], connection.next));
      }
    }
    if (session.held && session.log.length > session.held.poll.received) this.#answer(session);
  }

  // WebSocket

  /** @returns what the network tells of the connection */
  accept({ send, close }) {
    const connection = { send, close: () => close(), next: 1, expected: 1, session: undefined, offered: undefined };
    return { receive: (frame) => this.#hear(connection, frame), lost: () => this.#forget(connection) };
  }

  #forget(connection) {
    if (connection.session?.connection === connection) connection.session.connection = undefined;
  }

  #hear(connection, frame) {
    const { session } = connection;
    if (frame.kind === "hello") {
      const answer = this.hello(frame.json, connection.offered);
      connection.offered = answer.json.session ?? connection.offered;
      return connection.send(answer);
    }
    if (frame.kind === "begin") return this.#begun(connection, frame);
    if (session?.connection !== connection || session.end) return;
    if (frame.kind === "ack") this.#acknowledge(session, frame);
    else if (frame.kind === "ping") connection.send({ kind: "pong", nonce: frame.nonce });
    else if (frame.kind === "token") this.#token(session, frame);
    else if (frame.kind === "abort") session.end = frame.json.code;
    else if (frame.seq_mod !== undefined) this.#item(connection, session, frame);
  }

  #begun(connection, frame) {
    const session = this.sessions.get(connection.offered);
    const standing = this.#begin(session, frame.generation, connection);
    if (standing) return connection.send({ kind: standing, generation: session.generation });
    this.#acknowledge(session, frame);
    Object.assign(connection, { session, expected: frame.first, next: session.peer + 1 });
    const { inbox, peer, generation } = session;
    connection.send({ kind: "begin", generation, received: inbox, ack: inbox, first: peer + 1 });
    this.#flush(session);
  }

  #item(connection, session, frame) {
    if (frame.seq_mod !== connection.expected % 32) return connection.close();
    this.#take(session, connection.expected++, frame);
    connection.send({ kind: "ack", received: session.inbox, ack: session.inbox });
  }

  #token(session, frame) {
    session.tokens.push(frame.json.token);
    session.connection?.send({ kind: "token", json: { expires_in: this.expires_in } });
  }

  // HTTP

  /** @param {(frames: object[]) => void} answer */
  request([head, ...frames], answer) {
    if (head.kind === "hello") return answer([this.hello(head.json)]);
    const session = this.sessions.get(head.session);
    if (!session) return answer([{ kind: "abort", json: { code: 4502, reason: "" } }]);
    if (session.end) return answer([this.#tombstone(session)]);
    const standing = this.#begin(session, head.generation, undefined);
    if (standing) return answer([{ kind: standing, generation: session.generation }]);
    this.#poll(session, head, frames, answer);
  }

  #poll(session, head, frames, answer) {
    this.#acknowledge(session, head);
    let seq = head.first;
    const before = session.inbox;
    const token = frames.find(({ kind }) => kind === "token");
    for (const frame of frames) if (frame.seq_mod !== undefined) this.#take(session, seq++, frame);
    const abort = frames.find(({ kind }) => kind === "abort");
    if (abort) session.end = abort.json.code;
    if (session.end) return answer([this.#tombstone(session)]);
    if (token) session.tokens.push(token.json.token);
    const extra = token ? [{ kind: "token", json: { expires_in: this.expires_in } }] : [];
    const isAtOnce = seq > head.first || token || session.inbox > before;
    if (isAtOnce) return answer([...this.#batch(session, head, session.held ? 0 : head.max_bytes), ...extra]);
    this.#answer(session, undefined, head.number);
    session.held = { poll: head, answer };
    if (session.log.length > head.received || !head.hold) this.#answer(session);
    else session.held.timer = this.world.setTimeout(() => this.#answer(session), head.hold);
  }

  #answer(session, frames, number) {
    const { held } = session;
    if (!held) return;
    session.held = undefined;
    this.world.clearTimeout(held.timer);
    held.answer(
      frames ??
        this.#batch(session, { ...held.poll, number: number ?? held.poll.number }, number ? 0 : held.poll.max_bytes),
    );
  }

  #batch(session, { generation, number, received }, most) {
    const head = {
      kind: "answer",
      generation,
      number,
      received: session.inbox,
      ack: session.inbox,
      first: received + 1,
    };
    const frames = [head];
    let size = 0;
    for (let seq = received + 1; most && seq <= session.log.length; seq++) {
      const item = session.log[seq - 1];
      size += (item.text ?? item.hex ?? "").length + 9;
      if (size > most && frames.length > 1) break;
      frames.push(this.#number(item, seq));
    }
    return frames;
  }
}
