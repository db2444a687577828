import { expect, it } from "vitest";
import { LateSocket } from "./late-socket.js";
import type { SocketPort } from "./socket.js";

class FakeSocket extends EventTarget {
  binaryType = "blob";
  readyState = 1;
  readonly sent: unknown[] = [];
  isClosed = false;
  send(data: unknown): void {
    this.sent.push(data);
  }
  close(): void {
    this.isClosed = true;
  }
}

/** @returns a socket that is opened by hand. */
function begin() {
  let resolve = (_socket: SocketPort) => {};
  let reject = (_error: Error) => {};
  const opening = new Promise<SocketPort>((onOpen, onFailure) => {
    resolve = onOpen;
    reject = onFailure;
  });
  const socket = new LateSocket(opening, () => 4998);
  const heard: unknown[] = [];
  socket.addEventListener("message", ({ data }) => heard.push(data));
  socket.addEventListener("close", ({ code }) => heard.push(code));
  const inner = new FakeSocket();
  return {
    socket,
    heard,
    inner,
    open: async () => {
      resolve(inner as unknown as SocketPort);
      await opening;
    },
    fail: async () => {
      reject(new Error("no ticket"));
      await opening.catch(() => {});
    },
  };
}

it("is the socket that it waits for, with what was set meanwhile", async () => {
  const { socket, heard, inner, open } = begin();
  socket.binaryType = "arraybuffer";
  expect(socket.readyState).toBe(0);
  await open();
  expect([socket.readyState, inner.binaryType]).toEqual([1, "arraybuffer"]);
  inner.dispatchEvent(Object.assign(new Event("message"), { data: "welcome" }));
  socket.send(new Uint8Array(1));
  inner.dispatchEvent(Object.assign(new Event("close"), { code: 1001 }));
  expect(heard).toEqual(["welcome", 1001]);
  expect(inner.sent).toHaveLength(1);
});

it("closes when there is nothing to open it with", async () => {
  const { socket, heard, fail } = begin();
  await fail();
  expect(heard).toEqual([4998]);
  expect(socket.readyState).toBe(3);
});

it("closes what comes after it was given up, without a word", async () => {
  const { socket, heard, inner, open } = begin();
  socket.close();
  await open();
  expect(inner.isClosed).toBe(true);
  expect(heard).toEqual([]);
});
