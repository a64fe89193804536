-- Who is out reads what was there when they went out, and no more. The end of a stay is some moments older than its event.

ALTER TABLE participants
    ADD COLUMN until_seq BIGINT NOT NULL DEFAULT 9223372036854775807 COMMENT 'they may read the log up to this event',
    ADD COLUMN until_message_id BIGINT NOT NULL DEFAULT 9223372036854775807 COMMENT 'and the chat up to this message',
    ADD KEY participants_unconnected (status, relay, joined_at);

UPDATE participants p SET
    p.until_seq = (SELECT COALESCE(MAX(e.seq), 0) FROM room_events e WHERE e.meeting_id = p.meeting_id AND e.at <= p.left_at + INTERVAL 1 SECOND),
    p.until_message_id = (SELECT COALESCE(MAX(s.id), 0) FROM messages s WHERE s.meeting_id = p.meeting_id AND s.created_at <= p.left_at)
WHERE p.left_at IS NOT NULL AND p.status <> 1;

-- The deletion of a message is about its sender: what people do to their own is not in the audit.
UPDATE room_events SET subject_id = CAST(JSON_UNQUOTE(JSON_EXTRACT(data, '$.message.sender.id')) AS UNSIGNED) WHERE type = 'message_deleted';
