import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import { withDeadline } from "../deadline.js";
import { PeerSet } from "./peer-set.js";
import { withPeers } from "./retry.js";

let peers: PeerSet;
beforeEach(() => {
  peers = new PeerSet(["a:1", "b:1"]);
});
afterEach(() => peers.close());

const never = new AbortController().signal;
const failure = (code: Code, retryAfterMs?: number) =>
  new ServiceError({ code, message: "No.", ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });

it("asks the next peer, and the same again after a pause, while the error says that it may help", async () => {
  const asked: string[] = [];
  const answer = await withPeers(peers, "key", never, async ({ address }) => {
    asked.push(address);
    if (asked.length < 4) throw failure(Code.UNAVAILABLE);
    return "yes";
  });
  expect(answer).toBe("yes");
  const [first, second] = asked;
  expect(first).not.toBe(second);
  expect(asked).toEqual([first, second, first, second]);
  // The one that worked is asked first from now on.
  expect(peers.inOrder("key")[0]?.address).toBe(second);
});

it.each([Code.RESOURCE_EXHAUSTED, Code.INVALID_ARGUMENT, Code.NOT_FOUND, Code.INTERNAL, Code.DEADLINE_EXCEEDED])(
  "R4 passes code %i on at once, with its hint",
  async (code) => {
    let asked = 0;
    const attempt = async () => {
      asked++;
      throw failure(code, 70);
    };
    await expect(withPeers(peers, "key", never, attempt)).rejects.toMatchObject({ code, retryAfterMs: 70 });
    expect(asked).toBe(1);
  },
);

it("R6 tries a request that kills its worker once more and no further, and says so", async () => {
  const asked: string[] = [];
  const kill = async ({ address }: { address: string }) => {
    asked.push(address);
    throw new ServiceError({ code: Code.UNAVAILABLE, message: "Lost.", retryAfterMs: 1, reason: "WORKER_LOST" });
  };
  await expect(withPeers(peers, "key", never, kill)).rejects.toMatchObject({
    code: Code.INTERNAL,
    message: expect.stringContaining("not tried again"),
    retryAfterMs: undefined,
  });
  expect(asked).toHaveLength(2);
  expect(new Set(asked).size).toBe(2);
});

it("R6 counts only workers that died under the request: other losses in between do not end the tries", async () => {
  let asked = 0;
  const answer = await withPeers(peers, "key", never, async () => {
    asked++;
    if (asked === 2) {
      throw new ServiceError({ code: Code.UNAVAILABLE, message: "Lost.", retryAfterMs: 1, reason: "WORKER_LOST" });
    }
    if (asked < 4) throw failure(Code.UNAVAILABLE);
    return "yes";
  });
  expect(answer).toBe("yes");
});

it("passes on what is no service error as it is", async () => {
  const bug = new TypeError("a bug");
  await expect(withPeers(peers, "key", never, () => Promise.reject(bug))).rejects.toBe(bug);
});

describe("the end of waiting", () => {
  it("is CANCELLED when the caller leaves, before, during and between tries", async () => {
    const expected = { code: Code.CANCELLED };
    const attempt = async () => "never";
    await expect(withPeers(peers, "key", AbortSignal.abort(), attempt)).rejects.toMatchObject(expected);
    const during = new AbortController();
    const failing = async () => {
      during.abort();
      throw failure(Code.UNAVAILABLE);
    };
    await expect(withPeers(peers, "key", during.signal, failing)).rejects.toMatchObject(expected);
    const between = new AbortController();
    let asked = 0;
    const both = async () => {
      if (++asked === 2) setImmediate(() => between.abort());
      throw failure(Code.UNAVAILABLE);
    };
    await expect(withPeers(peers, "key", between.signal, both)).rejects.toMatchObject(expected);
  });

  it("R5 is UNAVAILABLE with a hint when nobody could be reached within the deadline", async () => {
    const attempt = () => Promise.reject(failure(Code.UNAVAILABLE));
    const waiting = withDeadline(never, 20, (signal) => withPeers(peers, "key", signal, attempt));
    await expect(waiting).rejects.toMatchObject({ code: Code.UNAVAILABLE, retryAfterMs: expect.any(Number) });
  });

  it("is DEADLINE_EXCEEDED when a peer was reached and did not answer in time", async () => {
    const waiting = withDeadline(never, 20, (signal) =>
      withPeers(
        peers,
        "key",
        signal,
        () => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
      ),
    );
    await expect(waiting).rejects.toMatchObject({ code: Code.DEADLINE_EXCEEDED });
  });

  it("R5 is the same without any peer", async () => {
    const nobody = new PeerSet([]);
    const waiting = withDeadline(never, 20, (signal) => withPeers(nobody, "key", signal, async () => "never"));
    await expect(waiting).rejects.toMatchObject({ code: expect.any(Number), retryAfterMs: expect.any(Number) });
  });
});
