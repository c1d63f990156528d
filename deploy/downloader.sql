-- The role of `hubbot downloader` in PostgreSQL: it opens what strangers name, so it may do its job and no more.
-- It cannot ask for work, read or change a report, a decision or a delivery, nor say what is to be downloaded.
--
-- After `hubbot db upgrade`, and again after each release (it may be run any number of times), as PostgreSQL's
-- administrator: hubbot's own role may not make roles.
--   DOWNLOADER_PASSWORD=… psql --set=ON_ERROR_STOP=1 --file=deploy/downloader.sql postgresql://postgres@127.0.0.1/hubbot
-- Then DATABASE_URL of the downloader is postgresql://hubbot_downloader:…@host/hubbot.

\getenv password DOWNLOADER_PASSWORD
BEGIN;

SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hubbot_downloader') AS is_new \gset
\if :is_new
CREATE ROLE hubbot_downloader NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOINHERIT;
\endif
ALTER ROLE hubbot_downloader LOGIN PASSWORD :'password' CONNECTION LIMIT 100;
-- A statement of it that hangs keeps no lock for long.
ALTER ROLE hubbot_downloader SET statement_timeout = '30s';
ALTER ROLE hubbot_downloader SET idle_in_transaction_session_timeout = '30s';

-- What an earlier release granted is taken back first.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM hubbot_downloader, PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM hubbot_downloader, PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO hubbot_downloader;

-- Which release the tables are of.
GRANT SELECT ON alembic_version TO hubbot_downloader;
-- Orders are read and taken up; what is asked, for how long, and by whom stays the worker's.
GRANT SELECT, UPDATE (answered, downloader, token, attempts) ON orders TO hubbot_downloader;
-- What was said once is not said otherwise.
GRANT SELECT, INSERT ON outcomes TO hubbot_downloader;
GRANT SELECT, INSERT, UPDATE, DELETE ON downloaders TO hubbot_downloader;
-- How file hosts are treated, which all share.
GRANT SELECT, INSERT, UPDATE ON hosts TO hubbot_downloader;
GRANT SELECT, INSERT, UPDATE, DELETE ON host_slots TO hubbot_downloader;

COMMIT;
