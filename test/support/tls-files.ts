import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { dial, RpcClient } from "../../services/runtime/grpc/client.js";
import type { ClientCalls } from "../../services/runtime/grpc/client-calls.js";
import { Authority, type Issued } from "../../services/runtime/testing/authority.js";
import { encrypt } from "../../services/runtime/tls/encrypt.js";

/** Certificates for a cluster on this machine, all of one authority, as the settings name their files. */
export class TlsFiles implements Disposable {
  readonly authority = new Authority();
  readonly server = this.authority.issue("server");
  #issued = 0;

  /** @param clients whether who connects to the port is asked for a certificate. */
  port(clients?: "required" | "optional", { cert, key }: Issued = this.server): Record<string, string> {
    return {
      MASKWIRE_TLS_CERT_FILE: cert,
      MASKWIRE_TLS_KEY_FILE: key,
      ...(clients ? { MASKWIRE_TLS_CLIENT_CA_FILE: this.authority.cert, MASKWIRE_TLS_CLIENTS: clients } : {}),
    };
  }

  /** The way to the other tiers of who has that role. @param believed the authority that it believes. */
  peer(role: string, believed: Authority = this.authority): Record<string, string> {
    const { cert, key } = this.issue(role);
    const own = { MASKWIRE_PEER_CERT_FILE: cert, MASKWIRE_PEER_CERT_KEY_FILE: key };
    return { MASKWIRE_PEER_TLS: "on", MASKWIRE_PEER_CA_FILE: believed.cert, ...own };
  }

  issue(role: string): Issued {
    return this.authority.issue(`${role}-${this.#issued++}`, `URI:spiffe://test/maskwire/${role}`);
  }

  /** A client of a port, with a certificate of that role or with none. */
  rpc(url: string, role?: string): RpcClient {
    const { host, hostname } = new URL(url);
    const issued = role === undefined ? undefined : this.issue(role);
    const own = issued && { cert: readFileSync(issued.cert), key: readFileSync(issued.key) };
    const context = createSecureContext({ ca: this.authority.pem, ...own });
    const calls: ClientCalls = dial(host, {}, (socket) => encrypt(socket, { context, serverName: hostname }));
    return new RpcClient(host, {}, calls);
  }

  [Symbol.dispose](): void {
    this.authority[Symbol.dispose]();
  }
}
