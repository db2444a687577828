export interface UploadTerms {
  /** Undefined where the page may not compute digests. */
  readonly imageId: string | undefined;
  /** Left out for the usual one. */
  readonly model?: string | undefined;
  /** Nobody waits for this picture: it is encoded when no person's waits. */
  readonly isAhead?: boolean;
}

/** Where a picture is sent: with its digest, so that it goes to its own encoder, which may need none of its bytes. */
export function uploadPath({ imageId, model, isAhead }: UploadTerms): string {
  const query = new URLSearchParams();
  if (imageId !== undefined) query.set("id", imageId);
  if (model !== undefined) query.set("model", model);
  // Nobody looks at the draft of a picture that is not on the canvas.
  if (isAhead) query.set("priority", "bulk");
  else query.set("drafts", "true");
  const text = query.toString();
  return text === "" ? "v1/images" : `v1/images?${text}`;
}
