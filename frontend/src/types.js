/** @file The shapes that travel over the wire (protocol §4), for the type checker only. */

/**
 * A link in a text, as a member of the message's data. All the rest of that is the host's.
 * @typedef {{url: string, title: string, description: string, site: string,
 *   image: {width: number, height: number} | null}} Preview
 *
 * A page that the server rendered says less of a file, and of a message, than the wire does.
 * @typedef {import("./wire.js").Attachment} WholeAttachment
 * @typedef {Pick<WholeAttachment, "name" | "type" | "size"> & Partial<WholeAttachment>} Attachment
 * @typedef {import("./wire.js").Message} WholeMessage
 * @typedef {Omit<WholeMessage, "client_id" | "attachment" | "data" | "reply_to" | "album" | "reactions" | "edited_at" | "deleted_at">
 *   & {client_id: string | null, attachment?: Attachment | null}
 *   & Partial<Pick<WholeMessage, "data" | "reply_to" | "album" | "reactions" | "edited_at" | "deleted_at">>} Message
 *
 * @typedef {import("./wire.js").Me} Me
 * @typedef {import("./wire.js").Peer} Peer
 * @typedef {Omit<import("./wire.js").Room, "last_message"> & {last_message: Message | null}} Room
 * @typedef {Omit<import("./wire.js").HistoryAnswer, "messages" | "starred"> & {messages: Message[], starred?: number[]}} Page
 * @typedef {import("./wire.js").SyncedRoom} Synced
 * @typedef {import("./wire.js").InboxAnswer} Inbox
 *
 * @typedef {{type: string, id?: number | string | null, [field: string]: any}} Frame
 *
 * What is to be sent; `upload` is the token of a file that is already there, and `attachment` what it is.
 * @typedef {{room: string, content: string, reply_to: number | null, upload?: string,
 *   attachment?: Attachment, album?: string}} Draft
 *
 * @typedef {Draft & {client_id: string, order: number, created_at: string, error?: string, code?: string}} OutboxItem
 */

export {};
