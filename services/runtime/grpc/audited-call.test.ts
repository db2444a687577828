import { describe, expect, it } from "vitest";
import { EncoderService } from "../../../proto/index.js";
import type { Audit, AuditEvent } from "../audit/audit.js";
import { type Access, openAccess } from "../callers/access.js";
import { callerAt } from "../callers/caller.js";
import type { Principal } from "../callers/principal.js";
import { Code, invalidArgument, overloaded, ServiceError } from "../errors.js";
import { startEcho, startEchoInProcess } from "../testing/echo-server.js";
import { Echo } from "../testing/echo-service.js";
import { principalOf } from "../testing/fake-access.js";
import type { Origin } from "../tracing/origin.js";
import { AuditedCall } from "./audited-call.js";
import type { CallContext } from "./serve.js";

const imageId = `sha256:${"ab".repeat(32)}`;
const user = principalOf("acme");
const gateway: Principal = { ...principalOf("ours", ["peer"]), id: "gateway" };
const forSomebody: Origin = { caller: callerAt("203.0.113.7").key, tenant: "acme" };

/** Notes what it is told. */
class Notes implements Audit {
  readonly events: AuditEvent[] = [];
  note(event: AuditEvent): void {
    this.events.push(event);
  }
  async close(): Promise<void> {}
}

/** Knows everybody as that one, or nobody. */
const knowing = (principal: Principal | undefined): Access => ({
  ...openAccess,
  isOpen: false,
  identify: () => {
    if (principal) return principal;
    throw new ServiceError({ code: Code.UNAUTHENTICATED, message: "Nobody is known by that." });
  },
});

/** What is told of a call that does something to a picture. */
async function told(
  access: Access,
  { origin = {}, start = startEcho, failure }: { origin?: Origin; start?: typeof startEcho; failure?: Error } = {},
) {
  const audit = new Notes();
  const say = async (_request: unknown, { audited, take }: CallContext) => {
    take("clicksPerMinute", 1);
    audited.does("upload", imageId);
    if (failure) throw failure;
    return {};
  };
  await using echo = await start({ say }, { access, audit, trustsPeers: true });
  await echo.client.unary(Echo.method.say, {}, { origin }).catch(() => {});
  return audit.events.map(({ action, outcome, code, object, tenant, principal }) => [
    `${action} ${outcome}`,
    ...(code === undefined ? [] : [Code[code]]),
    ...(object === undefined ? [] : [object]),
    ...(principal === undefined ? [] : [`${principal} of ${tenant}`]),
  ]);
}

describe("J4: of a call", () => {
  const method = "maskwire.testing.Echo/Say";
  const use = (one: Principal) => ["key-use done", `${one.id} of ${one.tenant}`];
  it.each<[string, Access, Parameters<typeof told>[1], string[][]]>([
    ["by key", knowing(user), {}, [use(user), ["upload done", imageId, "someone-of-acme of acme"]]],
    [
      "by key that fails",
      knowing(user),
      { failure: invalidArgument("no") },
      [use(user), ["upload failed", "INVALID_ARGUMENT", imageId, "someone-of-acme of acme"]],
    ],
    [
      "by key that meets a limit",
      knowing(user),
      { failure: overloaded("no", 1) },
      [use(user), ["limited refused", "RESOURCE_EXHAUSTED", method, "someone-of-acme of acme"]],
    ],
    [
      "of who may not",
      knowing(principalOf("acme", ["upload"])),
      {},
      [use(user), ["denied refused", "PERMISSION_DENIED", method, "someone-of-acme of acme"]],
    ],
    ["of nobody", knowing(undefined), {}, [["denied refused", "UNAUTHENTICATED", method]]],
    [
      "that a gateway makes for somebody: its key's use alone",
      knowing(gateway),
      { origin: forSomebody },
      [use(gateway)],
    ],
    [
      "that a gateway makes for nobody",
      knowing(gateway),
      {},
      [use(gateway), ["upload done", imageId, "gateway of ours"]],
    ],
    ["where nobody is asked, and gateways call", openAccess, { origin: forSomebody }, []],
    ["where nobody is asked, and it is for nobody", openAccess, {}, [["upload done", imageId]]],
    ["in the process", knowing(user), { start: startEchoInProcess }, []],
  ])("%s", async (_name, access, options, lines) => {
    expect(await told(access, options)).toEqual(lines);
  });

  it("by certificate: the name that tells its role, the network, and a request's id that it is given", () => {
    const audit = new Notes();
    const certificate = { subjectaltname: "DNS:batch, URI:spiffe://x/maskwire/client" };
    const call = {
      metadata: { get: () => [] } as never,
      getPeer: () => "2001:db8:7:7:1::1:4711",
      getAuthContext: () => ({ sslPeerCertificate: certificate }),
    };
    const origin: Origin = {};
    const audited = new AuditedCall(audit, EncoderService.method.deleteImages, call, origin);
    audited.admitted({ isForOthers: false });
    audited.does("delete");
    audited.ended();
    expect(audit.events).toEqual([
      {
        action: "delete",
        outcome: "done",
        object: "maskwire.v1.EncoderService/DeleteImages",
        certificate: "URI:spiffe://x/maskwire/client",
        address: "2001:db8:7:7::/64",
        request: origin.request,
      },
    ]);
    expect(origin.request).toMatch(/^[0-9a-f-]{36}$/);
  });
});
