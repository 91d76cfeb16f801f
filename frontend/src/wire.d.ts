/** @file The JSON of the wire protocol. Made from docs/reference/asyncapi.yaml by tests/tools/wire_types.py. */

/** The client's own name for a request. */
export type RequestId = number | string;

/** The primary key of a room or a user, as str() writes it. */
export type Key = string;

/** The primary key of a room, as str() writes it. */
export type OptionalKey = string | null;

export type ClientId = string;

export type Seq = number;

export type OptionalSeq = Seq | null;

/** Opaque; the next of an earlier answer. */
export type OptionalCursor = string | null;

/** ISO 8601, UTC, milliseconds. */
export type Time = string;

export type OptionalTime = Time | null;

/** A message as both people see it. */
export interface Message {
  room: Key;
  seq: number;
  rev: number;
  /** Null for the system, and when the account is gone. */
  sender: Key | null;
  client_id: ClientId;
  /** text, file, system, or one of the host's own, such as that of a card. */
  kind: string;
  content: string;
  /** Whatever the host has put there, an object in a card, and in a text the preview of a link; at most 4096 bytes of JSON. */
  data: unknown;
  reply_to: OptionalSeq;
  attachment: Attachment | null;
  album: string | null;
  /** One emoji for each person who reacted, by that person's key. */
  reactions: Record<string, string>;
  created_at: Time;
  edited_at: OptionalTime;
  deleted_at: OptionalTime;
}

export interface Attachment {
  name: string;
  type: string;
  size: number;
  width: number | null;
  height: number | null;
  url: string | null;
  thumbnail: string | null;
  voice?: Voice;
}

/** A voice message as its sender's client measured it, its length in seconds, and how loud its parts are. */
export interface Voice {
  duration: number;
  waveform: number[];
}

/** The notice of the host's review to the person who wrote this, and to nobody else. */
export type Notice = string;

/** A message that waits for the host's decision, or was refused. Only its sender sees it. */
export interface HeldMessage {
  client_id: ClientId;
  kind: string;
  content: string;
  reply_to: OptionalSeq;
  attachment: Attachment | null;
  created_at: Time;
  /** Null while it waits; then the reason, which may be empty. */
  refused: string | null;
}

/** A room as one of its two people sees it. */
export interface Room {
  room: Key;
  epoch: string;
  head: Seq;
  rev: Seq;
  state: string;
  unread: Seq;
  me: Me;
  peer: Peer;
  topic: Topic | null;
  can_send: boolean;
  last_message: Message | null;
  last_message_at: Time;
  /** This person's own messages that wait for the host's decision, or were refused. Missing if there are none. */
  held?: HeldMessage[];
}

/** A room, and what changed in it since the client's position. */
export interface SyncedRoom {
  room: Key;
  epoch: string;
  head: Seq;
  rev: Seq;
  state: string;
  unread: Seq;
  me: Me;
  peer: Peer;
  topic: Topic | null;
  can_send: boolean;
  last_message: Message | null;
  last_message_at: Time;
  held?: HeldMessage[];
  changes: Message[];
  /** There are more than 200 changes, or more than fit into the answer; the newest page of the history is given instead. */
  limited: boolean;
  /** The client's position is void; the newest page of the history is given instead. */
  reset: boolean;
}

export interface Me {
  read: Seq;
  cleared: Seq;
  muted_until: OptionalTime;
  archived: boolean;
  pinned: boolean;
  marked_unread: boolean;
  blocked: boolean;
  suspended_until?: Time;
}

export interface NotificationSettingsChannel {
  channel: string;
  label: string;
  on: boolean;
}

export interface NotificationSettings {
  channels: NotificationSettingsChannel[];
  archived: boolean;
  quiet: OptionalHours;
  /** Empty for the site's. */
  time_zone: string;
  /** Empty for the site's. */
  language: string;
}

export interface Hours {
  from: string;
  until: string;
}

export type OptionalHours = Hours | null;

export interface Peer {
  /** Null when the account is gone. */
  user: Key | null;
  name: string;
  avatar: string | null;
  url: string | null;
  /** Null where the host keeps it or the read marks private. */
  delivered: Seq | null;
  /** Null where the host keeps read marks private. */
  read: Seq | null;
}

