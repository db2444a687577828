import type { Tell } from "./run-program.js";

/**
 * Runs what is in a lane one after the other, and the lanes beside each other. What the first lane says is told at once; each
 * of the others' as a whole, when it is over.
 */
export async function inLanes<Name extends string>(
  lanes: readonly (readonly Name[])[],
  say: (text: string) => void,
  run: (name: Name, tell: Tell) => Promise<void>,
): Promise<void> {
  const [first = [], ...others] = lanes.filter((lane) => lane.length > 0);
  const atOnce = async () => {
    for (const name of first) {
      say(`\n=== ${name}\n`);
      await run(name, undefined);
    }
  };
  const asAWhole = async (lane: readonly Name[]) => {
    for (const name of lane) {
      say(`\n=== ${name} begins beside it\n`);
      const said: string[] = [];
      await run(name, (text) => void said.push(text)).finally(() => say(`\n=== ${name}\n${said.join("")}`));
    }
  };
  const ends = await Promise.allSettled([atOnce(), ...others.map(asAWhole)]);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}
