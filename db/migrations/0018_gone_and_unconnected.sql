-- Who is out reads what was there when they went out, and no more.

ALTER TABLE participants
    ADD COLUMN until_seq BIGINT NOT NULL DEFAULT 9223372036854775807 COMMENT 'they may read the log up to this event',
    ADD COLUMN until_message_id BIGINT NOT NULL DEFAULT 9223372036854775807 COMMENT 'and the chat up to this message',
    ADD KEY participants_unconnected (status, relay, joined_at);

-- Those who were in it to the end have no event of their leaving, and read all of it.
UPDATE participants p JOIN meetings m ON m.id = p.meeting_id SET
    p.until_seq = COALESCE((SELECT MAX(e.seq) FROM room_events e
        WHERE e.meeting_id = p.meeting_id AND e.subject_id = p.user_id AND e.type = 'user_left'), 0),
    p.until_message_id = COALESCE((SELECT s.id FROM messages s
        WHERE s.meeting_id = p.meeting_id AND s.created_at <= p.left_at ORDER BY s.id DESC LIMIT 1), 0)
WHERE p.status <> 1 AND (p.left_at < m.actual_end_time OR (p.left_at IS NOT NULL AND m.actual_end_time IS NULL));

-- The deletion of a message is about its sender: what people do to their own is not in the audit.
UPDATE room_events SET subject_id = CAST(JSON_UNQUOTE(JSON_EXTRACT(data, '$.message.sender.id')) AS UNSIGNED) WHERE type = 'message_deleted';
