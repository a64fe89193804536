-- A meeting planned for the year 9999 was to be looked at in the year 10000, which became 0000-00-00: due for ever.

UPDATE meetings SET due_at = IF(status = 1, '9999-12-31 23:59:59.999', UTC_TIMESTAMP(3)) WHERE due_at < '1970-01-01 00:00:00';
