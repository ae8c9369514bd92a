-- What metastore-schema has psql do.

-- One at a time. The lock belongs to this session: when its holder is killed, PostgreSQL frees it.
SET lock_timeout = '10min';
SELECT pg_advisory_lock(704112831) \g /dev/null
SET lock_timeout = '30s';

-- Tables without a version: an initialisation by the schema tool alone that did not come to its end.
-- The tool would stumble over them. They go if they hold no data and nothing else lies here.
\getenv tables METASTORE_TABLES
SELECT set_config('metastore.tables', :'tables', false) \g /dev/null
DO $$
DECLARE
  versions bigint := 0;
  found text;
  holds_data boolean;
BEGIN
  IF to_regclass('public."VERSION"') IS NOT NULL THEN
    EXECUTE 'SELECT count(*) FROM public."VERSION"' INTO versions;
  END IF;
  IF versions > 0 OR NOT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public') THEN
    RETURN;
  END IF;
  FOR found IN
    SELECT tablename FROM pg_tables WHERE schemaname = 'public'
      AND tablename <> ALL (string_to_array(current_setting('metastore.tables'), ','))
  LOOP
    RAISE EXCEPTION 'table % is not of the Hive Metastore: give the metastore a database of its own', found;
  END LOOP;
  FOR found IN
    SELECT tablename FROM pg_tables WHERE schemaname = 'public'
      AND tablename IN ('DBS', 'TBLS', 'PARTITIONS', 'FUNCS')
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', found) INTO holds_data;
    IF holds_data THEN
      RAISE EXCEPTION 'table % holds data but the database says no schema version: restore it from a backup', found;
    END IF;
  END LOOP;
  SELECT string_agg(format('public.%I', tablename), ', ') INTO found
    FROM pg_tables WHERE schemaname = 'public';
  EXECUTE 'DROP TABLE ' || found;
  RAISE NOTICE 'dropped the empty tables of an initialisation that did not come to its end';
END $$;

-- The plan is a refusal until the schema tool has made one.
\! metastore-schema-plan
\getenv plan METASTORE_SCHEMA_PLAN
\o /dev/null
\i :plan
\o
-- Hive's script lets everybody who may connect make tables here.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
SELECT 'schema version ' || "SCHEMA_VERSION" FROM public."VERSION";
