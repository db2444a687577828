import { setTimeout as sleep } from "node:timers/promises";
import type { Picture } from "./album.js";
import type { ChaosCluster } from "./cluster.js";
import type { ExpectedMasks } from "./expected-masks.js";
import { Ledger } from "./ledger.js";
import { Person } from "./person.js";
import { turnsOn } from "./turns.js";
import { Waits } from "./waits.js";
import { Faults } from "./wire-log.js";

interface StageOptions {
  cluster: ChaosCluster;
  /** What is open from the beginning. */
  album: readonly Picture[];
  /** Pictures that nobody opens unless a scenario says so. */
  fresh: readonly Picture[];
  expected: ExpectedMasks;
  people: number;
  /** Share of what the cluster can answer that they ask for. */
  load: number;
  /** What the cluster can answer; 0 while that is not known, and people click without thinking. */
  clicksPerSecond: number;
}

/** Fifty people at their pictures, and what a scenario may do to the cluster behind them. */
export class Stage {
  readonly cluster: ChaosCluster;
  readonly album: readonly Picture[];
  readonly fresh: readonly Picture[];
  readonly expected: ExpectedMasks;
  readonly ledger = new Ledger();
  readonly faults = new Faults();
  readonly people: Person[];
  readonly clicksPerSecond: number;
  readonly #load: number;
  /** What a scenario noticed beside the figures. */
  readonly notes: string[] = [];
  /** What must not be, in words. */
  readonly problems: string[] = [];
  /** What the scenario waits for. */
  readonly waits = new Waits();
  readonly #pictureOf = new Map<Person, Picture>();
  readonly #plans = new Map<Person, Plan>();
  readonly #thinking = new Map<Person, AbortController>();
  readonly #guests: Person[] = [];
  readonly #running: Promise<void>[] = [];
  readonly #stopping = new AbortController();
  #watchers: (() => void)[] = [];
  #giveUp: (why: Error) => void = () => {};
  /** Rejects when somebody cannot go on. */
  readonly #givenUp = new Promise<never>((_, reject) => {
    this.#giveUp = reject;
  });

  constructor({ cluster, album, fresh, expected, people, load, clicksPerSecond }: StageOptions) {
    this.cluster = cluster;
    this.album = album;
    this.fresh = fresh;
    this.expected = expected;
    this.clicksPerSecond = clicksPerSecond;
    this.#load = load;
    const { ledger, faults } = this;
    this.#givenUp.catch(() => {});
    ledger.onChange = () => {
      for (const look of this.#watchers) look();
    };
    this.people = Array.from({ length: people }, (_, index) => {
      const person = new Person({ gateways: cluster.gateways, first: index, ledger, faults, oracle: expected });
      this.#pictureOf.set(person, album[index % album.length] as Picture);
      return person;
    });
  }

  /** Mean thinking time between two gestures. */
  get thinkMs(): number {
    return this.clicksPerSecond === 0 ? 0 : (1000 * this.people.length) / (this.#load * this.clicksPerSecond);
  }

  /** Everybody connects and opens a picture. */
  async open(): Promise<void> {
    await this.#all(this.people, "to have their first picture", (person) => {
      person.connect();
      person.show(this.#pictureOf.get(person) as Picture);
      return person.settled();
    });
  }

  /** Everybody takes turns on the picture until `stop`. */
  start(): void {
    for (const [index, person] of this.people.entries()) {
      this.#running.push(
        this.#work(person, index).catch((error: unknown) => {
          const problem = `person ${index}: ${error instanceof Error ? error.message : error}`;
          this.problems.push(problem);
          this.#giveUp(new Error(problem));
          for (const look of this.#watchers) look();
        }),
      );
    }
  }

  /** These people open other pictures as their next step; resolves when all of them have begun to. */
  async change(people: readonly Person[], pictures: readonly Picture[]): Promise<void> {
    await this.#all(people, "to open another picture", (person, index) => {
      const begun = new Promise<void>((resolve) => {
        this.#plans.set(person, { picture: pictures[index % pictures.length] as Picture, begun: resolve });
      });
      this.#thinking.get(person)?.abort();
      return begun;
    });
  }

  /** Resolves when the pictures of all of them are ready. */
  async opened(people: readonly Person[]): Promise<void> {
    const isReady = (person: Person) => person.until(({ picture }) => picture.kind === "ready");
    await this.#all(people, "to have their picture ready", isReady);
  }

  /** Something is broken now. */
  fault(): void {
    this.ledger.fault(performance.now());
  }

  /** Resolves at a moment in which so many clicks wait for their answer. */
  busy(count: number): Promise<void> {
    return this.#until(`for ${count} clicks to wait`, () => this.ledger.open >= count);
  }

  /** Resolves when so many clicks have been answered. */
  answered(count: number): Promise<void> {
    return this.#until(`for ${count} answered clicks`, () => this.ledger.answered >= count);
  }

  /** Resolves when so many of the clicks made since the latest fault have been answered. */
  answeredSinceFault(count: number): Promise<void> {
    const words = `for ${count} clicks made since the fault and answered`;
    return this.#until(words, () => this.ledger.answeredSinceFault >= count);
  }

  /** Nobody clicks any more; resolves when all have what they clicked for. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#all(this.#running, "to have what they clicked for", (running) => running);
  }

  /** Where everybody is, for a scenario that does not end. */
  census(): string {
    const counts = new Map<string, number>();
    for (const person of this.people) counts.set(person.situation, (counts.get(person.situation) ?? 0) + 1);
    const commonFirst = [...counts].sort(([, a], [, b]) => b - a);
    return commonFirst.map(([situation, count]) => `${count} ${situation}`).join("; ");
  }

  leave(): void {
    this.#stopping.abort();
    for (const person of [...this.people, ...this.#guests]) person.leave();
  }

  /** Somebody who does nothing by themselves, connected at first to this one of the gateways. */
  guest(first: number): Person {
    const { ledger, faults, expected, cluster } = this;
    const guest = new Person({ gateways: cluster.gateways, first, ledger, faults, oracle: expected });
    this.#guests.push(guest);
    return guest;
  }

  async #work(person: Person, index: number): Promise<void> {
    await this.#think(person, index / this.people.length);
    for (let turn = index; !this.#stopping.signal.aborted; turn++) {
      const plan = this.#plans.get(person);
      if (plan) {
        this.#plans.delete(person);
        this.#pictureOf.set(person, plan.picture);
        person.show(plan.picture);
        plan.begun();
      }
      const turns = turnsOn(this.#pictureOf.get(person) as Picture);
      await person.take(turns[turn % turns.length] ?? [], () => this.#think(person));
    }
  }

  /** Thinking time, spread so that people do not click in step. @returns false when there is something else to do. */
  async #think(person: Person, share = 0.5 + Math.random()): Promise<boolean> {
    if (this.#plans.has(person)) return false;
    const woken = new AbortController();
    this.#thinking.set(person, woken);
    const signal = AbortSignal.any([this.#stopping.signal, woken.signal]);
    await sleep(this.thinkMs * share, undefined, { signal }).catch(() => {});
    this.#thinking.delete(person);
    return !signal.aborted;
  }

  /** @param words what all are to do, to be told of those who have not. */
  async #all<T>(them: readonly T[], words: string, wait: (one: T, index: number) => Promise<void>): Promise<void> {
    let left = them.length;
    const waiting = Promise.all(them.map((one, index) => wait(one, index).then(() => void left--)));
    // Somebody who has given up would be waited for in vain.
    const over = Promise.race([waiting, this.#givenUp]);
    await this.waits.during(() => `for ${left} of ${them.length} people ${words}`, over);
  }

  #until(words: string, isSo: () => boolean): Promise<void> {
    const reached = new Promise<void>((resolve, reject) => {
      const look = () => {
        const [problem] = this.problems;
        if (problem !== undefined) reject(new Error(problem));
        else if (isSo()) resolve();
        else return;
        this.#watchers = this.#watchers.filter((one) => one !== look);
      };
      this.#watchers.push(look);
      look();
    });
    return this.waits.during(() => words, reached);
  }
}

interface Plan {
  readonly picture: Picture;
  readonly begun: () => void;
}
