/** What is known of each transport on this network, in words, with the evidence. */

import { find, say } from "./dom.js";

export class Verdicts {
  /** @type {import("/realtime/client.js").Session | undefined} */
  #session;

  /** @param {import("/realtime/client.js").Session} session */
  attach(session) {
    this.#session = session;
  }

  render() {
    for (const [transport, verdict] of Object.entries(this.#session?.verdicts ?? {})) {
      say(find(`verdict-${transport}`), String(verdict.verdict));
    }
  }
}
