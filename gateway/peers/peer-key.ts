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
    this.#file = file && followFiles([file.path], ([text]) => this.#take(file.path, text));
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

  #take(path: string, text: string | undefined): void {
    const bearer = text?.trimEnd();
    if (bearer) {
      this.#bearer = bearer;
      this.#logger.info({ path }, "the key for other tiers has changed");
    } else
      this.#logger.error({ path }, "the file of the key for other tiers is empty or gone; the key stays as it was");
  }
}
