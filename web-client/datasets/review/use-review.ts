import { useEffect, useRef, useState } from "preact/hooks";
import { ServiceProblem } from "../net/ask-service.js";
import { retryDelayMs } from "../net/retry-delay.js";
import type { DatasetService } from "../net/service.js";
import type { PictureFiles } from "../parts/picture-files.js";
import {
  arrived,
  currentOf,
  emptyReview,
  interrupted,
  nextVerdicts,
  type Review,
  settled,
  wantsMore,
} from "./review.js";

interface ReviewTerms {
  readonly othersOnly: boolean;
  readonly proposed: boolean;
}

const count = 20;
/** Pictures of so many objects ahead are fetched. */
const picturesAhead = 6;

/** The review under way: fetches what comes next, and sends verdicts. */
export function useReview(service: DatasetService, files: PictureFiles, terms: ReviewTerms) {
  const [review, setReview] = useState<Review>(emptyReview);
  const [problem, setProblem] = useState<Error>();
  const [isLoaded, setLoaded] = useState(false);
  const now = useRef(review);
  const isAsking = useRef(false);
  const tries = useRef(0);
  const idle = useRef<(() => void)[]>([]);

  const change = (into: (before: Review) => Review) => {
    now.current = into(now.current);
    setReview(now.current);
    pursue();
  };
  const fetchMore = async () => {
    isAsking.current = true;
    try {
      const after = now.current.queue.at(-1)?.id ?? 0n;
      const answer = await service.nextReviews({ ...terms, after, count });
      setProblem(undefined);
      change((before) => arrived(before, answer, count));
    } catch (error) {
      setProblem(error as Error);
    } finally {
      isAsking.current = false;
      setLoaded(true);
    }
  };
  const send = async () => {
    const [sending, verdicts] = nextVerdicts(now.current);
    if (verdicts.length === 0) {
      if (sending.unsent.length === 0) for (const tell of idle.current.splice(0)) tell();
      return;
    }
    now.current = sending;
    setReview(sending);
    try {
      const { saved } = await service.review({ verdicts: [...verdicts] });
      tries.current = 0;
      setProblem(undefined);
      change((before) => settled(before, saved));
    } catch (error) {
      setProblem(error as Error);
      now.current = interrupted(now.current);
      setReview(now.current);
      const mayPass = error instanceof ServiceProblem && error.mayPass;
      if (mayPass) setTimeout(pursue, retryDelayMs(++tries.current));
    }
  };
  const pursue = () => {
    void send();
    if (wantsMore(now.current) && !isAsking.current) void fetchMore();
    const { queue, at } = now.current;
    files.prefetch(new Set(queue.slice(at, at + picturesAhead).map(({ picture }) => picture)));
  };
  // With other terms it begins anew.
  useEffect(() => {
    now.current = { ...emptyReview, unsent: now.current.unsent, revisions: now.current.revisions };
    setLoaded(false);
    change((before) => before);
  }, [service, terms.othersOnly, terms.proposed]);

  /** When all verdicts have been sent. */
  const flushed = () =>
    new Promise<void>((resolve) => {
      idle.current.push(resolve);
      pursue();
    });
  return { review, current: currentOf(review), problem, isLoaded, change, retry: pursue, flushed };
}
