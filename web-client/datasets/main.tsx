import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { SignIn } from "../access/sign-in.js";
import { language } from "../words/words.js";
import { AuditPage } from "./audit/audit-page.js";
import { ChartsPage } from "./charts/charts-page.js";
import { LabelsPage } from "./labels/labels-page.js";
import { ListPage } from "./list/list-page.js";
import { ServiceProblem } from "./net/ask-service.js";
import { DatasetService } from "./net/service.js";
import { Frame } from "./parts/frame.js";
import { PictureFiles } from "./parts/picture-files.js";
import { type Part, partAt } from "./parts/places.js";
import { ProblemNote } from "./parts/problem-note.js";
import { useLoaded } from "./parts/use-loaded.js";
import { ReplayPage } from "./replay/replay-page.js";
import { ReviewPage } from "./review/review-page.js";
import { SetPage } from "./set/set-page.js";
import { words } from "./words/words.js";

document.documentElement.lang = language;
// Whoever has signed in in this tab is known to all that is asked.
new SignIn({ storage: sessionStorage, changed: () => {} });
const { dataset, part } = partAt(new URL(location.href), new URL(".", document.baseURI));
const app = document.getElementById("app");
if (app !== null) render(dataset === undefined ? <ListPage /> : <OneSet id={dataset} part={part} />, app);

/** A page of one data set, once it is known. */
function OneSet({ id, part: shown }: { id: string; part: Part | undefined }) {
  const [service] = useState(() => new DatasetService(id));
  const [files] = useState(() => new PictureFiles(service));
  const loaded = useLoaded((signal) => service.get(signal), [service]);
  const { value: set, problem, reload } = loaded;
  useEffect(() => {
    document.title = [shown === undefined ? undefined : words.page[shown], set?.name, "Maskwire"]
      .filter((part) => part !== undefined)
      .join(" · ");
  }, [set?.name, shown]);
  if (set === undefined) {
    const isGone = problem instanceof ServiceProblem && problem.status === 404;
    return (
      <Frame title={words.page.sets}>
        <ProblemNote problem={isGone ? new Error(words.problems.gone) : problem} onRetry={reload} />
        {problem === undefined && <p class="quiet">{words.page.loading}</p>}
      </Frame>
    );
  }
  switch (shown) {
    case "labels":
      return <LabelsPage service={service} dataset={loaded} set={set} />;
    case "review":
      return <ReviewPage service={service} set={set} files={files} />;
    case "audit":
      return <AuditPage service={service} set={set} files={files} />;
    case "charts":
      return <ChartsPage service={service} set={set} />;
    case "replay":
      return <ReplayPage service={service} set={set} files={files} />;
    default:
      return <SetPage service={service} dataset={loaded} set={set} files={files} />;
  }
}
