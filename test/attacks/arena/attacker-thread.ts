import { Worker } from "node:worker_threads";
import type { Counts } from "../tally.js";
import type { News, Orders } from "./attacker.js";

/** Past its own time an attacker is ended: it may wait for an answer that never comes. */
const graceMs = 30_000;

/** Who attacks: a thread of its own, the same for one attack after the other as long as it can go on. */
export class AttackerThread implements AsyncDisposable {
  #worker: Worker | undefined;

  /** Resolves when the attack has ended by itself, or was ended. @returns what it has done. */
  async attack(orders: Orders): Promise<Counts> {
    this.#worker ??= new Worker(new URL("./attacker.js", import.meta.url));
    const worker = this.#worker;
    let counts: Counts = { tried: 0, refused: 0, answered: 0, problems: [] };
    const failures: string[] = [];
    const { promise: over, resolve: end } = withResolvers();
    const hear = (news: News) => {
      counts = news.counts;
      if (news.isOver) end();
    };
    const fail = (error: Error) => failures.push(`the attacker failed: ${error.stack ?? error.message}`);
    const exit = () => {
      this.#worker = undefined;
      end();
    };
    worker.on("message", hear).on("error", fail).on("exit", exit);
    const timer = setTimeout(() => {
      failures.push(`the attacker had to be ended ${graceMs / 1000} s after its time`);
      void worker.terminate();
    }, orders.ms + graceMs);
    worker.postMessage(orders);
    await over;
    clearTimeout(timer);
    worker.off("message", hear).off("error", fail).off("exit", exit);
    return { ...counts, problems: [...counts.problems, ...failures] };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
