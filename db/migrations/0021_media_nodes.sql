-- Media nodes, and which of them carries the media of a meeting.

CREATE TABLE media_nodes (
    id           BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name         VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'that the node has at each of its starts',
    alive_since  DATETIME(3) NOT NULL COMMENT 'since when its process runs and the lease was renewed without a break',
    lease_until  DATETIME(3) NOT NULL,
    is_draining  BOOLEAN NOT NULL COMMENT 'it is about to end, as it says itself',
    is_drained   BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'an administrator wants no meeting there',
    capacity_pps BIGINT NOT NULL COMMENT 'packets a second that it can send',
    load_pps     BIGINT NOT NULL COMMENT 'that it sends, by its last report, and those that are expected of meetings given to it since',
    version      VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'of its Janus',
    UNIQUE KEY media_nodes_name (name)
) ENGINE=InnoDB;

ALTER TABLE meetings
    ADD COLUMN media_mode  TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT '0 mesh, 1 over a media node',
    ADD COLUMN media_node  BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'which; 0: none',
    ADD COLUMN media_epoch BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'how often the media of the meeting began anew; it only rises',
    ADD KEY meetings_media_node (media_node);