export interface Topic {
  title: string;
  /** Empty for no link. */
  url: string;
  /** With `key`, the name of the thing. */
  type?: string | null;
  key?: string | null;
  /** The address of a picture. */
  image?: string | null;
  /** A second line, such as a price. It may be empty. */
  subtitle?: string;
  state?: TopicState | null;
}

/** How matters stand with a topic. */
export interface TopicState {
  /** For programs. */
  key: string;
  /** For people, in the reader's language. */
  label: string;
}

export type ErrorCode = "bad_frame" | "bad_request" | "bad_id" | "bad_text" | "empty" | "too_long" | "unsupported" | "too_large" | "unauthenticated" | "not_found" | "csrf" | "cannot_send" | "suspended" | "rejected" | "held" | "conflict" | "rate_limited" | "daily_limit" | "busy" | "error";

export type CloseCode = 4400 | 4401 | 4403 | 4406 | 4408 | 4409 | 4429 | 4500 | 4503;

export interface SendRequest {
  room: Key;
  client_id: ClientId;
  /** 1 to 4000 code points after cleaning; may be empty beside an attachment. */
  content: string;
  reply_to?: OptionalSeq;
  /** The token of an upload. */
  attachment?: string | null;
  /** The same for photos that are sent together. */
  album?: string | null;
}

export interface SendAnswer {
  message: Message;
  duplicate: boolean;
  notice?: Notice;
}

export interface EditRequest {
  room: Key;
  seq: Seq;
  content: string;
}

export interface MessageAnswer {
  message: Message;
  notice?: Notice;
}

export interface DeleteRequest {
  room: Key;
  seq: Seq;
}

export interface ReactRequest {
  room: Key;
  seq: Seq;
  /** One emoji sequence of Unicode Technical Standard 51; null takes the reaction back. */
  emoji: string | null;
}

export interface ReadRequest {
  room: Key;
  seq: Seq;
}

export interface RoomAnswer {
  room: Room;
}

export interface DeliveredRequest {
  room: Key;
  seq: Seq;
}

export interface EmptyAnswer {
}

export interface TypingRequest {
  room: Key;
  on: boolean;
}

export interface FocusRequest {
  room: Key | null;
  active: boolean;
  rooms?: Key[] | null;
}

export interface FocusAnswer {
  room: Room | null;
}

/** At most one of before, after, around and at. */
export interface HistoryRequest {
  room: Key;
  before?: OptionalSeq;
  after?: OptionalSeq;
  around?: OptionalSeq;
  at?: string | null;
  /** Clamped to 1…100. */
  limit?: number | null;
}

export interface HistoryAnswer {
  epoch: string;
  rev: Seq;
  messages: Message[];
  has_before: boolean;
  has_after: boolean;
  /** Which of the messages this person has starred. */
  starred: Seq[];
}

export interface SyncRequestRoomsValue {
  epoch: string;
  rev: Seq;
}

export interface SyncRequest {
  rooms: Record<string, SyncRequestRoomsValue>;
}

export interface SyncAnswer {
  rooms: SyncedRoom[];
}

export interface InboxRequest {
  before?: OptionalCursor;
  /** Clamped to 1…100. */
  limit?: number | null;
  archived?: boolean | null;
  unread?: boolean | null;
  about?: OptionalKey;
}

export interface InboxAnswer {
  rooms: Room[];
  next: OptionalCursor;
  unread_rooms: number;
  state: string;
}

export interface SettingsRequest {
  room: Key;
  muted_until?: string | null;
  archived?: boolean;
  pinned?: boolean;
  marked_unread?: boolean;
  cleared?: Seq;
  blocked?: boolean;
}

export interface SearchRequest {
  query: string;
  room?: Key | null;
  before?: OptionalCursor;
  /** Clamped to 1…100. */
  limit?: number | null;
}

export interface SearchAnswer {
  /** May be fewer than `limit`, or none, before the last page; only `next` says where the end is. */
  messages: Message[];
  next: OptionalCursor;
}

export interface StarRequest {
  room: Key;
  seq: Seq;
  on: boolean;
}

export interface StarsRequest {
  before?: OptionalCursor;
  /** Clamped to 1…100. */
  limit?: number | null;
}

