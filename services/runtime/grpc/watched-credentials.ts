import type { Socket } from "node:net";
import { type ChannelCredentials, credentials } from "@grpc/grpc-js";
import { endWhenDeaf } from "./end-when-deaf.js";

/** Encrypts a connection that is open. Rejects when the other side is not who it should be. */
export type Encrypt = (socket: Socket) => Promise<Socket>;

/** The connections of such a channel end when HTTP/2 has stopped reading them. @param encrypt left out, there is no TLS. */
export function watchedCredentials(encrypt?: Encrypt): ChannelCredentials {
  const plain = credentials.createInsecure() as unknown as Connecting;
  const _createSecureConnector = (...given: unknown[]): Connector => {
    const connector = plain._createSecureConnector(...given);
    const connect = async (socket: Socket) => {
      const connected = encrypt ? { socket: await encrypt(socket), secure: true } : await connector.connect(socket);
      endWhenDeaf(connected.socket);
      return connected;
    };
    return Object.assign(Object.create(connector), { connect });
  };
  const watched = Object.assign(Object.create(plain), { _createSecureConnector });
  if (!encrypt) return watched;
  return Object.assign(watched, { _isSecure: () => true, _equals: (other: unknown) => other === watched });
}

/** The parts of grpc-js's credentials that are used here; private in its types. See `guardedVersion`. */
interface Connecting {
  _createSecureConnector(...given: unknown[]): Connector;
}

interface Connector {
  connect(socket: Socket): Promise<{ socket: Socket; secure: boolean }>;
}
