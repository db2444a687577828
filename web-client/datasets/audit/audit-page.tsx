import { useState } from "preact/hooks";
import type { Audit, AuditItem, Dataset } from "../../../proto/index.js";
import type { DatasetService } from "../net/service.js";
import { BarChart } from "../parts/bar-chart.js";
import { Frame } from "../parts/frame.js";
import { nameOfLabel } from "../parts/look-of.js";
import { MaskedPicture } from "../parts/masked-picture.js";
import { dayOf, rounded, shareOf } from "../parts/numbers.js";
import { ObjectFacts } from "../parts/object-facts.js";
import type { PictureFiles } from "../parts/picture-files.js";
import { placeOf } from "../parts/places.js";
import { ProblemNote } from "../parts/problem-note.js";
import { Scrolls } from "../parts/scrolls.js";
import { useDoing } from "../parts/use-doing.js";
import { useLoaded } from "../parts/use-loaded.js";
import { words } from "../words/words.js";

/** Of SA-1B's own audit (Kirillov et al. 2023, section 5): shares of masks over an IoU of 0.90 and of 0.75. */
const paper = { over90: 0.94, over75: 0.97 } as const;
const ranges = [words.audit.below, "0.5–0.6", "0.6–0.7", "0.7–0.8", "0.8–0.9", "0.9–0.95", "0.95–1"] as const;

interface AuditPageProps {
  readonly service: DatasetService;
  readonly set: Dataset;
  readonly files: PictureFiles;
}

/** A random sample, corrected by hand: how good is the rest? */
export function AuditPage({ service, set, files }: AuditPageProps) {
  const audits = useLoaded(async () => (await service.listAudits()).audits, [service]);
  const [chosen, setChosen] = useState(() => new URLSearchParams(location.search).get("audit") ?? undefined);
  const audit = audits.value?.find(({ id }) => id === chosen) ?? audits.value?.[0];
  return (
    <Frame dataset={set} part="audit" title={words.audit.title}>
      <p class="quiet">{words.audit.what}</p>
      <StartForm
        service={service}
        onStarted={(started) => {
          setChosen(started.id);
          audits.reload();
        }}
      />
      <ProblemNote problem={audits.problem} onRetry={audits.reload} />
      {audits.value?.length === 0 && <p class="quiet empty">{words.audit.none}</p>}
      {audits.value !== undefined && audits.value.length > 1 && (
        <label class="field narrow">
          <span>{words.audit.title}</span>
          <select value={audit?.id} onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
            {audits.value.map(({ id, createdAt, createdBy }) => (
              <option key={id} value={id}>
                {words.audit.one(dayOf(createdAt), createdBy)}
              </option>
            ))}
          </select>
        </label>
      )}
      {audit !== undefined && (
        <>
          <Figures audit={audit} />
          {audit.finished < audit.size ? (
            <Items key={audit.id} service={service} set={set} files={files} audit={audit} onFinished={audits.reload} />
          ) : (
            <p class="quiet empty">{words.audit.allDone}</p>
          )}
        </>
      )}
    </Frame>
  );
}

function StartForm({ service, onStarted }: { service: DatasetService; onStarted: (audit: Audit) => void }) {
  const [size, setSize] = useState(100);
  const [seed, setSeed] = useState("");
  const { isBusy, problem, attempt } = useDoing();
  const start = (event: Event) => {
    event.preventDefault();
    void attempt(async () => {
      onStarted(await service.startAudit({ size, seed: /^\d{1,18}$/.test(seed) ? BigInt(seed) : 0n }));
    });
  };
  return (
    <form class="filter" onSubmit={start}>
      <label class="field">
        <span>{words.audit.size}</span>
        <input
          type="number"
          min={1}
          max={10_000}
          value={size}
          onInput={({ currentTarget }) => setSize(Number(currentTarget.value))}
        />
      </label>
      <label class="field">
        <span>{words.audit.seed}</span>
        <input
          inputMode="numeric"
          placeholder={words.audit.seedHint}
          value={seed}
          onInput={({ currentTarget }) => setSeed(currentTarget.value.trim())}
        />
      </label>
      <button type="submit" class="primary" id="audit-start" disabled={isBusy || !(size >= 1)}>
        {words.audit.start}
      </button>
      <ProblemNote problem={problem} />
    </form>
  );
}

