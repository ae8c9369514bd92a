{{/*
metastore-site.xml. What is secret is read from the environment.

warehouse.dir and warehouse.external.dir lie apart because the server refuses external tables, as all
of Iceberg's are, below the first.
task.threads.always names one class because an empty value means a default that this server lacks.
task.threads.remote, acid.housekeeper.interval, txn.timeout: a client that is killed while it commits
leaves its lock on the table, which is taken away 60 to 75 s after its last sign of life.
expression.proxy: the default one needs Hive's query engine.
disallow.incompatible.col.type.changes: Iceberg checks schema changes itself.
hmshandler.retry, hikaricp.connectionTimeout, fs.s3a.attempts and retry: a dead database or gateway
makes an error within seconds, not a queue of waiting clients.
connectionPool.maxPoolSize, hikaricp.minimumIdle: of each of the server's five pools; with a size of 5 a
replica opens up to 25 connections to PostgreSQL and keeps 5.
*/}}
{{- define "hive-metastore.site" -}}
{{- $properties := dict
  "javax.jdo.option.ConnectionURL" "jdbc:postgresql://${env.PGHOST}:${env.PGPORT}/${env.PGDATABASE}?ApplicationName=hive-metastore&connectTimeout=10&socketTimeout=300&tcpKeepAlive=true"
  "javax.jdo.option.ConnectionDriverName" "org.postgresql.Driver"
  "javax.jdo.option.ConnectionUserName" "${env.PGUSER}"
  "javax.jdo.option.ConnectionPassword" "${env.PGPASSWORD}"
  "datanucleus.connectionPool.maxPoolSize" (toString .Values.database.poolSize)
  "hikaricp.connectionTimeout" "5000"
  "hikaricp.minimumIdle" "1"
  "metastore.warehouse.dir" .Values.warehouse.managed
  "metastore.warehouse.external.dir" .Values.warehouse.external
  "metastore.metrics.enabled" (toString .Values.metrics.enabled)
  "metastore.metrics.reporters" "jmx"
  "metastore.thrift.port" "9083"
  "metastore.server.min.threads" "4"
  "metastore.server.max.threads" "500"
  "metastore.hmshandler.retry.attempts" "3"
  "metastore.event.db.notification.api.auth" "false"
  "metastore.disallow.incompatible.col.type.changes" "false"
  "metastore.expression.proxy" "org.apache.hadoop.hive.metastore.DefaultPartitionExpressionProxy"
  "metastore.compactor.initiator.on" "false"
  "metastore.housekeeping.threads.on" "true"
  "metastore.task.threads.always" "org.apache.hadoop.hive.metastore.events.EventCleanerTask"
  "metastore.task.threads.remote" "org.apache.hadoop.hive.metastore.txn.service.AcidHouseKeeperService"
  "metastore.acid.housekeeper.interval" "15s"
  "metastore.txn.timeout" "60s"
  "fs.s3.impl" "org.apache.hadoop.fs.s3a.S3AFileSystem"
  "fs.s3a.aws.credentials.provider" "software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider"
  "fs.s3a.endpoint" .Values.s3.endpoint
  "fs.s3a.endpoint.region" .Values.s3.region
  "fs.s3a.path.style.access" (toString .Values.s3.pathStyle)
  "fs.s3a.connection.ssl.enabled" (toString (hasPrefix "https://" .Values.s3.endpoint))
  "fs.s3a.connection.establish.timeout" "5s"
  "fs.s3a.connection.timeout" "30s"
  "fs.s3a.attempts.maximum" "3"
  "fs.s3a.retry.limit" "3"
-}}
<?xml version="1.0" encoding="UTF-8"?>
<configuration>
{{- range $name, $value := merge (dict) .Values.configuration $properties }}
  <property><name>{{ $name }}</name><value>{{ toString $value | replace "&" "&amp;" | replace "<" "&lt;" }}</value></property>
{{- end }}
</configuration>
{{- end }}
