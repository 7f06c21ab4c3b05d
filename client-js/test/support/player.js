// Plays a timed transcript of role `client` against the core (protocol-spec/vectors/transcript.schema.json).

import assert from "node:assert/strict";
import { createCore } from "../../src/session.js";
import { decodeBatch, decodeMessage, encodeBatch, encodeMessage, hex, unhex } from "./frames.js";

export function play(transcript) {
  const player = new Player(transcript.setup ?? {});
  for (const [index, step] of transcript.steps.entries()) player.step(step, `step ${index + 1}, at ${step.at} ms`);
}

class Player {
  #core;
  #links = new Map();
  #names = new Map();
  #bound = {};
  #happened = [];

  constructor({ token, protocols, window }) {
    const name = (link) => this.#names.get(link);
    const happen = (entry) => this.#happen(entry);
    this.#core = createCore(
      { protocols, window, hold: Infinity },
      {
        welcomed: (link) => happen({ welcomed: name(link) }),
        live: (link) => happen({ live: name(link) }),
        dropped: (link) => happen({ dropped: name(link) }),
        message: (data) => happen({ deliver: [typeof data === "string" ? { text: data } : { hex: hex(data) }] }),
        closed: ({ code, fates }) => happen({ end: { code, fates: fates.map(({ fate }) => fate) } }),
        token() {},
      },
    );
    if (token) this.#core.refresh(token);
  }

  #transmit(link, data, asked) {
    if (asked)
      this.#happen({
        link,
        request: this.#links.get(link).requests.push(asked),
        frames: decodeBatch(asked.isText ? Buffer.from(data, "base64") : data),
      });
    else this.#happen({ link, frames: [decodeMessage(data)] });
  }

  #happen(entry) {
    const last = this.#happened.at(-1);
    if (last?.deliver && entry.deliver) last.deliver.push(...entry.deliver);
    else if (last?.frames && !last.request && entry.frames && last.link === entry.link)
      last.frames.push(...entry.frames);
    else this.#happened.push(entry);
  }

  step(step, where) {
    while (this.#core.deadline() <= step.at) {
      this.#core.tick(this.#core.deadline());
      this.#core.pump();
    }
    this.#core.tick(step.at);
    this.#input(step);
    this.#core.pump();
    const happened = this.#happened;
    this.#happened = [];
    const expected = step.expect ?? [];
    const count = Math.max(happened.length, expected.length);
    for (let index = 0; index < count; index++) this.#match(happened[index], expected[index], where);
  }

  #input({ link: name, request, open, receive, bytes, lost, begin, application }) {
    const core = this.#core;
    if (open) {
      const link = core.connect(open);
      this.#names.set(link, name);
      this.#links.set(name, { link, requests: [] });
      link.carrier = { send: (data, asked) => this.#transmit(name, data, asked), close() {} };
      return link.opened();
    }
    const { link, requests } = this.#links.get(name) ?? {};
    const asked = request && requests[request - 1];
    if (link && !core.links.has(link)) return undefined;
    if (bytes !== undefined) link.receive(unhex(bytes), asked);
    else if (receive)
      this.#receive(
        link,
        asked,
        receive.map((frame) => this.#substitute(frame)),
      );
    else if (lost) link.lost("lost", asked);
    else if (begin) link.begin();
    else if (application) this.#apply(application);
  }

  #receive(link, asked, frames) {
    if (asked) return link.receive(encodeBatch(frames), asked);
    for (const frame of frames) if (this.#core.links.has(link)) link.receive(encodeMessage(frame));
  }

  #apply({ send, send_refused, close, abort, token, probe }) {
    if (send) this.#send(send);
    if (send_refused) assert.throws(() => this.#send(send_refused), { name: "SendError" });
    if (close) this.#core.close(close.code, close.reason);
    if (abort) this.#core.abort(abort);
    if (token) this.#core.refresh(token);
    if (probe) this.#core.probe();
  }

  #send({ text, hex: digits, zeros }) {
    const data = text ?? (zeros === undefined ? unhex(digits) : new Uint8Array(zeros));
    return this.#core.send(data, Buffer.byteLength(data));
  }

  #match(happened, expected, where) {
    assert.ok(happened, `${where}: did not happen: ${JSON.stringify(expected)}`);
    assert.ok(expected, `${where}: was not expected: ${JSON.stringify(happened)}`);
    const wanted = expected.end ? { end: { fates: [], ...expected.end } } : expected;
    assert.deepEqual(this.#shown(happened, wanted), this.#substitute(wanted), where);
  }

  /** What happened, with the wildcards of what was expected, whose names it binds. */
  #shown(value, expected) {
    if (typeof expected === "string" && expected[0] === "$" && !(expected in this.#bound))
      this.#bound[expected] = value;
    if (expected === "*") return value === undefined ? undefined : "*";
    if (Array.isArray(value)) return value.map((one, index) => this.#shown(one, expected?.[index]));
    if (!value || typeof value !== "object") return value;
    const { length, ...members } = value;
    if (length !== undefined) assert.ok(value.kind !== "hello" || length >= 1536, "the hello is padded");
    return Object.fromEntries(
      Object.entries(members).map(([name, member]) => [name, this.#shown(member, expected?.[name])]),
    );
  }

  #substitute(value) {
    if (typeof value === "string") return value[0] === "$" ? this.#bound[value] : value;
    if (Array.isArray(value)) return value.map((one) => this.#substitute(one));
    if (!value || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, this.#substitute(member)]));
  }
}
