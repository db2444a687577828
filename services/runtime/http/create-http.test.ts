import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { fakeLogger } from "../testing/fake-logger.js";
import { createHttp } from "./create-http.js";

it("answers what is asked before all routes are there once they are: clients come back while a server starts", async () => {
  const { app } = createHttp(fakeLogger());
  app.addHook("preParsing", (_request, _reply, _payload, done) => done());
  app.get("/early", async () => "here");
  app.server.listen(0, "127.0.0.1");
  await once(app.server, "listening");
  const asked = once(app.server, "request");
  const { port } = app.server.address() as AddressInfo;
  const answers = Promise.all([fetch(`http://127.0.0.1:${port}/early`), fetch(`http://127.0.0.1:${port}/none`)]);
  await asked;
  await app.ready();
  expect((await answers).map(({ status }) => status)).toEqual([200, 404]);
  await app.close();
});

it("H14 closes all answers with their connection, those behind the first too, and what they are read from", async () => {
  const { app } = createHttp(fakeLogger());
  const closed: string[] = [];
  const files: Readable[] = [];
  const file = () => {
    const one = new Readable({ read() {} });
    files.push(one);
    return one;
  };
  let ask = () => {};
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  let answer = () => {};
  const late = new Promise<void>((resolve) => {
    answer = resolve;
  });
  app.addHook("onRequest", (request, reply, done) => {
    reply.raw.once("close", () => closed.push(request.url));
    done();
  });
  app.get("/held", () => new Promise(() => {}));
  app.get("/short", async () => "short");
  app.get("/file", (_request, reply) => reply.send(file()));
  app.get("/late", async (_request, reply) => {
    ask();
    await late;
    return reply.send(file());
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  const socket = connect((app.server.address() as AddressInfo).port, "127.0.0.1");
  for (const path of ["/held", "/short", "/file", "/late"]) socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await asked;
  socket.destroy();
  await expect.poll(() => closed.toSorted()).toEqual(["/file", "/held", "/late", "/short"]);
  // Its own work may end later.
  answer();
  await expect.poll(() => files.map(({ destroyed }) => destroyed)).toEqual([true, true]);
  await app.close();
});
