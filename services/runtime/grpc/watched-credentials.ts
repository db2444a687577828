import type { Socket } from "node:net";
import { type ChannelCredentials, credentials } from "@grpc/grpc-js";
import { endWhenDeaf } from "./end-when-deaf.js";

/** No TLS; the connections of such a channel end when HTTP/2 has stopped reading them. */
export function watchedCredentials(): ChannelCredentials {
  const plain = credentials.createInsecure() as unknown as Connecting;
  const _createSecureConnector = (...given: unknown[]): Connector => {
    const connector = plain._createSecureConnector(...given);
    const connect = async (socket: Socket) => {
      const connected = await connector.connect(socket);
      endWhenDeaf(connected.socket);
      return connected;
    };
    return Object.assign(Object.create(connector), { connect });
  };
  return Object.assign(Object.create(plain), { _createSecureConnector });
}

/** The parts of grpc-js's credentials that are used here; private in its types. See `guardedVersion`. */
interface Connecting {
  _createSecureConnector(...given: unknown[]): Connector;
}

interface Connector {
  connect(socket: Socket): Promise<{ socket: Socket }>;
}
