import { SignInNeeded } from "../http/tickets.js";
import { LateSocket } from "./late-socket.js";
import { signInNeeded } from "./link.js";
import { abnormalClosure, type SocketPort } from "./socket.js";

interface Door {
  /** Subprotocols to come with, a fresh ticket among them where one is needed. @throws SignInNeeded; TypeError when the gateway cannot be reached. */
  protocols(): Promise<string[]>;
  /** A session could not be opened: what the gateway asks for may have changed with a restart. */
  doubt(): void;
  open(protocols: string[]): SocketPort;
}

/** A session's WebSocket, opened once it is known with what. */
export function openSocket(door: Door): LateSocket {
  const opening = door.protocols().then((protocols) => {
    const socket = door.open(protocols);
    let hasHeard = false;
    socket.addEventListener("message", () => {
      hasHeard = true;
    });
    socket.addEventListener("close", () => {
      if (!hasHeard) door.doubt();
    });
    return socket;
  });
  return new LateSocket(opening, (error) => (error instanceof SignInNeeded ? signInNeeded : abnormalClosure));
}
