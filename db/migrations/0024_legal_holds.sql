-- Meetings of which nothing is removed or made anonymous, since somebody may have to show them.

CREATE TABLE legal_holds (
    meeting_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    reason     VARCHAR(500) NOT NULL,
    placed_by  BIGINT UNSIGNED NOT NULL COMMENT 'an administrator',
    placed_at  DATETIME(3) NOT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
