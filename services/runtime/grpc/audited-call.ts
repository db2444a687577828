import type { DescMethod } from "@bufbuild/protobuf";
import { type Audit, type AuditAction, type AuditEvent, noAudit } from "../audit/audit.js";
import { networkOf } from "../callers/caller.js";
import type { Principal } from "../callers/principal.js";
import { Code, describeError } from "../errors.js";
import { certificateName } from "../tls/certificate-role.js";
import { newRequestId, type Origin } from "../tracing/origin.js";
import { type Admitted, addressOf, type ReceivedCall } from "./admit-call.js";
import { spanName } from "./call-origin.js";

/** What refusals are told as, whatever was asked for. */
const refusals = new Map<Code, AuditAction>([
  [Code.UNAUTHENTICATED, "denied"],
  [Code.PERMISSION_DENIED, "denied"],
  [Code.RESOURCE_EXHAUSTED, "limited"],
]);

type Who = Pick<AuditEvent, "tenant" | "principal" | "certificate">;

/**
 * Tells the audit log of one call that nobody's gateway tells of (J4): who made it, what it did, or why it was refused. Of what a
 * gateway asks for somebody, and of what stays in the process, it tells nothing.
 */
export class AuditedCall {
  readonly #audit: Audit;
  readonly #method: DescMethod;
  readonly #call: ReceivedCall;
  readonly #origin: Origin;
  /** undefined for a call that a gateway tells of. */
  #who: Who | undefined = {};
  #done: Pick<AuditEvent, "action" | "object"> | undefined;

  constructor(audit: Audit, method: DescMethod, call: ReceivedCall, origin: Origin) {
    this.#audit = audit;
    this.#method = method;
    this.#call = call;
    this.#origin = origin;
  }

  /** Who calls has shown a key or a token, be it a gateway's. */
  known({ id, tenant }: Principal): void {
    this.#who = { tenant, principal: id };
    this.#note({ action: "key-use", outcome: "done" });
  }

  admitted({ isForOthers }: Pick<Admitted, "isForOthers">): void {
    if (isForOthers) this.#who = undefined;
    else this.#named();
  }

  /** What the call is, where that is told of when it ends. @param object a picture's id; left out, the method. */
  does(action: AuditAction, object?: string): void {
    this.#done = { action, ...(object ? { object } : {}) };
  }

  /** It has ended, or one of its requests has. @param error why, where it has failed. */
  ended(error?: unknown): void {
    if (!this.#who) return;
    const code = error === undefined ? undefined : describeError(error).code;
    const refusal = code === undefined ? undefined : refusals.get(code);
    if (refusal) this.#note({ action: refusal, outcome: "refused", code });
    else if (this.#done) this.#note({ ...this.#done, outcome: code === undefined ? "done" : "failed", code });
  }

  /** The id that it came with, or that it is given now. */
  #named(): string {
    const { request, session } = this.#origin;
    const known = request ?? session;
    if (known !== undefined) return known;
    this.#origin.request = newRequestId();
    return this.#origin.request;
  }

  #note(event: Pick<AuditEvent, "action" | "outcome" | "code" | "object">): void {
    if (this.#audit === noAudit) return;
    const address = networkOf(addressOf(this.#call));
    const certificate = certificateName(this.#call);
    const where = { ...(certificate === undefined ? {} : { certificate }), address, request: this.#named() };
    const object = event.object ?? (event.action === "key-use" ? undefined : spanName(this.#method));
    this.#audit.note({ ...this.#who, ...where, ...event, ...(object === undefined ? {} : { object }) });
  }
}
