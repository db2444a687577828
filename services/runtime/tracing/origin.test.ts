import { expect, it } from "vitest";
import { harmlessId } from "./harmless-id.js";
import { readOrigin } from "./origin.js";
import { startSpan } from "./spans.js";

const context = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

it.each(["bad\nheader", "naïve", "x".repeat(129), "a b", "\u0000", "", 7, undefined])(
  "takes %j for no id, as a header and as a field of a message",
  (value) => {
    expect(harmlessId(value)).toBeUndefined();
    expect(readOrigin(() => value)).toEqual({});
    expect(startSpan("work", { parent: value as string }).traceparent).toBe("");
  },
);

it("passes a trace context on as it is", () => {
  expect(readOrigin(() => context)).toEqual({ request: context, session: context, traceparent: context });
  expect(startSpan("work", { parent: context })).toMatchObject({ traceparent: context });
});
