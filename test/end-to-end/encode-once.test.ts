import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EncodeEvent, type EncodeReady, EncoderService } from "../../proto/index.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import { imageIdOf } from "../../services/runtime/image-id.js";
import { Cluster } from "../support/cluster.js";
import { upload } from "../support/http-calls.js";
import type { MaskwireProcess } from "../support/maskwire-process.js";
import { jpegScene } from "../support/pictures.js";
import { findRedisServer } from "../support/programs.js";
import { metric } from "../support/start-maskwire.js";

let nextSeed = 900;

/** A connection that is not given up while its encoder stands still: how long the other one takes is the machine's affair. */
const patient = { "grpc.keepalive_time_ms": 2 ** 31 - 1 };

describe.skipIf(!findRedisServer())("one picture, several encoders over Redis", () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start({}, { MASKWIRE_CACHE_LEASE_MS: "1500" }, { decoders: 1 });
  }, 120_000);
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  const sum = async (series: string) =>
    (await Promise.all(cluster.encoders.map(({ adminUrl }) => metric(adminUrl, series)))).reduce(
      (all, one) => all + one,
      0,
    );
  const encoded = () => sum('maskwire_encodes_total{outcome="encoded"}');
  const saved = async () =>
    (await sum('maskwire_encodes_saved_total{by="process"}')) +
    (await sum('maskwire_encodes_saved_total{by="cluster"}'));

  /** Uploads straight to one encoder. @param heard each event as it comes. */
  async function encodeAt(
    { address }: MaskwireProcess,
    picture: Buffer,
    heard: (event: EncodeEvent["event"]) => unknown = () => {},
  ): Promise<EncodeReady> {
    const rpc = new RpcClient(address, patient);
    try {
      const call = rpc.duplex(EncoderService.method.encode);
      await call.send({ part: { case: "header", value: {} } });
      await call.send({ part: { case: "chunk", value: picture } });
      call.end();
      for await (const { event } of call.responses) {
        heard(event);
        if (event.case === "ready") return event.value;
      }
      throw new Error("no answer");
    } finally {
      rpc.close();
    }
  }

  it("I6: is encoded once for ten who send it at once, and each gets it", async () => {
    const picture = await jpegScene(640, 480, nextSeed++);
    const [before, savedBefore] = [await encoded(), await saved()];
    const answers = await Promise.all([
      ...Array.from({ length: 4 }, () => upload(cluster.gateway.url, picture)),
      ...cluster.encoders.flatMap((one) => Array.from({ length: 3 }, () => encodeAt(one, picture))),
    ]);
    expect(answers.map(({ image }) => image?.imageId)).toEqual(Array(10).fill(imageIdOf(picture)));
    expect((await encoded()) - before).toBe(1);
    // Those who came when it was done needed none either, and are no part of these.
    expect((await saved()) - savedBefore).toBeGreaterThan(0);
    expect(await sum('maskwire_encodes_saved_total{by="cluster"}')).toBeGreaterThan(0);
  });

  it("I6: those who wait at another encoder hear of its place in line and the time left", async () => {
    const [one, two] = cluster.encoders as [MaskwireProcess, MaskwireProcess];
    const picture = await jpegScene(640, 480, nextSeed++);
    // Enough of them that the picture still waits when it is sent to the other encoder.
    const ahead = await Promise.all([nextSeed++, nextSeed++, nextSeed++].map((seed) => jpegScene(640, 480, seed)));
    let [begun, queued] = [() => {}, () => {}];
    const isAtWork = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const isQueued = new Promise<void>((resolve) => {
      queued = resolve;
    });
    const first = ahead.map((other) => encodeAt(one, other, ({ case: kind }) => kind === "encoding" && begun()));
    await isAtWork;
    const last = encodeAt(one, picture, ({ case: kind }) => kind === "queued" && queued());
    await isQueued;
    const heard: EncodeEvent["event"][] = [];
    await encodeAt(two, picture, (event) => heard.push(event));
    const place = heard.find((event) => event.case === "queued");
    expect(place?.value.position).toBeGreaterThan(0);
    await Promise.all([...first, last]);
  });

  it("I6: is taken over when the encoder at work stops, which then finds it done", async () => {
    const [one, two] = cluster.encoders as [MaskwireProcess, MaskwireProcess];
    const picture = await jpegScene(640, 480, nextSeed++);
    const before = await metric(two.adminUrl, 'maskwire_encodes_total{outcome="encoded"}');
    let begun = () => {};
    const isAtWork = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const first = encodeAt(one, picture, ({ case: kind }) => {
      if (kind === "encoding") begun();
    });
    await isAtWork;
    one.signal("SIGSTOP");
    const seen: string[] = [];
    try {
      const ready = await encodeAt(two, picture, ({ case: kind }) => seen.push(kind ?? ""));
      expect(ready.image?.imageId).toBe(imageIdOf(picture));
      expect(await metric(two.adminUrl, 'maskwire_encodes_total{outcome="encoded"}')).toBe(before + 1);
      // Told at once that it is being encoded, by whomever.
      expect(seen[0]).toBe("encoding");
    } finally {
      one.signal("SIGCONT");
    }
    expect((await first).cached).toBe(true);
  });

  it("I6: is taken over when the encoder at work is killed", async () => {
    const [one, two] = cluster.encoders as [MaskwireProcess, MaskwireProcess];
    const picture = await jpegScene(640, 480, nextSeed++);
    const first = encodeAt(one, picture, ({ case: kind }) => {
      if (kind === "encoding") one.signal("SIGKILL");
    });
    await expect(first).rejects.toThrow();
    expect((await encodeAt(two, picture)).image?.imageId).toBe(imageIdOf(picture));
  });
});
