import type { IncomingMessage } from "node:http";
import type { RawData, WebSocket } from "ws";
import type { CloseCode } from "../../proto/index.js";
import type { Reader, UnsentBytes } from "../limits/unsent-bytes.js";
import type { Socket } from "./connection.js";

/** A peer that does not finish the closing handshake is cut off after this. */
const closeGraceMs = 2000;

/** @param reader in whose name its unsent bytes are counted (B6). @param onClose before this side closes it. */
export function socketOf(ws: WebSocket, unsent: UnsentBytes, reader: Reader, onClose: () => void): Socket {
  const waiting = new Map<() => void, number>();
  const look = () => {
    for (const [resolve, bytes] of waiting) {
      if (ws.readyState === ws.OPEN && ws.bufferedAmount > bytes) continue;
      waiting.delete(resolve);
      resolve();
    }
  };
  ws.once("close", look);
  return {
    get isOpen() {
      return ws.readyState === ws.OPEN;
    },
    get bufferedBytes() {
      return ws.bufferedAmount;
    },
    send: (data) => {
      const bytes = typeof data === "string" ? Buffer.from(data) : data;
      const sent = unsent.hold(reader, bytes.byteLength);
      if (!sent) return;
      ws.send(bytes, { binary: typeof data !== "string" }, () => {
        sent();
        look();
      });
    },
    drained: (bytes) => new Promise((resolve) => waiting.set(resolve, bytes)),
    close: (code, reason) => {
      onClose();
      closeSocket(ws, code, reason);
    },
  };
}

/** Subprotocols that a client offers; undefined for one that offers none. */
export function offeredProtocols({ headers }: Pick<IncomingMessage, "headers">): string[] | undefined {
  return headers["sec-websocket-protocol"]?.split(",").map((name) => name.trim());
}

export function closeSocket(ws: WebSocket, code: CloseCode, reason: string): void {
  ws.close(code, reason);
  // The peer's half of the closing handshake stands behind what was not read yet.
  ws.resume();
  setTimeout(() => ws.terminate(), closeGraceMs).unref();
}

export function toBytes(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
