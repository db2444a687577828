import fastify, { type FastifyInstance } from "fastify";
import { afterEach, expect, it } from "vitest";
import { invalidArgument } from "../../services/runtime/errors.js";
import { JsonReader } from "../json/json-reader.js";
import { askAt } from "../testing/ask-at.js";
import { bodyLimits } from "../testing/body-limits.js";
import { type FakeServices, startServices } from "../testing/fake-services.js";
import { everythingRoute } from "./everything.js";

type Everything = NonNullable<NonNullable<Parameters<typeof startServices>[0]["decoder"]>["segmentEverything"]>;

const opened: { close(): unknown }[] = [];
let services: FakeServices;

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  await services[Symbol.asyncDispose]();
});

/** @returns the answer to a request for everything. */
async function ask(segmentEverything: Everything, everythingMs = 60_000): Promise<Response> {
  services = await startServices({ decoder: { segmentEverything } });
  const app: FastifyInstance = fastify({ forceCloseConnections: true });
  const door = askAt([services.address], { deadlineMs: 1, everythingMs });
  const json = new JsonReader({ bytes: 64 * 1024 * 1024 });
  opened.push(app, door, json);
  await app.register(everythingRoute, { ...door, maxFrameBytes: 10_000, json, bodies: bodyLimits(), silenceMs: 100 });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return fetch(`${url}/v1/everything`, {
    method: "POST",
    body: JSON.stringify({ imageId: `sha256:${"a".repeat(64)}` }),
  });
}

const linesOf = async (reply: Response) =>
  (await reply.text())
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
const nothingYet = { progress: { pointsDone: 0, pointsTotal: 0, etaMs: 0 } };

/** Lets the work begin when the answer has begun, or has not for a while. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), opened };
}

it("E1: begins to answer before the work begins, and says so again while nothing changes", async () => {
  const { open, opened: begun } = gate();
  const reply = await ask(async (_request, send) => {
    await begun;
    await send({ event: { case: "progress", value: { pointsDone: 1, pointsTotal: 4 } } });
    await new Promise((resolve) => setTimeout(resolve, 350));
    await send({ event: { case: "done", value: { points: 4 } } });
  });
  // The decoder has said nothing yet.
  expect(reply.status).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, 350));
  open();
  const lines = await linesOf(reply);
  expect(lines.filter((line) => JSON.stringify(line) === JSON.stringify(nothingYet)).length).toBeGreaterThan(1);
  expect(lines.filter((line) => line.progress?.pointsDone === 1).length).toBeGreaterThan(1);
  expect(lines.at(-1)).toMatchObject({ done: { points: 4 } });
});

it("E1, H3: refuses what is refused at once with its status, and later in a line", async () => {
  const refuse = () => {
    throw invalidArgument("There are no points.");
  };
  const early = await ask(async () => refuse());
  expect(early.status).toBe(400);
  await services[Symbol.asyncDispose]();
  const { open, opened: begun } = gate();
  const late = await ask(async () => {
    await begun;
    refuse();
  });
  expect(late.status).toBe(200);
  open();
  const lines = await linesOf(late);
  expect(lines[0]).toEqual(nothingYet);
  expect(lines.at(-1)).toEqual({ error: { code: "INVALID_ARGUMENT", message: "There are no points." } });
});

it("E8: ends at its own deadline when nothing begins, and the decoder's work with it", async () => {
  let leave = () => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  const reply = await ask(async (_request, _send, { signal }) => {
    signal.addEventListener("abort", leave);
    await left;
  }, 700);
  expect(reply.status).toBe(200);
  const lines = await linesOf(reply);
  expect(lines.at(-1)).toEqual({
    error: { code: "DEADLINE_EXCEEDED", message: expect.stringContaining("did not begin") },
  });
  await left;
});
