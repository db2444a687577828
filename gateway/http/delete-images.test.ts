import { afterEach, expect, it } from "vitest";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import { FakeAccess, principalOf } from "../../services/runtime/testing/fake-access.js";
import { type FakeServices, startServices } from "../testing/fake-services.js";
import { serveGateway } from "../testing/serve-gateway.js";

const imageId = `sha256:${"a".repeat(64)}`;
const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

/** What servers were asked, in the order in which they were. */
type Asked = { by: string; tenant: string | undefined; images: string; shared?: boolean };

async function startServer(
  name: string,
  asked: Asked[],
  fails?: () => ServiceError | undefined,
  held?: Promise<void>,
): Promise<FakeServices> {
  const note = (by: string, images: { case?: string | undefined; value?: unknown }, tenant: string | undefined) => {
    asked.push({ by, tenant, images: String(images.case === "imageId" ? images.value : images.case) });
    const error = fails?.();
    if (error) throw error;
  };
  const services = await startServices(
    {
      encoder: {
        deleteImages: async ({ images, shared }, { origin }) => {
          if (shared) await held;
          note(`${name} ${shared ? "shared" : "own"}`, images, origin.tenant);
          return {};
        },
      },
      decoder: {
        forgetImages: async ({ images }, { origin }) => {
          note(`${name} decoder`, images, origin.tenant);
          return {};
        },
      },
    },
    0,
    { trustsPeers: true },
  );
  opened.push(services);
  return services;
}

/** @param down an address at which nobody is, among those of the decoders. */
async function start({
  access,
  fails,
  down,
  held,
}: {
  access?: FakeAccess;
  fails?: () => ServiceError | undefined;
  down?: string;
  held?: Promise<void>;
} = {}) {
  const asked: Asked[] = [];
  const servers = [await startServer("one", asked, fails, held), await startServer("two", asked, undefined, held)];
  const addresses = servers.map(({ address }) => address);
  const decoders = down ? [...addresses, down] : addresses;
  const host = await serveGateway({}, { access, encoders: addresses, decoders });
  opened.push({
    [Symbol.asyncDispose]: () => {
      host.force();
      return host.stop();
    },
  });
  const erase = (path: string, bearer?: string) =>
    fetch(`http://127.0.0.1:${host.port}${path}`, {
      method: "DELETE",
      headers: bearer ? { authorization: `Bearer ${bearer}` } : {},
    });
  return { asked, erase };
}

const names = (asked: Asked[]) => asked.map(({ by }) => by);
const sharedByOne = expect.stringMatching(/^(one|two) shared$/);

it("K4 deletes a picture at every encoder, then in the shared cache, then at every decoder, and tells not whether it was there", async () => {
  const { asked, erase } = await start();
  for (let times = 0; times < 2; times++) {
    const answer = await erase(`/v1/images/${imageId.toUpperCase().replace("SHA", "sha")}`);
    expect(answer.status).toBe(204);
    expect(await answer.text()).toBe("");
    const all = asked.splice(0);
    expect(names(all.slice(0, 2)).sort()).toEqual(["one own", "two own"]);
    expect(all[2]?.by).toEqual(sharedByOne);
    expect(names(all.slice(3)).sort()).toEqual(["one decoder", "two decoder"]);
    for (const { images, tenant } of all) expect([images, tenant]).toEqual([imageId, undefined]);
  }
  expect((await erase("/v1/images/cat")).status).toBe(400);
  expect(asked).toEqual([]);
});

it("K4 has a few under way at once, which callers share, and tells the others when to ask again", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const users = { flood: principalOf("acme"), other: principalOf("other") };
  const { asked, erase } = await start({ access: new FakeAccess(users), held });
  const refused: Response[] = [];
  const flood = Array.from({ length: 50 }, async () => {
    const answer = await erase(`/v1/images/${imageId}`, "flood");
    if (answer.status === 429) refused.push(answer);
    return answer.status;
  });
  while (refused.length < 38) await new Promise(setImmediate);
  const other = erase("/v1/images?confirm=other", "other");
  while (!asked.some(({ tenant }) => tenant === "other")) await new Promise(setImmediate);
  release();
  expect((await other).status).toBe(204);
  const statuses = await Promise.all(flood);
  expect(statuses.filter((status) => status === 204)).toHaveLength(12);
  for (const answer of refused) expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(asked.filter(({ by }) => by === "one own")).toHaveLength(13);
});

it("K5 deletes everything only when that is said aloud, of whoever asks, and of others for who may", async () => {
  const users = {
    user: principalOf("acme", ["upload", "segment"]),
    reader: principalOf("acme", ["segment"]),
    boss: principalOf("acme"),
  };
  const { asked, erase } = await start({ access: new FakeAccess(users) });
  for (const path of [
    "/v1/images",
    "/v1/images?confirm=all",
    "/v1/images?confirm=other",
    "/v1/images?confirm=acme&confirm=acme",
  ]) {
    const refused = await erase(path, "user");
    expect(refused.status, path).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { message: expect.stringContaining("?confirm=acme") } });
  }
  expect((await erase("/v1/images?confirm=acme", "reader")).status).toBe(403);
  expect((await erase(`/v1/images/${imageId}`, "reader")).status).toBe(403);
  expect((await erase("/v1/tenants/other", "user")).status).toBe(403);
  expect((await erase("/v1/tenants/Other", "boss")).status).toBe(400);
  expect(asked).toEqual([]);
  for (const [path, bearer, tenant] of [
    ["/v1/images?confirm=acme", "user", "acme"],
    ["/v1/tenants/other", "boss", "other"],
  ] as const) {
    expect((await erase(path, bearer)).status).toBe(204);
    const all = asked.splice(0);
    expect(all).toHaveLength(5);
    for (const one of all) expect(one).toMatchObject({ images: "everything", tenant });
  }
});

it("K5 calls the nameless tenant all", async () => {
  const { asked, erase } = await start();
  expect((await erase("/v1/images?confirm=")).status).toBe(400);
  expect((await erase("/v1/images?confirm=all")).status).toBe(204);
  expect(asked).toHaveLength(5);
});

it("K7 is 503 with when to ask again while a server cannot be told, and goes as far as it can", async () => {
  const { asked, erase } = await start({ down: "127.0.0.1:1" });
  const answer = await erase(`/v1/images/${imageId}`);
  expect(answer.status).toBe(503);
  expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await answer.json()).toMatchObject({
    error: { code: "UNAVAILABLE", message: expect.stringContaining("ask again") },
  });
  expect(asked).toHaveLength(5);
});

it("K7 tells that it is the shared cache, and of a server's own refusal what that says", async () => {
  let error: ServiceError | undefined;
  const { asked, erase } = await start({ fails: () => error });
  const answers = [
    [
      new ServiceError({ code: Code.UNAVAILABLE, message: "The cache.", retryAfterMs: 2000, reason: "CACHE_LOST" }),
      503,
    ],
    [new ServiceError({ code: Code.FAILED_PRECONDITION, message: "Not now." }), 409],
  ] as const;
  for (const [one, status] of answers) {
    error = one;
    const answer = await erase(`/v1/images/${imageId}`);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ error: { message: one.message } });
    expect(asked.splice(0).length).toBeGreaterThanOrEqual(5);
  }
  error = undefined;
  expect((await erase(`/v1/images/${imageId}`)).status).toBe(204);
});
