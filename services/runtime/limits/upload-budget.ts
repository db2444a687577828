import { overloaded } from "../errors.js";
import { ByteBudget } from "./byte-budget.js";
import { type Holder, Shares } from "./shares.js";

/** Room is taken a step ahead, so that a small chunk is no work. */
const stepBytes = 256 * 1024;
const retryAfterMs = 1000;

/** One upload's part of the budget. */
export interface HeldUpload {
  /** So many bytes of it are here now. @throws ServiceError RESOURCE_EXHAUSTED when there is no room for them. */
  grow(bytes: number): void;
  /** Safe to call twice. */
  release(): void;
}

/**
 * Bytes of uploads that a process holds at once: as many as have arrived, not as many as were announced. Tenants and callers share
 * them: one whose only upload it is gets what there is, one with several no more than its part.
 */
export class UploadBudget {
  readonly bytes: ByteBudget;
  readonly #shares: Shares;

  /** @param name as in metrics. */
  constructor(name: string, limitBytes: number) {
    const refusal = "Too many pictures are being uploaded at the moment; try again shortly.";
    this.bytes = new ByteBudget({ name, limitBytes, refusal, retryAfterMs });
    this.#shares = new Shares(limitBytes);
  }

  begin(who: Holder): HeldUpload {
    const held = this.bytes.hold(0);
    const parts: (() => void)[] = [];
    return {
      grow: (bytes) => {
        const more = bytes - held.bytes;
        if (more <= 0) return;
        // Most bodies are small, and there are many of them.
        const ahead = Math.min(stepBytes, 2 * held.bytes, this.bytes.limitBytes - this.bytes.usedBytes);
        const step = Math.max(more, ahead);
        const isAlone = this.#shares.heldByTenantOf(who) <= held.bytes;
        if (!isAlone && this.#shares.refusal(who, step) === "share") {
          throw overloaded("You are uploading too much at once; try again when some of it is done.", retryAfterMs);
        }
        held.resize(held.bytes + step);
        parts.push(this.#shares.take(who, step));
      },
      release: () => {
        held.release();
        for (const giveBack of parts.splice(0)) giveBack();
      },
    };
  }
}
