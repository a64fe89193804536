-- One row, written now and then to find out whether the database can be written to.

CREATE TABLE health (
    id         TINYINT UNSIGNED NOT NULL PRIMARY KEY,
    checked_at DATETIME(3) NOT NULL
) ENGINE=InnoDB;

INSERT INTO health (id, checked_at) VALUES (1, '2000-01-01 00:00:00');
