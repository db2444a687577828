import { Counter, Gauge, type Registry } from "../metrics.js";

type Expiries = () => ReadonlyMap<string, number>;

/** Why a connection did not get through TLS: it was not spoken, it failed, there were too many, or the peer's certificate is none or not accepted. */
const refusals = ["plain", "handshake", "too_many", "no_certificate", "bad_certificate"] as const;
export type TlsRefusal = (typeof refusals)[number];

export interface TlsMetrics {
  /** Shows when certificates end. @param expiries by file, in milliseconds since 1970; asked for each time. */
  watchCertificates(expiries: Expiries): void;
  /** Counts a connection that did not get through TLS. */
  tlsRefused(reason: TlsRefusal): void;
}

export function tlsMetrics(registry: Registry): TlsMetrics {
  const registers = [registry];
  const watched: Expiries[] = [];
  new Gauge({
    name: "maskwire_certificate_expiry_seconds",
    help: "When the certificates in a file end, in Unix time",
    labelNames: ["file"],
    registers,
    collect() {
      this.reset();
      for (const expiries of watched) {
        for (const [file, expiresAt] of expiries()) this.set({ file }, expiresAt / 1000);
      }
    },
  });
  const refused = new Counter({
    name: "maskwire_tls_refused_total",
    help: "Connections that did not get through TLS, by reason",
    labelNames: ["reason"],
    registers,
  });
  // An increase shows only from a number that was seen before.
  for (const reason of refusals) refused.inc({ reason }, 0);
  return {
    watchCertificates: (expiries) => void watched.push(expiries),
    tlsRefused: (reason) => refused.inc({ reason }),
  };
}
