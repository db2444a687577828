import type { Tell } from "./run-program.js";

/**
 * Runs what is in a lane one after the other, and the lanes beside each other; a lane that is through takes the last of
 * another's that has not begun. What the first lane says is told at once; each of the others' as a whole, when it is over.
 */
export async function inLanes<Name extends string>(
  lanes: readonly (readonly Name[])[],
  say: (text: string) => void,
  run: (name: Name, tell: Tell) => Promise<void>,
): Promise<void> {
  const waiting = lanes.filter((lane) => lane.length > 0).map((lane) => [...lane]);
  const next = (own: Name[]) => own.shift() ?? waiting.find((lane) => lane.length > 0)?.pop();
  const atOnce = async (name: Name) => {
    say(`\n=== ${name}\n`);
    await run(name, undefined);
  };
  const asAWhole = async (name: Name) => {
    say(`\n=== ${name} begins beside it\n`);
    const said: string[] = [];
    await run(name, (text) => void said.push(text)).finally(() => say(`\n=== ${name}\n${said.join("")}`));
  };
  const ends = await Promise.allSettled(
    waiting.map(async (own, at) => {
      for (let name = next(own); name !== undefined; name = next(own)) await (at === 0 ? atOnce : asAWhole)(name);
    }),
  );
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}
