-- What the host decides about a meeting, the lobby, guests, invitations, and the ends that come by themselves.

ALTER TABLE meetings
    ADD COLUMN settings          INT UNSIGNED NOT NULL DEFAULT 116 COMMENT 'bits, see service/setting.def',
    ADD COLUMN host_loss_policy  TINYINT UNSIGNED NOT NULL DEFAULT 1 COMMENT '1 hand over, 2 lock, 3 end',
    ADD COLUMN host_loss_minutes SMALLINT UNSIGNED NOT NULL DEFAULT 5 COMMENT 'until the meeting ends without its host, policy 3',
    ADD COLUMN empty_minutes     SMALLINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'that an empty meeting stays open; 0: the last one out ends it',
    ADD COLUMN host_lost_at      DATETIME(3) NULL COMMENT 'since when the host is gone and nobody took over',
    ADD COLUMN empty_since       DATETIME(3) NULL COMMENT 'since when nobody is in it, once it has started',
    ADD COLUMN warned_at         DATETIME(3) NULL COMMENT 'when its end was announced',
    ADD COLUMN waiting_count     INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'rows of participants with status waiting',
    ADD COLUMN due_at            DATETIME(3) NULL COMMENT 'when housekeeping looks at it next',
    ADD KEY meetings_due (due_at);

UPDATE meetings SET due_at = start_time + INTERVAL duration_minutes MINUTE + INTERVAL 1 DAY WHERE status = 1;

ALTER TABLE participants
    MODIFY COLUMN status TINYINT UNSIGNED NOT NULL COMMENT '1 joined, 2 left, 3 removed, 4 waiting in the lobby',
    ADD COLUMN is_guest      BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN address       VARCHAR(45) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '' COMMENT 'that they came from last: a removed one does not come back as a guest',
    ADD COLUMN invite_id     BIGINT UNSIGNED NULL COMMENT 'the invitation that they came by',
    ADD COLUMN last_read_id  BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'the last message that they have read';

-- A guest is an account without e-mail and password, for one meeting.
ALTER TABLE users
    MODIFY COLUMN email         VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'lower case; NULL: a guest',
    MODIFY COLUMN password_hash VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'Argon2id, libsodium form; NULL: a guest',
    ADD COLUMN guest_of         BIGINT UNSIGNED NULL COMMENT 'the one meeting of a guest';

ALTER TABLE messages
    ADD COLUMN reply_to_id BIGINT UNSIGNED NULL COMMENT 'the message that this one answers';

-- Who did it to whom: for attendance and audit.
ALTER TABLE room_events
    MODIFY COLUMN audience VARCHAR(4000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT '* or user ids separated by commas',
    ADD COLUMN actor_id   BIGINT UNSIGNED NULL COMMENT 'whose request it was; NULL: nobody''s',
    ADD COLUMN subject_id BIGINT UNSIGNED NULL COMMENT 'the one whom it is about';

UPDATE room_events
SET subject_id = COALESCE(JSON_UNQUOTE(JSON_EXTRACT(data, '$.participant.userId')), JSON_UNQUOTE(JSON_EXTRACT(data, '$.userId')))
WHERE type IN ('user_joined', 'user_left', 'role_changed', 'host_changed');

-- The token of an invitation is made of its id and a key outside the database: nothing here can be used to come in.
CREATE TABLE invites (
    id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    meeting_id BIGINT UNSIGNED NOT NULL,
    role       TINYINT UNSIGNED NOT NULL COMMENT '2 co-host, 3 participant',
    created_by BIGINT UNSIGNED NOT NULL,
    created_at DATETIME(3) NOT NULL,
    expires_at DATETIME(3) NULL,
    max_uses   INT UNSIGNED NULL,
    uses       INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'people who came by it',
    revoked_at DATETIME(3) NULL,
    KEY invites_meeting (meeting_id)
) ENGINE=InnoDB;
