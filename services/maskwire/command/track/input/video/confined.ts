/**
 * What both programs are told of a file that a stranger may have made: it is a file of this machine, it may lead to no other, and it is
 * a video and no list of videos, whatever it looks like. Lists (HLS, DASH, concat), numbered pictures and devices are no containers.
 */
const containers = [
  "3g2,3gp,av1,avi,asf,dv,flv,gif,h264,hevc,ivf,m4a,m4v,matroska,mj2,mjpeg,mov,mp4",
  "mpeg,mpegts,mpegvideo,mxf,nut,obu,ogg,rm,webm,wtv,yuv4mpegpipe",
].join(",");

export const confined = (path: string): string[] =>
  [
    ["-protocol_whitelist", "file"],
    ["-format_whitelist", containers],
    ["-i", `file:${path}`],
  ].flat();

/** The largest block of memory that it may ask for: a frame of 8K in the deepest colours is half of it. */
export const maxAllocation = ["-max_alloc", String(2 ** 29)];
