const MiB = 1024 * 1024;

/** A process that decodes pictures: at rest, and what its allocators may keep after a picture before it is replaced. */
export const pictureProcess = { restBytes: 70 * MiB, keptBytes: 160 * MiB };

/** Several of them, pixels aside. The last to decode may keep what it has: what the next takes is in place of it. */
export const processesBytes = (count: number) =>
  count * pictureProcess.restBytes + (count - 1) * pictureProcess.keptBytes;
