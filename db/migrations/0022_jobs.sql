-- Work that is done later, takes long, or is tried until it succeeds. A row is written in the transaction of its cause.

CREATE TABLE jobs (
    id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    kind       VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'see service/job.def',
    job_key    VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'one job at a time has it; NULL: it has none',
    payload    MEDIUMTEXT NOT NULL COMMENT 'JSON: what is to be done',
    progress   MEDIUMTEXT NULL COMMENT 'JSON: how far it is; NULL: it begins',
    state      TINYINT UNSIGNED NOT NULL COMMENT '1 waiting, 2 running, 3 done, 4 dead: given up',
    due_at     DATETIME(3) NULL COMMENT 'waiting: not before; running: its worker counts as lost then; else NULL',
    tries      INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'since it last got further, the present one among them',
    runs       INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'how often it was taken: only the last one who took it may end it',
    again      BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'asked for once more while it ran',
    request_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'the request that caused it',
    created_at DATETIME(3) NOT NULL,
    done_at    DATETIME(3) NULL COMMENT 'when it was done or given up',
    error      VARCHAR(200) NULL COMMENT 'why the last try failed',
    UNIQUE KEY jobs_key (job_key),
    KEY jobs_due (kind, state, due_at),
    KEY jobs_done (state, done_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- Whoever chooses a job of a kind holds its row, so that never more of them run than may.
CREATE TABLE job_kinds (
    kind VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY
) ENGINE=InnoDB;
