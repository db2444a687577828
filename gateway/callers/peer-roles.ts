import type { Duplex } from "node:stream";
import { anyClient, anyone, type Principal } from "../../services/runtime/callers/principal.js";
import {
  authContextOf,
  certificateName,
  certificateOf,
  type PeerCertificateRole,
  requireClient,
} from "../../services/runtime/tls/certificate-role.js";

interface Peer {
  readonly certificate: PeerCertificateRole | undefined;
  readonly name: string | undefined;
}

const unknown: Peer = { certificate: undefined, name: undefined };

/** What those who connect may do over HTTP by the certificates that they have shown (T6). */
export class PeerRoles {
  readonly #asks: boolean;
  /** A certificate is read once a connection, not once a request. */
  readonly #peers = new WeakMap<Duplex, Peer>();

  /** @param asks whether those who connect are asked for certificates. */
  constructor(asks: boolean) {
    this.#asks = asks;
  }

  /** @throws ServiceError PERMISSION_DENIED for who may ask for nothing but what anybody may see. */
  check(socket: Duplex): void {
    requireClient(this.#peerAt(socket).certificate);
  }

  /** Who it is where nobody is asked for more than a certificate. */
  anyoneAt(socket: Duplex): Principal {
    return this.#asks && this.#peerAt(socket).certificate?.role !== "gateway" ? anyClient : anyone;
  }

  /** For an auditor. */
  nameAt(socket: Duplex): string | undefined {
    return this.#peerAt(socket).name;
  }

  #peerAt(socket: Duplex): Peer {
    if (!this.#asks) return unknown;
    const known = this.#peers.get(socket);
    if (known) return known;
    const context = authContextOf(socket);
    const call = { getAuthContext: () => context };
    const peer = { certificate: certificateOf(call), name: certificateName(call) };
    this.#peers.set(socket, peer);
    return peer;
  }
}
