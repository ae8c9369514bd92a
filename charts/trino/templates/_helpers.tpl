{{- define "trino.selector" -}}
app.kubernetes.io/name: trino-{{ .component }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "trino.labels" -}}
app.kubernetes.io/part-of: trino
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "trino.image" -}}
{{- if .Values.image.useRepositoryAsSoleImageReference -}}
{{ .Values.image.repository }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* Namespaces and networks as the peers of a NetworkPolicy. */}}
{{- define "trino.peers" -}}
{{- range .namespaces | uniq }}
- namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: {{ . }}
{{- end }}
{{- range .addresses }}
- ipBlock:
    cidr: {{ . }}
{{- end }}
{{- end }}

{{/*
One server's files in /etc/trino. `.root` is the chart's root, `.component` coordinator or worker.

jvm.config: as upstream recommends (https://trino.io/docs/current/installation/deployment.html), with a code
cache for a machine of few cores.
authentication.type of a worker: it has no TLS, so that nobody can come with a certificate.
allow-insecure-over-http: a server without TLS would believe the name that a request gives. Now everybody who
is no server of this cluster is refused over HTTP.
*/}}
{{- define "trino.files" -}}
{{- $root := .root -}}
{{- $server := index .root.Values .component -}}
{{- $coordinator := eq .component "coordinator" -}}
jvm.config: |
  -server
  -Xmx{{ $server.jvm.maxHeapSize }}
  -XX:+{{ $server.jvm.gcMethod.type }}
  -XX:+ExplicitGCInvokesConcurrent
  -XX:+ExitOnOutOfMemoryError
  -XX:-OmitStackTraceInFastThrow
  -XX:ReservedCodeCacheSize=256M
  -XX:PerMethodRecompilationCutoff=10000
  -XX:PerBytecodeRecompilationCutoff=10000
  -Djdk.attach.allowAttachSelf=true
  -Djdk.nio.maxCachedBufferSize=2000000
  -Dfile.encoding=UTF-8
  -Duser.timezone=UTC
  --add-modules=jdk.incubator.vector
  --enable-native-access=ALL-UNNAMED
  --sun-misc-unsafe-memory-access=allow
  {{- if $root.Values.jmx.exporter.enabled }}
  -javaagent:/usr/lib/trino/tools/jmx_prometheus_javaagent.jar={{ $root.Values.jmx.exporter.port }}:/etc/trino/metrics.yaml
  {{- end }}
  {{- range $server.additionalJVMConfig }}
  {{ . }}
  {{- end }}
node.properties: |
  node.environment={{ $root.Values.server.node.environment }}
  node.data-dir={{ $root.Values.server.node.dataDir }}
log.properties: |
  io.trino={{ $root.Values.server.log.trino.level }}
config.properties: |
  coordinator={{ $coordinator }}
  {{- if $coordinator }}
  node-scheduler.include-coordinator={{ $server.config.nodeScheduler.includeCoordinator }}
  {{- end }}
  node.internal-address=${ENV:POD_IP}
  discovery.uri=http://{{ $root.Release.Name }}-discovery.{{ $root.Release.Namespace }}.svc:8080
  http-server.http.port=8080
  query.max-memory={{ $root.Values.server.config.query.maxMemory }}
  query.max-memory-per-node={{ $server.config.query.maxMemoryPerNode }}
  {{- with $server.config.memory.heapHeadroomPerNode }}
  memory.heap-headroom-per-node={{ . }}
  {{- end }}
  {{- if $root.Values.server.config.authenticationType }}
  http-server.authentication.type={{ ternary $root.Values.server.config.authenticationType "CERTIFICATE" $coordinator }}
  http-server.authentication.allow-insecure-over-http=false
  {{- end }}
  {{- if and $coordinator $root.Values.server.config.https.enabled }}
  http-server.https.enabled=true
  http-server.https.port={{ $root.Values.server.config.https.port }}
  http-server.https.keystore.path={{ $root.Values.server.config.https.keystore.path }}
  {{- end }}
  {{- if not $coordinator }}
  {{- if $server.gracefulShutdown.enabled }}
  shutdown.grace-period={{ $server.gracefulShutdown.gracePeriodSeconds }}s
  {{- end }}
  {{- end }}
  {{- range $root.Values.additionalConfigProperties }}
  {{ . }}
  {{- end }}
  {{- with ternary $root.Values.server.coordinatorExtraConfig $root.Values.server.workerExtraConfig $coordinator }}
  {{- . | trim | nindent 2 }}
  {{- end }}
{{- with $root.Values.accessControl }}
access-control.properties: |
  access-control.name=file
  security.refresh-period={{ .refreshPeriod }}
  security.config-file=/etc/trino/access-control/{{ .configFile }}
{{- end }}
{{- if and $coordinator $root.Values.auth.passwordAuthSecret }}
password-authenticator.properties: |
  password-authenticator.name=file
  file.password-file=/etc/trino/auth/password.db
  file.refresh-period={{ $root.Values.auth.refreshPeriod }}
{{- end }}
{{- if $coordinator }}
resource-groups.properties: |
  resource-groups.configuration-manager=file
  resource-groups.config-file=/etc/trino/resource-groups/resource-groups.json
{{- end }}
{{- if $root.Values.jmx.exporter.enabled }}
metrics.yaml: |
  {{- $root.Files.Get "files/metrics.yaml" | nindent 2 }}
{{- end }}
{{- end }}

{{/* What is not in a server's own files but decides about it: a change of it starts the server anew. */}}
{{- define "trino.shared" -}}
{{ toJson .root.Values.catalogs }}{{ toJson .root.Values.accessControl }}
{{- if eq .component "coordinator" }}{{ toJson .root.Values.resourceGroups }}{{ end }}
{{- end }}
