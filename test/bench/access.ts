import { fairness } from "./access/fairness.js";
import { overhead } from "./access/overhead.js";
import { optionLines, readOptions, UsageError } from "./options.js";
import type { Outcome, Suite } from "./report.js";

const numbers = {
  rounds: { value: 300, what: "overhead: clicks by each way" },
  blocks: { value: 7, what: "fairness: blocks of clicks by each way" },
  clicks: { value: 100, what: "fairness: clicks of a block" },
  threads: { value: 0, what: "fairness: threads of a click that is alone; 0: as the program has it" },
};

const parts = ["overhead", "fairness"] as const;

export const suite: Suite = {
  title: "What keys and quotas cost a warm click, and what a tenant's bulk job costs another's clicks",
  options: `${optionLines(numbers)}\n  --part PART            ${parts.join(" or ")} alone\n  --real                 fairness: the default model in place of the tiny one`,
  async run(say, args): Promise<Outcome> {
    const { numbers: given, flags, texts } = readOptions(args, numbers, ["part=", "real"]);
    const { part } = texts;
    if (part !== undefined && !parts.some((one) => one === part)) throw new UsageError(`there is no part "${part}"`);
    const outcomes: [string, Outcome][] = [];
    if (part !== "fairness") outcomes.push(["overhead", await overhead(given.rounds, say)]);
    if (part !== "overhead") outcomes.push(["fairness", await fairness({ ...given, real: flags.has("real") }, say)]);
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
