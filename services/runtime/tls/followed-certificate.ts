import { followFiles } from "../follow-files.js";
import type { Logger } from "../logger.js";
import { type Certificate, type CertificateFiles, pathsOf, readCertificate } from "./certificate.js";
import type { TlsMetrics } from "./tls-metrics.js";

/** Between two looks whether a certificate ends soon. */
const expiryLookMs = 86_400_000;
/** Who renews certificates by a machine has done it by then. */
const daysLeft = 14;
const dayMs = 24 * 3_600_000;

/** A certificate that is read anew when its files change. One that cannot be used is logged, and the one before stays. */
export class FollowedCertificate {
  readonly #files: CertificateFiles;
  readonly #logger: Logger;
  readonly #follower: { close(): void };
  readonly #looks: NodeJS.Timeout;
  #current: Certificate;

  /**
   * @param onChange is told of each new one.
   * @throws SettingsError when the files cannot be used to begin with.
   */
  constructor(
    files: CertificateFiles,
    {
      logger,
      metrics,
      onChange = () => {},
    }: { logger: Logger; metrics: Pick<TlsMetrics, "watchCertificates">; onChange?: (now: Certificate) => void },
  ) {
    this.#files = files;
    this.#logger = logger;
    this.#current = readCertificate(files, Date.now());
    metrics.watchCertificates(() => this.#current.expiries);
    this.#warn();
    this.#looks = setInterval(() => this.#warn(), expiryLookMs).unref();
    this.#follower = followFiles(pathsOf(files), {
      take: () => {
        this.#read();
        onChange(this.#current);
      },
      refused: (why) =>
        logger.error({ why, files: pathsOf(files) }, "the new certificate cannot be used; the one before stays"),
    });
  }

  get current(): Certificate {
    return this.#current;
  }

  close(): void {
    clearInterval(this.#looks);
    this.#follower.close();
  }

  /** @throws SettingsError when they cannot be used. */
  #read(): void {
    this.#current = readCertificate(this.#files, Date.now());
    this.#logger.info({ files: pathsOf(this.#files) }, "the certificate has changed");
    this.#warn();
  }

  #warn(): void {
    for (const [file, expiresAt] of this.#current.expiries) {
      const days = Math.floor((expiresAt - Date.now()) / dayMs);
      const ends = new Date(expiresAt).toISOString();
      if (days < daysLeft)
        this.#logger.warn({ file, ends, days }, "a certificate ends soon: put a new one in its place");
    }
  }
}
