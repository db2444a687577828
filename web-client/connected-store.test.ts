import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ClientFrameSchema, ErrorCode, ServerFrameSchema } from "../proto/index.js";
import { ConnectedStore } from "./connected-store.js";
import type { SocketPort } from "./sdk/session/socket.js";

const imageId = `sha256:${"ab".repeat(32)}`;

type Hear = (event: { readonly data: unknown }) => void;

/** A gateway's end of a connection that may say nothing, not even that it is gone. */
class QuietSocket implements SocketPort {
  binaryType = "";
  readyState = 1;
  readonly asked: string[] = [];
  #hear: Hear = () => {};

  send(data: Uint8Array<ArrayBuffer>): void {
    this.asked.push(fromBinary(ClientFrameSchema, data).frame.case ?? "");
  }

  close(): void {
    this.readyState = 3;
  }

  addEventListener(type: "message" | "close", listener: (event: never) => void): void {
    if (type === "message") this.#hear = listener as Hear;
  }

  say(frame: NonNullable<MessageInitShape<typeof ServerFrameSchema>["frame"]>): void {
    const bytes = toBinary(ServerFrameSchema, create(ServerFrameSchema, { frame }));
    this.#hear({ data: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) });
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A page that has just asked for its picture. */
function opening() {
  const sockets: QuietSocket[] = [];
  const last = () => sockets.at(-1) as QuietSocket;
  const connected = new ConnectedStore({
    openSocket: () => {
      sockets.push(new QuietSocket());
      return last();
    },
    run: () => {},
    changed: () => {},
  });
  connected.connect();
  last().say({ case: "welcome", value: { maxWaitingClicks: 8 } });
  // Nothing to be asked is nothing to be answered.
  vi.advanceTimersByTime(600_000);
  connected.dispatch({ kind: "picture-chosen", token: 1, name: "a.jpg" });
  connected.dispatch({
    kind: "picture-loaded",
    token: 1,
    width: 40,
    height: 20,
    bytes: 9,
    imageId,
    atMs: performance.now(),
  });
  return { connected, sockets, last };
}

it("asks over another connection for a picture of which the one before says nothing any more", () => {
  const { connected, sockets, last } = opening();
  expect(last().asked).toEqual(["openImage"]);
  vi.advanceTimersByTime(50_000);
  last().say({ case: "image", value: { imageId, event: { case: "encoding", value: {} } } });
  vi.advanceTimersByTime(50_000);
  expect([sockets.length, last().readyState]).toEqual([1, 1]);
  vi.advanceTimersByTime(11_000);
  expect(sockets.length).toBe(2);
  last().say({ case: "welcome", value: { maxWaitingClicks: 8 } });
  expect(last().asked).toEqual(["openImage"]);
  last().say({ case: "image", value: { imageId, event: { case: "ready", value: {} } } });
  vi.advanceTimersByTime(600_000);
  expect(sockets.length).toBe(2);
  connected.close();
});

it("waits as long as it is told to, be it longer than a timer can", () => {
  const { connected, last } = opening();
  const busy = { code: ErrorCode.UNAVAILABLE, message: "Busy.", retryAfterMs: 4_000_000_000 };
  last().say({ case: "image", value: { imageId, event: { case: "failed", value: busy } } });
  vi.advanceTimersByTime(600_000);
  expect(last().asked).toEqual(["openImage"]);
  connected.close();
});
