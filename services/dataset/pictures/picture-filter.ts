import type { ExpressionBuilder, Kysely, SelectQueryBuilder } from "kysely";
import { sql } from "kysely";
import type { PictureFilter } from "../../../proto/index.js";
import type { Schema } from "../database/schema.js";

type Pictures = SelectQueryBuilder<Schema, "pictures", object>;

/** The pictures of a set that a filter takes, deleted ones never; columns and order are the caller's to choose. */
export function picturesOf(db: Kysely<Schema>, set: number, filter: PictureFilter | undefined): Pictures {
  const all = db.selectFrom("pictures").where("pictures.dataset", "=", set).where("pictures.deleted", "=", false);
  if (!filter) return all;
  const { name, splits, states, empty, sequence } = filter;
  return all
    .$if(sequence > 0n, (some) => some.where("pictures.sequence", "=", sequence))
    .$if(name !== "", (some) => some.where(sql<boolean>`position(lower(${name}) in lower(pictures.name)) > 0`))
    .$if(splits.length > 0, (some) => some.where("pictures.split", "in", splits))
    .$if(states.length > 0, (some) => some.where("pictures.state", "in", states))
    .$if(empty, (some) => some.where("pictures.objects", "=", 0))
    .$if(asksObjects(filter), (some) => some.where((is) => is.exists(facetsOf(is, filter))));
}

/** By which column those that a filter takes are in order: a sequence's frames by their numbers. */
export const orderOf = (filter: PictureFilter | undefined): "id" | "frame" =>
  (filter?.sequence ?? 0n) > 0n ? "frame" : "id";

/** Whether it asks for more than what `picture_counts` counts. */
export const asksMore = (filter: PictureFilter | undefined): boolean =>
  filter !== undefined && (filter.name !== "" || filter.empty || filter.sequence > 0n || asksObjects(filter));

const asksObjects = ({ labels, objectStates, people }: PictureFilter): boolean =>
  labels.length + objectStates.length + people.length > 0;

function facetsOf(is: ExpressionBuilder<Schema, "pictures">, { labels, objectStates, people }: PictureFilter) {
  return is
    .selectFrom("picture_facets as facet")
    .select("facet.picture")
    .whereRef("facet.picture", "=", "pictures.id")
    .whereRef("facet.dataset", "=", "pictures.dataset")
    .where("facet.objects", ">", 0)
    .$if(labels.length > 0, (some) => some.where("facet.label", "in", labels))
    .$if(objectStates.length > 0, (some) => some.where("facet.state", "in", objectStates))
    .$if(people.length > 0, (some) =>
      some.where((one) => one.or([one("facet.maker", "in", people), one("facet.person", "in", people)])),
    );
}
