import { fromJsonString } from "@bufbuild/protobuf";
import { useEffect, useState } from "preact/hooks";
import { type DatasetJob, DatasetJobSchema } from "../../../proto/index.js";
import { linesOf } from "../net/json-lines.js";
import type { DatasetService } from "../net/service.js";
import { useLoaded } from "../parts/use-loaded.js";
import { isUnderWay } from "./job-words.js";

interface Jobs {
  readonly jobs: readonly DatasetJob[];
  readonly problem: Error | undefined;
  readonly reload: () => void;
}

/** The newest jobs, those under way as they go. @param onEnd one has ended: what is shown of the set is not what it was. */
export function useJobs(service: DatasetService, onEnd: () => void): Jobs {
  const { value, problem, reload, set } = useLoaded(
    async (signal) => (await service.listJobs({ pageSize: 10 }, signal)).jobs,
    [service],
  );
  const [told, setTold] = useState<ReadonlyMap<string, DatasetJob>>(new Map());
  const jobs = (value ?? []).map((job) => told.get(job.id) ?? job);
  const watched = jobs.filter(isUnderWay).map(({ id }) => id);
  useEffect(() => {
    const ending = new AbortController();
    for (const id of watched) {
      void watch(service, id, ending.signal, (job) => {
        setTold((before) => new Map([...before, [id, job]]));
        if (!isUnderWay(job)) onEnd();
      });
    }
    return () => ending.abort();
  }, [service, watched.join()]);
  const anew = () => {
    setTold(new Map());
    set(jobs);
    reload();
  };
  return { jobs, problem, reload: anew };
}

/** Until it has ended, or the page is no more interested. */
async function watch(
  service: DatasetService,
  id: string,
  signal: AbortSignal,
  onJob: (job: DatasetJob) => void,
): Promise<void> {
  try {
    for await (const line of linesOf(await service.watchJob(id, signal))) {
      if (signal.aborted) return;
      onJob(fromJsonString(DatasetJobSchema, line, { ignoreUnknownFields: true }));
    }
  } catch {
    // Cut off: the list tells how far it is when it is read again.
  }
}
