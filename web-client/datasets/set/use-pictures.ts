import type { DatasetObject, DatasetPicture } from "../../../proto/index.js";
import type { DatasetService } from "../net/service.js";
import { type Loaded, useLoaded } from "../parts/use-loaded.js";
import { type Filter, messageOf, queryOfFilter } from "./filter.js";

const pageSize = 24;
/** Of hundreds of masks a small picture shows no more than of these. */
const mostPagesOfObjects = 4;

interface PicturesPage {
  readonly pictures: readonly DatasetPicture[];
  readonly objects: ReadonlyMap<bigint, readonly DatasetObject[]>;
  readonly nextPage: string;
}

/** A page of pictures with their objects. */
export function usePictures(service: DatasetService, filter: Filter, page: string): Loaded<PicturesPage> {
  return useLoaded<PicturesPage>(
    async (signal) => {
      const asked = { filter: messageOf(filter), page, pageSize };
      const { pictures, nextPage } = await service.listPictures(asked, signal);
      const objects = await objectsOf(service, pictures, signal);
      return { pictures, nextPage, objects };
    },
    [service, queryOfFilter(filter).toString(), page],
  );
}

async function objectsOf(
  service: DatasetService,
  pictures: readonly DatasetPicture[],
  signal: AbortSignal,
): Promise<Map<bigint, DatasetObject[]>> {
  const byPicture = new Map<bigint, DatasetObject[]>();
  const filled = pictures.filter(({ objects }) => objects > 0).map(({ id }) => id);
  let page = "";
  for (let asked = 0; filled.length > 0 && asked < mostPagesOfObjects; asked++) {
    const { objects, nextPage } = await service.listObjects({ pictures: filled, pageSize: 1000, page }, signal);
    for (const object of objects) byPicture.set(object.picture, [...(byPicture.get(object.picture) ?? []), object]);
    if (nextPage === "") break;
    page = nextPage;
  }
  return byPicture;
}
