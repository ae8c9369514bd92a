-- Dumps the database and describes what is in the dump, both of one snapshot of it.
-- Variables: id, started, cluster. Leaves the files dump, dumped (when pg_dump succeeded) and manifest.json.
\pset tuples_only on
\pset format unaligned
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot() AS snapshot \gset
\setenv SNAPSHOT :snapshot
\! pg_dump --format=custom --snapshot="$SNAPSHOT" --lock-wait-timeout=60s --file=dump && touch dumped
\set size `stat --format=%s dump`
\set sha256 `sha256sum dump | cut --delimiter=' ' --fields=1`
\o manifest.json
SELECT jsonb_pretty(jsonb_build_object(
  'schema', 'lakestead.backup/v1',
  'id', :'id',
  'taken', :'started',
  'cluster', :'cluster',
  'database', current_database(),
  'postgresql', split_part(current_setting('server_version'), ' ', 1),
  'schema_version', (SELECT "SCHEMA_VERSION" FROM "VERSION"),
  'size', :'size'::bigint,
  'sha256', :'sha256',
  'relations', (SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace),
  'databases', (SELECT count(*) FROM "DBS"),
  'tables', (SELECT count(*) FROM "TBLS"),
  'iceberg', (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'name', d."NAME" || '.' || t."TBL_NAME",
      'location', s."LOCATION",
      'metadata_location', p."PARAM_VALUE"
    ) ORDER BY d."NAME", t."TBL_NAME"), '[]')
    FROM "TBLS" t
    JOIN "DBS" d ON d."DB_ID" = t."DB_ID"
    JOIN "SDS" s ON s."SD_ID" = t."SD_ID"
    JOIN "TABLE_PARAMS" p ON p."TBL_ID" = t."TBL_ID" AND p."PARAM_KEY" = 'metadata_location'
  )
));
\o
COMMIT;
