const frames = (count: number) => (count === 1 ? "1 frame" : `${count} frames`);
const objects = (count: number) => (count === 1 ? "1 object" : `${count} objects`);

export const en = {
  page: {
    title: "Videos",
    heading: "Follow objects through a video",
    drop: "Drop a video here",
    choose: "Choose a video",
    chooseOther: "Another video",
    chosen: "A video file, an animated picture, a zip of pictures, or several pictures",
    rate: "Frames",
    everyFrame: "every frame",
    perSecond: (count: number) => `${count} a second`,
    readingOf: (done: number, expected: number | undefined) =>
      expected === undefined ? `Reading frame ${done + 1}` : `Reading frame ${done + 1} of about ${expected}`,
    stopReading: "That is enough",
    readWhole: (count: number) => `${frames(count)} read.`,
    frameOf: (frame: number, all: number) => `Frame ${frame} of ${all}`,
    timeline: "Timeline",
    play: "Play",
    pause: "Pause",
    before: "Frame before",
    after: "Next frame",
    unsureBefore: "Unsure before",
    unsureNext: "Next unsure",
    noneUnsure: "No frame is unsure.",
    objects: "Objects",
    none: "Click an object on any frame and keep it: it gets a row here.",
    name: "Name",
    numbered: (id: number) => `Object ${id}`,
    visible: "Visible",
    fix: "Correct here",
    remove: "Remove",
    track: "Track",
    trackHint:
      "Follows all objects from this frame to both ends. Correct them on any frame, and track again: only what the correction reaches is made anew.",
    todo: (count: number) => `${frames(count)} to make`,
    allMade: "All frames are made.",
    running: (made: number, total: number) => `${made} of ${total} made`,
    waiting: "The connection is lost. It goes on when it is back.",
    cancel: "Cancel",
    accept: "Accept",
    acceptHint: "What is unsure on this frame is right",
    saidAccepted: (count: number) => `${objects(count)} accepted.`,
    saidShown: (frame: number) => `Shown on frame ${frame}.`,
    takeAway: "Take away",
    format: "Format",
    withFrames: "With the frames",
    download: "Download",
    leave: "Close this video",
    leaveTitle: "Close this video?",
    leaveText: "Its frames, objects and masks leave this page and this browser. This cannot be undone.",
    kept: "Kept in this browser until you close the video.",
    notKept: "Not kept: this browser has no store for the page, or another window has it.",
    pictures: "Pictures",
    sets: "Data sets",
    guide: "Guide",
  },
  states: {
    none: "not made",
    corrected: "shown by you",
    tracked: "tracked",
    accepted: "accepted",
    unsure: "unsure",
    absent: "absent",
    outdated: "out of date",
  },
  counted: (state: string, count: number) => `${state}: ${count}`,
  formats: {
    davis: "DAVIS: palette PNGs",
    coco: "COCO JSON with track_id",
    rgba: "Cut-outs: transparent PNGs",
  },
  problems: {
    nothing: "Nothing was chosen.",
    oneVideo: "Choose one video, or several pictures.",
    onePicture: (name: string) =>
      `${name} is one picture, and a video has several. Single pictures have the page for pictures.`,
    notPlayed: (name: string) =>
      `This browser cannot play ${name}. MP4 and WebM play nearly everywhere; maskwire track reads whatever ffmpeg does.`,
    notDecoded: (name: string, codec: string) =>
      `This browser has no decoder for ${name} (${codec}). Convert it to H.264 in MP4 or VP9 in WebM, or use maskwire track.`,
    noAnimations: "This browser cannot take animated pictures apart. Make a video of it, or a zip of its pictures.",
    badZip: (name: string) => `${name} is damaged, or no zip.`,
    zipTooLarge: "The zip is too large for the browser: 1 GiB, and 2 GiB unpacked. Use maskwire track.",
    noPictures: (name: string) => `${name} holds no pictures.`,
    badPicture: (name: string) => `This browser cannot open ${name}.`,
    otherSize: (name: string) => `${name} is of another size than the frames before it.`,
    tooManyFrames: (most: number) =>
      `The video has more than ${most} frames. Take fewer a second, or cut out the part with the objects.`,
    tooManyNumbers: (most: number) =>
      `Masks as DAVIS has them hold objects up to number ${most}. Export COCO, or follow the later objects in a video of their own.`,
    notSecure: "Videos need a secure page: open it over HTTPS, or on this machine as localhost.",
    noRoom: (frame: number) =>
      `The browser has no room for more than ${frame} frames. Take fewer a second, or free some space.`,
    frameGone: (frame: number) => `Frame ${frame} is no longer in this browser. Choose the video again.`,
    notWhole: (count: number) =>
      `Only ${frames(count)} were read before the page was left. Choose the video again for all of it.`,
  },
};

export type VideoWords = typeof en;
