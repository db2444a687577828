import { once } from "node:events";
import type { AddressInfo } from "node:net";
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
