import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

const end = (rest: string) => {
  const program = `
    const { endDespiteLeftOpen } = await import("./left-open.js");
    endDespiteLeftOpen({ warn: ({ left }, words) => console.log(left.join(), words) });
    ${rest}`;
  const { status, stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: import.meta.dirname,
    encoding: "utf8",
  });
  return { status, stdout: stdout.trim() };
};

it("a process that has stopped ends although a socket or a timer was forgotten, and says so", () => {
  expect(end("setInterval(() => {}, 1000);")).toEqual({
    status: 0,
    stdout: expect.stringMatching(/Timeout.* stopped, and ended although something was left open/),
  });
});

it("one in which nothing is left open ends by itself", () => {
  expect(end("")).toEqual({ status: 0, stdout: "" });
});
