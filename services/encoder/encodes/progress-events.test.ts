import { expect, it } from "vitest";
import type { Progress } from "./encode-flights.js";
import { ProgressEvents } from "./progress-events.js";

const draft = { imageId: "sha256:a", width: 4, height: 3 };
const queued: Progress = { stage: "queued", position: 2, etaMs: 5 };
const encoding: Progress = { stage: "encoding" };
const drafted: Progress = { stage: "encoding", draft };

it.each<[string, Progress[], boolean, string[]]>([
  ["each step once", [queued, encoding, encoding, drafted, drafted], true, ["queued", "encoding", "draft"]],
  ["a late one all that there is", [drafted], true, ["encoding", "draft"]],
  ["nothing of drafts to who does not ask", [queued, encoding, drafted], false, ["queued", "encoding"]],
  ["a place in line once more", [encoding, queued, encoding], true, ["encoding", "queued", "encoding"]],
])("V2 tells %s", (_what, progress, tellsDrafts, told) => {
  const events = new ProgressEvents({ tellsDrafts, model: "m" });
  const all = progress.flatMap((one) => events.of(one));
  expect(all.map((event) => event.case)).toEqual(told);
  for (const event of all) if (event.case === "draft") expect(event.value).toEqual({ image: draft, model: "m" });
});
