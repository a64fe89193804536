-- What a relay tells of itself with its sign of life, for administrators.

ALTER TABLE relays ADD COLUMN stats VARCHAR(1000) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'name=number …, see service/relay_stats.c';
