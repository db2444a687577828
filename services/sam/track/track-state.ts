/**
 * What a followed object is in a frame. tracked: it was found. unsure: the mask may be wrong, and a person should look; each way of
 * following says why. absent: it is not there.
 */
export type TrackState = "tracked" | "unsure" | "absent";
