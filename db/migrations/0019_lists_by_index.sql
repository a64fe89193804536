-- A list of meetings begins with the public ones, by their start.

ALTER TABLE meetings ADD KEY meetings_public (is_public, start_time);
