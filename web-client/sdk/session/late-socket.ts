import type { SocketPort } from "./socket.js";

type Message = { readonly data: unknown };
type Close = { readonly code: number };

/** `WebSocket.CONNECTING` and `WebSocket.CLOSED`. */
const [connecting, closed] = [0, 3];

/**
 * A WebSocket that is opened a little later, once it is known with what. Whoever uses it sees one that takes longer to connect.
 */
export class LateSocket implements SocketPort {
  binaryType = "blob";
  readonly #onMessage: ((event: Message) => void)[] = [];
  readonly #onClose: ((event: Close) => void)[] = [];
  #socket: SocketPort | undefined;
  #isGivenUp = false;

  /** @param codeOf how the socket closes when it cannot be opened. */
  constructor(opening: Promise<SocketPort>, codeOf: (error: unknown) => number) {
    opening.then(
      (socket) => {
        if (this.#isGivenUp) return socket.close();
        this.#socket = socket;
        socket.binaryType = this.binaryType;
        for (const listener of this.#onMessage) socket.addEventListener("message", listener);
        for (const listener of this.#onClose) socket.addEventListener("close", listener);
      },
      (error: unknown) => {
        if (this.#isGivenUp) return;
        this.#isGivenUp = true;
        for (const listener of this.#onClose) listener({ code: codeOf(error) });
      },
    );
  }

  get readyState(): number {
    return this.#socket?.readyState ?? (this.#isGivenUp ? closed : connecting);
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    this.#socket?.send(data);
  }

  close(): void {
    this.#isGivenUp = true;
    this.#socket?.close();
  }

  addEventListener(type: "message", listener: (event: Message) => void): void;
  addEventListener(type: "close", listener: (event: Close) => void): void;
  addEventListener(type: "message" | "close", listener: (event: Message & Close) => void): void {
    if (type === "message") this.#onMessage.push(listener as (event: Message) => void);
    else this.#onClose.push(listener as (event: Close) => void);
  }
}
