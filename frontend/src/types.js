/** @file The shapes that travel over the wire (protocol §4), for the type checker only. */

/**
 * @typedef {{name: string, type: string, size: number, width?: number | null, height?: number | null,
 *   url?: string | null, thumbnail?: string | null}} Attachment
 *
 * @typedef {{room: string, seq: number, rev: number, sender: string | null, client_id: string | null, kind: string,
 *   content: string, data?: unknown, reply_to?: number | null, attachment?: Attachment | null,
 *   reactions?: Record<string, string>, created_at: string, edited_at?: string | null,
 *   deleted_at?: string | null}} Message
 *
 * @typedef {{read: number, cleared: number, muted_until: string | null, archived: boolean, marked_unread: boolean,
 *   blocked: boolean}} Me
 *
 * @typedef {{user: string | null, name: string, avatar: string | null, url: string | null, read: number | null}} Peer
 *
 * @typedef {{room: string, epoch: string, head: number, rev: number, state: string, unread: number, me: Me, peer: Peer,
 *   topic: {title: string, url: string} | null, can_send: boolean, last_message: Message | null,
 *   last_message_at: string}} Room
 *
 * @typedef {{epoch: string, rev: number, messages: Message[], has_before: boolean, has_after: boolean}} Page
 *
 * @typedef {Room & {changes: Message[], limited: boolean, reset: boolean}} Synced
 *
 * @typedef {{rooms: Room[], next: string | null, unread_rooms: number, state: string}} Inbox
 *
 * @typedef {{type: string, id?: number | string | null, [field: string]: any}} Frame
 *
 * What is to be sent; `upload` is the token of a file that is already there, and `attachment` what it is.
 * @typedef {{room: string, content: string, reply_to: number | null, upload?: string,
 *   attachment?: Attachment}} Draft
 *
 * @typedef {Draft & {client_id: string, order: number, created_at: string, error?: string, code?: string}} OutboxItem
 */

export {};
