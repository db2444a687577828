import type { Picture } from "../album.js";
import type { Person } from "../person.js";
import type { Scenario } from "../scenario.js";
import type { Stage } from "../stage.js";
import { type Turn, turnsOn } from "../turns.js";

export const gatewayKilled: Scenario = {
  name: "gateway-killed",
  title: "kill -9 of a gateway: its people go on at the other one, with their prompts and their undo history",
  async disturb(stage) {
    const guests = stage.album.map((picture) => ({ picture, person: stage.guest(0) }));
    await Promise.all(guests.map(({ picture, person }) => beginWork(person, picture)));
    const before = guests.map(({ person }) => person.history());
    await stage.busy(3);
    stage.fault();
    await stage.cluster.kill("gateway-1");
    await Promise.all(guests.map(({ person }) => person.until(({ link }) => link.kind !== "open")));
    await Promise.all(guests.map(({ person }) => person.resumed()));
    for (const [index, { person, picture }] of guests.entries()) {
      if (person.history() !== before[index]) stage.problems.push(`${picture.name}: the history is not what it was`);
    }
    await Promise.all(guests.map(({ person, picture }) => goOn(stage, person, picture)));
    await stage.answeredSinceFault(stage.people.length);
    await stage.cluster.restart("gateway-1");
  },
};

/** A click, a refinement, and the refinement taken back: there is something to undo and something to redo. */
const begun = (picture: Picture): Turn => (turnsOn(picture)[0] ?? []).slice(0, 3);
/** The other refinement, from the answer that only the gateway of before had. */
const rest = (picture: Picture): Turn => (turnsOn(picture)[0] ?? []).slice(3);

async function beginWork(person: Person, picture: Picture): Promise<void> {
  person.connect();
  person.show(picture);
  await person.settled();
  await person.take(begun(picture), () => person.previewed());
}

async function goOn(stage: Stage, person: Person, picture: Picture): Promise<void> {
  const before = person.history();
  await person.take([{ kind: "redo" }, { kind: "undo" }, { kind: "undo" }, { kind: "redo" }], () => person.previewed());
  if (person.history() !== before) stage.problems.push(`${picture.name}: redo and undo do not lead back`);
  await person.take(rest(picture), () => person.previewed());
}
