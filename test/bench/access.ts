import { fairness } from "./access/fairness.js";
import { floor } from "./access/floor.js";
import { overhead } from "./access/overhead.js";
import { tiers } from "./access/tiers.js";
import { optionLines, readOptions, UsageError } from "./options.js";
import type { Outcome, Suite } from "./report.js";

const numbers = {
  rounds: { value: 300, what: "overhead, tiers: clicks by each way" },
  blocks: { value: 7, what: "fairness: blocks of clicks by each way" },
  clicks: { value: 100, what: "fairness: clicks of a block" },
  threads: { value: 0, what: "fairness: threads of a click that is alone; 0: as the program has it" },
};

const parts = ["overhead", "tiers", "fairness", "floor"] as const;

export const suite: Suite = {
  title: "What keys and quotas cost a warm click, and what a tenant's bulk job costs another's clicks",
  options: `${optionLines(numbers)}\n  --part PART            ${parts.join(", ")}: that alone\n  --real                 fairness: the default model in place of the tiny one`,
  async run(say, args): Promise<Outcome> {
    const { numbers: given, flags, texts } = readOptions(args, numbers, ["part=", "real"]);
    const { part } = texts;
    if (part !== undefined && !parts.some((one) => one === part)) throw new UsageError(`there is no part "${part}"`);
    const outcomes: [string, Outcome][] = [];
    const isAsked = (name: (typeof parts)[number]) => part === undefined || part === name;
    if (isAsked("overhead")) outcomes.push(["overhead", await overhead(given.rounds, say)]);
    if (isAsked("tiers")) outcomes.push(["tiers", await tiers(given.rounds, say)]);
    if (isAsked("fairness")) outcomes.push(["fairness", await fairness({ ...given, real: flags.has("real") }, say)]);
    if (isAsked("floor")) outcomes.push(["floor", await floor(given, say)]);
    return {
      bars: outcomes.flatMap(([, { bars }]) => bars),
      detail: Object.fromEntries(
        outcomes.flatMap(([name, { detail }]) =>
          Object.entries(detail).map(([what, value]) => [`${name}: ${what}`, value]),
        ),
      ),
    };
  },
};
