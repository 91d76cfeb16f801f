/**
 * @file Property names that only our own modules say to each other; the build shortens them. None may be a name of an
 * element, a frame, a `data-` attribute or for hosts, and none may ever be looked up by a text: such a look-up finds
 * nothing once the name is short. tests/internal-names.test.js compares them with the names that are known elsewhere.
 */

export const INTERNAL = [
  ...["act", "actions", "activate", "addOlder", "address", "ahead", "allowed", "alone", "alreadyRead", "announce"],
  ...["aim", "apply", "ask", "assertive", "backoff", "beat", "behind", "box", "brief", "bubbleViews", "came", "catalogue"],
  ...["change", "changed", "client", "clock", "compositionEnd", "compositionStart", "compositionUpdate"],
  ...["connectionLine", "controller", "cut", "dates", "dayLabel", "delayed", "distanceToEnd", "distanceToStart"],
  ...["draft", "drafts", "editor", "emit", "fail", "failures", "filled", "fillRow", "flush", "follow", "full"],
  ...["giveUp", "hold", "host", "how", "http", "hydrate", "inform", "keep", "keyDown", "keyUp", "known", "leapt"],
  ...["leave", "line", "list", "listen", "lists", "load", "loadNewer", "loadOlder", "loadUpTo", "mayConnect"],
  ...["merge", "messageOf", "misses", "moreAfter", "moreBefore", "move", "nameOf", "nearEnd", "newest", "newFrom"],
  ...["numbers", "onEvent", "onFrame", "onHello", "onReachable", "onRefused", "onScreen", "onState", "original"],
  ...["outbox", "owns", "paged", "parts", "path", "pause", "pinged", "place", "plural", "plurals", "polite"],
  ...["polling", "popup", "popups", "position", "prefix", "probe", "problem", "pulse", "quotation", "quote", "reads", "ready"],
  ...["refusal", "release", "reload", "removeAcknowledged", "render", "reportUrl", "resume", "retryAfter"],
  ...["roomChanged", "roomSync", "safe", "sameGroup", "scroller", "see", "seen", "sent", "sessionLives", "settled"],
  ...["shared", "showInbox", "shown", "showRoom", "silent", "soon", "speaker", "start", "startEditing"],
  ...["startReplying", "stop", "stopEditing", "stopReplying", "storage", "store", "subscribe", "surroundings"],
  ...["swallowsNewLine", "synced", "takeBack", "tellTyping", "texts", "timeline", "timeOfDay", "timers", "toEnd"],
  ...["toLatest", "toNext", "toUnread", "touch", "unreadRooms", "stops", "pressed", "touched", "clicked", "update", "users", "view", "viewport", "wait", "wake", "words", "works", "fullTime", "fullDate", "dayKey"],
];
