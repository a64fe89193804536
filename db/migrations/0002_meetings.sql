-- Meetings, who is in them, what was said, and the numbered log of each room.
--
-- Participants, messages and events carry the meeting's id without a foreign key: one would take a shared
-- lock on the meeting's row first and deadlock with the counter update that every change ends with.

CREATE TABLE meetings (
    id                BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    code              CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    title             VARCHAR(200) NOT NULL,
    description       VARCHAR(4000) NOT NULL,
    creator_id        BIGINT UNSIGNED NOT NULL,
    host_id           BIGINT UNSIGNED NOT NULL COMMENT 'the one host: a seat, not a role of a row',
    status            TINYINT UNSIGNED NOT NULL COMMENT '1 scheduled, 2 ongoing, 3 ended, 4 cancelled',
    start_time        DATETIME(3) NOT NULL,
    duration_minutes  SMALLINT UNSIGNED NOT NULL,
    actual_start_time DATETIME(3) NULL,
    actual_end_time   DATETIME(3) NULL,
    max_participants  INT UNSIGNED NOT NULL,
    password_box      VARBINARY(400) NULL COMMENT 'encrypted with a key outside the database',
    is_public         BOOLEAN NOT NULL,
    is_recorded       BOOLEAN NOT NULL,
    participant_count INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'rows of participants with status joined',
    event_seq         BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'number of the last event of the room',
    created_at        DATETIME(3) NOT NULL,
    updated_at        DATETIME(3) NOT NULL,
    UNIQUE KEY meetings_code (code),
    KEY meetings_creator (creator_id),
    KEY meetings_start (start_time)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE participants (
    meeting_id     BIGINT UNSIGNED NOT NULL,
    user_id        BIGINT UNSIGNED NOT NULL,
    display_name   VARCHAR(64) NOT NULL,
    role           TINYINT UNSIGNED NOT NULL COMMENT '2 co-host, 3 participant; the host is meetings.host_id',
    status         TINYINT UNSIGNED NOT NULL COMMENT '1 joined, 2 left, 3 removed',
    audio          BOOLEAN NOT NULL DEFAULT FALSE,
    video          BOOLEAN NOT NULL DEFAULT FALSE,
    screen         BOOLEAN NOT NULL DEFAULT FALSE,
    hand_raised_at DATETIME(3) NULL,
    joined_at      DATETIME(3) NOT NULL COMMENT 'of the present stay',
    left_at        DATETIME(3) NULL,
    relay          VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'relay that holds the seat''s connection',
    connection     VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'connection that owns the seat',
    offline_at     DATETIME(3) NULL COMMENT 'since when that connection is broken',
    PRIMARY KEY (meeting_id, user_id),
    KEY participants_user (user_id, meeting_id),
    KEY participants_relay (relay)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE messages (
    id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    meeting_id BIGINT UNSIGNED NOT NULL,
    sender_id  BIGINT UNSIGNED NOT NULL,
    to_id      BIGINT UNSIGNED NULL COMMENT 'private to this user',
    body       VARCHAR(4000) NOT NULL,
    client_id  VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'the sender''s own id: sent twice, stored once',
    created_at DATETIME(3) NOT NULL,
    UNIQUE KEY messages_client (meeting_id, sender_id, client_id),
    KEY messages_meeting (meeting_id, id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE room_events (
    meeting_id BIGINT UNSIGNED NOT NULL,
    seq        BIGINT UNSIGNED NOT NULL,
    type       VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    audience   VARCHAR(2000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT '* or user ids separated by commas',
    effect     VARCHAR(96) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'what relays do to connections, see core/envelope.h',
    data       MEDIUMTEXT NOT NULL COMMENT 'JSON',
    request_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    at         DATETIME(3) NOT NULL,
    PRIMARY KEY (meeting_id, seq)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- A relay's sign of life. The seats of one whose lease ran out are swept by the others.
CREATE TABLE relays (
    id          VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    alive_since DATETIME(3) NOT NULL COMMENT 'since when the lease was renewed without a break',
    lease_until DATETIME(3) NOT NULL
) ENGINE=InnoDB;
