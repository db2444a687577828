import type { ServiceError } from "../../services/runtime/errors.js";
import { followFiles } from "../../services/runtime/follow-files.js";
import type { Spokesman } from "../../services/runtime/grpc/spokesman.js";
import type { Logger } from "../../services/runtime/logger.js";

/** Every call of every session may be refused: of each server it is said now and then. */
const sayMs = 30_000;

/** By what encoders and decoders know this gateway, which speaks for those who ask it. */
export class PeerKey implements Spokesman {
  #bearer: string | undefined;
  readonly #logger: Logger;
  readonly #file: { close(): void } | undefined;
  readonly #saidAt = new Map<string, number>();

  /** @param file that holds the key; left out, servers know it by something else, or ask nobody. */
  constructor(file: { path: string; content: string } | undefined, logger: Logger) {
    this.#logger = logger;
    this.#bearer = file?.content;
    this.#file = file && followFiles([file.path], this.#userOf(file.path));
  }

  bearer(): string | undefined {
    return this.#bearer;
  }

  refused(server: string, { message }: ServiceError): void {
    const now = performance.now();
    if (now - (this.#saidAt.get(server) ?? Number.NEGATIVE_INFINITY) < sayMs) return;
    this.#saidAt.set(server, now);
    const why =
      "a server does not take this gateway for one of its own: MASKWIRE_PEER_KEY_FILE must hold a key of the scope peer";
    this.#logger.error({ server, reason: message }, why);
  }

  close(): void {
    this.#file?.close();
  }

  #userOf(path: string): Parameters<typeof followFiles>[1] {
    return {
      take: ([text]) => {
        const bearer = text?.trimEnd();
        if (!bearer) throw new Error("it is empty or gone");
        this.#bearer = bearer;
        this.#logger.info({ path }, "the key for other tiers has changed");
      },
      refused: (why) =>
        this.#logger.error(
          { path, why },
          "the file of the key for other tiers cannot be used; the key stays as it was",
        ),
    };
  }
}
