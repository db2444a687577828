import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { probe } from "../rewrite/probe.js";
import { loadEncoder } from "../worker/load-encoder.js";
import { ProviderLostError } from "../worker/provider-lost-error.js";
import { ModelDiffersError } from "./check-metadata.js";
import { connectEncoder, type RemoteEncoder } from "./remote-encoder.js";
import { FakeModelServer } from "./testing/fake-model-server.js";
import { type PatchModel, patchModel } from "./testing/patch-model.js";

let patches: PatchModel;
const opened: { close(): unknown }[] = [];

beforeAll(async () => {
  patches = await patchModel();
});

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

async function serve(options?: Parameters<PatchModel["served"]>[0]): Promise<FakeModelServer> {
  const server = await FakeModelServer.start(patches.served(options));
  opened.push({ close: () => server[Symbol.asyncDispose]() });
  return server;
}

async function connect(server: FakeModelServer, callMs = 5000, provenForMs = 60_000): Promise<RemoteEncoder> {
  const { model, graphs, reference } = patches;
  const encoder = await connectEncoder(
    server.provider,
    { model, files: graphs.files, reference },
    { callMs, provenForMs },
  );
  opened.push({ close: () => encoder.release() });
  return encoder;
}

async function here() {
  const { model, graphs } = patches;
  const encoder = await loadEncoder(model, graphs.files, { providers: ["cpu"], threads: 1 });
  opened.push({ close: () => encoder.release() });
  return encoder;
}

const whole = { width: 128, height: 128 };
const part = { width: 128, height: 64 };

describe("a model at a server", () => {
  it("gives bit for bit what it gives here, in whole frames where its sides are fixed", async () => {
    const [encoder, local] = [await connect(await serve()), await here()];
    expect([encoder.takesFrames, encoder.frameOf(part)]).toEqual([false, whole]);
    expect(await encoder.run(probe(whole), whole)).toEqual(await local.run(probe(whole), whole));
  });

  it("takes pictures in frames of a few sizes where its sides are free, and fills the rest as here", async () => {
    const [encoder, local] = [await connect(await serve({ takesFrames: true })), await here()];
    expect(encoder.takesFrames).toBe(true);
    expect([encoder.frameOf({ width: 128, height: 40 }), encoder.frameOf({ width: 65, height: 128 })]).toEqual([
      { width: 128, height: 64 },
      { width: 96, height: 128 },
    ]);
    const given = await encoder.run(probe(part), part);
    expect(encoder.whole(given, part)).toEqual(local.whole(await local.run(probe(part), part), part));
  });

  it("has halves both ways where it says so", async () => {
    const [encoder, local] = [await connect(await serve({ type: "FP16" })), await here()];
    const [[given], [expected]] = [await encoder.run(probe(whole), whole), await local.run(probe(whole), whole)];
    const furthest = Math.max(...(expected ?? []).map((value, at) => Math.abs(value - (given?.[at] ?? Number.NaN))));
    expect(furthest).toBeGreaterThan(0);
    expect(furthest).toBeLessThan(0.01);
  });

  it("may send its values in lists", async () => {
    const server = await serve();
    const [encoder, local] = [await connect(server), await here()];
    server.behaviour.usesLists = true;
    expect(await encoder.run(probe(whole), whole)).toEqual(await local.run(probe(whole), whole));
  });

  it("is not taken for the manifest's when it has other weights", async () => {
    const connecting = connect(await serve({ seed: 2 }));
    await expect(connecting).rejects.toThrow(ModelDiffersError);
    await expect(connecting).rejects.toThrow(
      /differs from that of the manifest's weights by \d\.\d\d .* another model/,
    );
  });

  it("is asked once more when a call does not get through, and is lost after that", async () => {
    const server = await serve();
    const encoder = await connect(server);
    server.behaviour.refusals = 1;
    await encoder.run(probe(whole), whole);
    server.behaviour.refusals = 2;
    const { runs } = server.seen;
    await expect(encoder.run(probe(whole), whole)).rejects.toThrow(
      /^the server cannot be reached \(the server stops\)$/,
    );
    expect(server.seen.runs - runs).toBe(2);
  });

  it("is lost when it does not answer in its time, and when it is gone", async () => {
    const server = await serve();
    const encoder = await connect(server, 300);
    let open = () => {};
    server.behaviour.gate = new Promise((resolve) => {
      open = resolve;
    });
    const running = encoder.run(probe(whole), whole);
    await expect(running).rejects.toThrow(ProviderLostError);
    await expect(running).rejects.toThrow("the server has not answered in its time");
    open();
    server.behaviour.isReady = false;
    await expect(encoder.isThere()).rejects.toThrow("its model patches is not ready");
    await server[Symbol.asyncDispose]();
    await expect(encoder.run(probe(whole), whole)).rejects.toThrow(ProviderLostError);
  });

  it.each([
    ["a call did not get through", 60_000, 1],
    ["the last time is too long ago", 0, 0],
  ])("is proven again where %s", async (_, provenForMs, refusals) => {
    const server = await serve();
    const encoder = await connect(server, 5000, provenForMs);
    server.behaviour.refusals = refusals;
    await encoder.run(probe(whole), whole);
    const { runs } = server.seen;
    await encoder.isThere();
    expect(server.seen.runs - runs).toBe(1);
  });

  it("is noticed when it has other weights since it was started again", async () => {
    const server = await serve();
    const encoder = await connect(server, 5000, 0);
    await server[Symbol.asyncDispose]();
    const other = await FakeModelServer.start(patches.served({ seed: 2 }), server.port);
    opened.push({ close: () => other[Symbol.asyncDispose]() });
    await expect(encoder.isThere()).rejects.toThrow(ModelDiffersError);
  });

  it("hears that nobody waits any more", async () => {
    const server = await serve();
    const encoder = await connect(server);
    server.behaviour.gate = new Promise(() => {});
    const leaving = new AbortController();
    const running = encoder.run(probe(whole), whole, leaving.signal);
    await expect.poll(() => server.seen.now).toBe(1);
    leaving.abort();
    await expect(running).rejects.toThrow(/abort/i);
    await expect.poll(() => server.seen.left).toBe(1);
  });
});
