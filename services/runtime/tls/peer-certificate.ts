import type { Socket } from "node:net";
import { createSecureContext, type SecureContext } from "node:tls";
import type { Encrypt } from "../grpc/watched-credentials.js";
import type { Logger } from "../logger.js";
import { type Certificate, minVersion } from "./certificate.js";
import { encrypt } from "./encrypt.js";
import { FollowedCertificate } from "./followed-certificate.js";
import type { PeerTls } from "./settings.js";
import type { TlsMetrics } from "./tls-metrics.js";

/** How this process shows itself to the other tiers, and knows them, on connections that are encrypted. */
export class PeerCertificate {
  readonly #followed: FollowedCertificate;
  readonly #serverName: string | undefined;
  readonly #logger: Logger;
  #context: SecureContext;
  /** Servers that the log has told of. */
  readonly #failing = new Set<string>();

  /** @throws SettingsError when the files cannot be used. */
  constructor(
    { files, serverName }: PeerTls,
    { logger, metrics }: { logger: Logger; metrics: Pick<TlsMetrics, "watchCertificates"> },
  ) {
    this.#logger = logger;
    this.#serverName = serverName;
    const onChange = (changed: Certificate) => {
      this.#context = contextOf(changed);
    };
    this.#followed = new FollowedCertificate(files, { logger, metrics, onChange });
    this.#context = contextOf(this.#followed.current);
  }

  /** @param name that the server was found by. */
  encryptTo(name: string): Encrypt {
    const serverName = this.#serverName ?? name;
    return (carrier) => this.#encrypt(carrier, serverName);
  }

  close(): void {
    this.#followed.close();
  }

  async #encrypt(carrier: Socket, serverName: string): Promise<Socket> {
    const server = `${carrier.remoteAddress} port ${carrier.remotePort}`;
    try {
      const encrypted = await encrypt(carrier, { context: this.#context, serverName });
      if (this.#failing.delete(server)) this.#logger.info({ server }, "a server of another tier is encrypted again");
      return encrypted;
    } catch (error) {
      const why = (error as Error).message;
      // It is tried again and again.
      if (!this.#failing.has(server)) {
        this.#logger.error({ server, serverName, why }, "the way to a server of another tier cannot be encrypted");
      }
      this.#failing.add(server);
      throw error;
    }
  }
}

const contextOf = ({ cert, key, ca }: Certificate) => createSecureContext({ cert, key, ca, minVersion });
