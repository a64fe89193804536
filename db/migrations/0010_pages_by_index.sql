-- Pages of a chat, the unread count, attendance and the deletion of a line are found by an index, however long the log is.

-- A page is put together of what is public, what came to the reader in private and what the reader wrote in private.
-- messages_visible holds all that counting needs.
ALTER TABLE messages
    ADD COLUMN private_from BIGINT UNSIGNED NULL COMMENT 'the sender, where it is private',
    ADD KEY messages_visible (meeting_id, to_id, id, sender_id, deleted_at),
    ADD KEY messages_private_from (meeting_id, private_from, id);

UPDATE messages SET private_from = sender_id WHERE to_id IS NOT NULL;

-- One index for both, since every event pays for it: what is about a message, and, where it is about none, about whom it is.
ALTER TABLE room_events
    ADD COLUMN message_id BIGINT UNSIGNED NULL COMMENT 'the chat message that it is about',
    ADD KEY room_events_about (meeting_id, message_id, subject_id);

UPDATE room_events SET message_id = CAST(JSON_UNQUOTE(JSON_EXTRACT(data, '$.message.id')) AS UNSIGNED)
WHERE type IN ('chat_message', 'message_edited', 'message_deleted');
