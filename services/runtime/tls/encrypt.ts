import { isIP, type Socket } from "node:net";
import { checkServerIdentity, connect, type SecureContext } from "node:tls";

/** A server that takes the connection and does not come to the end of the handshake is given up after so long. */
const handshakeMs = 10_000;

interface Encryption {
  context: SecureContext;
  /** What the server's certificate has to be for: a host name or an address. */
  serverName: string;
}

/**
 * The client's side of TLS for gRPC, on a connection that is open.
 * @throws Error that says why the server is not the one that is meant, or that it has not answered.
 */
export function encrypt(carrier: Socket, { context, serverName }: Encryption): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      socket: carrier,
      secureContext: context,
      // An address is no name that can be asked for.
      ...(isIP(serverName) ? {} : { servername: serverName }),
      checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate),
      ALPNProtocols: ["h2"],
    });
    socket.on("error", reject);
    socket.once("close", () => reject(new Error("the server hung up during the TLS handshake")));
    socket.setTimeout(handshakeMs, () => socket.destroy(new Error("the TLS handshake took too long")));
    socket.once("secureConnect", () => {
      socket.setTimeout(0);
      if (socket.alpnProtocol === "h2") return resolve(socket);
      socket.destroy(new Error("the server does not speak gRPC"));
    });
  });
}
