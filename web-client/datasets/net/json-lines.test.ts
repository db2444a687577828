import { expect, it } from "vitest";
import { linesOf } from "./json-lines.js";

const answerOf = (...parts: string[]) =>
  new Response(
    new ReadableStream({
      start(controller) {
        for (const part of parts) controller.enqueue(new TextEncoder().encode(part));
        controller.close();
      },
    }),
  );

it.each([
  ["lines in one piece", ['{"a":1}\n{"b":2}\n'], ['{"a":1}', '{"b":2}']],
  ["a line in several", ['{"a"', ":", '1}\n{"b', '":2}\n'], ['{"a":1}', '{"b":2}']],
  ["a last one without its end", ['{"a":1}\n{"b":2}'], ['{"a":1}', '{"b":2}']],
  ["no empty ones", ["\n\n", '{"a":1}\n', "\n"], ['{"a":1}']],
])("reads %s", async (_, parts, lines) => {
  const read: string[] = [];
  for await (const line of linesOf(answerOf(...parts))) read.push(line);
  expect(read).toEqual(lines);
});
