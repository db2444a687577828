import { create } from "@bufbuild/protobuf";
import { afterEach, expect, it } from "vitest";
import { type SegmentEverythingEvent, SegmentEverythingRequestSchema } from "../../proto/index.js";
import { Code, overloaded, ServiceError } from "../../services/runtime/errors.js";
import { askAt } from "../testing/ask-at.js";
import { type FakeServices, startServices } from "../testing/fake-services.js";

type Methods = Parameters<typeof startServices>[0];
type Everything = NonNullable<NonNullable<Methods["decoder"]>["segmentEverything"]>;

const request = create(SegmentEverythingRequestSchema, { imageId: `sha256:${"a".repeat(64)}` });
const progress = { event: { case: "progress" as const, value: { pointsTotal: 4 } } };
const done = { event: { case: "done" as const, value: { points: 4 } } };
const notFound = () => new ServiceError({ code: Code.NOT_FOUND, message: "No embedding." });

const open: { close(): void }[] = [];
const used = <T extends { close(): void }>(one: T): T => {
  open.push(one);
  return one;
};
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

interface Asked {
  signal?: AbortSignal;
  deadlineMs?: number;
}

function begin(
  services: FakeServices[],
  { signal = new AbortController().signal, deadlineMs = 60_000 }: Asked = {},
  wanted = request,
) {
  const addresses = services.map(({ address }) => address);
  return used(askAt(addresses, { everythingMs: deadlineMs })).ask.everything(wanted, { signal });
}

async function kinds(events: AsyncIterable<SegmentEverythingEvent>): Promise<(string | undefined)[]> {
  const all: (string | undefined)[] = [];
  for await (const { event } of events) all.push(event.case);
  return all;
}

const serving = (segmentEverything: Everything) => startServices({ decoder: { segmentEverything } });

it("E1 passes the events on; done is the last, whatever becomes of the call", async () => {
  await using services = await serving(async (_request, send) => {
    await send(progress);
    await send(done);
    throw new ServiceError({ code: Code.UNAVAILABLE, message: "Lost." });
  });
  expect(await kinds(await begin([services]))).toEqual(["progress", "done"]);
});

it("E1 refuses before it began, so that the refusal has its own status", async () => {
  await using services = await serving(async () => {
    throw overloaded("Full.", 70);
  });
  await expect(begin([services])).rejects.toMatchObject({ code: Code.RESOURCE_EXHAUSTED, retryAfterMs: 70 });
});

it("E5 asks another decoder when one is lost before the first event", async () => {
  let asked = 0;
  const once: Everything = async (_request, send) => {
    if (++asked === 1) throw new ServiceError({ code: Code.UNAVAILABLE, message: "Lost.", retryAfterMs: 1 });
    await send(done);
  };
  await using one = await serving(once);
  await using two = await serving(once);
  expect(await kinds(await begin([one, two]))).toEqual(["done"]);
  expect(asked).toBe(2);
});

it("E5 ends UNAVAILABLE with a hint when the decoder is lost after it began", async () => {
  await using services = await serving(async (_request, send, { signal }) => {
    await send(progress);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  });
  const events = await begin([services]);
  expect((await events.next()).value?.event.case).toBe("progress");
  const next = events.next();
  services.server.forceShutdown();
  await expect(next).rejects.toMatchObject({ code: Code.UNAVAILABLE, retryAfterMs: expect.any(Number) });
});

it("E5 ends UNAVAILABLE when the decoder ends without done", async () => {
  await using services = await serving(async (_request, send) => send(progress));
  const events = await begin([services]);
  expect((await events.next()).value?.event.case).toBe("progress");
  await expect(events.next()).rejects.toMatchObject({ code: Code.UNAVAILABLE, retryAfterMs: 1000 });
});

it("R2 has the stored picture encoded and asks again, once", async () => {
  let asked = 0;
  let encodes = 0;
  await using services = await startServices({
    decoder: {
      async segmentEverything(_request, send) {
        if (++asked === 1) throw notFound();
        await send(done);
      },
    },
    encoder: {
      async encode(_requests, send) {
        encodes++;
        await send({ event: { case: "ready", value: {} } });
      },
    },
  });
  expect(await kinds(await begin([services]))).toEqual(["done"]);
  expect([asked, encodes]).toEqual([2, 1]);
});

/** Encoders that never end a part's embedding; `left` resolves when that encode was given up. */
async function startSlowParts() {
  let leave = () => {};
  let beginPart = () => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  const partBegun = new Promise<void>((resolve) => {
    beginPart = resolve;
  });
  const services = await startServices({
    decoder: {
      async segmentEverything() {
        throw notFound();
      },
    },
    encoder: {
      async encode(requests, send, { signal }) {
        const { value } = await requests[Symbol.asyncIterator]().next();
        if (value?.part.case === "header" && value.part.value.crop) {
          signal.addEventListener("abort", leave);
          beginPart();
          await left;
        }
        await send({ event: { case: "ready", value: { image: { imageId: request.imageId, width: 64, height: 48 } } } });
      },
    },
  });
  return { services, left, partBegun };
}

const withCrops = create(SegmentEverythingRequestSchema, { ...request, cropNLayers: 1 });

it("E8 ends DEADLINE_EXCEEDED when its parts' embeddings take too long, and gives the encode up", async () => {
  const { services, left } = await startSlowParts();
  await using _ = services;
  const { ask } = used(askAt([services.address], { everythingMs: 3000 }));
  const { signal } = new AbortController();
  // Connected by a question that is refused: the time is for the encode, also on a machine that has other work.
  await expect(ask.everything(request, { signal })).rejects.toThrow();
  await expect(ask.everything(withCrops, { signal })).rejects.toMatchObject({
    code: Code.DEADLINE_EXCEEDED,
    message: expect.stringContaining("did not begin"),
  });
  await left;
});

it("E8 is for the beginning: what has begun may take longer", async () => {
  await using services = await serving(async (_request, send) => {
    await send(progress);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await send(done);
  });
  expect(await kinds(await begin([services], { deadlineMs: 1000 }))).toEqual(["progress", "done"]);
});

it("B5 gives up the encode of a part when the caller leaves", async () => {
  const { services, left, partBegun } = await startSlowParts();
  await using _ = services;
  const caller = new AbortController();
  const begun = begin([services], { signal: caller.signal }, withCrops);
  const outcome = expect(begun).rejects.toMatchObject({ name: expect.any(String) });
  await partBegun;
  caller.abort();
  await outcome;
  await left;
});

it("B5 cancels at the decoder when the loop is left, and when the caller's signal aborts", async () => {
  for (const leave of ["loop", "signal"] as const) {
    let ended = () => {};
    const stopped = new Promise<void>((resolve) => {
      ended = resolve;
    });
    await using services = await serving(async (_request, send, { signal }) => {
      signal.addEventListener("abort", ended);
      await send(progress);
      await stopped;
    });
    const caller = new AbortController();
    const events = await begin([services], { signal: caller.signal });
    await events.next();
    if (leave === "loop") await events.return(undefined);
    else {
      const next = events.next();
      caller.abort();
      await expect(next).rejects.toMatchObject({ code: Code.CANCELLED });
    }
    await stopped;
  }
});
