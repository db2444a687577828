import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import fastify from "fastify";
import { expect, it } from "vitest";
import { JsonLines } from "./json-lines.js";

it("cuts off who does not read what is written for him", async () => {
  const app = fastify({ forceCloseConnections: true });
  const written = new Promise<boolean>((resolve) => {
    app.get("/", async (_request, reply) => {
      const lines = new JsonLines(reply);
      // More than the system takes for him.
      for (let count = 0; count < 300; count++) lines.write("x".repeat(100_000));
      await lines.drained(50);
      resolve(reply.raw.destroyed);
    });
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const deaf = connect(port, "127.0.0.1", () => deaf.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  deaf.pause();
  await once(deaf, "connect");
  expect(await written).toBe(true);
  deaf.destroy();
  await app.close();
});
