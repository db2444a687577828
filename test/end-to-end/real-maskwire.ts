import { inject } from "vitest";

/**
 * Where the one Maskwire with the real model is that all files of the suite share: they ask it for masks, count nothing there, and compare
 * no bits, since what others ask meanwhile changes on how many cores a mask is made.
 * @throws Error when it could not be started.
 */
export async function realMaskwire(): Promise<{ url: string; adminUrl: string }> {
  const reply = await fetch(inject("sharedMaskwire"));
  if (!reply.ok) throw new Error(await reply.text());
  return (await reply.json()) as { url: string; adminUrl: string };
}
