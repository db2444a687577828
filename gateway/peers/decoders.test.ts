import { getEventListeners } from "node:events";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { afterEach, expect, it } from "vitest";
import {
  ErrorCode,
  ModelSchema,
  SegmentEverythingRequestSchema,
  type SegmentRequest,
  SegmentRequestSchema,
} from "../../proto/index.js";
import { Code, overloaded } from "../../services/runtime/errors.js";
import { startServices } from "../testing/fake-services.js";
import { ScriptedHealth, until } from "../testing/scripted-health.js";
import { Decoders } from "./decoders.js";

const request = (sequence: number, model = "") =>
  create(SegmentRequestSchema, { sequence, imageId: "sha256:a", model });
const call = { signal: new AbortController().signal };
const open: { close(): void }[] = [];
const used = <T extends { close(): void }>(one: T): T => {
  open.push(one);
  return one;
};
afterEach(() => {
  for (const one of open.splice(0).reverse()) one.close();
});

/** Answers each prompt with its own model name; holds those named "hold". */
async function* answers(requests: AsyncIterable<SegmentRequest>) {
  for await (const { sequence, model } of requests) {
    if (model === "hold") continue;
    yield { sequence, outcome: { case: "result" as const, value: { model } } };
  }
}

it("finds the prompt of each answer, in whatever order they come and whatever numbers the client chose", async () => {
  await using services = await startServices({
    decoder: {
      async segment(requests, send) {
        const held: SegmentRequest[] = [];
        for await (const one of requests) {
          held.push(one);
          if (held.length < 3) continue;
          for (const { sequence, model } of held.splice(0).reverse())
            await send({ sequence, outcome: { case: "result", value: { model } } });
        }
      },
    },
  });
  const line = used(used(new Decoders([services.address])).openLine());
  const own = { signal: new AbortController().signal };
  const found = await Promise.all([
    line.segment(request(7, "a"), own),
    line.segment(request(7, "b"), own),
    line.segment(request(1, "c"), own),
  ]);
  expect(found.map(({ model }) => model)).toEqual(["a", "b", "c"]);
  expect(getEventListeners(own.signal, "abort")).toEqual([]);
});

it("turns an error in the stream into a service error and keeps the stream", async () => {
  let streams = 0;
  await using services = await startServices({
    decoder: {
      async segment(requests, send) {
        streams++;
        for await (const { sequence, model } of requests) {
          if (model === "none") await send({ sequence });
          else if (model === "full") {
            const value = { code: ErrorCode.RESOURCE_EXHAUSTED, message: "Full.", retryAfterMs: 70 };
            await send({ sequence, outcome: { case: "error", value } });
          } else await send({ sequence, outcome: { case: "result", value: { model } } });
        }
      },
    },
  });
  const line = used(used(new Decoders([services.address])).openLine());
  await expect(line.segment(request(1, "full"), call)).rejects.toMatchObject({
    name: "ServiceError",
    code: Code.RESOURCE_EXHAUSTED,
    message: "Full.",
    retryAfterMs: 70,
    reason: undefined,
  });
  // An answer without an outcome must not be waited for for ever.
  await expect(line.segment(request(2, "none"), call)).rejects.toMatchObject({ code: Code.INTERNAL });
  expect((await line.segment(request(3, "m"), call)).model).toBe("m");
  expect(streams).toBe(1);
});

it("B5 cancels a prompt that is not wanted any more, at the decoder too when the line is closed", async () => {
  let ended = () => {};
  const cancelled = new Promise<void>((resolve) => {
    ended = resolve;
  });
  let arrived = () => {};
  const isThere = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  await using services = await startServices({
    decoder: {
      async segment(requests, _send, { signal }) {
        signal.addEventListener("abort", () => ended());
        for await (const _ of requests) arrived();
      },
    },
  });
  const line = used(used(new Decoders([services.address])).openLine());
  const leaving = new AbortController();
  const waiting = line.segment(request(1, "hold"), leaving);
  await isThere;
  leaving.abort();
  await expect(waiting).rejects.toMatchObject({ code: Code.CANCELLED });
  expect(getEventListeners(leaving.signal, "abort")).toEqual([]);
  line.close();
  await cancelled;
});

