-- A client may name the seat that it took, so that it finds out later that it owns it no more.

ALTER TABLE participants ADD COLUMN seat_name VARBINARY(256) NULL COMMENT 'by the client that took the seat last; NULL: it named none, or the seat was given up other than by a broken connection';
