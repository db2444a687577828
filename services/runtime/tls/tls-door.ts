import { constants } from "node:crypto";
import type { Socket } from "node:net";
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from "node:tls";
import { Code, type ErrorInit } from "../errors.js";
import { readFirstBytes } from "../first-bytes.js";
import { answerRaw } from "../http/raw-answer.js";
import type { Logger } from "../logger.js";
import { type Certificate, minVersion } from "./certificate.js";
import { Handshakes } from "./handshakes.js";
import type { TlsMetrics, TlsRefusal } from "./tls-metrics.js";

/** Whether those who connect are asked for a certificate of their own. */
export type ClientCertificates = "off" | "optional" | "required";

interface TlsDoorOptions {
  /** With the authorities of the peers' certificates where those are asked for. */
  certificate: Certificate;
  clients: ClientCertificates;
  logger: Logger;
  metrics: Pick<TlsMetrics, "tlsRefused">;
  /** A peer that begins TLS and does not come to its end is given up after so long. */
  handshakeMs?: number;
  /** Handshakes a second that are begun for one address. */
  handshakesPerSecond?: number | undefined;
}

const usualHandshakeMs = 10_000;
/** Each is half a millisecond of the main thread, or one and a half with RSA. */
const usualHandshakesPerSecond = 50;

/** The first byte of a TLS record that begins a handshake. */
const handshakeRecord = 0x16;

const notEncrypted: ErrorInit = {
  code: Code.INVALID_ARGUMENT,
  message: "This port is encrypted: write https: for http:, wss: for ws:, and let gRPC use TLS.",
};

/** Takes connections through TLS, and in where their peers' certificates are as they have to be. */
export class TlsDoor {
  readonly #server: Server;
  readonly #clients: ClientCertificates;
  readonly #refused: (why: TlsRefusal, detail?: unknown) => void;
  readonly #handshakes: Handshakes;
  /** What is done when a connection is encrypted, by `nameOf` it. */
  readonly #openings = new Map<string, () => void>();

  constructor(options: TlsDoorOptions) {
    const { certificate, clients, logger, metrics } = options;
    const { handshakeMs = usualHandshakeMs, handshakesPerSecond = usualHandshakesPerSecond } = options;
    this.#clients = clients;
    this.#refused = noteRefusals(logger, metrics);
    this.#handshakes = new Handshakes({
      perSecond: handshakesPerSecond,
      onDropped: () => this.#refused("too_many"),
    });
    this.#server = createServer({
      ...contextOf(certificate, clients),
      handshakeTimeout: handshakeMs,
      requestCert: clients !== "off",
      // Those of others are refused below, where they can be told why.
      rejectUnauthorized: false,
      ALPNCallback: ({ protocols }) => agreeOn(protocols),
    });
    this.#server.on("tlsClientError", ({ message }, socket) => {
      this.#refused("handshake", message);
      // One that takes too long would stay.
      socket.destroy();
    });
  }

  /** Who connects from now on meets this certificate; who is connected stays. */
  use(certificate: Certificate): void {
    this.#server.setSecureContext(contextOf(certificate, this.#clients));
  }

  onOpened(opened: (socket: TLSSocket) => void): void {
    this.#server.on("secureConnection", (socket) => {
      this.#openings.get(nameOf(socket))?.();
      const refusal = this.#refusalOf(socket);
      if (!refusal) return opened(socket);
      // For good, as on every connection: nobody else listens.
      socket.on("error", () => {});
      // Who speaks HTTP/2 would not understand a sentence in HTTP/1.
      if (socket.alpnProtocol === "h2") socket.destroy();
      else answerRaw(socket, 403, { code: Code.PERMISSION_DENIED, message: refusal });
    });
  }

  /** Begins with a connection; `onOpened` tells when it is encrypted. */
  open(carrier: Socket): void {
    const { begin, done } = this.#handshakes.enter(carrier);
    const name = nameOf(carrier);
    this.#openings.set(name, done);
    carrier.once("close", () => {
      if (this.#openings.get(name) === done) this.#openings.delete(name);
    });
    readFirstBytes(
      carrier,
      ([first]) => first === handshakeRecord,
      (isTls) => {
        if (isTls) return begin(() => void this.#server.emit("connection", carrier));
        this.#refused("plain");
        answerRaw(carrier, 400, notEncrypted);
      },
    );
  }

  #refusalOf(socket: TLSSocket): string | undefined {
    if (this.#clients === "off" || socket.authorized) return undefined;
    if (socket.getPeerX509Certificate()) {
      this.#refused("bad_certificate", socket.authorizationError);
      return `Your certificate is not accepted here (${socket.authorizationError}): use one of this service's authorities.`;
    }
    if (this.#clients === "optional") return undefined;
    this.#refused("no_certificate");
    return "This port asks for a client certificate: come with one of this service's authorities.";
  }
}

/** The two ends of a connection, by which what is encrypted on it is known again. */
const nameOf = ({ remoteAddress, remotePort, localPort }: Pick<Socket, "remoteAddress" | "remotePort" | "localPort">) =>
  `${remoteAddress} ${remotePort} ${localPort}`;

/**
 * Who can speak HTTP/1.1 gets it: browsers offer both, and pages and WebSockets are served over that. gRPC's clients offer
 * HTTP/2 alone.
 * @returns undefined for a peer that speaks neither, which ends the handshake.
 */
function agreeOn(offered: readonly string[]): string | undefined {
  return ["http/1.1", "http/1.0", "h2"].find((one) => offered.includes(one));
}

function contextOf({ cert, key, ca }: Certificate, clients: ClientCertificates): SecureContextOptions {
  const { SSL_OP_NO_RENEGOTIATION: noRenegotiation, SSL_OP_NO_TICKET: noTicket } = constants;
  if (clients === "off") return { cert, key, minVersion, secureOptions: noRenegotiation };
  // A session that goes on from a ticket does not look at its peer's certificate again.
  return { cert, key, ca, minVersion, secureOptions: noRenegotiation | noTicket };
}

/** Counts them; the log has the first of each kind, since strangers can make as many as they like. */
function noteRefusals(logger: Logger, metrics: Pick<TlsMetrics, "tlsRefused">) {
  const seen = new Set<TlsRefusal>();
  return (reason: TlsRefusal, detail?: unknown) => {
    metrics.tlsRefused(reason);
    const level = seen.has(reason) ? "debug" : "warn";
    seen.add(reason);
    logger[level]({ reason, detail }, "a connection was refused by TLS; more of this kind are only counted");
  };
}
