import { expect, it, vi } from "vitest";
import { Code } from "../errors.js";
import { startEcho } from "../testing/echo-server.js";
import { Echo } from "../testing/echo-service.js";
import { FakeAccess, principalOf } from "../testing/fake-access.js";

const { say, join, chat } = Echo.method;
const gateway = principalOf("ours", ["peer"]);
const origin = { caller: "0123456789abcdef", tenant: "acme" };

it("shows its key as it is now with every kind of call", async () => {
  const heard: string[] = [];
  await using echo = await startEcho(
    {
      say: async ({ value }, { origin: { tenant } }) => ({ value: `${value} ${tenant}` }),
      join: async (_requests, { origin: { tenant } }) => ({ value: tenant ?? "" }),
      chat: async (_requests, send, { origin: { tenant } }) => send({ value: tenant ?? "" }),
    },
    { access: new FakeAccess({ first: gateway, second: gateway }) },
  );
  let bearer = "first";
  const refused = vi.fn();
  const client = echo.client.as({ bearer: () => bearer, refused });
  heard.push((await client.unary(say, { value: "hello" }, { origin })).value);
  bearer = "second";
  const joining = client.clientStream(join, { origin });
  joining.end();
  heard.push((await joining.response).value);
  const chatting = client.duplex(chat, { origin });
  chatting.end();
  for await (const { value } of chatting.responses) heard.push(value);
  expect(heard).toEqual(["hello acme", "acme", "acme"]);
  expect(refused).not.toHaveBeenCalled();
});

it.each([
  ["no key", undefined, Code.UNAUTHENTICATED],
  ["a key that is not known", "guess", Code.UNAUTHENTICATED],
  ["a key that may not speak for others", "user", Code.PERMISSION_DENIED],
])("L11: with %s it is told itself, and those it calls for that it will pass", async (_what, bearer, code) => {
  await using echo = await startEcho({}, { access: new FakeAccess({ gateway, user: principalOf("b") }) });
  const refused = vi.fn();
  const client = echo.client.as({ bearer: () => bearer, refused });
  const told = { code: Code.UNAVAILABLE, retryAfterMs: 2000, message: expect.stringMatching(/in the log\.$/) };
  await expect(client.unary(say, { value: "hello" }, { origin })).rejects.toMatchObject(told);
  const joining = client.clientStream(join, { origin });
  joining.end();
  await expect(joining.response).rejects.toMatchObject(told);
  const chatting = client.duplex(chat, { origin });
  chatting.end();
  await expect(chatting.responses[Symbol.asyncIterator]().next()).rejects.toMatchObject(told);
  expect(refused.mock.calls).toEqual(Array(3).fill([client.address, expect.objectContaining({ code })]));
});

it("hands on what else goes wrong as it is", async () => {
  await using echo = await startEcho({}, { access: new FakeAccess({ gateway }) });
  const refused = vi.fn();
  const client = echo.client.as({ bearer: () => "gateway", refused });
  echo.stopping.abort();
  await expect(client.unary(say, {}, { origin })).resolves.toBeDefined();
  echo.vanish();
  await expect(client.unary(say, {}, { origin })).rejects.toMatchObject({ code: Code.UNAVAILABLE, retryAfterMs: 1000 });
  expect(refused).not.toHaveBeenCalled();
});
