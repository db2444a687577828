import { afterEach, expect, it, vi } from "vitest";
import type { Gateway } from "../http/gateway.js";
import { putFrame } from "./put-frame.js";

afterEach(() => vi.unstubAllGlobals());

const gateway = { at: (path: string) => `http://gateway/${path}`, headers: () => ({}) } as unknown as Gateway;
const frame = { imageId: "sha256:1", model: undefined, file: async () => new Blob(["x"]), hasBegun: () => false };

/** Who listens to a signal, as long as nobody leaves. */
function watched() {
  const controller = new AbortController();
  const { signal } = controller;
  const listening = { count: 0 };
  for (const [name, by] of [
    ["addEventListener", 1],
    ["removeEventListener", -1],
  ] as const) {
    const as = signal[name].bind(signal) as (...args: unknown[]) => void;
    signal[name] = (...args: unknown[]) => {
      listening.count += by;
      as(...args);
    };
  }
  return { controller, signal, listening };
}

it("leaves nobody listening to a video's signal, which is there for thousands of frames", async () => {
  const { signal, listening } = watched();
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    // As some do: until the request is collected.
    init.signal?.addEventListener("abort", () => {});
    asked.push(`${init.method ?? "GET"} ${new URL(url).pathname}`);
    return new Response("{}", { status: init.method === "POST" ? 200 : 404 });
  });
  for (let at = 0; at < 3; at++) await putFrame(gateway, frame, signal);
  expect(asked).toHaveLength(6);
  expect(listening.count).toBe(0);
});

it("ends with its video, also while nothing answers", async () => {
  const { controller, signal, listening } = watched();
  vi.stubGlobal(
    "fetch",
    (_url: string, { signal: own }: RequestInit) =>
      new Promise((_, reject) => own?.addEventListener("abort", () => reject(own.reason as Error))),
  );
  const put = putFrame(gateway, frame, signal);
  controller.abort(new Error("closed"));
  await expect(put).rejects.toThrow("closed");
  await expect(putFrame(gateway, frame, signal)).rejects.toThrow("closed");
  expect(listening.count).toBe(0);
});
