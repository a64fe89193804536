-- Whoever changes their name is looked up as host as well as creator.

ALTER TABLE meetings ADD KEY meetings_host (host_id);
