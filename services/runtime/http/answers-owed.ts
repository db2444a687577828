import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** The answers that each connection has yet to get: HTTP/1.1 lets a client send the next request before. */
export class AnswersOwed {
  readonly #owed = new WeakMap<Duplex, Set<ServerResponse>>();

  /** Each is closed at the latest soon after its connection: whoever works on it or holds something for it waits for that. */
  add(socket: Duplex, answer: ServerResponse): void {
    const owed = this.#owed.get(socket) ?? this.#begin(socket);
    owed.add(answer);
    answer.once("close", () => owed.delete(answer));
  }

  count(socket: Duplex): number {
    return this.#owed.get(socket)?.size ?? 0;
  }

  of(socket: Duplex): ServerResponse[] {
    return [...(this.#owed.get(socket) ?? [])];
  }

  /** Resolves when those of this moment have been given, or cannot be any more. */
  async given(socket: Duplex): Promise<void> {
    await Promise.all(this.of(socket).map((answer) => once(answer, "close")));
  }

  #begin(socket: Duplex): Set<ServerResponse> {
    const owed = new Set<ServerResponse>();
    this.#owed.set(socket, owed);
    // Node itself closes the one whose turn it was, and knows nothing of those behind it.
    socket.once("close", () =>
      setImmediate(() => {
        for (const answer of owed) answer.destroy().emit("close");
      }),
    );
    return owed;
  }
}