function Figures({ audit }: { audit: Audit }) {
  const { finished, size, shareOver90, shareOver75, meanIou, histogram } = audit;
  const none = finished === 0;
  const rows: readonly (readonly [string, string, string])[] = [
    [words.audit.over90, none ? "–" : shareOf(shareOver90), shareOf(paper.over90)],
    [words.audit.over75, none ? "–" : shareOf(shareOver75), shareOf(paper.over75)],
    [words.audit.mean, none ? "–" : rounded(meanIou, 3), "–"],
  ];
  return (
    <section class="card">
      <p>{words.audit.finished(finished, size)}</p>
      <progress aria-label={words.set.progress} max={size} value={finished} />
      <Scrolls name={words.audit.title}>
        <table>
          <thead>
            <tr>
              <th scope="col">{words.audit.measure}</th>
              <th scope="col" class="number">
                {words.audit.ours}
              </th>
              <th scope="col" class="number">
                {words.audit.paper}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, ours, theirs]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td class="number">{ours}</td>
                <td class="number">{theirs}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolls>
      {!none && (
        <BarChart
          title={words.audit.histogram}
          unit={words.audit.count}
          bars={ranges.map((range, at) => ({
            name: range,
            value: histogram[at] ?? 0,
            shown: String(histogram[at] ?? 0),
          }))}
        />
      )}
    </section>
  );
}

interface ItemsProps extends AuditPageProps {
  readonly audit: Audit;
  readonly onFinished: () => void;
}

function Items({ service, set, files, audit, onFinished }: ItemsProps) {
  const items = useLoaded(
    async () => (await service.listAuditItems(audit.id, { waiting: true, pageSize: 5 })).items,
    [service, audit.id],
  );
  const { isBusy, problem, attempt } = useDoing();
  const item = items.value?.[0];
  files.prefetch((items.value ?? []).flatMap(({ picture }) => picture?.id ?? []));
  const finish = (one: AuditItem) =>
    attempt(async () => {
      await service.finishAuditItem(audit.id, one.before?.id ?? 0n);
      items.set((items.value ?? []).filter((other) => other !== one));
      if ((items.value?.length ?? 0) <= 1) items.reload();
      onFinished();
    });
  const { before, picture } = item ?? {};
  if (item === undefined || before === undefined || picture === undefined) {
    return <ProblemNote problem={items.problem ?? problem} onRetry={items.reload} />;
  }
  const place = { picture: String(before.picture), object: String(before.id), back: `audit?audit=${audit.id}` };
  return (
    <div class="judge">
      <AuditLook key={String(before.id)} files={files} set={set} item={item} />
      <div class="judge-side">
        <ObjectFacts object={before} labels={set.labels} />
        <ProblemNote problem={problem} />
        <div class="verdicts">
          <button type="button" class="good" id="audit-finish" disabled={isBusy} onClick={() => void finish(item)}>
            {words.audit.asItIs}
          </button>
          <a class="button" id="audit-fix" href={placeOf(set.id, "annotate", place)}>
            {words.audit.fix}
          </a>
        </div>
      </div>
    </div>
  );
}

/** As it is now: the person may come from having fixed it. */
function AuditLook({ files, set, item }: { files: PictureFiles; set: Dataset; item: AuditItem }) {
  const { before, picture } = item;
  const [objects] = useState(before === undefined ? [] : [before]);
  if (before === undefined || picture === undefined) return null;
  const name = words.review.pictureOf(nameOfLabel(set.labels, before.label), picture.name);
  return (
    <MaskedPicture files={files} picture={picture} objects={objects} labels={set.labels} focus={before} name={name} />
  );
}
