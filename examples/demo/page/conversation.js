/**
 * What the page and the server say to each other over the session: one JSON object per message, named by its `type`.
 *
 *     page to server                               server to page
 *     {type: "say", id, text}                      {type: "you", name}           your name in the chat
 *     {type: "stream", on, sent}                   {type: "present", count}      so many are in the room
 *     {type: "tick", n}                            {type: "said", name, id, text}
 *     {type: "ping", id}                           {type: "tick", n}
 *                                                  {type: "pong", id}
 *                                                  {type: "counts", sent, received, lost, repeated, reordered}
 *
 * `tick` is a message of the stream, numbered from 1 in each direction for the session's life. `sent` says how many
 * ticks went before it. `counts` comes each second of the stream, and once after it: what the server saw of the page's
 * ticks. `ping` is answered with `pong`, which measures the round trip.
 */

/** @typedef {Record<string, any>} Message */

export class Conversation {
  #session;
  /** @type {Map<string, (message: Message) => void>} */
  #takers = new Map();

  /** @param {import("/realtime/client.js").Session} session */
  constructor(session) {
    this.#session = session;
    session.addEventListener("message", (event) => this.#hear(event));
  }

  /**
   * Hands every message of that type to `take`.
   * @param {string} type
   * @param {(message: Message) => void} take
   */
  on(type, take) {
    this.#takers.set(type, take);
  }

  /**
   * Sends a message, or says that the session cannot take it now: it is not open, or too much is unacknowledged.
   * @param {Message} message
   */
  send(message) {
    // What is sent after the end is ignored, as a WebSocket does.
    if (this.#session.readyState !== this.#session.OPEN) return false;
    try {
      this.#session.send(JSON.stringify(message));
      return true;
    } catch {
      return false;
    }
  }

  /** @param {MessageEvent<string>} event */
  #hear(event) {
    const message = JSON.parse(event.data);
    this.#takers.get(message.type)?.(message);
  }
}
