/** A module worker of a page, served by a front: it imports the client as an application's worker would. */

import { Session } from "/realtime/client.js";
import { pings } from "./pings.js";

addEventListener("message", async ({ data: transport }) => {
  postMessage(await pings(Session, "/realtime", { transports: [transport] }));
});
