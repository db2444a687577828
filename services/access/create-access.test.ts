import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openAccess } from "../runtime/callers/access.js";
import { anyone } from "../runtime/callers/principal.js";
import { Code } from "../runtime/errors.js";
import { readEnv } from "../runtime/settings/read-env.js";
import { fakeLogger } from "../runtime/testing/fake-logger.js";
import { createAccess } from "./create-access.js";
import { type KeyEntry, writeKeyFile } from "./keys/key-file.js";
import { digestOf, formatKey, newSecret } from "./keys/secret.js";
import { shape, variables } from "./settings.js";

const secret = newSecret();
const authorization = `Bearer ${formatKey({ id: "ci", secret })}`;
const entry: KeyEntry = {
  id: "ci",
  sha256: digestOf(secret).toString("hex"),
  tenant: "acme",
  scopes: ["segment"],
  createdAt: 0,
};
const unauthenticated = expect.objectContaining({ code: Code.UNAUTHENTICATED, message: expect.stringMatching(/\.$/) });
let folder: string;
let path: string;
let logger: ReturnType<typeof fakeLogger>;
let opened: ReturnType<typeof createAccess>;

const settingsOf = (env: Record<string, string>, host = "127.0.0.1") =>
  shape(readEnv(variables, env), { host, requiresCertificates: false, hasOtherGateways: true });
const write = (...entries: KeyEntry[]) => writeFileSync(path, writeKeyFile({ keys: entries, tenants: {} }));
const caught = async (act: () => unknown) => {
  try {
    return await act();
  } catch (error) {
    return error;
  }
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "access-"));
  path = join(folder, "keys.json");
  logger = fakeLogger();
  write(entry);
  opened = createAccess(settingsOf({ MASKWIRE_AUTH_FILE: path }), logger);
});
afterEach(() => {
  opened.close();
  rmSync(folder, { recursive: true });
});

it("asks nobody where nothing is set, and says so where others may come", () => {
  expect(createAccess(settingsOf({}), logger).access).toBe(openAccess);
  const before = logger.lines.length;
  createAccess(settingsOf({ MASKWIRE_AUTH: "none" }, "0.0.0.0"), logger);
  expect(logger.lines.slice(before)).toMatchObject([{ level: 40, msg: /MASKWIRE_AUTH=none/ }]);
});

it.each([
  [undefined],
  [""],
  ["Bearer"],
  ["Basic dXNlcjpwYXNz"],
  [`Bearer ${formatKey({ id: "ci", secret })} more`],
  ["Bearer mw_ci_short"],
  ["Bearer eyJhbGciOiJub25lIn0.e30."],
])("L1: %j lets nobody in", async (given) => {
  expect(await caught(() => opened.access.identify({ authorization: given }))).toEqual(unauthenticated);
});

it("L8: a key is known at once, its scheme in any case", () => {
  const principal = opened.access.identify({ authorization });
  expect(principal).toMatchObject({ id: "ci", tenant: "acme" });
  expect(opened.access.identify({ authorization: authorization.replace("Bearer", "bearer") })).toBe(principal);
  expect(opened.access.signIn).toEqual({ methods: ["key"] });
});

it("L9: a key that is revoked ends what it is in the middle of, also what its tickets began", async () => {
  const { access } = opened;
  const principal = await access.identify({ authorization });
  const { ticket } = await access.giveTicket(principal);
  const ended: string[] = [];
  access.watch(principal, () => ended.push("key"));
  access.watch(await access.identify({ ticket }), () => ended.push("ticket"));
  write({ ...entry, revokedAt: 1 });
  await expect.poll(() => ended.sort()).toEqual(["key", "ticket"]);
  expect(await caught(() => access.identify({ authorization }))).toEqual(unauthenticated);
  expect(await caught(() => access.identify({ ticket }))).toEqual(unauthenticated);
});

it("L9: what was let in before its key was revoked, and is watched after, ends as well", async () => {
  const { access } = opened;
  const principal = await access.identify({ authorization });
  write();
  await expect.poll(() => logger.lines.length).toBeGreaterThan(1);
  const onEnd = vi.fn();
  access.watch(principal, onEnd);
  const stopped = vi.fn();
  access.watch(principal, stopped)();
  await expect.poll(() => onEnd.mock.calls.length).toBe(1);
  expect(stopped).not.toHaveBeenCalled();
});

it("L9: a key that is revoked while the process starts is not believed", async () => {
  const settings = settingsOf({ MASKWIRE_AUTH_FILE: path });
  write({ ...entry, revokedAt: 1 });
  const late = createAccess(settings, fakeLogger());
  await expect.poll(() => caught(() => late.access.identify({ authorization }))).toEqual(unauthenticated);
  late.close();
});

it("L9: a file that cannot be used changes nothing, and the log says why", async () => {
  const { access } = opened;
  const principal = await access.identify({ authorization });
  const onEnd = vi.fn();
  access.watch(principal, onEnd);
  writeFileSync(path, '{"keys":[{"id":"ci","sha256":"x"}]}');
  await expect
    .poll(() => logger.lines.at(-1))
    .toMatchObject({ level: 50, path, why: expect.stringContaining('entry 1 ("ci"): expected of "sha256"') });
  expect(access.identify({ authorization })).toBe(principal);
  expect(onEnd).not.toHaveBeenCalled();
});

it("L5: who is watched without a key, as a call within the process, does not end", () => {
  const onEnd = vi.fn();
  opened.access.watch(anyone, onEnd)();
  expect(onEnd).not.toHaveBeenCalled();
});

it("says that tickets are for one gateway where there may be others", () => {
  expect(logger.lines).toMatchObject([{ level: 40, msg: expect.stringContaining("MASKWIRE_TICKET_KEY_FILE") }]);
});

it("L7: tickets of one gateway are good at another with the same file of keys, until that changes", async () => {
  const ticketKeys = join(folder, "ticket-keys");
  writeFileSync(ticketKeys, `one:${"ab".repeat(32)}\n`);
  const settings = settingsOf({ MASKWIRE_AUTH_FILE: path, MASKWIRE_TICKET_KEY_FILE: ticketKeys });
  const [one, other] = [createAccess(settings, fakeLogger()), createAccess(settings, fakeLogger())];
  const { ticket } = await one.access.giveTicket(await one.access.identify({ authorization }));
  expect(await other.access.identify({ ticket })).toMatchObject({ id: "ci" });
  writeFileSync(ticketKeys, `two:${"cd".repeat(32)}\n`);
  await expect.poll(() => caught(() => other.access.identify({ ticket }))).toEqual(unauthenticated);
  one.close();
  other.close();
});
