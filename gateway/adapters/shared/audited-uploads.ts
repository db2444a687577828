import type { Ask } from "../../ask/ask.js";

/** Told of every picture that was sent to the encoders, at once: whose error it was where that failed. */
type NoteUpload = (imageId: string, error?: unknown) => void;

/**
 * The same door, whose uploads are told of one by one (J2): a request of a tool's may send many pictures, and work that goes on behind its answer sends
 * them when nobody asks any more.
 */
export const withAuditedUploads = (ask: Ask, note: NoteUpload): Ask => ({
  ...ask,
  upload: async (upload, call) => {
    const { imageId = "" } = upload.header;
    try {
      const ready = await ask.upload(upload, call);
      note(imageId);
      return ready;
    } catch (error) {
      note(imageId, error);
      throw error;
    }
  },
});
