/**
 * Runs in the page: SockJS. As its documentation has it, connecting again is the application's business: it does so 20 ms
 * after a close, and keeps until then what it has to say.
 */

const PAUSE = 20;

/** @type {import("./visit.js").Adapter} */
export async function adapter(library) {
  await import(library);
  const { SockJS } = globalThis;
  return (on) => {
    let socket;
    let waiting = [];
    const open = () => {
      socket = new SockJS("/sockjs");
      socket.onmessage = ({ data }) => on.message(data);
      socket.onclose = () => setTimeout(open, PAUSE);
      socket.onopen = () => {
        on.open((text) => socket.send(text));
        for (const text of waiting) socket.send(text);
        waiting = [];
      };
    };
    open();
    const send = (text) => (socket.readyState === SockJS.OPEN ? socket.send(text) : waiting.push(text));
    return { send, transport: () => socket.transport ?? null };
  };
}
