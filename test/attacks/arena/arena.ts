import { setTimeout as sleep } from "node:timers/promises";
import { forgetPeak } from "../../chaos/process-memory.js";
import { jpegScene } from "../../support/pictures.js";
import type { Attack, Target } from "../attack.js";
import type { Counts } from "../tally.js";
import type { Orders } from "./attacker.js";
import { AttackerThread } from "./attacker-thread.js";
import { type Clicks, GoodClient } from "./good-client.js";
import { descriptorsOf, figuresOf, Heartbeat, residentMiB } from "./probes.js";
import { besideCaches, growthOf, mostGrowth, type ProcessReport, type Report, reportOf } from "./report.js";
import { type Member, Stage } from "./stage.js";
import { uploadTo } from "./upload-to.js";

export interface Scale {
  seed: number;
  /** How many of an attack's unit are tried. */
  countOf(attack: Attack): number;
  /** An attack's longest time. */
  mostMs: number;
  /** How long the good client is alone before each attack; where figures are not judged once a stage. */
  aloneMs: number;
  /** Settings of every process beside those of its stage. */
  env?: Readonly<Record<string, string>>;
  /** How long descriptors and memory have to come back. */
  settleMs: number;
  /** Whether the good client's times and the memory that stays count; a short run has too few for that. */
  judgesFigures: boolean;
  /** Every attack meets the three roles, each in a control group with the memory of its manifest. */
  isConfined?: boolean;
  /**
   * So much of each attack, and for so long at most, before it counts: what a process takes once and for all is no leak. A heap
   * grows under its first load and levels off; only the second, of the same size, tells one from the other.
   */
  rehearsal?: { part: number; mostMs: number };
}

/** Enough to have all opened that stays. */
const opening = { part: 0.25, mostMs: 4000 };

const MiB = 2 ** 20;
/** Attackers are somebody else than the good client, and each than the other, by the address that they come from. */
const addressOf = (attacker: number) => `127.0.0.${66 + attacker}`;
/** The good client goes on for a few clicks more. */
const afterMs = 400;

/** Plays attacks against the real program, one after the other, and sees what they do to it and to a bystander. */
export class Arena implements AsyncDisposable {
  readonly #scale: Scale;
  readonly #attackers: AttackerThread[] = [];
  #stage: Stage | undefined;
  #stageKey = "";
  #imageId = "";
  #othersImageId = "";
  #alone: Clicks | undefined;

  constructor(scale: Scale) {
    this.#scale = scale;
  }

