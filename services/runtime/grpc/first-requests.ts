import type { Http2Session, ServerHttp2Stream } from "node:http2";

interface FirstRequestLimits {
  /** A peer that sends nothing for so long is given up. */
  silentMs: number;
  /** And any peer after so long. */
  mostMs: number;
}

/** Connections whose first request has not come yet: who has never asked for anything is waited for less long than who has. */
export class FirstRequests {
  readonly #limits: FirstRequestLimits;
  readonly #expected = new Map<Http2Session, NodeJS.Timeout>();

  constructor(limits: FirstRequestLimits) {
    this.#limits = limits;
  }

  expect(session: Http2Session): void {
    const { silentMs, mostMs } = this.#limits;
    let [read, leftMs] = [bytesRead(session), mostMs];
    const look = () => {
      const now = bytesRead(session);
      leftMs -= silentMs;
      if (now > read && leftMs > 0) read = now;
      else session.destroy();
    };
    this.#expected.set(session, setInterval(look, silentMs).unref());
    session.once("close", () => this.#forget(session));
  }

  /** @param isOne its method takes one message: the request is there when that is whole. Of more, the first byte is. */
  hear(stream: ServerHttp2Stream, isOne: boolean): void {
    const { session } = stream;
    if (session && this.#expected.has(session)) stream.once(isOne ? "end" : "data", () => this.#forget(session));
  }

  #forget(session: Http2Session): void {
    clearInterval(this.#expected.get(session));
    this.#expected.delete(session);
  }
}

const bytesRead = ({ socket }: Http2Session): number => socket?.bytesRead ?? 0;
