/** Runs in the page: our client. Where a session has ended and a new one may work, the application begins it. */

/** @type {import("./visit.js").Adapter} */
export async function adapter(library) {
  const { Session } = await import(library);
  return (on) => {
    let session;
    const open = () => {
      session = new Session("/realtime", { queue: 1 << 20 });
      session.onmessage = ({ data }) => on.message(data);
      session.onclose = ({ retry, fates }) => {
        const undelivered = fates.filter(({ fate }) => fate !== "taken");
        on.end(undelivered.map(({ data }) => data));
        if (retry) open();
      };
      on.open((text) => session.send(text));
    };
    open();
    return { send: (text) => session.send(text), transport: () => session.transport };
  };
}
