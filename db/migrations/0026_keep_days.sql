-- How long what a meeting holds is kept may be shorter than the server keeps it.

ALTER TABLE meetings ADD COLUMN keep_days INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'that its host wants; 0: as many as the server';