it("R1 repeats a prompt on another decoder when its own is lost, and one that ends the stream is lost", async () => {
  const begun: string[] = [];
  const decoder = (name: string) => ({
    async segment(requests: AsyncIterable<SegmentRequest>, send: (one: object) => Promise<void>) {
      begun.push(name);
      // The first that is asked ends the stream with the prompt under way.
      if (begun.length === 1) for await (const _ of requests) return;
      for await (const answer of answers(requests)) await send(answer);
    },
  });
  await using one = await startServices({ decoder: decoder("one") });
  await using two = await startServices({ decoder: decoder("two") });
  const line = used(used(new Decoders([one.address, two.address])).openLine());
  expect((await line.segment(request(1, "m"), call)).model).toBe("m");
  expect([...begun].sort()).toEqual(["one", "two"]);
});

it("R1 repeats a prompt when the server of its decoder is shut down by force", async () => {
  let arrived = () => {};
  const isThere = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  await using first = await startServices({
    decoder: {
      async segment(requests) {
        for await (const _ of requests) arrived();
      },
    },
  });
  const port = Number(first.address.split(":")[1]);
  const line = used(used(new Decoders([first.address])).openLine());
  const waiting = line.segment(request(1, "m"), call);
  await isThere;
  first.server.forceShutdown();
  await using _second = await startServices(
    {
      decoder: {
        async segment(requests, send) {
          for await (const answer of answers(requests)) await send(answer);
        },
      },
    },
    port,
  );
  expect((await waiting).model).toBe("m");
});

it("asks once for a script, and passes on what the decoder says", async () => {
  await using services = await startServices({
    decoder: {
      segmentOnce: async ({ sequence, model }) => {
        if (model === "full") throw overloaded("Full.", 70);
        if (model === "none") return { sequence };
        return { sequence, outcome: { case: "result", value: { model } } };
      },
    },
  });
  const decoders = used(new Decoders([services.address]));
  expect((await decoders.segmentOnce(request(1, "m"), call)).model).toBe("m");
  await expect(decoders.segmentOnce(request(1, "full"), call)).rejects.toMatchObject({ retryAfterMs: 70 });
  await expect(decoders.segmentOnce(request(1, "none"), call)).rejects.toMatchObject({ code: Code.INTERNAL });
});

it("asks the door first, for each kind of work, and asks no decoder for what is refused", async () => {
  const asked: string[] = [];
  const doorkeeper = {
    check: (work: string) => {
      asked.push(work);
      throw overloaded("Too busy.", 70);
    },
  };
  const decoders = used(new Decoders([], { overload: doorkeeper }));
  const line = used(decoders.openLine());
  const busy = { code: Code.RESOURCE_EXHAUSTED, message: "Too busy." };
  const preview = { ...request(2), preview: true };
  await expect(line.segment(request(1), call)).rejects.toMatchObject(busy);
  await expect(line.segment(preview, call)).rejects.toMatchObject(busy);
  await expect(decoders.segmentOnce(request(3), call)).rejects.toMatchObject(busy);
  const everything = decoders.everything(create(SegmentEverythingRequestSchema, { imageId: "sha256:a" }), call);
  await expect(everything.next()).rejects.toMatchObject(busy);
  expect(asked).toEqual(["clicks", "previews", "clicks", "everything"]);
});

it("Y6 knows how far back a model's memory reaches, which holds while every decoder that serves it says so", async () => {
  const memory = { shownFrames: 6, madeFrames: 15 };
  const far = { id: "a", usual: true, capabilities: { memory } };
  const served: Record<string, MessageInitShape<typeof ModelSchema>[]> = {
    "one:1": [far, { id: "b", capabilities: {} }],
    "two:1": [far, { id: "b", capabilities: { memory } }],
    "old:1": [{ id: "a", usual: true }],
  };
  const health = Object.assign(new ScriptedHealth(), {
    listModels: async ({ address }: { address: string }) =>
      served[address]?.map((model) => create(ModelSchema, model)) ?? [],
  });
  const known = async (...addresses: string[]) => {
    const decoders = used(new Decoders(addresses, { health }));
    await until(() => decoders.knownModels().areAll);
    return ["a", "", "b", "c"].map((model) => decoders.memoryOf(model));
  };
  expect(await known("one:1", "two:1")).toMatchObject([memory, memory, "none", undefined]);
  expect(await known("one:1", "two:1", "old:1")).toEqual(["none", "none", "none", undefined]);
  expect(used(new Decoders([])).memoryOf("a")).toBeUndefined();
});
