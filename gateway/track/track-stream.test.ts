import type { MessageInitShape } from "@bufbuild/protobuf";
import { afterEach, expect, it } from "vitest";
import { type TrackCommandSchema, TrackService, type TrackUpdate } from "../../proto/index.js";
import { Code } from "../../services/runtime/errors.js";
import { type DuplexCall, RpcClient } from "../../services/runtime/grpc/client.js";
import type { Host } from "../../services/runtime/host.js";
import { FakeAccess, principalOf } from "../../services/runtime/testing/fake-access.js";
import { serveGateway } from "../testing/serve-gateway.js";
import { given, idOf, shortly, size } from "./testing/played-video.js";

type Command = MessageInitShape<typeof TrackCommandSchema>;
const open: Command = { sequence: 1, command: { case: "open", value: { imageIds: [idOf(0), idOf(1)], ...size } } };
const prompt: Command = { sequence: 2, command: { case: "prompt", value: { prompt: given(1, 0) } } };

let host: Host;
const clients: RpcClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  host.force();
  await host.stop();
});

const connect = () => {
  const client = new RpcClient(`127.0.0.1:${host.port}`);
  clients.push(client);
  return client;
};

/** A stream, and what comes by it one after the other. */
function stream(client = connect()) {
  const call: DuplexCall<Command, TrackUpdate> = client.duplex(TrackService.method.track, {});
  const updates = call.responses[Symbol.asyncIterator]();
  return {
    call,
    say: async (command: Command) => {
      await call.send(command);
      const { value } = await updates.next();
      return value && [value.sequence, shortly((value as TrackUpdate).update as never)];
    },
    updates,
  };
}

it("Y4: a gateway by itself serves videos over gRPC, a stream each, and goes on to the end of what it was asked", async () => {
  host = await serveGateway();
  const { call, say, updates } = stream();
  expect(await say(prompt)).toEqual([2, "failed: No video is open; send `open` first."]);
  expect(await say(open)).toEqual([1, "opened"]);
  expect(await say(prompt)).toEqual([2, "prompted 1;"]);
  // Nobody is there who would make a frame.
  await call.send({ sequence: 3, command: { case: "run", value: { last: 0 } } });
  call.end();
  expect((await updates.next()).value).toMatchObject({ sequence: 3, update: { case: "done" } });
  expect(await updates.next()).toMatchObject({ done: true });
});

it("Y4: a gateway that stops ends runs and streams, and says to come again", async () => {
  host = await serveGateway();
  const { call, say, updates } = stream();
  await say(open);
  await say(prompt);
  await call.send({ sequence: 3, command: { case: "run", value: {} } });
  const stopped = host.stop();
  await expect(updates.next().then(() => updates.next())).rejects.toMatchObject({ code: Code.UNAVAILABLE });
  await stopped;
});

it("L1: who does not say who he is opens no video", async () => {
  host = await serveGateway({}, { access: new FakeAccess({ uploader: principalOf("acme", ["upload"]) }) });
  await expect(stream().say(open)).rejects.toMatchObject({ code: Code.UNAUTHENTICATED });
});

it("B3: a gateway has as many streams as sessions, and says so to one more", async () => {
  host = await serveGateway({ MASKWIRE_MAX_SESSIONS: "1" });
  const [one, other] = [stream(), stream(connect())];
  expect(await one.say(open)).toEqual([1, "opened"]);
  await expect(other.say(open)).rejects.toMatchObject({ code: Code.RESOURCE_EXHAUSTED });
  one.call.end();
  expect(await one.updates.next()).toMatchObject({ done: true });
  expect(await stream().say(open)).toEqual([1, "opened"]);
});
