import { afterAll, expect, vi } from "vitest";

/*
 * A set-up file of the suites whose files share processes: what one of them changes for everybody it puts back, and a
 * file that passes does so whichever came before it. Its hook is registered before the file's own, so that it looks after
 * the file's last one.
 */

/** Others are set by libraries. */
const ours = () => Object.entries(process.env).filter(([name]) => name.startsWith("MASKWIRE_"));
const variables = ours();
const folder = process.cwd();

afterAll(() => {
  expect(vi.isFakeTimers(), "fake timers that the file left").toBe(false);
  expect(ours(), "variables that the file changed").toEqual(variables);
  expect(process.cwd(), "the folder that the file went to").toBe(folder);
});
