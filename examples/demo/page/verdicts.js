/** What is known of each transport on this network, in words. */

import { find, say } from "./dom.js";
import { known } from "./reasons.js";

export class Verdicts {
  /** @type {import("/realtime/client.js").Session | undefined} */
  #session;

  /** @param {import("/realtime/client.js").Session} session */
  attach(session) {
    this.#session = session;
  }

  render() {
    for (const [transport, verdict] of Object.entries(this.#session?.verdicts ?? {})) {
      const element = find(`verdict-${transport}`);
      element.dataset.verdict = verdict.verdict;
      say(element, known(verdict));
    }
  }
}