export interface StarsAnswer {
  messages: Message[];
  next: OptionalCursor;
}

export interface ReportRequest {
  room: Key;
  /** Needed, unless there is a category. */
  reason?: string | null;
  seq?: OptionalSeq;
  /** One of the host's, with the feature moderation. */
  category?: string | null;
  /** Whether the moderators may see what was written around the message, too. */
  context?: boolean | null;
}

export interface PingRequestRoomsValue {
  epoch: string;
  rev: Seq;
  state: string;
}

export interface PingRequest {
  rooms?: Record<string, PingRequestRoomsValue> | null;
  /** The state of an inbox answer. */
  inbox?: string | null;
}

export interface PongAnswer {
  rooms: Key[];
  inbox: boolean;
}

export interface NotificationsRequest {
}

export interface NotificationsAnswer {
  notifications: NotificationSettings;
}

export interface ChangeNotificationsRequest {
  /** The switches to turn, by the names of their channels. */
  channels?: Record<string, boolean>;
  archived?: boolean;
  quiet?: OptionalHours;
  time_zone?: string;
  language?: string;
}

export interface HelloFrameLimits {
  /** Bytes. */
  frame: number;
  /** Code points. */
  content: number;
  page: number;
  sync_rooms: number;
  sync_changes: number;
}

export interface HelloFrame {
  type: "hello";
  protocol: number;
  user: Key;
  connection: string;
  /** Seconds between two pings of a client. */
  heartbeat: number;
  limits: HelloFrameLimits;
  features: string[];
  server_time: Time;
}

export interface ByeFrame {
  type: "bye";
  code: CloseCode;
  /** A sentence for a person; may be empty. */
  reason: string;
  reconnect: boolean;
  /** Seconds. */
  retry_after?: number;
}

export interface ErrorFrame {
  type: "error";
  id: RequestId | null;
  code: ErrorCode;
  /** A sentence for a person, in the language of the handshake. */
  message: string;
  field?: string;
  until?: Time;
  /** Seconds. */
  retry_after?: number;
  /** Where to look in the server's log. */
  ref?: string;
}

export interface MessageEvent {
  type: "event";
  kind: "message";
  room: Key;
  epoch: string;
  message: Message;
}

export interface RoomEvent {
  type: "event";
  kind: "room";
  room: Room;
}

export interface TypingEvent {
  type: "event";
  kind: "typing";
  room: Key;
  user: Key;
  on: boolean;
}

export interface PresenceEvent {
  type: "event";
  kind: "presence";
  room: Key;
  user: Key;
  online: boolean;
  last_active: OptionalTime;
}

export interface StarEvent {
  type: "event";
  kind: "star";
  room: Key;
  seq: Seq;
  on: boolean;
}

export interface ResyncEvent {
  type: "event";
  kind: "resync";
}

export type ChatEvent = MessageEvent | RoomEvent | TypingEvent | PresenceEvent | StarEvent | ResyncEvent;

export interface Requests {
  send: SendRequest;
  edit: EditRequest;
  delete: DeleteRequest;
  react: ReactRequest;
  read: ReadRequest;
  delivered: DeliveredRequest;
  typing: TypingRequest;
  focus: FocusRequest;
  history: HistoryRequest;
  sync: SyncRequest;
  inbox: InboxRequest;
  settings: SettingsRequest;
  search: SearchRequest;
  star: StarRequest;
  stars: StarsRequest;
  report: ReportRequest;
  ping: PingRequest;
  notifications: NotificationsRequest;
  change_notifications: ChangeNotificationsRequest;
}

export interface Answers {
  send: SendAnswer;
  edit: MessageAnswer;
  delete: MessageAnswer;
  react: MessageAnswer;
  read: RoomAnswer;
  delivered: EmptyAnswer;
  focus: FocusAnswer;
  history: HistoryAnswer;
  sync: SyncAnswer;
  inbox: InboxAnswer;
  settings: RoomAnswer;
  search: SearchAnswer;
  star: EmptyAnswer;
  stars: StarsAnswer;
  report: EmptyAnswer;
  ping: PongAnswer;
  notifications: NotificationsAnswer;
  change_notifications: NotificationsAnswer;
}
