import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

/** What a gateway says that is an error. */
interface Refusal {
  readonly error?: { readonly code: string; readonly message: string };
}

interface Saved {
  readonly saved?: readonly { readonly problem?: string }[];
}

/** What may be told while something is broken: sentences of a service that is not there for a while. */
const bearable = new Set(["UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "ABORTED"]);
/** Between two tries. */
const restMs = 100;

/** A person, or a program, that works on data sets by HTTP and tries again what a fault has kept from being done. */
export class DataPerson {
  readonly #url: string;
  /** What nobody should be told. */
  readonly problems: string[] = [];
  /** Answers that said: not now. */
  refusals = 0;
  /** What these said. */
  readonly sentences = new Set<string>();

  constructor(url: string) {
    this.#url = url;
  }

  /** The answer's JSON, once there is one. A repeat must be harmless. */
  async ask<Answer>(method: string, path: string, body?: object | Uint8Array): Promise<Answer> {
    for (;;) {
      const answer = await this.#try<Answer & Refusal>(method, path, body);
      if (answer && !answer.error) return answer;
      this.refusals++;
      if (answer?.error) this.sentences.add(`${answer.error.code}: ${answer.error.message}`);
      if (answer?.error && !bearable.has(answer.error.code)) {
        const problem = `${method} ${path}: ${answer.error.code} ${answer.error.message}`;
        this.problems.push(problem);
        throw new Error(problem);
      }
      await pause(restMs);
    }
  }

  /** Saves an object that nobody else saves, and says so when that is certain. @returns its name. */
  async saveObject(dataset: string, picture: string, rle: object): Promise<string> {
    const name = randomUUID();
    const create = { picture, rle, attributes: { name } };
    const change = { key: name, create };
    const { saved } = await this.ask<Saved>("POST", `/v1/datasets/${dataset}/objects`, { changes: [change] });
    for (const { problem = "" } of saved ?? []) if (problem !== "") this.problems.push(problem);
    return name;
  }

  async #try<Answer>(method: string, path: string, body?: object | Uint8Array): Promise<Answer | undefined> {
    const isFile = body instanceof Uint8Array;
    try {
      const reply = await fetch(this.#url + path, {
        method,
        headers: { "content-type": isFile ? "application/octet-stream" : "application/json" },
        ...(body && { body: isFile ? new Uint8Array(body) : JSON.stringify(body) }),
      });
      return (await reply.json()) as Answer;
    } catch {
      return undefined;
    }
  }
}
