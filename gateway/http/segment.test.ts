import fastify, { type FastifyInstance } from "fastify";
import { afterEach, expect, it } from "vitest";
import type { SegmentRequest } from "../../proto/index.js";
import { JsonReader } from "../json/json-reader.js";
import { UnsentBytes } from "../limits/unsent-bytes.js";
import { result } from "../sessions/testing/session-events.js";
import { askAt } from "../testing/ask-at.js";
import { bodyLimits } from "../testing/body-limits.js";
import { type FakeServices, startServices } from "../testing/fake-services.js";
import { segmentRoute } from "./segment.js";
import { UnsentAnswers } from "./unsent-answers.js";

type SegmentOnce = NonNullable<NonNullable<Parameters<typeof startServices>[0]["decoder"]>["segmentOnce"]>;

const opened: { close(): unknown }[] = [];
let services: FakeServices;

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  await services[Symbol.asyncDispose]();
});

/** @returns asks the route for masks, of a decoder that answers so. */
async function start(segmentOnce: SegmentOnce, deadlineMs = 60_000): Promise<(prompt: object) => Promise<Response>> {
  services = await startServices({ decoder: { segmentOnce } });
  const app: FastifyInstance = fastify({ forceCloseConnections: true });
  const door = askAt([services.address], { deadlineMs });
  const json = new JsonReader({ bytes: 64 * 1024 * 1024 });
  opened.push(app, door, json);
  await app.register(segmentRoute, {
    ...door,
    maxFrameBytes: 10_000,
    bodies: bodyLimits(),
    json,
    unsentAnswers: new UnsentAnswers(new UnsentBytes(1000), { limitHit: () => {} }),
  });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  const body = (prompt: object) => JSON.stringify({ imageId: `sha256:${"a".repeat(64)}`, prompt });
  return (prompt) => fetch(`${url}/v1/segment`, { method: "POST", body: body(prompt) });
}

const points = [{ x: 1, y: 1 }];

it("C8, H6: starts from a mask that its steps lead to", async () => {
  const asked: SegmentRequest[] = [];
  const ask = await start(async (request) => {
    asked.push(request);
    return { outcome: { case: "result", value: result(asked.length) } };
  });
  const previous = { sequence: 1, mask: 0, steps: [{ prompt: { points } }] };
  const reply = await ask({ points, mask: { previous } });
  expect(reply.status).toBe(200);
  expect(await reply.json()).toMatchObject({ masks: [{ area: 2 }] });
  expect(asked.map(({ prompt }) => prompt?.mask?.source)).toMatchObject([
    undefined,
    { case: "lowResLogits", value: { data: Buffer.of(1, 0) } },
  ]);
});

it.each([
  ["C8, H6: refuses a mask that no steps lead to", { sequence: 1 }, 409, "FAILED_PRECONDITION"],
  ["C11, H6: refuses steps to no answer", { steps: [{ prompt: { points } }] }, 400, "INVALID_ARGUMENT"],
])("%s", async (_name, previous, status, code) => {
  const ask = await start(() => Promise.reject(new Error("no decoder is asked")));
  const reply = await ask({ points, mask: { previous } });
  expect([reply.status, await reply.json()]).toMatchObject([status, { error: { code } }]);
});

it("R5, H6: ends at the deadline", async () => {
  let isSilent = false;
  const answer = { outcome: { case: "result" as const, value: result(1) } };
  const ask = await start(() => (isSilent ? new Promise(() => {}) : Promise.resolve(answer)), 500);
  // Connected, however slow this machine is.
  while ((await ask({ points })).status !== 200);
  isSilent = true;
  const reply = await ask({ points });
  expect([reply.status, await reply.json()]).toMatchObject([504, { error: { code: "DEADLINE_EXCEEDED" } }]);
});

it("B6: refuses an answer for which unread ones leave no room", async () => {
  const ask = await start(async () => {
    const { masks, ...rest } = result(1);
    return { outcome: { case: "result", value: { ...rest, masks: Array(100).fill(masks[0]) } } };
  });
  const reply = await ask({ points });
  expect([reply.status, await reply.json()]).toMatchObject([429, { error: { code: "RESOURCE_EXHAUSTED" } }]);
});
