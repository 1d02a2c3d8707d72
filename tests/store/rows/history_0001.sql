-- Rows as version 1 of the program wrote them.
INSERT INTO "daily" VALUES('toml:alpha-1',1772323200000,0,1,0);
INSERT INTO "hourly" VALUES('toml:alpha-1',1772366400000,0,1,0);
INSERT INTO "readings" VALUES(1,'node/toml:alpha-1','tcp',1772366400000,1772366400007,'{"subject":["node","toml:alpha-1"],"probe":"tcp","at":"2026-03-01T12:00:00Z","arrived_at":"2026-03-01T12:00:00.007000Z","vantage":"local","boot":"","sequence":0,"took_ms":0.0,"ports":{"22":"filtered","80":"refused"},"port":null,"login":null,"banner":"","host_key":"","facts":null,"detail":"no answer"}');
INSERT INTO "readings" VALUES(2,'node/toml:alpha-1','tcp',1772366700000,1772366700007,'{"subject":["node","toml:alpha-1"],"probe":"tcp","at":"2026-03-01T12:05:00Z","arrived_at":"2026-03-01T12:05:00.007000Z","vantage":"local","boot":"","sequence":0,"took_ms":0.0,"ports":{"22":"filtered","80":"refused"},"port":null,"login":null,"banner":"","host_key":"","facts":null,"detail":"no answer"}');
INSERT INTO "transcripts" VALUES(1,'toml:apc-1',1772366400000,'','> user
< Welcome');
