import { Metadata } from "@grpc/grpc-js";
import { expect, it } from "vitest";
import { Code } from "../errors.js";
import { startEchoInProcess } from "../testing/echo-server.js";
import { Echo } from "../testing/echo-service.js";
import { RpcClient } from "./client.js";
import { InProcessServer } from "./in-process.js";

const { say, chat } = Echo.method;

it("hands messages over as they are", async () => {
  let heard: unknown;
  const answer = { value: "the very one" };
  await using echo = await startEchoInProcess({
    async chat(requests, send) {
      for await (const request of requests) {
        heard = request;
        await send(answer);
      }
    },
  });
  const call = echo.client.duplex(chat);
  await call.send({ value: "x".repeat(10_000_000) });
  call.end();
  const words: string[] = [];
  for await (const { value } of call.responses) words.push(value);
  expect(heard).toMatchObject({ $typeName: "google.protobuf.StringValue" });
  expect(words).toEqual(["the very one"]);
});

it("is UNIMPLEMENTED where nobody added the method", async () => {
  const client = new RpcClient("here", {}, new InProcessServer().connect());
  await expect(client.unary(say, {})).rejects.toMatchObject({ code: Code.UNIMPLEMENTED });
});

it("does not begin a call that was cancelled in the turn in which it was made", async () => {
  let begun = false;
  await using echo = await startEchoInProcess({
    async chat() {
      begun = true;
    },
  });
  const call = echo.client.duplex(chat);
  call.cancel();
  await expect(call.responses[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: Code.CANCELLED });
  expect(begun).toBe(false);
});

it("ends every call under way when it is closed, and takes no other", async () => {
  const server = new InProcessServer();
  server.addService({ wait: definition("/test/Wait") }, { wait: () => {} });
  const calls = server.connect();
  const ended = new Promise((resolve) => {
    calls.makeUnaryRequest("/test/Wait", serialize, deserialize, {}, new Metadata(), {}, (error) =>
      resolve(error?.code),
    );
  });
  await new Promise(setImmediate);
  server.close();
  expect(await ended).toBe(Code.UNAVAILABLE);
  const late = new Promise((resolve) => {
    calls.makeUnaryRequest("/test/Wait", serialize, deserialize, {}, new Metadata(), {}, (error) =>
      resolve(error?.code),
    );
  });
  expect(await late).toBe(Code.UNAVAILABLE);
});

it("takes no new calls on a way that was closed, and lets the others be", async () => {
  await using echo = await startEchoInProcess({});
  const other = echo.connect();
  echo.client.close();
  await expect(echo.client.unary(say, { value: "a" })).rejects.toMatchObject({ code: Code.UNAVAILABLE });
  expect((await other.unary(say, { value: "b" })).value).toBe("b");
});

/** Nothing is ever written or read. */
const serialize = () => Buffer.alloc(0);
const deserialize = () => ({});

function definition(path: string) {
  return {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: serialize,
    requestDeserialize: deserialize,
    responseSerialize: serialize,
    responseDeserialize: deserialize,
  };
}