  /** One attack, or several at once of the same setting. */
  async play(...attacks: readonly [Attack, ...Attack[]]): Promise<Report> {
    const stage = await this.#stageFor(attacks[0]);
    const { mostMs, aloneMs, settleMs, judgesFigures, countOf } = this.#scale;
    const rehearsal = this.#scale.rehearsal ?? (attacks.some(({ opensMore }) => opensMore) ? opening : undefined);
    const ordersOf = (part: number, ms: number) =>
      attacks.map((attack, attacker) => ({
        name: attack.name,
        target: this.#target(stage, attacker),
        count: Math.ceil(countOf(attack) * part),
        ms,
      }));
    if (rehearsal) await this.#attack(ordersOf(rehearsal.part, Math.min(rehearsal.mostMs, mostMs)));
    await using client = await GoodClient.join(stage.urlOf("gateway"), this.#othersImageId, {
      headers: headersOf(stage),
      ...caOf(stage),
    });
    if (judgesFigures || !this.#alone) {
      await sleep(aloneMs);
      this.#alone = client.take();
    }
    const alone = this.#alone;
    const before = await Promise.all(stage.members.map(look));
    for (const { process } of stage.members) forgetPeak(process.pid);
    const { counts, during, stalls } = await this.#fight(ordersOf(1, mostMs), stage, client);
    const afterwards = stage.members.map(async (member, index): Promise<ProcessReport> => {
      const end = await endOf(member);
      const start = before[index] as Look;
      const most = mostOf(member, end);
      const mostKeptMiB = judgesFigures ? mostGrowth * besideCaches(start) : Number.POSITIVE_INFINITY;
      const after = end === undefined ? await settled(member, start, { ms: settleMs, mostKeptMiB }) : undefined;
      return {
        role: member.role,
        limitMiB: member.limits.memoryMiB,
        end,
        before: start,
        ...most,
        after,
        stallMs: stalls[index] ?? 0,
      };
    });
    let processes = await Promise.all(afterwards);
    if (judgesFigures && processes.some((one) => growthOf(one) > mostGrowth)) {
      await this.#attack(ordersOf(1, mostMs));
      processes = await Promise.all(
        stage.members.map((member, index) => again(member, processes[index] as ProcessReport, settleMs)),
      );
    }
    await sleep(afterMs);
    const report = reportOf(attacks, { counts, alone, during, after: client.take(), processes, scale: this.#scale });
    // What is left of processes that were harmed is no ground for the next attack; a wrong sentence has harmed nobody.
    if (report.failures.length > report.problems) await this.#strike();
    return report;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const attacker of this.#attackers) await attacker[Symbol.asyncDispose]();
    await this.#strike();
  }

  /** Each by a thread of its own. */
  #attack(orders: readonly Orders[]): Promise<Counts[]> {
    while (this.#attackers.length < orders.length) this.#attackers.push(new AttackerThread());
    return Promise.all(orders.map((one, attacker) => (this.#attackers[attacker] as AttackerThread).attack(one)));
  }

  async #fight(orders: readonly Orders[], stage: Stage, client: GoodClient) {
    const hearts = stage.members.map((member) => new Heartbeat(member));
    try {
      const counts = await this.#attack(orders);
      return { counts, during: client.take(), stalls: hearts.map(({ longestMs }) => longestMs) };
    } finally {
      for (const heart of hearts) await heart[Symbol.asyncDispose]();
    }
  }

  #target(stage: Stage, attacker: number): Target {
    return {
      gateway: stage.urlOf("gateway"),
      encoder: stage.urlOf("encoder"),
      decoder: stage.urlOf("decoder"),
      redis: stage.redis?.url,
      imageId: this.#imageId,
      othersImageId: this.#othersImageId,
      from: addressOf(attacker),
      seed: this.#scale.seed,
    };
  }

  async #stageFor({ setting, env = {}, nameServer, asksForKeys, isEncrypted, descriptors }: Attack): Promise<Stage> {
    const { isConfined } = this.#scale;
    const key = JSON.stringify([isConfined || setting, env, nameServer, asksForKeys, isEncrypted, descriptors]);
    if (this.#stage && this.#stageKey === key) return this.#stage;
    await this.#strike();
    const stage = await Stage.start({
      setting: isConfined ? "roles" : setting,
      env: { ...this.#scale.env, ...env },
      nameServer,
      asksForKeys,
      isEncrypted,
      descriptors,
      isConfined,
    });
    this.#stage = stage;
    this.#stageKey = key;
    const gateway = stage.urlOf("gateway");
    const [others, own] = await Promise.all([jpegScene(640, 480, 901), jpegScene(640, 480, 902)]);
    const send = (bytes: Uint8Array) => uploadTo(gateway, bytes, { headers: headersOf(stage), ...caOf(stage) });
    this.#othersImageId = await send(others);
    this.#imageId = await send(own);
    return stage;
  }

  async #strike(): Promise<void> {
    const stage = this.#stage;
    this.#stage = undefined;
    this.#alone = undefined;
    await stage?.[Symbol.asyncDispose]();
  }
}

const headersOf = ({ key }: Stage): Record<string, string> => (key ? { authorization: `Bearer ${key}` } : {});

const caOf = ({ ca }: Stage) => (ca === undefined ? {} : { ca });

/** A process at rest. */
export interface Look {
  descriptors: number;
  /** Of each kind: what a failure says. */
  kinds: Readonly<Record<string, number>>;
  residentMiB: number;
  heapMiB: number;
  keptMiB: number;
  workerLosses: number;
}

async function look(member: Member): Promise<Look> {
  const figures = await figuresOf(member);
  const { pid } = member.process;
  const kinds = descriptorsOf(pid);
  const descriptors = Object.values(kinds).reduce((sum, count) => sum + count, 0);
  return { descriptors, kinds, residentMiB: residentMiB(pid), ...figures };
}

/** Looks until descriptors and memory are what they were, for a while at most. */
async function settled(
  member: Member,
  before: Look,
  { ms, mostKeptMiB }: { ms: number; mostKeptMiB: number },
): Promise<Look> {
  const until = performance.now() + ms;
  for (;;) {
    const now = await look(member);
    const isBack = now.descriptors <= before.descriptors && besideCaches(now) <= mostKeptMiB;
    if (isBack || performance.now() > until) return now;
    await sleep(200);
  }
}

/** The report of a process that has met the same once more. */
async function again(member: Member, report: ProcessReport, ms: number): Promise<ProcessReport> {
  const { before, after } = report;
  if (!after) return report;
  const end = await endOf(member);
  const most = mostOf(member, end);
  if (end !== undefined) return { ...report, ...most, end, after: undefined };
  const mostKeptMiB = besideCaches(after) + (mostGrowth - 1) * besideCaches(before);
  return { ...report, ...most, again: await settled(member, before, { ms, mostKeptMiB }) };
}

/** The most memory that it has held, and its group. */
function mostOf({ process, group }: Member, end: string | undefined): Pick<ProcessReport, "mostMiB" | "group"> {
  return {
    mostMiB: end === undefined ? residentMiB(process.pid, "VmHWM") : Number.NaN,
    group: group && { mostMiB: group.mostBytes / MiB, kills: group.kills },
  };
}

/** How the process ended, if it did. */
async function endOf({ process }: Member): Promise<string | undefined> {
  const end = await Promise.race([process.ended, sleep(0)]);
  if (!end) return undefined;
  return `${end.signal ?? `code ${end.code}`}: ${end.stderr.trim().slice(-600)}`;
}
