import { mayRetry } from "../../services/runtime/errors.js";
import type { RpcClient } from "../../services/runtime/grpc/client.js";
import type { Peer } from "./peer.js";
import type { PeerSet } from "./peer-set.js";
import type { TierRequest } from "./tier-request.js";

/** Beside a server that hangs the next is asked; the first answer counts (N5). */
export async function runHedged<T>(
  request: TierRequest,
  peer: Peer,
  ask: (client: RpcClient) => Promise<T>,
): Promise<T> {
  const { peers } = request;
  const first = request.run(peer, ask);
  const silence = new Silence(peer, peers);
  try {
    await Promise.race([first, silence.hung]);
  } finally {
    silence.close();
  }
  if (!silence.isHung) return first;
  peer.silent(peers.now());
  const next = request.nextBeside(peer);
  return next ? firstAnswer([first, request.run(next, ask)]) : first;
}

/**
 * Whether the server that a request waits for hangs: it has answered nobody for half of `hedgeMs`, and leaves a question for its
 * health unanswered for the other half. A server that is only busy must not be given up, nor its work be done twice.
 */
class Silence {
  readonly #peer: Peer;
  readonly #peers: PeerSet;
  readonly #startedAt: number;
  readonly hung: Promise<void>;
  #tell: () => void = () => {};
  #timer: NodeJS.Timeout;
  #isOver = false;
  isHung = false;

  constructor(peer: Peer, peers: PeerSet) {
    this.#peer = peer;
    this.#peers = peers;
    this.#startedAt = peers.now();
    this.hung = new Promise((resolve) => {
      this.#tell = resolve;
    });
    this.#timer = this.#checkIn(this.#halfMs);
  }

  close(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  get #halfMs(): number {
    return this.#peers.limits.hedgeMs / 2;
  }

  #checkIn(ms: number): NodeJS.Timeout {
    return setTimeout(() => void this.#check(), ms);
  }

  async #check(): Promise<void> {
    const halfMs = this.#halfMs;
    const now = () => this.#peers.now();
    const silentMs = now() - Math.max(this.#startedAt, this.#peer.heardAt);
    const isWell = silentMs < halfMs || (await this.#peer.answersPing(halfMs, now));
    if (this.#isOver) return;
    if (isWell) {
      this.#timer = this.#checkIn(Math.max(1, halfMs - silentMs));
    } else {
      this.isHung = true;
      this.#tell();
    }
  }
}

/** The first answer, or a failure that no other try is worth; when all fail in the end, the last failure. */
function firstAnswer<T>(runs: readonly Promise<T>[]): Promise<T> {
  return new Promise((resolve, reject) => {
    let underWay = runs.length;
    for (const run of runs) {
      run.then(resolve, (error: unknown) => {
        underWay--;
        if (underWay === 0 || !mayRetry(error)) reject(error);
      });
    }
  });
}
