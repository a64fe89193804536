-- How somebody came in: a guest's invitation stays theirs, each person counts once for each invitation, and removing
-- somebody keeps their network out only where that was asked for. An event for all who run a meeting has room for all.

ALTER TABLE users
    ADD COLUMN invite_id BIGINT UNSIGNED NULL COMMENT 'the invitation that a guest was made by',
    ADD KEY users_guest_of (guest_of, created_at);

CREATE TABLE invite_uses (
    invite_id BIGINT UNSIGNED NOT NULL,
    user_id   BIGINT UNSIGNED NOT NULL COMMENT 'who came in by it, and counts once',
    PRIMARY KEY (invite_id, user_id)
) ENGINE=InnoDB;

INSERT IGNORE INTO invite_uses (invite_id, user_id)
SELECT invite_id, user_id FROM participants WHERE invite_id IS NOT NULL;

ALTER TABLE participants
    ADD COLUMN is_held      BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'waits for somebody''s word, whatever the lobby does by itself',
    ADD COLUMN bans_network BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'removed, and new people from this address are held';

ALTER TABLE room_events
    MODIFY COLUMN audience VARCHAR(16000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT '* or user ids separated by commas';
