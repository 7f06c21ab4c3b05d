// What `send` throws when it cannot take a message. Nothing was sent, nothing was numbered.

/**
 * `code` is "queue_full": the messages that are not acknowledged leave no room for this one, wait for
 * `bufferedAmount` to fall. Or it is "message_too_large": the server takes no message of this length,
 * or an event has more than ten pieces of binary.
 */
export class SendError extends Error {
  name = "SendError";
  /** @param {"queue_full" | "message_too_large"} code */
  constructor(code) {
    super(code);
    this.code = code;
  }
}
